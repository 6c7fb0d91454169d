"""Rules of detached sockets, on real TCP connections: nobody is delayed, nothing is sent twice or torn, the end is always said."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from websockets.frames import Frame, Opcode

from app.protocol.close_codes import CloseCode
from app.realtime.connection import Connection
from app.realtime.detached import DetachedSockets
from app.realtime.detached_connection import DetachedConnection
from app.realtime.spread import Spread
from app.settings import RealtimeSettings
from tests.patience import NEWS_SECONDS

QUICK = RealtimeSettings(slow_timeout_seconds=0.5, hello_timeout_seconds=0.6, reply_queue_frames=8)


@dataclass
class House:
    """Detached sockets with everything that was received and released."""

    sockets: DetachedSockets
    listener: socket.socket
    received: list[tuple[Connection, bytes]] = field(default_factory=list)
    released: list[Connection] = field(default_factory=list)
    clients: list[socket.socket] = field(default_factory=list)
    answer_after: float = 0.0

    async def viewer(
        self, *, send_buffer: int | None = None, receive_buffer: int | None = None, says_hello: bool = True
    ) -> tuple[Viewer, DetachedConnection]:
        client = socket.socket()
        self.clients.append(client)
        if receive_buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, self.listener.getsockname())
        server, _ = await loop.sock_accept(self.listener)
        server.setblocking(False)
        if send_buffer is not None:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        connection = DetachedConnection(self.sockets, server.detach(), device_id=uuid4(), session_id=uuid4())
        self.sockets.attach(connection)
        if says_hello:
            connection.greet()
        return Viewer(client), connection


class Viewer:
    """The client's end: reads whole server frames."""

    def __init__(self, client: socket.socket) -> None:
        self.socket = client
        self._buffer = b""

    async def say(self, opcode: Opcode, payload: bytes, *, fin: bool = True) -> None:
        await self.raw(Frame(opcode, payload, fin=fin).serialize(mask=True))

    async def raw(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def frame(self, *, within: float = NEWS_SECONDS) -> tuple[int, bytes] | None:
        """Opcode and payload of the next frame; None at the end of the stream."""
        async with asyncio.timeout(within):
            if not await self._has(2):
                return None
            length, start = self._buffer[1] & 0x7F, 2
            if length == 126:
                await self._has(4)
                length, start = struct.unpack("!H", self._buffer[2:4])[0], 4
            elif length == 127:
                await self._has(10)
                length, start = struct.unpack("!Q", self._buffer[2:10])[0], 10
            assert await self._has(start + length)
        opcode, payload = self._buffer[0] & 0x0F, self._buffer[start : start + length]
        self._buffer = self._buffer[start + length :]
        return opcode, payload

    async def _has(self, count: int) -> bool:
        while len(self._buffer) < count:
            try:
                data = await asyncio.get_running_loop().sock_recv(self.socket, 65_536)
            except ConnectionResetError:
                return False
            if not data:
                return False
            self._buffer += data
        return True


@pytest.fixture
async def make_house() -> AsyncIterator[Callable[..., House]]:
    houses: list[House] = []

    def make(settings: RealtimeSettings | None = None) -> House:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)

        async def receive(connection: Connection, raw: str | bytes) -> None:
            assert isinstance(raw, bytes)
            await asyncio.sleep(house.answer_after)
            house.received.append((connection, raw))

        sockets = DetachedSockets(
            settings or RealtimeSettings(), receive=receive, released=lambda connection: house.released.append(connection)
        )
        house = House(sockets, listener)
        sockets.start()
        houses.append(house)
        return house

    yield make
    for house in houses:
        await house.sockets.stop()
        for opened in (house.listener, *house.clients):
            opened.close()


async def _until(condition: Callable[[], bool], *, within: float = NEWS_SECONDS) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - the condition is about objects that know nothing of tests
            await asyncio.sleep(0.01)


async def test_everyone_gets_every_tick_once_while_others_come_and_go(make_house: Callable[..., House]) -> None:
    house, rng = make_house(), random.Random(7)  # noqa: S311 - a seed for the test
    staying = [await house.viewer() for _ in range(40)]
    leaving = [await house.viewer() for _ in range(60)]
    fds = {connection.fd for _, connection in staying + leaving}
    rng.shuffle(leaving)

    for number in range(20):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.sockets.fanout.broadcast(fds, b"tick %d" % number, Spread(0.0)))
            for viewer, connection in leaving[number * 3 : number * 3 + 3]:
                viewer.socket.close()
                fds.discard(connection.fd)

    for viewer, _ in staying:
        assert [await viewer.frame() for _ in range(20)] == [(1, b"tick %d" % number) for number in range(20)]


async def test_an_fd_is_not_given_away_during_a_broadcast(make_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> None:
    house = make_house()
    viewers = [await house.viewer() for _ in range(3)]
    closed_during_round: list[int] = []
    rounds = house.sockets.fanout
    real_close = os.close

    def watched_close(fd: int) -> None:
        closed_during_round.append(rounds._rounds)
        real_close(fd)

    monkeypatch.setattr("app.realtime.fanout.os.close", watched_close)
    monkeypatch.setattr("app.realtime.fanout._WRITES_PER_TURN", 1)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.sockets.fanout.broadcast([connection.fd for _, connection in viewers], b"tick", Spread(0.0)))
        await asyncio.sleep(0)
        house.sockets.drop(viewers[2][1])

    assert closed_during_round == [0]


async def test_a_stalled_viewer_is_parked_and_goes_on_with_whole_frames(make_house: Callable[..., House]) -> None:
    house = make_house()
    stalled, parked = await house.viewer(send_buffer=4_096, receive_buffer=4_096)
    other, _ = await house.viewer()
    fds = [connection.fd for connection in house.sockets.connections]
    ticks = [b"%05d" % number + b"x" * 3_000 for number in range(100)]

    for tick in ticks:
        await house.sockets.fanout.broadcast(fds, tick, Spread(0.0))
        assert await other.frame() == (1, tick)
    assert house.sockets.parked_count == 1
    seen: list[bytes] = []
    while parked.outbox is not None or len(seen) < 2:
        frame = await stalled.frame()
        assert frame is not None
        seen.append(frame[1])
    await house.sockets.fanout.broadcast(fds, b"and on", Spread(0.0))
    while (frame := await stalled.frame()) is not None and frame[1] != b"and on":
        seen.append(frame[1])

    assert frame == (1, b"and on")
    assert seen == sorted(set(seen))
    assert set(seen) < set(ticks)


async def test_replies_wait_for_a_parked_viewer_and_are_bounded(make_house: Callable[..., House]) -> None:
    house = make_house(QUICK)
    viewer, connection = await house.viewer(send_buffer=4_096, receive_buffer=4_096)

    while connection.outbox is None:
        connection.send(b"y" * 3_000)
    for number in range(5):
        connection.send(b"reply %d" % number)
    frames = []
    while (frame := await viewer.frame()) is not None and frame[1] != b"reply 4":
        frames.append(frame[1])
    assert [each for each in frames if each.startswith(b"reply")] == [b"reply %d" % number for number in range(4)]

    while not connection.closing:
        connection.send(b"z" * 3_000)
    assert connection.outbox is None or len(connection.outbox) <= QUICK.reply_queue_frames


async def test_a_viewer_parked_too_long_hears_why_it_was_closed_when_it_reads_again(make_house: Callable[..., House]) -> None:
    house = make_house(QUICK)
    viewer, connection = await house.viewer(send_buffer=4_096, receive_buffer=4_096)
    async with asyncio.timeout(5):
        while not connection.closing:
            await house.sockets.fanout.broadcast([connection.fd], b"x" * 3_000, Spread(0.0))
            await asyncio.sleep(0.01)
    last = None
    while (frame := await viewer.frame()) is not None:
        last = frame
        if frame[0] == 8:
            break

    assert last is not None
    assert last[0] == 8
    assert struct.unpack("!H", last[1][:2])[0] == CloseCode.SLOW


async def test_a_viewer_that_stays_silent_is_closed(make_house: Callable[..., House]) -> None:
    house = make_house(QUICK)
    viewer, connection = await house.viewer(says_hello=False)

    assert await viewer.frame() == (8, struct.pack("!H", CloseCode.NO_HELLO) + b"no hello in time")
    viewer.socket.close()
    await _until(lambda: house.released == [connection])


async def test_messages_are_answered_one_after_the_other_in_order(make_house: Callable[..., House]) -> None:
    house = make_house()
    house.answer_after = 0.002
    viewer, _ = await house.viewer()

    sent = [b"message %d" % number for number in range(60)]
    for message in sent:
        await viewer.say(Opcode.TEXT, message)
    await _until(lambda: len(house.received) == len(sent))

    assert [raw for _, raw in house.received] == sent


async def test_a_client_that_is_not_answered_yet_is_not_read_without_end(make_house: Callable[..., House]) -> None:
    house = make_house()
    house.answer_after = 30
    viewer, connection = await house.viewer()

    async def flood() -> None:
        while True:
            await viewer.say(Opcode.TEXT, b"m" * 2_000)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(flood(), 1.0)

    assert connection.inbox is not None
    assert len(connection.inbox) < 64


async def test_trickled_bytes_and_fragments_arrive_whole(make_house: Callable[..., House]) -> None:
    house = make_house()
    viewer, connection = await house.viewer()

    for byte in Frame(Opcode.TEXT, "Chốt 2 hũ".encode(), fin=True).serialize(mask=True):
        await viewer.raw(bytes((byte,)))
        await asyncio.sleep(0)
    await viewer.say(Opcode.TEXT, "Mật ".encode(), fin=False)
    await viewer.say(Opcode.PING, b"?")
    await viewer.say(Opcode.CONT, b"ong")

    assert await viewer.frame() == (10, b"?")
    await _until(lambda: len(house.received) == 2)
    assert [raw.decode() for _, raw in house.received] == ["Chốt 2 hũ", "Mật ong"]
    assert connection.reader is None


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (b"\x81\x05hello", 1002),
        (Frame(Opcode.TEXT, b"\xff").serialize(mask=True), 1007),
        (b"\x82\xff" + struct.pack("!Q", 10_000_000), 1009),
    ],
    ids=["unmasked", "not UTF-8", "too long"],
)
async def test_a_violation_is_answered_with_its_close_code(make_house: Callable[..., House], wire: bytes, code: int) -> None:
    house = make_house()
    viewer, connection = await house.viewer()

    await viewer.raw(wire)

    frame = await viewer.frame()
    assert frame is not None
    assert (frame[0], struct.unpack("!H", frame[1][:2])[0]) == (8, code)
    assert await viewer.frame() is None
    viewer.socket.close()
    await _until(lambda: house.released == [connection])


async def test_a_close_is_echoed_and_the_socket_let_go(make_house: Callable[..., House]) -> None:
    house = make_house()
    viewer, connection = await house.viewer()

    await viewer.say(Opcode.CLOSE, struct.pack("!H", 1001) + "tạm biệt".encode())

    assert await viewer.frame() == (8, struct.pack("!H", 1001))
    assert await viewer.frame() is None
    assert house.released == [connection]


async def test_a_reset_connection_is_let_go_once(make_house: Callable[..., House]) -> None:
    house = make_house()
    viewer, connection = await house.viewer()
    viewer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    viewer.socket.close()

    await house.sockets.fanout.broadcast([connection.fd], b"tick", Spread(0.0))
    await _until(lambda: house.released == [connection])
    connection.send(b"nobody there")
    connection.close(CloseCode.SLOW)

    assert house.released == [connection]


@pytest.mark.parametrize(
    ("last", "code"),
    [(Frame(Opcode.CLOSE, struct.pack("!H", 1001)).serialize(mask=True), 1001), (b"\xc1\x80\x00\x00\x00\x00", 1002)],
    ids=["close", "violation"],
)
async def test_what_came_before_the_end_is_answered_before_it(make_house: Callable[..., House], last: bytes, code: int) -> None:
    house = make_house()
    house.answer_after = 0.02
    viewer, connection = await house.viewer()

    await viewer.raw(Frame(Opcode.TEXT, b"one").serialize(mask=True) + Frame(Opcode.TEXT, b"two").serialize(mask=True) + last)
    frame = await viewer.frame()

    assert [raw for _, raw in house.received] == [b"one", b"two"]
    assert frame is not None
    assert struct.unpack("!H", frame[1][:2])[0] == code
    viewer.socket.close()
    await _until(lambda: house.released == [connection])


async def test_whoever_never_gets_to_the_end_is_let_go(make_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.realtime.detached._CLOSING_SECONDS", 0.3)
    house = make_house()
    house.answer_after = 30
    viewer, connection = await house.viewer()

    await viewer.raw(Frame(Opcode.TEXT, b"one").serialize(mask=True) + Frame(Opcode.CLOSE, b"").serialize(mask=True))

    await _until(lambda: house.released == [connection])


async def test_a_message_that_does_not_end_is_not_kept_for_ever(make_house: Callable[..., House]) -> None:
    house = make_house(QUICK)
    viewer, _ = await house.viewer()

    await viewer.say(Opcode.TEXT, b"once upon a time", fin=False)
    async with asyncio.timeout(5):
        while (frame := await viewer.frame()) is not None and frame[0] != 8:
            await viewer.say(Opcode.CONT, b"and then", fin=False)

    assert frame is not None
    assert struct.unpack("!H", frame[1][:2])[0] == 1008


async def test_a_flood_of_pings_is_read_slowly_and_delays_nobody(make_house: Callable[..., House]) -> None:
    house = make_house()
    flooders = [await house.viewer() for _ in range(40)]
    quiet, _ = await house.viewer()
    pings = Frame(Opcode.PING, b"").serialize(mask=True) * 3_000

    async def flood(viewer: Viewer) -> None:
        while True:
            await viewer.raw(pings)

    floods = [asyncio.ensure_future(flood(viewer)) for viewer, _ in flooders]
    slowest = 0.0
    for number in range(20):
        sent_at = time.monotonic()
        await quiet.say(Opcode.PING, b"%d" % number)
        assert await quiet.frame() == (10, b"%d" % number)
        slowest = max(slowest, time.monotonic() - sent_at)
        await asyncio.sleep(0.05)
    for each in floods:
        each.cancel()

    assert slowest < 2.0
