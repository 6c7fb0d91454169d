"""The picture of a shared session, drawn when somebody asks for it first: a chat shows what is on, when, and a product.

Its address holds a hash of everything that stands on it, so that chats ask anew when the session has changed, and browsers keep it for good.
"""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from app.catalog.picture_files import KeptFiles
from app.catalog.pictures import PictureService
from app.errors import AppError
from app.infra.child_work import ChildWork, WorkFailed
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.provided import provided
from app.sessions.errors import SessionNotFound
from app.sessions.lookup import SessionLookup
from app.web.page_route import PageRoute
from app.web.published import published
from app.web.share_drawing import pack
from app.web.sharing import STANDARD_PICTURE, SharedPicture, shared_picture

log = structlog.get_logger(__name__)

router = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[OPEN_TO_EVERYBODY])

_KEPT_BYTES = 8 * 1024 * 1024
_FOR_GOOD = {"cache-control": "public, max-age=31536000, immutable"}
# Whoever has an old address sees the session as it is now, and asks again soon.
_FOR_NOW = {"cache-control": "public, max-age=300"}


class SharePictures:
    """Draws each picture once per worker, in a process of its own; keeps those that were asked for last."""

    def __init__(self, pictures: PictureService) -> None:
        self._pictures = pictures
        self._kept = KeptFiles(_KEPT_BYTES)
        self._drawing = ChildWork("app.web.share_drawing", at_once=1, waiting_max=20, seconds=20.0, answer_max_bytes=2 * 1024 * 1024)
        # A link that goes around is opened by many at once: one draws, the others wait for it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def picture(self, session_id: UUID, shared: SharedPicture) -> bytes:
        """The JPEG. Raises `Unavailable` when too many wait already, `WorkFailed`."""
        turn = self._turns.setdefault(shared.version, asyncio.Lock())
        async with turn:
            if (kept := self._kept.get(session_id, shared.version)) is not None:
                return kept
            product = await self._pictures.for_sharing(shared.picture_ids) if shared.picture_ids else None
            drawn = await self._drawing.run(pack(shared.drawing, product or b""))
        self._kept.keep(session_id, shared.version, drawn)
        return drawn


@router.get("/s/{session_id}/share.jpg")
async def share_picture(
    session_id: UUID,
    sessions: Annotated[SessionLookup, Depends(provided(SessionLookup))],
    drawn: Annotated[SharePictures, Depends(provided(SharePictures))],
    v: str = "",
) -> Response:
    """The picture as the session is now; the pages' standard one where it cannot be drawn. A draft is nobody's business yet."""
    facts = await sessions.facts(session_id)
    if facts.record.state == "draft":
        raise SessionNotFound
    shared = shared_picture(facts)
    try:
        content = await drawn.picture(session_id, shared)
    except (AppError, WorkFailed) as error:
        log.warning("share_picture_not_drawn", session=str(session_id), error=repr(error))
        return RedirectResponse(published().address(STANDARD_PICTURE), headers={"cache-control": "no-store"})
    return Response(content, media_type="image/jpeg", headers=_FOR_GOOD if v == shared.version else _FOR_NOW)
