"""Takes connections from the listening socket, some at a time, and reads each until its request shows whose it is.

uvloop's own server takes all that wait at once, whoever else wants the processor, and makes a transport of each, which a viewer's socket
does not need.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from functools import partial

import structlog
from typing_extensions import override

from app.infra.bounded_http import HEAD_SECONDS, BoundedHttp
from app.infra.clock import monotonic
from app.infra.slow_clients import SlowHeads
from app.infra.tasks import TaskOwner

log = structlog.get_logger(__name__)

_BACKLOG = 8192
_READ_BYTES = 4_096  # most heads are shorter
_SECONDS_PER_TURN = 0.003
_LAST_SECONDS = 0.5
# Without a descriptor left nobody can be taken in; asked at once again it would be the same.
_OUT_OF_FILES_SECONDS = 0.5

MakeHttp = Callable[..., BoundedHttp]


class Caller:
    """A connection until its request shows whose it is. `head`: what was read of it so far; `address`: the peer's, empty for one that has none."""

    __slots__ = ("_acceptor", "_timer", "address", "due_at", "head", "is_over", "socket")

    def __init__(self, acceptor: Acceptor, opened: socket.socket, address: str, *, due_at: float) -> None:
        self._acceptor = acceptor
        self._timer: asyncio.TimerHandle | None = None
        self.socket = opened
        self.address = address
        self.due_at = due_at
        self.head = b""
        self.is_over = False

    def take(self) -> socket.socket:
        """Its socket, which is not read here any more."""
        self._end()
        return self.socket

    def pass_on(self) -> None:
        """Let uvicorn have it from its first byte on."""
        self._end()
        self._acceptor.serve_http(self)

    def answer(self, whole: bytes) -> None:
        """Send this and say goodbye."""
        self._end()
        with contextlib.suppress(OSError):
            self.socket.send(whole)
            self.socket.shutdown(socket.SHUT_WR)
        self.socket.close()

    def abort(self) -> None:
        """Close it without a word."""
        self._end()
        self.socket.close()

    def waits(self) -> None:
        """More of its head is to come, and not in any time."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self.due_at, self.abort)
            loop.add_reader(self.socket.fileno(), self._acceptor.read, self)
            self._acceptor.head_is_awaited(self)

    def _end(self) -> None:
        self.is_over = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            asyncio.get_running_loop().remove_reader(self.socket.fileno())
            self._acceptor.head_is_over(self)


class _First(asyncio.Protocol):
    """Keeps what comes until the connection is uvicorn's, which could not hold back its reading before."""

    def __init__(self, head: bytes) -> None:
        self.head = head

    @override
    def data_received(self, data: bytes) -> None:
        self.head += data


class Acceptor:
    """`meet` is called with what was read of a `Caller`, and again whenever there is more: it ends the caller, or leaves it to be read on.

    What is passed on is served by the protocol that `make_http` makes. Everything here runs on the loop's thread.
    """

    def __init__(self, listener: socket.socket, *, meet: Callable[[Caller], None], heads: SlowHeads, make_http: MakeHttp) -> None:
        self._listener = listener
        self._meet = meet
        self._heads = heads
        self._make_http = make_http
        self._loop = asyncio.get_running_loop()
        self._is_watching = self._is_closed = self._is_held = False
        self._rests_until = float("-inf")
        self._waiting: set[Caller] = set()
        self._tasks = TaskOwner("acceptor")

    def start(self) -> None:
        """Listen. Raises `OSError` when the port is a stranger's."""
        self._listener.setblocking(False)
        self._listener.listen(_BACKLOG)
        self._watch()

    def hold(self) -> None:
        """Take those who have come by now, and the next ones only when asked again."""
        self._is_held = True
        self._unwatch()
        self.take_some()

    def release(self) -> None:
        """Take everybody as they come."""
        if self._is_held:
            self._is_held = False
            self._watch()

    def take_some(self) -> None:
        """Take those who wait, for about three milliseconds."""
        now = monotonic()
        if not self._is_closed and now >= self._rests_until:
            self._take_until(now + _SECONDS_PER_TURN)

    def close(self) -> None:
        """Take those who stand there, then listen no more; whose request is not complete is still read."""
        if not self._is_closed:
            self._unwatch()
            self._is_closed = True
            self._take_until(monotonic() + _LAST_SECONDS)
            self._listener.close()

    async def stop(self) -> None:
        """Give up those whose request is not complete."""
        self.close()
        for caller in list(self._waiting):
            caller.abort()
        await self._tasks.close()

    def read(self, caller: Caller) -> None:
        """Read what there is of a head."""
        try:
            data = caller.socket.recv(_READ_BYTES)
        except BlockingIOError:
            caller.waits()
            return
        except OSError:
            data = b""
        if not data:
            caller.abort()
            return
        caller.head += data
        self._meet(caller)
        if not caller.is_over:
            caller.waits()

    def serve_http(self, caller: Caller) -> None:
        """Hand a connection to uvicorn's protocol."""
        self._tasks.spawn("http", self._hand_over(caller))

    def head_is_awaited(self, caller: Caller) -> None:
        """Count it among its address's slow ones, and know it at the end."""
        self._waiting.add(caller)
        self._heads.begin(caller.address, caller)

    def head_is_over(self, caller: Caller) -> None:
        """Its head is complete, or it is gone."""
        self._waiting.discard(caller)
        self._heads.end(caller.address, caller)

    async def _hand_over(self, caller: Caller) -> None:
        try:
            transport, first = await self._loop.connect_accepted_socket(partial(_First, caller.head), caller.socket)
        except OSError:
            caller.socket.close()
            return
        if not transport.is_closing():
            http = self._make_http(head_due_at=caller.due_at)
            transport.set_protocol(http)
            http.connection_made(transport)
            http.data_received(first.head)

    def _take_until(self, until: float) -> None:
        while True:
            try:
                opened, peer = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:
                continue  # gone before it was taken
            except OSError as error:
                self._rest(error)
                return
            opened.setblocking(False)
            self.read(Caller(self, opened, str(peer[0]) if peer else "", due_at=self._loop.time() + HEAD_SECONDS))
            if monotonic() >= until:
                return

    def _rest(self, error: OSError) -> None:
        log.warning("connections_not_accepted", error=str(error))
        self._unwatch()
        self._rests_until = monotonic() + _OUT_OF_FILES_SECONDS
        if not self._is_closed:
            self._loop.call_later(_OUT_OF_FILES_SECONDS, self._watch)

    def _watch(self) -> None:
        if not self._is_watching and not self._is_closed and not self._is_held:
            self._is_watching = True
            self._loop.add_reader(self._listener.fileno(), self.take_some)

    def _unwatch(self) -> None:
        if self._is_watching:
            self._is_watching = False
            self._loop.remove_reader(self._listener.fileno())
