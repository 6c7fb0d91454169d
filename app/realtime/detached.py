"""Viewers' sockets as bare file descriptors: one epoll that is one reader on the loop; what goes to many goes by `fanout.py`.

What a viewer's bytes say is for `viewer_messages.py`. A viewer that takes no more bytes is parked: it skips ticks, keeps the unsent rest
of what had begun and its replies, and goes on when it reads again. Everything here runs on the loop's thread.
"""

from __future__ import annotations

import asyncio
import os
import select
from array import array
from collections import deque
from collections.abc import Callable, Collection

from app.infra.clock import monotonic
from app.infra.tasks import TaskOwner
from app.protocol.close_codes import CLOSE_REASONS, CloseCode
from app.realtime import counters
from app.realtime.connection import Connection
from app.realtime.deadlines import Deadlines
from app.realtime.detached_connection import DetachedConnection
from app.realtime.fanout import Fanout
from app.realtime.networks import UNKNOWN_NETWORK
from app.realtime.viewer_messages import Receiver, ViewerMessages
from app.realtime.websocket_frames import POLICY_VIOLATION, close_frame
from app.settings import RealtimeSettings

_READ_BYTES = 4_096
_EVENTS_PER_POLL = 16
_READ_SECONDS_PER_TURN = 0.003  # then other work of the loop gets its turn
_REST_SECONDS = 0.5
_SWEEP_SECONDS = 0.5
_CLOSING_SECONDS = 5.0


class DetachedSockets:
    """All detached sockets of a worker. `receive` answers a message and never raises; `released` hears of every socket that is gone."""

    def __init__(self, settings: RealtimeSettings, *, receive: Receiver, released: Callable[[Connection], None]) -> None:
        self._settings = settings
        self._released = released
        self._messages = ViewerMessages(self, receive=receive, frame_max_bytes=4 * settings.max_message_bytes)
        self.take = self._messages.take
        self._epoll = select.epoll()
        # by fd, as fds are small numbers
        self._connections: list[DetachedConnection | None] = []
        # Eight bytes a viewer instead of an object that each would keep.
        self._networks = array("Q")
        self.fanout = Fanout(park=self._park_fd, drop=self._drop_fd)
        self._ready = self.fanout.ready
        self._hello_due = Deadlines[DetachedConnection](settings.hello_timeout_seconds)
        self._resting = Deadlines[DetachedConnection](_REST_SECONDS)
        self._unfinished = Deadlines[DetachedConnection](settings.slow_timeout_seconds)
        self._parked = Deadlines[DetachedConnection](settings.slow_timeout_seconds)
        self._closing = Deadlines[DetachedConnection](_CLOSING_SECONDS)
        self._tasks = TaskOwner("detached")

    @property
    def connections(self) -> Collection[DetachedConnection]:
        """Everyone who is attached."""
        return [connection for connection in self._connections if connection is not None]

    @property
    def parked_count(self) -> int:
        """Viewers that take no bytes at the moment."""
        return len(self._parked)

    def start(self) -> None:
        asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._on_ready)
        self._tasks.spawn("sweep", self._sweep_forever())

    async def stop(self) -> None:
        """Drop what is still open. Call it after everyone was told to leave."""
        asyncio.get_running_loop().remove_reader(self._epoll.fileno())
        for connection in self.connections:
            self.drop(connection)
        await self._messages.close()
        await self._tasks.close()
        self._epoll.close()

    def network_of(self, connection: DetachedConnection) -> bytes:
        """The digest of the network from which it came."""
        return UNKNOWN_NETWORK if connection.gone else self._networks[connection.fd].to_bytes(8, "big")

    def attach(self, connection: DetachedConnection, *, network: bytes = UNKNOWN_NETWORK) -> None:
        """Watch over a socket whose handshake is being answered."""
        fd = connection.fd
        if fd >= len(self._ready):
            more = fd + 1_024 - len(self._ready)
            self._ready.extend(bytes(more))
            self._connections.extend([None] * more)
            self._networks.extend([0] * more)
        self._connections[fd] = connection
        self._networks[fd] = int.from_bytes(network, "big")
        self._ready[fd] = 1
        self._epoll.register(fd, select.EPOLLIN)
        self._hello_due.add(connection)

    def greeted(self, connection: DetachedConnection) -> None:
        """Its hello is no longer waited for."""
        self._hello_due.discard(connection)

    def has_begun(self, connection: DetachedConnection) -> None:
        """It has sent part of a message; the rest is waited for, but not for ever."""
        self._unfinished.add(connection)

    def has_ended(self, connection: DetachedConnection) -> None:
        """The message that it had begun is whole."""
        self._unfinished.discard(connection)

    def let_rest(self, connection: DetachedConnection) -> None:
        """Read a client that floods more slowly: TCP holds it back, and what it costs is bounded."""
        self._resting.add(connection)
        self.listen(connection)

    def closes_soon(self, connection: DetachedConnection) -> None:
        """It is dropped some seconds from now, if it is still there."""
        self._closing.add(connection)

    def write(self, connection: DetachedConnection, data: bytes) -> None:
        """Send, or keep for a parked viewer; one for whom too much is kept is closed as slow."""
        if connection.gone:
            return
        if connection.outbox is not None:
            if len(connection.outbox) >= self._settings.reply_queue_frames:
                self.close_with(connection, CloseCode.SLOW, CLOSE_REASONS[CloseCode.SLOW])
            else:
                connection.outbox.append(data)
            return
        try:
            sent = os.write(connection.fd, data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.drop(connection)
            return
        if sent != len(data):
            self._park(connection, data[sent:])

    def close_with(self, connection: DetachedConnection, code: int, reason: str) -> None:
        """Send a close frame behind what had begun, and wait a little for the peer's. Closing twice changes nothing."""
        if connection.closing or connection.gone:
            return
        if connection.outbox is not None:
            # Only the frame that is half out must be finished; the rest would only delay the goodbye.
            while len(connection.outbox) > 1:
                connection.outbox.pop()
        self.write(connection, close_frame(code, reason))
        connection.closing = True
        if not connection.gone:
            self._ready[connection.fd] = 0
            self._closing.add(connection)

    # --- events ---

    def _on_ready(self) -> None:
        """A few at a time: epoll then goes round among all that are ready, so nobody's flood keeps the others from being read."""
        until = monotonic() + _READ_SECONDS_PER_TURN
        while ready := self._epoll.poll(0, _EVENTS_PER_POLL):
            for fd, events in ready:
                if (connection := self._connections[fd]) is not None:
                    self._serve(connection, events)
            if monotonic() >= until:
                return

    def _serve(self, connection: DetachedConnection, events: int) -> None:
        if events & (select.EPOLLHUP | select.EPOLLERR):
            self.drop(connection)
            return
        if events & select.EPOLLOUT:
            self._resume(connection)
        if events & select.EPOLLIN and not connection.gone:
            self._read(connection)

    def _read(self, connection: DetachedConnection) -> None:
        try:
            data = os.read(connection.fd, _READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.take(connection, data)
        else:
            self.drop(connection)

    # --- parking ---

    def _park_fd(self, fd: int, rest: bytes) -> None:
        connection = self._connections[fd]
        if connection is not None:
            self._park(connection, rest)

    def _drop_fd(self, fd: int) -> None:
        connection = self._connections[fd]
        if connection is not None:
            self.drop(connection)

    def _park(self, connection: DetachedConnection, rest: bytes) -> None:
        connection.outbox = deque([rest] if rest else [])
        self._ready[connection.fd] = 0
        self._parked.add(connection)
        self.listen(connection)

    def _resume(self, connection: DetachedConnection) -> None:
        outbox = connection.outbox
        while outbox:
            try:
                sent = os.write(connection.fd, outbox[0])
            except BlockingIOError:
                return
            except OSError:
                self.drop(connection)
                return
            if sent < len(outbox[0]):
                outbox[0] = outbox[0][sent:]
                return
            outbox.popleft()
        connection.outbox = None
        self._parked.discard(connection)
        self._ready[connection.fd] = 0 if connection.closing else 1
        self.listen(connection)

    def listen(self, connection: DetachedConnection) -> None:
        """Tell epoll what to wait for: bytes from the viewer unless it has to wait, room for bytes while it is parked."""
        if connection.gone:
            return
        wanted = 0 if connection.is_full or connection in self._resting else select.EPOLLIN
        self._epoll.modify(connection.fd, wanted | (select.EPOLLOUT if connection.outbox is not None else 0))

    # --- the end ---

    def drop(self, connection: DetachedConnection) -> None:
        """Close the descriptor and forget the viewer, at once."""
        if connection.gone:
            return
        connection.gone = connection.closing = True
        self._connections[connection.fd] = None
        self._epoll.unregister(connection.fd)
        for waiting in (self._hello_due, self._resting, self._unfinished, self._parked, self._closing):
            waiting.discard(connection)
        self.fanout.close(connection.fd)
        self._released(connection)

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            counters.PARKED.set(len(self._parked))
            for connection in self._hello_due.take_overdue():
                connection.close(CloseCode.NO_HELLO)
            for connection in self._resting.take_overdue():
                self.listen(connection)
            for connection in self._unfinished.take_overdue():
                self.close_with(connection, POLICY_VIOLATION, "a message that does not end")
            for connection in self._parked.take_overdue():
                counters.SHED_SLOW.inc()
                connection.close(CloseCode.SLOW)
            for connection in self._closing.take_overdue():
                self.drop(connection)
