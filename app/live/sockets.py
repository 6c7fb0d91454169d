"""The three socket endpoints. Whatever is refused is refused before the upgrade, with a problem document that says why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid5

import structlog
from fastapi import APIRouter
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.accounts.access import credential_of, names, user_of_websocket
from app.accounts.permissions import Action, Place
from app.errors import AppError, Unavailable
from app.infra.open_doors import FOR_BRIDGE, FOR_VIEWERS
from app.infra.problems import problem_body, problem_headers
from app.infra.provided import provided_by
from app.infra.stores_away import STORE_ERRORS
from app.live.bridges import BridgeTokens
from app.live.errors import BridgeTokenInvalid
from app.live.rooms import RoomDirectory
from app.live.staff_watch import StaffWatch, actions_at
from app.protocol.close_codes import CLOSE_REASONS, CloseCode
from app.realtime.admission import ViewerAdmission, check_page
from app.realtime.asgi_connection import AsgiConnection
from app.realtime.identity import Identity
from app.realtime.router import Router
from app.sessions.errors import SessionClosed, SessionNotFound
from app.sessions.lookup import SessionLookup
from app.settings import Settings

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/ws/sessions")

Doorkeeper = Callable[[WebSocket, UUID], Awaitable[Identity]]
_BEARER = "bearer "


@router.websocket("/{session_id}", dependencies=[FOR_VIEWERS])
async def viewer_socket(websocket: WebSocket, session_id: str) -> None:
    """A viewer, by the ticket cookie. Only while the session is live."""
    await _serve(websocket, session_id, _admit_viewer)


@router.websocket("/{session_id}/board", dependencies=[names(Action.SEE_BOARD)])
async def board_socket(websocket: WebSocket, session_id: str) -> None:
    """Staff in charge of the session, by the login cookie. In every state but closed."""
    await _serve(websocket, session_id, _admit_staff)


@router.websocket("/{session_id}/bridge", dependencies=[FOR_BRIDGE])
async def bridge_socket(websocket: WebSocket, session_id: str) -> None:
    """A program that reports outside viewer counts, by its bearer token."""
    await _serve(websocket, session_id, _admit_bridge)


async def _admit_viewer(websocket: WebSocket, session_id: UUID) -> Identity:
    admission = provided_by(websocket.app, ViewerAdmission)
    address = websocket.client.host if websocket.client else ""
    device_id = admission.check(
        host=websocket.headers.get("host", ""),
        origin=_origin(websocket),
        scheme=websocket.url.scheme,
        cookie="; ".join(websocket.headers.getlist("cookie")),
        address=address,
    )
    await admission.wait_for_room(session_id)
    network = admission.welcome(session_id, device_id, address)
    return Identity(device_id=device_id, audience="viewer", name="", network=network)


async def _admit_staff(websocket: WebSocket, session_id: UUID) -> Identity:
    _check_page(websocket)
    user = await user_of_websocket(websocket)
    record = await provided_by(websocket.app, SessionLookup).managed(user, session_id, Action.SEE_BOARD)
    if record.state == "closed":
        raise SessionClosed(details={"state": record.state})
    rooms = _rooms(websocket)
    rooms.check_capacity()
    await rooms.room(session_id)
    actions = actions_at(user, Place(session_id, record.host_id, record.ward_code))
    return Identity(user.id, "staff", user.display_name, user.id, user.organisation_id, actions)


async def _admit_bridge(websocket: WebSocket, session_id: UUID) -> Identity:
    _check_page(websocket)
    credentials = websocket.headers.get("authorization", "")
    if not credentials.lower().startswith(_BEARER):
        raise BridgeTokenInvalid
    token = credentials[len(_BEARER) :].strip()
    label = await provided_by(websocket.app, BridgeTokens).label_of(session_id, token)
    rooms = _rooms(websocket)
    rooms.check_capacity()
    await rooms.room(session_id)
    return Identity(device_id=uuid5(session_id, token), audience="bridge", name=label)


async def _serve(websocket: WebSocket, session_text: str, admit: Doorkeeper) -> None:
    settings = provided_by(websocket.app, Settings)
    try:
        session_id = _session_id(session_text)
        identity = await admit(websocket, session_id)
    except AppError as error:
        await _refuse(websocket, error)
        return
    except STORE_ERRORS as error:
        log.warning("socket_not_admitted", error=repr(error))
        await _refuse(websocket, Unavailable(retry_after_seconds=2.0))
        return
    await _carry(websocket, AsgiConnection(websocket, identity=identity, session_id=session_id, settings=settings.realtime))


async def _carry(websocket: WebSocket, connection: AsgiConnection) -> None:
    rooms = _rooms(websocket)
    commands = provided_by(websocket.app, Router)
    try:
        await websocket.accept()
        if not rooms.hub.admit(connection):
            await websocket.close(CloseCode.TOO_MANY_SOCKETS, CLOSE_REASONS[CloseCode.TOO_MANY_SOCKETS])
            return
    except (WebSocketDisconnect, RuntimeError, OSError):
        return
    watch = provided_by(websocket.app, StaffWatch)
    if connection.audience == "staff":
        watch.watch(connection, credential_of(websocket))
    try:
        await connection.run(commands.receive)
    finally:
        watch.forget(connection)
        rooms.release(connection)


async def _refuse(websocket: WebSocket, error: AppError) -> None:
    try:
        await websocket.send_denial_response(Response(problem_body(error), error.http_status, problem_headers(error)))
    except (WebSocketDisconnect, RuntimeError, OSError):
        return


def _check_page(websocket: WebSocket) -> None:
    settings = provided_by(websocket.app, Settings)
    check_page(settings, host=websocket.headers.get("host", ""), origin=_origin(websocket), scheme=websocket.url.scheme)


def _origin(websocket: WebSocket) -> str | None:
    origins = websocket.headers.getlist("origin")
    return ", ".join(origins) if origins else None


def _session_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise SessionNotFound from None


def _rooms(websocket: WebSocket) -> RoomDirectory:
    return provided_by(websocket.app, RoomDirectory)
