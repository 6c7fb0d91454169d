"""Refuses requests that change something and come from foreign pages (CSRF). Pure ASGI middleware, added by `app.main`."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import OriginRefused
from app.infra.problems import problem_body, problem_headers
from app.realtime.origin import origin_allowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class OriginGuard:
    """Lets unsafe methods pass only from our own pages, from `allowed` origins, or from clients that are no browsers.

    Sockets are not covered: they check their Origin before the upgrade.
    """

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = tuple(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or may_post(Headers(scope=scope), scope["scheme"], self._allowed):
            await self._app(scope, receive, send)
            return
        refusal = OriginRefused()
        await Response(problem_body(refusal), refusal.http_status, problem_headers(refusal))(scope, receive, send)


def may_post(headers: Headers, scheme: str, allowed: Sequence[str]) -> bool:
    """Whether the page behind these headers may change something here.

    `Sec-Fetch-Site` decides where the browser sends it, for pages cannot forge it and proxies do not change it; then `Origin`.
    A client that sends neither is no browser and must show its own credentials.
    """
    origins = headers.getlist("origin")
    if len(origins) > 1:
        return False
    origin = origins[0] if origins else None
    match headers.get("sec-fetch-site"):
        case "same-origin":
            return True
        case None | "none":
            return origin_allowed(origin, host=headers.get("host", ""), scheme=scheme, allowed=allowed)
        case _:
            # Another site: our own address in Origin would be a contradiction, so only the list counts.
            return origin is not None and origin_allowed(origin, host="", scheme=scheme, allowed=allowed)
