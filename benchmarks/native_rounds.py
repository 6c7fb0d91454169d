"""Would a round in C be worth a compiled part of the service? One frame to N viewers of a hub, in turns with the same by one call of C.

    python -m benchmarks.native_rounds [--n 9000] [--pairs 10]

Ways: the hub's own round, the same number of `send` from C in one call per 256 viewers on the loop, and the whole round in one call on another
thread, while which Python's lock is free. Nobody reads meanwhile, so only sending is measured. Prints the table of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import socket
import statistics
import time
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import uvloop

from app.infra.clock import monotonic, utc_now
from app.realtime.connection import Connection
from app.realtime.detached import DetachedSockets
from app.realtime.detached_connection import DetachedConnection
from app.realtime.hub import Hub
from app.realtime.websocket_frames import text_frame
from app.settings import RealtimeSettings
from benchmarks.load.build import compiled
from benchmarks.pairs import Pair
from benchmarks.sheet import Sheet, console, this_machine

_FRAME = b"x" * 291
_CHUNK = 256
_ROUNDS = 5  # before the viewers' buffers are emptied
Way = Callable[[], Awaitable[object]]


class FullRoom:
    """A hub with N viewers over loopback, both ends in this process."""

    def __init__(self, count: int) -> None:
        settings = RealtimeSettings()
        self.session_id: UUID = uuid4()
        self.hub = Hub(settings, capacity=count + 1)
        self._sockets = DetachedSockets(settings, receive=_nothing, released=self._released)
        self.hub.use_detached(self._sockets)
        self._sockets.start()
        self._clients: list[socket.socket] = []
        self.fds: list[int] = []
        with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
            for _ in range(count):
                self._enters(listening)

    def _enters(self, listening: socket.socket) -> None:
        client = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
        for each in (client, server):
            each.setblocking(False)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fd = server.detach()
        connection = DetachedConnection(self._sockets, fd, device_id=uuid4(), session_id=self.session_id)
        self._sockets.attach(connection)
        self.hub.admit(connection)
        connection.greet()
        self.hub.join(connection)
        self._clients.append(client)
        self.fds.append(fd)

    def _released(self, connection: Connection) -> None:
        self.hub.release(connection)

    def read_all(self, bytes_each: int) -> None:
        """Empty every viewer's buffer of what all were sent. Raises `TimeoutError` when somebody did not get all of it."""
        for client in self._clients:
            client.settimeout(5)
            left = bytes_each
            while left:
                left -= len(client.recv(left))

    async def close(self) -> None:
        await self._sockets.stop()
        for client in self._clients:
            client.close()


async def _nothing(_connection: Connection, _message: str | bytes) -> None:
    """Nobody says anything."""


async def longest_pause(work: Awaitable[object]) -> float:
    """Seconds for which the loop stood still at the longest while this was done."""
    longest, done = 0.0, asyncio.ensure_future(work)
    while not done.done():
        began = monotonic()
        await asyncio.sleep(0)
        longest = max(longest, monotonic() - began)
    await done
    return longest


async def measure(count: int, pairs: int) -> Sheet:
    """All ways in turns, `pairs` times."""
    room = FullRoom(count)
    library = ctypes.CDLL(str(compiled("sendall", library=True)))
    data = text_frame(_FRAME)
    fds, sent = (ctypes.c_int * count)(*room.fds), (ctypes.c_int * count)()
    chunks = [(ctypes.c_int * len(part))(*part) for part in (room.fds[at : at + _CHUNK] for at in range(0, count, _CHUNK))]

    async def by_hub() -> None:
        await room.hub.broadcast(room.session_id, "viewer", _FRAME)

    async def by_chunks() -> None:
        for chunk in chunks:
            library.send_to_all(chunk, len(chunk), data, len(data), sent)
            await asyncio.sleep(0)

    async def by_thread() -> None:
        await asyncio.to_thread(library.send_to_all, fds, count, data, len(data), sent)

    ways: dict[str, Way] = {"the hub's round": by_hub, "C, 256 a call": by_chunks, "C, whole, on a thread": by_thread}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    pauses: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(pairs + 1):
        for name, way in ways.items():
            before = time.process_time()
            for _ in range(_ROUNDS):
                await way()
            cost = (time.process_time() - before) / _ROUNDS / count * 1e6
            pause = await longest_pause(way())
            room.read_all((_ROUNDS + 1) * len(data))
            if number:  # the first time warms up
                costs[name].append(cost)
                pauses[name].append(pause * 1_000)
    await room.close()
    return _sheet(count, costs, pauses)


def _sheet(count: int, costs: dict[str, list[float]], pauses: dict[str, list[float]]) -> Sheet:
    hub = next(iter(costs.values()))
    rows = []
    for name, of_one in costs.items():
        ratios = [Pair(theirs, ours).ratio for theirs, ours in zip(of_one, hub, strict=True)]
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        rows.append((name, f"{statistics.median(of_one):.2f}", ratio, f"{statistics.median(pauses[name]):.1f}"))
    return Sheet(
        f"One frame of {len(_FRAME)} bytes to {count:,} viewers",
        ("way", "CPU µs per delivery", "÷ the hub's, pairs", "loop stood still, ms"),
        rows,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--n", type=int, default=9_000, help="viewers (both ends count against the limit of files)")
    parser.add_argument("--pairs", type=int, default=10)
    wanted = parser.parse_args()
    machine = this_machine()
    sheet = uvloop.run(measure(wanted.n, wanted.pairs))
    console.print(machine.sentence(utc_now()))
    console.print(sheet.as_table())
    console.print(sheet.as_markdown())


if __name__ == "__main__":
    main()
