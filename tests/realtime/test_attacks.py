"""What hostile clients try, on both kinds of sockets: others are not delayed, memory and logs stay bounded, the attacker is let go."""

from __future__ import annotations

import asyncio
import logging
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

import pytest
from typing_extensions import override

from app.main import services_of
from tests.live.fixtures import on_both_transports
from tests.live.market import Market, Stores, market_with
from tests.live.test_slow_viewers import a_long_story
from tests.realtime.raw_socket import BINARY, PING, PONG, TEXT, RawSocket, closing, frame, raw_socket, upgrade

pytestmark = on_both_transports


async def is_well(market: Market) -> bool:
    """A new viewer gets in and is answered."""
    async with raw_socket(market) as client:
        return bool((await client.hello())["type"] == "room.snapshot")


@contextmanager
def logged_lines() -> Iterator[list[str]]:
    """Every line that is logged inside the block."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        @override
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    keeper = Keeper()
    logging.getLogger().addHandler(keeper)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(keeper)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Crowd:
    """Viewers that note when each pin reached them."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._told_at: list[float] = []
        self.delays: list[float] = []

    async def listens(self, client: RawSocket) -> None:
        seen = 0
        while (found := await client.frame(60)) is not None:
            pins = found[1].count(b'"product.pinned"')
            for number in range(seen, seen + pins):
                self.delays.append(time.monotonic() - self._told_at[number])
            seen += pins

    async def is_told(self, times: int) -> None:
        for number in range(times):
            self._told_at.append(time.monotonic())
            pinned = str(self._market.product_ids[number % 2])
            await self._market.announces({"type": "product.pinned", "product_id": pinned})
            await asyncio.sleep(0.03)


async def delays_of_others(market: Market, stack: AsyncExitStack, others: int, pins: int) -> list[float]:
    """Seconds until each of `pins` announcements had reached each of `others` viewers."""
    crowd = Crowd(market)
    async with AsyncExitStack() as own:
        clients = [await own.enter_async_context(raw_socket(market)) for _ in range(others)]
        for client in clients:
            await client.hello()
        listening = [asyncio.ensure_future(crowd.listens(client)) for client in clients]
        await crowd.is_told(pins)
        async with asyncio.timeout(10):
            while len(crowd.delays) < others * pins:  # noqa: ASYNC110 - filled by many
                await asyncio.sleep(0.02)
        for each in listening:
            each.cancel()
    return crowd.delays


async def drips(client: RawSocket) -> None:
    """Reads a hundred bytes now and then."""
    while await client.reader.read(100):  # noqa: ASYNC110 - slowness is the point
        await asyncio.sleep(0.2)


async def test_stalled_and_dripping_readers_delay_nobody_and_the_stalled_are_let_go(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, slow_timeout_seconds=1.5, reply_queue_frames=8)
        control = await delays_of_others(market, stack, 196, 12)

        stalled = [await stack.enter_async_context(raw_socket(market, receive_buffer=2_048)) for _ in range(2)]
        dripping = [await stack.enter_async_context(raw_socket(market, receive_buffer=2_048)) for _ in range(2)]
        for client in (*stalled, *dripping):
            await client.send(frame(TEXT, b'{"type":"viewer.hello","id":"h","version":1}'))
        for client in stalled:
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport can
        drops = [asyncio.ensure_future(drips(client)) for client in dripping]
        for _ in range(30):
            await market.announces({"type": "products.changed", "products": [a_long_story()]})
        attacked = await delays_of_others(market, stack, 196, 12)
        async with asyncio.timeout(30):
            while market.node.rooms.hub.socket_count > 2:
                await market.announces({"type": "products.changed", "products": [a_long_story()]})
                await asyncio.sleep(0.1)
        for each in drops:
            each.cancel()

        # Three rounds of four: one that a busy machine held up for a moment says nothing about the slow readers.
        assert percentile(attacked, 0.75) <= max(1.5 * percentile(control, 0.75), percentile(control, 0.75) + 0.3)


async def test_a_flood_of_pings_delays_nobody(live_house: Market) -> None:
    async with raw_socket(live_house) as flooder, raw_socket(live_house) as other:
        await other.hello()

        async def flood() -> None:
            pings = frame(PING) * 2_000
            while not flooder.writer.is_closing():
                await flooder.send(pings)
                await asyncio.sleep(0.005)

        flooding = asyncio.ensure_future(flood())
        answers = []
        for number in range(20):
            sent_at = time.monotonic()
            await other.send(frame(PING, b"%d" % number))
            assert await other.until(PONG) == (PONG, b"%d" % number)
            answers.append(time.monotonic() - sent_at)
            await asyncio.sleep(0.02)
        flooding.cancel()

    assert percentile(answers, 0.5) < 0.1
    assert await is_well(live_house)


@pytest.mark.parametrize(
    "wire",
    [
        frame(TEXT, b"\xff\xfe"),
        frame(TEXT, b"{}", masked=False),
        frame(3, b""),
        frame(PING, b"", fin=False),
        frame(TEXT, b"x", rsv=4),
        b"\xff" * 40,
        closing(1005),
        frame(BINARY, length=2**40),
    ],
    ids=["utf-8", "unmasked", "opcode", "fragmented ping", "rsv1", "noise", "close code", "huge"],
)
async def test_bad_frames_leave_no_log_lines(live_house: Market, wire: bytes) -> None:
    with logged_lines() as lines:
        await forty_times(live_house, wire)

    assert len(lines) <= 1, lines[:3]


async def forty_times(market: Market, wire: bytes) -> None:
    for _ in range(40):
        async with raw_socket(market) as client:
            await client.send(wire)
            await client.close_code()


async def test_bad_requests_leave_few_log_lines(live_house: Market) -> None:
    host, port = live_house.node.address.split(":")
    with logged_lines() as lines:
        for _ in range(200):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"NONSENSE\r\n\r\n")
            assert (await reader.read(100)).startswith(b"HTTP/1.1 400")
            writer.close()

    assert len(lines) <= 20


async def test_ten_thousand_bad_messages_are_answered_slowly_and_leave_no_log_lines(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, commands_per_second=5.0, commands_burst=20)
        async with raw_socket(market) as client:
            await client.hello()
            with logged_lines() as lines:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(client.send(frame(TEXT, b'{"type":"like.send"' + b"[" * 900) * 10_000), 1.5)
                assert await is_well(market)

        assert lines == []


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 4_096,
        b'{"a":' * 600,
        b'{"type":"like.send","id":"1","count":' + b"9" * 4_000 + b"}",
        b'{"type":"like.send","id":"1","count":1' + b"".join(b',"%d":0' % n for n in range(400)) + b"}",
        b'{"type":"comment.post","id":"1","text":"\\ud800"}',
        b'{"type":"like.send","id":"1","count":1e400}',
        b"\x00" * 1_000,
    ],
    ids=["arrays", "objects", "integer", "keys", "surrogate", "infinity", "zeros"],
)
async def test_json_that_is_meant_to_hurt_is_refused_quickly(live_house: Market, payload: bytes) -> None:
    async with raw_socket(live_house) as client:
        await client.hello()
        started = time.monotonic()
        await client.send(frame(TEXT, payload[:4_096]))

        assert (await client.reply())["type"] == "command.failed"
        assert time.monotonic() - started < 0.5
        await client.send(frame(PING, b"alive"))
        assert await client.until(PONG) == (PONG, b"alive")


async def test_compression_is_not_negotiated_and_a_compressed_bomb_is_a_violation(live_house: Market) -> None:
    offer = "permessage-deflate; client_max_window_bits, permessage-deflate; server_no_context_takeover"
    deflate = zlib.compressobj(wbits=-15)
    bomb = (deflate.compress(b" " * 10_000_000) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
    host, port = live_house.node.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(upgrade(live_house, sec_websocket_extensions=offer))
    head = await reader.readuntil(b"\r\n\r\n")
    client = RawSocket(reader, writer)
    await client.send(frame(TEXT, bomb, rsv=4))

    assert b"101" in head
    assert b"sec-websocket-extensions" not in head.lower()
    assert await client.close_code() == 1002
    writer.transport.abort()


async def test_a_message_in_fragments_without_end_is_cut_at_the_limit(live_house: Market) -> None:
    async with raw_socket(live_house) as client:
        await client.send(frame(TEXT, b" " * 100, fin=False))
        for _ in range(400):
            await client.send(frame(0, b" " * 100, fin=False))

        assert await client.close_code() == 1009


async def test_noise_after_the_upgrade_never_harms_others(live_house: Market) -> None:
    for seed in range(30):
        async with raw_socket(live_house) as client:
            await client.send(os.urandom(50 * (seed + 1)))
            client.writer.write_eof()
            assert await client.ended()

    assert await is_well(live_house)


async def test_a_socket_that_says_nothing_after_the_upgrade_is_closed(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, hello_timeout_seconds=0.3)
        async with raw_socket(market) as client:
            await client.send(frame(PING, b"I am here, but do not say hello"))

            assert await client.close_code() == 4002


@pytest.mark.slow
async def test_whoever_ignores_the_close_is_dropped(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, hello_timeout_seconds=0.2, slow_timeout_seconds=0.5)
        async with raw_socket(market) as client:
            assert await client.close_code() == 4002

            assert await client.ended(within=15)
            async with asyncio.timeout(5):
                while market.node.rooms.hub.socket_count:  # noqa: ASYNC110 - the hub offers no event
                    await asyncio.sleep(0.05)


async def test_one_address_may_not_open_sockets_without_end(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    # Loopback is free, for proxies; here it stands in for a stranger.
    monkeypatch.setattr("app.realtime.address_limits.counted_network", lambda address: address)
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, address_sockets_per_second=0.01, address_sockets_burst=5)
        answers: list[Any] = []
        for _ in range(8):
            host, port = market.node.address.split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(upgrade(market))
            answers.append(int((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1]))
            writer.transport.abort()

        assert answers == [101] * 5 + [429] * 3


async def test_thousands_of_messages_at_once_do_not_pile_up(stores: Stores, sockets: str) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, commands_per_second=5.0, commands_burst=20)
        async with raw_socket(market) as client:
            await client.hello()
            until = time.monotonic() + 2
            with suppress(TimeoutError):
                while time.monotonic() < until and not client.writer.is_closing():
                    await asyncio.wait_for(client.send(frame(TEXT, b"{}") * 5_000), 2)
                    await asyncio.sleep(0.01)
            gate = services_of(market.node.app).gate
            waiting = [len(each.inbox or ()) for each in gate.sockets.connections] if gate else []

            assert all(count < 700 for count in waiting)
            assert await is_well(market)
