"""The three socket endpoints. Whatever is refused is refused before the upgrade, with a problem document that says why."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid5

import structlog
from fastapi import APIRouter
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.accounts.access import user_of_websocket
from app.errors import AppError, NotSignedIn, Unavailable
from app.infra.problems import problem_body, problem_headers
from app.infra.provided import provided_by
from app.infra.tasks import TaskOwner
from app.live.bridges import BridgeTokens
from app.live.errors import BridgeTokenInvalid
from app.live.rooms import RoomDirectory
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


@router.websocket("/{session_id}")
async def viewer_socket(websocket: WebSocket, session_id: str) -> None:
    """A viewer, by the ticket cookie. Only while the session is live."""
    await _serve(websocket, session_id, _admit_viewer)


@router.websocket("/{session_id}/board")
async def board_socket(websocket: WebSocket, session_id: str) -> None:
    """Staff in charge of the session, by the login cookie. In every state but closed."""
    await _serve(websocket, session_id, _admit_staff)


@router.websocket("/{session_id}/bridge")
async def bridge_socket(websocket: WebSocket, session_id: str) -> None:
    """A program that reports outside viewer counts, by its bearer token."""
    await _serve(websocket, session_id, _admit_bridge)


async def _admit_viewer(websocket: WebSocket, session_id: UUID) -> Identity:
    admission = provided_by(websocket.app, ViewerAdmission)
    device_id = admission.check(
        host=websocket.headers.get("host", ""),
        origin=_origin(websocket),
        scheme=websocket.url.scheme,
        cookie="; ".join(websocket.headers.getlist("cookie")),
        address=websocket.client.host if websocket.client else "",
    )
    await admission.wait_for_room(session_id)
    return Identity(device_id=device_id, audience="viewer", name="")


async def _admit_staff(websocket: WebSocket, session_id: UUID) -> Identity:
    _check_page(websocket)
    user = await user_of_websocket(websocket)
    sessions = provided_by(websocket.app, SessionLookup)
    record = await sessions.managed(user, session_id)
    if record.state == "closed":
        raise SessionClosed(details={"state": record.state})
    rooms = _rooms(websocket)
    rooms.check_capacity()
    await rooms.room(session_id)
    return Identity(device_id=user.id, audience="staff", name=user.display_name, user_id=user.id, organisation_id=user.organisation_id)


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
    except (RedisError, SQLAlchemyError, OSError) as error:
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
    checks = TaskOwner("board")
    if connection.audience == "staff":
        checks.spawn("sign-in", _close_when_signed_out(websocket, connection))
    try:
        await connection.run(commands.receive)
    finally:
        rooms.release(connection)
        await checks.close()


async def _close_when_signed_out(websocket: WebSocket, connection: AsgiConnection) -> None:
    """Whoever signs out does so on any node, so each board asks again and again. A store that does not answer closes nothing."""
    settings = provided_by(websocket.app, Settings)
    while True:
        await asyncio.sleep(settings.realtime.staff_check_seconds)
        try:
            await user_of_websocket(websocket)
        except NotSignedIn:
            connection.close(CloseCode.SIGNED_OUT)
            return
        except (SQLAlchemyError, OSError) as error:
            log.warning("sign_in_not_checked", error=repr(error))


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
