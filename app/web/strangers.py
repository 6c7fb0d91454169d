"""What browsers and crawlers ask for unasked, and what a person sees at an address that does not exist."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse

from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problem_handlers import from_router, router_refusal
from app.web.modules import STATIC_DIR
from app.web.page_route import PageRoute, error_page

_A_DAY = {"cache-control": "public, max-age=86400"}
# Markets may be found; boards, reports and the API are nobody's business.
_ROBOTS = "User-agent: *\nDisallow: /api/\nDisallow: /host\nDisallow: /organiser\nDisallow: /login\n"
_MACHINE_PATHS = ("/api/", "/ws/", "/static/", "/words/")

router = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[OPEN_TO_EVERYBODY])


@router.get("/robots.txt")
async def robots() -> Response:
    """Open to everybody."""
    return PlainTextResponse(_ROBOTS, headers=_A_DAY)


@router.get("/favicon.ico")
async def icon() -> Response:
    """Open to everybody. Browsers take an SVG under this name as well."""
    return FileResponse(STATIC_DIR / "pictures" / "favicon.svg", media_type="image/svg+xml", headers=_A_DAY)


def add_pages_for_strangers(app: FastAPI) -> None:
    """An unknown address is a page for a browser and a problem document for a program. After `add_problem_handlers`."""
    app.add_exception_handler(HTTPException, _unknown)


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    if request.url.path.startswith(_MACHINE_PATHS) or "text/html" not in request.headers.get("accept", ""):
        return await from_router(request, error)
    refusal, headers = router_refusal(request, error)
    response = error_page(request, refusal)
    response.headers.update(headers)
    return response
