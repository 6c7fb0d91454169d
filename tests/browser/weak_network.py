"""A network between the browser and the service that can be slow, lose everything without a word, keep bytes back, or break.

It runs in a thread of its own, because the browser is driven from the test's. Every method may be called from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_CHUNK = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_TICKET = b"set-cookie: ocop_ticket"


@dataclass(eq=False, slots=True)
class _Carried:
    """One connection of the browser; a dead one takes everything and passes on nothing, for ever."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    is_dead: bool = False


@dataclass(slots=True)
class WeakNetwork:
    """Stands for the service's port. Connections that lost a byte never recover; new ones are as good as the network is then."""

    server_port: int
    loop: asyncio.AbstractEventLoop
    delay_seconds: float = 0.0
    port: int = 0
    # Whether the browser never gets to see the ticket's cookie.
    takes_ticket: bool = False
    _swallows: bool = False
    _refuses: bool = False
    _passing: asyncio.Event = field(default_factory=asyncio.Event)
    _carried: set[_Carried] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._passing.set()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def swallow(self) -> None:
        """From now on everything is taken and nothing is passed on, on old and new connections."""

        def change() -> None:
            self._swallows = True
            self._forget_connections()

        self._run(change)

    def forget(self) -> None:
        """The present connections die without a word, as when a phone sleeps; new ones work."""
        self._run(self._forget_connections)

    def hold(self) -> None:
        """From now on every byte waits on its way."""
        self._run(self._passing.clear)

    def cut(self) -> None:
        """Every connection is reset now, and new ones are as soon as they come."""

        def change() -> None:
            self._refuses = True
            for carried in self._carried:
                _reset(carried.client)

        self._run(change)

    def heal(self) -> None:
        """All is well again: new connections work, and what was held back arrives."""

        def change() -> None:
            self._swallows = self._refuses = False
            self._passing.set()

        self._run(change)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            _reset(writer)
            return
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        carried = _Carried(writer, server_writer, is_dead=self._swallows)
        self._carried.add(carried)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(carried, reader, server_writer))
                both.create_task(self._pass_on(carried, server_reader, writer))
        except asyncio.CancelledError:
            # The end of the test; a task that ends so would be a complaint of asyncio's streams.
            pass
        finally:
            self._carried.discard(carried)
            for each in (writer, server_writer):
                each.transport.abort()

    async def _pass_on(self, carried: _Carried, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, until its end. The end of a dead connection is not passed on either."""
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                await self._passing.wait()
                if carried.is_dead:
                    continue
                if self.takes_ticket:
                    data = data.replace(_TICKET, b"x" * len(_TICKET))
                writer.write(data)
                await writer.drain()
        if not carried.is_dead:
            carried.client.transport.abort()
            carried.server.transport.abort()

    def _forget_connections(self) -> None:
        for carried in self._carried:
            carried.is_dead = True

    def _run(self, change: Callable[[], None]) -> None:
        async def made() -> None:
            change()

        asyncio.run_coroutine_threadsafe(made(), self.loop).result(timeout=5)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset instead of an orderly end."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


@contextmanager
def weak_network(server_port: int) -> Iterator[WeakNetwork]:
    """A network to the service at `server_port`, healthy at first."""
    loop = asyncio.new_event_loop()
    network = WeakNetwork(server_port, loop)
    ready = threading.Event()
    over = asyncio.Event()

    async def run() -> None:
        async with await asyncio.start_server(network.accept, "127.0.0.1", 0) as listening:
            network.port = listening.sockets[0].getsockname()[1]
            ready.set()
            await over.wait()
            carrying = asyncio.all_tasks() - {asyncio.current_task()}
            for task in carrying:
                task.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), name="weak network", daemon=True)
    thread.start()
    try:
        assert ready.wait(timeout=10)
        yield network
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(timeout=10)
        assert not thread.is_alive()
        loop.close()
