"""HTTP routes for viewers without a socket."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, Field

from app.errors import MalformedRequest, OriginRefused, Unavailable
from app.infra.clock import now_ms
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.live.closed_rooms import ClosedRooms
from app.live.errors import SpeakerBanned
from app.live.polling import CACHE_SECONDS
from app.live.rooms import RoomDirectory
from app.live.routes import refuse_banned
from app.protocol.server_events import RoomSnapshot
from app.realtime.errors import TicketInvalid
from app.realtime.viewer_device import ViewerDevice
from app.sessions.errors import SessionNotFound, SessionNotLive

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["sessions"])


Rooms = Annotated[RoomDirectory, Depends(provided(RoomDirectory))]
Closed = Annotated[ClosedRooms, Depends(provided(ClosedRooms))]


class NextBeacon(BaseModel):
    """When the device should say again that it is there."""

    next_seconds: float = Field(examples=[30.0])


@router.get(
    "/tick",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=RoomSnapshot,
    summary="The room as a cacheable document",
    description="Open to everybody, for viewers whom no node has a socket for. The same content as the socket's `room.snapshot`, at most a "
    "second old; `ETag` and `Cache-Control: max-age=1` let a proxy or CDN answer any number of viewers from one answer of ours. It does not "
    "know who reads it: whoever is banned from the room may read it too, but neither comment nor order.",
    responses=problem_responses(SessionNotFound, SessionNotLive, Unavailable, MalformedRequest) | {304: {"description": "unchanged"}},
)
async def read_tick(session_id: UUID, rooms: Rooms, closed: Closed, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    tick = None if rooms.has(session_id) else await closed.document(session_id)
    if tick is None:
        room = await rooms.room(session_id)
        if room.session.state in {"draft", "scheduled"}:
            raise SessionNotLive(details={"state": room.session.state})
        tick = room.poll()
    headers = {"etag": tick.etag, "cache-control": f"public, max-age={CACHE_SECONDS}", "x-server-time-ms": str(now_ms())}
    if if_none_match is not None and tick.etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(tick.body, media_type="application/json", headers=headers)


@router.post(
    "/presence",
    summary="Say that this device polls",
    description="Viewer's ticket. Counted as `polling`, apart from viewers with a socket; the answer says when to say it again.",
    responses=problem_responses(
        TicketInvalid, SpeakerBanned, OriginRefused, SessionNotFound, SessionNotLive, Unavailable, MalformedRequest
    ),
)
async def say_presence(session_id: UUID, device_id: ViewerDevice, rooms: Rooms, request: Request) -> NextBeacon:
    room = await rooms.room(session_id)
    if room.session.state != "live":
        raise SessionNotLive(details={"state": room.session.state})
    await refuse_banned(request, session_id)
    return NextBeacon(next_seconds=room.counters.polling.beacon(device_id.bytes))
