"""The socket of open desks: it says that something has changed, and the page asks for what it shows. It takes no commands."""

from __future__ import annotations

import asyncio

import structlog
from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.accounts.access import credential_of, names, user_of_websocket
from app.accounts.permissions import Action
from app.accounts.service import AccountService, CurrentUser, require
from app.desk.news import DeskNews
from app.desk.schemas import DeskChanged
from app.errors import AppError, Unavailable
from app.infra.clock import monotonic
from app.infra.problems import problem_body, problem_headers
from app.infra.provided import provided_by
from app.infra.stores_away import STORE_ERRORS
from app.infra.tasks import TaskOwner
from app.protocol.close_codes import CLOSE_REASONS, CloseCode
from app.realtime.admission import check_page
from app.settings import Settings

log = structlog.get_logger(__name__)

router = APIRouter()

SOCKETS_PER_WORKER = 500
# A client that takes nothing for so long is gone.
_SEND_SECONDS = 10.0
_CHANGED = DeskChanged().model_dump_json()


class DeskSockets:
    """This worker's open desks. Whoever may not be there any more is found within a second, as at the boards."""

    def __init__(self, accounts: AccountService, news: DeskNews, *, check_seconds: float) -> None:
        self._accounts = accounts
        self._news = news
        self._check_seconds = check_seconds
        self._open = 0

    def require_room(self) -> None:
        """Raises `Unavailable`."""
        if self._open >= SOCKETS_PER_WORKER:
            raise Unavailable(retry_after_seconds=30.0)

    async def serve(self, websocket: WebSocket, user: CurrentUser, credential: bytes) -> CloseCode | None:
        """Tell of changes until the client goes (None), or must go."""
        heard = self._news.listen(user.organisation_id)
        heard.set()
        self._open += 1
        tasks = TaskOwner("desk_socket")
        gone = tasks.start("receive", _until_gone(websocket))
        looked_at = monotonic()
        try:
            while not gone.done():
                told = tasks.start("wait", heard.wait())
                await asyncio.wait({gone, told}, timeout=self._check_seconds, return_when=asyncio.FIRST_COMPLETED)
                told.cancel()
                if monotonic() - looked_at >= self._check_seconds:
                    looked_at = monotonic()
                    if (code := await self._refusal(credential)) is not None:
                        return code
                if heard.is_set():
                    heard.clear()
                    async with asyncio.timeout(_SEND_SECONDS):
                        await websocket.send_text(_CHANGED)
        except (WebSocketDisconnect, RuntimeError, OSError):
            log.debug("desk_gone", user_id=str(user.id))
        finally:
            self._open -= 1
            self._news.forget(user.organisation_id, heard)
            await tasks.close()
        return None

    async def _refusal(self, credential: bytes) -> CloseCode | None:
        try:
            user = (await self._accounts.users_by_digest({credential})).get(credential)
        except (SQLAlchemyError, OSError) as error:
            log.warning("desk_not_checked", error=repr(error))
            return None
        if user is None:
            return CloseCode.SIGNED_OUT
        return None if user.may(Action.WORK_ORDERS) else CloseCode.NOT_ALLOWED


@router.websocket("/ws/desk", dependencies=[names(Action.WORK_ORDERS)])
async def desk_socket(websocket: WebSocket) -> None:
    """Colleagues at the desk, by the login cookie."""
    sockets = provided_by(websocket.app, DeskSockets)
    try:
        origins = websocket.headers.getlist("origin")
        check_page(
            provided_by(websocket.app, Settings),
            host=websocket.headers.get("host", ""),
            origin=", ".join(origins) if origins else None,
            scheme=websocket.url.scheme,
        )
        user = await user_of_websocket(websocket)
        require(user, Action.WORK_ORDERS)
        sockets.require_room()
    except AppError as error:
        await _refuse(websocket, error)
        return
    except STORE_ERRORS as error:
        log.warning("socket_not_admitted", error=repr(error))
        await _refuse(websocket, Unavailable(retry_after_seconds=2.0))
        return
    try:
        await websocket.accept()
        if (code := await sockets.serve(websocket, user, credential_of(websocket))) is not None:
            await websocket.close(code, CLOSE_REASONS[code])
    except (WebSocketDisconnect, RuntimeError, OSError):
        return


async def _until_gone(websocket: WebSocket) -> None:
    """What a client says is not listened to; one that says much is gone, too."""
    for _ in range(1_000):
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return


async def _refuse(websocket: WebSocket, error: AppError) -> None:
    try:
        await websocket.send_denial_response(Response(problem_body(error), error.http_status, problem_headers(error)))
    except (WebSocketDisconnect, RuntimeError, OSError):
        return
