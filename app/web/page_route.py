"""How a page answers when something is in the way: a sentence for people instead of a problem document, and the way to the login."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote, urlencode

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse
from typing_extensions import override

from app.errors import AppError, NotFound, NotSignedIn
from app.infra.provided import provided_by
from app.infra.stores_away import STORE_ERRORS, store_refusal
from app.settings import Settings
from app.web.rendering import LANGUAGE_COOKIE, render
from app.web.texts import LANGUAGES

log = structlog.get_logger(__name__)

_ONE_YEAR_SECONDS = 365 * 24 * 3600
_SEE_OTHER = 303


class PageRoute(APIRoute):
    """A route that answers people. Expected failures become pages; a wish for a language is remembered and leaves the address."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        super().__init__(path, endpoint, **options)
        # Previews in chats and monitors ask for the head alone.
        self.methods = (self.methods or set()) | {"HEAD"}

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_people(request: Request) -> Response:
            if request.query_params.get("lang") in LANGUAGES:
                return _remember_language(request)
            try:
                return await answer(request)
            except NotSignedIn:
                return RedirectResponse(f"/login?next={quote(request.url.path, safe='')}", _SEE_OTHER)
            except AppError as error:
                return error_page(request, error)
            except RequestValidationError:
                # An address that was cut or misspelt on its way through a chat.
                return error_page(request, NotFound())
            except STORE_ERRORS as error:
                refusal = store_refusal(error, changes=False)
                if refusal is None:
                    raise
                log.warning("page_not_made", path=request.url.path, error=type(error).__name__)
                return error_page(request, refusal)

        return answer_people


def error_page(request: Request, error: AppError) -> Response:
    """A failure as a page, with its status."""
    retry_path = request.url.path if error.retryable else None
    return render(request, "error.html", status=error.http_status, error_code=error.code, retry_path=retry_path)


def _remember_language(request: Request) -> Response:
    settings = provided_by(request.app, Settings)
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    # The path of a request may begin with two slashes, which a browser would read as another host.
    path = "/" + request.url.path.lstrip("/")
    response = RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, _SEE_OTHER)
    response.set_cookie(
        LANGUAGE_COOKIE,
        request.query_params["lang"],
        max_age=_ONE_YEAR_SECONDS,
        httponly=True,
        samesite="lax",
        secure=settings.cookies_are_secure,
    )
    return response
