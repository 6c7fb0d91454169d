"""The portable socket: a Starlette websocket with one reader task, one writer task and a bounded queue between room and writer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import override

from app.protocol.close_codes import CLOSE_REASONS, CloseCode
from app.realtime.connection import Connection
from app.realtime.identity import Audience, Identity
from app.settings import RealtimeSettings

log = structlog.get_logger(__name__)

_TICK: Final = False
_REPLY: Final = True

Receiver = Callable[[Connection, str | bytes], Awaitable[None]]


class AsgiConnection(Connection):
    """Call `run` once, after the websocket has been accepted."""

    __slots__ = ("_close_code", "_identity", "_limit", "_queue", "_settings", "_wake", "_websocket")

    def __init__(self, websocket: WebSocket, *, identity: Identity, session_id: UUID, settings: RealtimeSettings) -> None:
        super().__init__(session_id, device_key=identity.device_id.bytes, author=identity.name)
        self._identity = identity
        self._websocket = websocket
        self._settings = settings
        self._limit = settings.reply_queue_frames
        self._queue: deque[tuple[bool, bytes]] = deque()
        self._wake = asyncio.Event()
        self._close_code: CloseCode | None = None

    @property
    @override
    def audience(self) -> Audience:
        return self._identity.audience

    @property
    @override
    def identity(self) -> Identity:
        return replace(self._identity, name=self.author)

    @property
    @override
    def network(self) -> bytes:
        return self._identity.network

    @override
    def send(self, frame: bytes) -> None:
        if self._close_code is not None:
            return
        if len(self._queue) >= self._limit:
            self._queue = deque(entry for entry in self._queue if entry[0] is _REPLY)
        if len(self._queue) >= self._limit:
            self._give_up()
            return
        self._queue.append((_REPLY, frame))
        self._wake.set()

    @override
    def send_tick(self, frame: bytes) -> None:
        if self._close_code is None and len(self._queue) < self._limit:
            self._queue.append((_TICK, frame))
            self._wake.set()

    @override
    def close(self, code: CloseCode) -> None:
        if self._close_code is None:
            self._close_code = code
            self._wake.set()

    async def run(self, receive: Receiver) -> None:
        """Carry frames both ways until either side closes; `receive` gets each message in order and never raises."""
        no_hello = asyncio.get_running_loop().call_later(self._settings.hello_timeout_seconds, self._close_without_hello)
        try:
            async with asyncio.TaskGroup() as tasks:
                reader = tasks.create_task(self._read(receive))
                writer = tasks.create_task(self._write())
                reader.add_done_callback(lambda _: writer.cancel())
                writer.add_done_callback(lambda _: reader.cancel())
        finally:
            no_hello.cancel()

    def _close_without_hello(self) -> None:
        if not self.said_hello:
            self.close(CloseCode.NO_HELLO)

    def _give_up(self) -> None:
        self._queue.clear()
        self.close(CloseCode.SLOW)

    async def _read(self, receive: Receiver) -> None:
        while True:
            try:
                message = await self._websocket.receive()
            except (WebSocketDisconnect, RuntimeError):
                return
            if message["type"] == "websocket.disconnect":
                return
            await receive(self, message.get("text") or message.get("bytes") or b"")

    async def _write(self) -> None:
        try:
            while self._close_code is None or self._queue:
                if not self._queue:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                _, frame = self._queue.popleft()
                async with asyncio.timeout(self._settings.slow_timeout_seconds):
                    await self._websocket.send_text(frame.decode())
        except TimeoutError:
            self._close_code = CloseCode.SLOW
            log.info("slow_viewer_closed", session_id=str(self.session_id))
        except (WebSocketDisconnect, RuntimeError, OSError):
            return
        await self._say_goodbye(self._close_code)

    async def _say_goodbye(self, code: CloseCode) -> None:
        # A stalled peer takes no close frame either; TCP_USER_TIMEOUT on the listening socket ends that connection.
        try:
            async with asyncio.timeout(self._settings.slow_timeout_seconds):
                await self._websocket.close(code, CLOSE_REASONS[code])
        except (WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
            return
