"""Pages of booths: a producer's page that stays, its poster to print, and a ward's booths."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import segno
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.provided import provided
from app.live.rooms import RoomDirectory
from app.sessions.booths import BoothService
from app.web.page_route import PageRoute
from app.web.pages import give_ticket, offers_now, session_facts
from app.web.rendering import render
from app.web.sharing import share_card

router = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[OPEN_TO_EVERYBODY])

Booths = Annotated[BoothService, Depends(provided(BoothService))]
Rooms = Annotated[RoomDirectory, Depends(provided(RoomDirectory))]
WardCode = Annotated[int, Path(ge=1, le=99_999)]
_WORDS = (
    "viewer.",
    "claim.",
    "source.",
    "form.",
    "consent.",
    "product.",
    "producer.",
    "order.has_answer",
    "order.open",
    "desk.state_",
    "booth.",
)


@router.get("/b/{producer_id}")
async def booth(request: Request, producer_id: UUID, booths: Booths, rooms: Rooms) -> Response:
    """The booth as a buyer sees it, open or closed: the address stays, whichever session stands behind it."""
    page = await booths.page(producer_id)
    is_open = page.facts.record.state == "live"
    content: dict[str, Any] = {"booth": page, "is_open": is_open, "share": share_card(request, page.facts)}
    if is_open:
        content["facts"] = session_facts(page.facts) | {"offers": await offers_now(rooms, page.facts)}
    request.state.shows_video = True
    response = render(request, "booth.html", script="booth.js" if is_open else None, words=_WORDS, **content)
    give_ticket(request, response)
    return response


@router.get("/b/{producer_id}/poster")
async def poster(request: Request, producer_id: UUID, booths: Booths) -> Response:
    """One A4 sheet with the way to the booth."""
    page = await booths.page(producer_id)
    share = share_card(request, page.facts)
    address = f"{share.site}/b/{producer_id}"
    # Error correction of a quarter: a poster is folded, wet and photographed from aslant.
    code = segno.make_qr(address, error="q").svg_inline(border=0, omitsize=True, svgclass="poster-code", lineclass=None)
    return render(request, "booth_poster.html", booth=page, address=address, code=code)


@router.get("/xa/{ward_code}")
async def commune(request: Request, ward_code: WardCode, booths: Booths) -> Response:
    """The open booths of a ward."""
    name, found = await booths.of_ward(ward_code)
    return render(request, "commune.html", ward_name=name, booths=found)
