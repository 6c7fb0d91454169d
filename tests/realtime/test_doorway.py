"""Rules of the viewers' door: the upgrade is answered strictly and before ASGI, heads are bounded, nothing sent early is lost."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

from app.realtime.tickets import TICKET_COOKIE
from tests.live.market import QUICK, Market, Stores, market_with
from tests.realtime.raw_socket import a_connection, ask, upgrade

SOON = 0.8


async def test_the_handshake_is_that_of_rfc_6455(live_market: Market) -> None:
    status, headers, _ = await ask(live_market, upgrade(live_market, sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ=="))

    assert status == 101
    assert headers["sec-websocket-accept"] == accept_key("dGhlIHNhbXBsZSBub25jZQ==")
    assert "sec-websocket-extensions" not in headers


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"origin": "https://evil.example"}, 403, "origin_refused"),
        ({"origin": "null"}, 403, "origin_refused"),
        ({"cookie": "theme=dark"}, 401, "ticket_invalid"),
        ({"cookie": f"{TICKET_COOKIE}=forged"}, 401, "ticket_invalid"),
        ({"sec_websocket_version": "8"}, 426, "upgrade_version_unsupported"),
        ({"sec_websocket_key": "c2hvcnQ="}, 400, "upgrade_malformed"),
        ({"upgrade": "h2c"}, 400, "upgrade_malformed"),
        ({"connection": "close"}, 400, "upgrade_malformed"),
        ({"content_length": "5"}, 400, "upgrade_malformed"),
        ({"drop": "Host"}, 400, "upgrade_malformed"),
        ({"session": "00000000-0000-0000-0000-000000000000"}, 404, "session_not_found"),
    ],
)
async def test_whatever_is_refused_is_refused_before_the_upgrade_and_says_why(
    live_market: Market, changes: dict[str, str], status: int, code: str
) -> None:
    answered, headers, body = await ask(live_market, upgrade(live_market, **changes))

    assert (answered, json.loads(body)["code"]) == (status, code)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"


async def test_a_session_that_is_not_live_says_so(market: Market) -> None:
    status, _, body = await ask(market, upgrade(market))

    assert (status, json.loads(body)["code"], json.loads(body)["details"]) == (409, "session_not_live", {"state": "draft"})


async def test_a_full_worker_says_when_to_come_back(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, max_viewers_per_worker=1)
        await market.enters()

        status, headers, body = await ask(market, upgrade(market))

        assert (status, json.loads(body)["code"]) == (503, "capacity")
        assert int(headers["retry-after"]) >= 1


async def test_bytes_sent_right_behind_the_upgrade_are_not_lost(live_market: Market) -> None:
    hello = json.dumps({"type": "viewer.hello", "id": "h1", "version": 1}).encode()

    async with a_connection(live_market) as (reader, writer):
        writer.write(upgrade(live_market) + Frame(Opcode.TEXT, hello).serialize(mask=True))
        await reader.readuntil(b"\r\n\r\n")
        snapshot = await reader.readuntil(b'"id":"h1"')

    assert b"room.snapshot" in snapshot


async def test_a_head_in_small_pieces_is_read_whole(live_market: Market) -> None:
    data = upgrade(live_market)

    async with a_connection(live_market) as (reader, writer):
        for start in range(0, len(data), 7):
            writer.write(data[start : start + 7])
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.readline()).startswith(b"HTTP/1.1 101")


@pytest.mark.parametrize("opening", [b"", b"GET /ws/sessions/", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"GET /"])
async def test_a_head_that_does_not_end_is_given_up(live_market: Market, opening: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.infra.acceptor.HEAD_SECONDS", SOON)
    started = time.monotonic()

    async with a_connection(live_market) as (reader, writer):
        writer.write(opening)
        while time.monotonic() - started < SOON + 2:
            try:
                if await asyncio.wait_for(reader.read(100), 0.5) == b"":
                    break
            except TimeoutError:
                writer.write(b"X" if opening else b"")
            except ConnectionError:
                break

    assert SOON - 0.1 <= time.monotonic() - started <= SOON + 1.5


@pytest.mark.parametrize("path", ["/ws/sessions/x", "/healthz"])
async def test_a_head_without_end_is_cut_at_its_limit(live_market: Market, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: x\r\n".encode() + b"X-Filler: " + b"y" * 60_000

    status, _, body = await ask(live_market, head)

    assert (status, json.loads(body)["code"]) == (431, "head_too_large")


async def test_other_requests_and_later_ones_on_the_connection_reach_the_pages(live_market: Market) -> None:
    async with a_connection(live_market) as (reader, writer):
        for _ in range(3):
            writer.write(f"GET /healthz HTTP/1.1\r\nHost: {live_market.node.address}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert json.loads(await reader.readexactly(18)) == {"status": "alive"}


async def test_requests_sent_without_waiting_are_answered_one_after_the_other(live_market: Market) -> None:
    request = f"GET /healthz HTTP/1.1\r\nHost: {live_market.node.address}\r\n\r\n".encode()

    async with a_connection(live_market) as (reader, writer):
        writer.write(request * 40)
        await asyncio.sleep(0.05)
        writer.write(request * 40)
        for _ in range(80):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert json.loads(await reader.readexactly(18)) == {"status": "alive"}


async def test_a_post_larger_than_a_head_is_no_head(live_market: Market) -> None:
    body = json.dumps({"login": "x" * 20_000, "password": "y"}).encode()
    head = f"POST /api/v1/logout HTTP/1.1\r\nHost: {live_market.node.address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"

    status, _, answer = await ask(live_market, head.encode() + body)

    assert status == 204, answer


async def test_a_thousandth_socket_on_one_ticket_is_turned_away_and_one_viewer_stays_one(live_market: Market) -> None:
    device = uuid4()
    viewers = [await live_market.enters(device=device) for _ in range(QUICK.sockets_per_device)]

    late = await live_market.connects(device=device)

    assert await late.closed() == 4029
    assert live_market.node.rooms.hub.viewer_count(live_market.session_id) == 1
    for viewer in viewers:
        await viewer.socket.close()
