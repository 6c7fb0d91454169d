"""What the bytes of a detached viewer say: frames, pings, the goodbye, and commands, which are answered one after the other.

Nothing is kept here of a viewer; what has begun and what waits is in its `DetachedConnection`, and only while there is some.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from app.infra.tasks import TaskOwner
from app.realtime.connection import Connection
from app.realtime.descriptors import end_sending
from app.realtime.detached_connection import DetachedConnection
from app.realtime.websocket_frames import NO_STATUS, FrameError, FrameReader, Opcode, Received, close_frame, pong_frame

if TYPE_CHECKING:
    from app.realtime.detached import DetachedSockets

Receiver = Callable[[Connection, str | bytes], Awaitable[None]]

_FRAMES_PER_READ = 32  # no page sends more at once; who does is read again only after a rest
# Reads nothing any more: stands in as the reader of a client that broke the protocol.
_DEAF = FrameReader(0)


class ViewerMessages:
    """Takes what `sockets` read and answers it over them. `receive` answers a command and never raises."""

    def __init__(self, sockets: DetachedSockets, *, receive: Receiver, frame_max_bytes: int) -> None:
        self._sockets = sockets
        self._receive = receive
        self._frame_max_bytes = frame_max_bytes
        self._tasks = TaskOwner("viewer messages")

    async def close(self) -> None:
        """End what is still being answered. Call it when the sockets are gone."""
        await self._tasks.close()

    def take(self, connection: DetachedConnection, data: bytes) -> None:
        """Bytes from a viewer, whole frames or parts of them."""
        if connection.reader is _DEAF:
            return
        reader = connection.reader or FrameReader(self._frame_max_bytes)
        messages, violation = reader.feed(data)
        self._keep(connection, None if reader.is_between_messages else reader)
        for message in messages:
            self._obey(connection, message)
        if len(messages) > _FRAMES_PER_READ:
            self._sockets.let_rest(connection)
        if violation is not None:
            self._finish(connection, violation)

    def _keep(self, connection: DetachedConnection, reader: FrameReader | None) -> None:
        """Remember a message that has begun; or that nothing is begun."""
        if connection.reader is None:
            if reader is not None and reader is not _DEAF:
                self._sockets.has_begun(connection)
        elif reader is None or reader is _DEAF:
            self._sockets.has_ended(connection)
        connection.reader = reader

    def _obey(self, connection: DetachedConnection, message: Received) -> None:
        match message.opcode:
            case Opcode.PING:
                # While replies wait, an answer to a ping may be left out: the next one is answered.
                if connection.outbox is None and not connection.closing:
                    self._sockets.write(connection, pong_frame(message.payload))
            case Opcode.CLOSE:
                self._finish(connection, message)
            case Opcode.TEXT | Opcode.BINARY:
                if not connection.closing:
                    self._enqueue(connection, message.payload)
            case Opcode.PONG | Opcode.CONTINUATION:
                pass

    def _finish(self, connection: DetachedConnection, last: Received | FrameError) -> None:
        """Nothing after this counts: what comes is read only to be thrown away. What came before is answered first, for some seconds."""
        self._keep(connection, _DEAF)
        if connection.inbox is None or connection.closing:
            self._end(connection, last)
        else:
            connection.inbox.append(last)
            self._sockets.closes_soon(connection)

    def _end(self, connection: DetachedConnection, last: Received | FrameError) -> None:
        if isinstance(last, FrameError):
            self._sockets.close_with(connection, last.code, last.reason)
            if connection.outbox is None and not connection.gone:
                end_sending(connection.fd)
            return
        if not connection.closing:
            self._sockets.write(connection, close_frame(int.from_bytes(last.payload[:2], "big") if last.payload else NO_STATUS))
        self._sockets.drop(connection)

    # --- commands, one after the other per viewer; a task lives only while there are any ---

    def _enqueue(self, connection: DetachedConnection, payload: bytes) -> None:
        if connection.inbox is None:
            connection.inbox = deque([payload])
            self._tasks.spawn("answer", self._answer(connection))
            return
        connection.inbox.append(payload)
        if connection.is_full:
            self._sockets.listen(connection)

    async def _answer(self, connection: DetachedConnection) -> None:
        inbox = connection.inbox
        while inbox and not connection.gone:
            was_full = connection.is_full
            message = inbox.popleft()
            if isinstance(message, bytes):
                await self._receive(connection, message)
            else:
                self._end(connection, message)
            if was_full:
                self._sockets.listen(connection)
        connection.inbox = None
