"""The shipped nginx configuration: any number of pollers cost a node the same, and viewers' sockets come through it with TLS."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.infra.key_ring import KeyRing
from app.main import services_of
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from tests.live.market import QUICK, SECRET, Market, Stores, Viewer, open_market, open_stores
from tests.sockets.nginx_server import Nginx, nginx_before

pytestmark = pytest.mark.nginx

SECONDS = 4.0
# The viewer page asks every two to four seconds.
POLL_SECONDS = 3.0
CONNECTIONS_MAX = 50


@pytest.fixture
async def market(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Market]:
    """A live market on a node that trusts the proxy."""
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        settings = stores.settings.model_copy(update={"trusted_proxies": ("127.0.0.1",)})
        market = await open_market(Stores(stores.database, stores.redis, settings), stack, QUICK)
        await market.goes_live()
        yield market


@pytest.fixture
async def nginx(market: Market, server_folder: Path) -> AsyncIterator[Nginx]:
    with nginx_before(market.node.address, server_folder) as running:
        yield running


async def poll(nginx: Nginx, path: str, *, every: float, until: float) -> int:
    """One connection that polls like many pollers; returns how many answers it got."""
    reader, writer = await asyncio.open_connection("127.0.0.1", nginx.port, ssl=nginx.trust)
    answers = 0
    try:
        while time.monotonic() < until:
            started = time.monotonic()
            writer.write(f"GET {path}?{uuid4()} HTTP/1.1\r\nHost: {nginx.address}\r\nCookie: a={uuid4()}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            assert head.startswith("http/1.1 200"), head
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            assert b"room.snapshot" in await reader.readexactly(length)
            answers += 1
            await asyncio.sleep(max(0.0, every - (time.monotonic() - started)))
    finally:
        writer.transport.abort()
    return answers


async def test_polls_that_reach_the_node_stay_the_same_from_ten_to_ten_thousand_pollers(market: Market, nginx: Nginx) -> None:
    path = f"/api/v1/sessions/{market.session_id}/tick"
    reached: dict[int, float] = {}
    for pollers in (10, 100, 1_000, 10_000):
        before = market.node.server.server_state.total_requests
        until = time.monotonic() + SECONDS
        connections = min(pollers, CONNECTIONS_MAX)
        every = POLL_SECONDS * connections / pollers
        answers = await asyncio.gather(*(poll(nginx, path, every=every, until=until) for _ in range(connections)))

        reached[pollers] = (market.node.server.server_state.total_requests - before) / SECONDS
        assert sum(answers) >= 0.5 * pollers * SECONDS / POLL_SECONDS

    assert max(reached.values()) <= 2.0, reached


async def test_a_change_is_seen_through_the_cache_within_three_seconds(market: Market, nginx: Nginx) -> None:
    path = f"/api/v1/sessions/{market.session_id}/tick"
    until = time.monotonic() + 1
    await poll(nginx, path, every=0.1, until=until)

    await market.node.sessions.pin(market.host, market.session_id, market.product_ids[1])

    reader, writer = await asyncio.open_connection("127.0.0.1", nginx.port, ssl=nginx.trust)
    async with asyncio.timeout(3):
        body = b""
        while str(market.product_ids[1]) not in str(json.loads(body or b"{}").get("pinned_product_id")):
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {nginx.address}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            body = await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
            await asyncio.sleep(0.1)
    writer.transport.abort()


async def test_viewers_of_our_own_page_come_through_with_tls_and_strangers_do_not(market: Market, nginx: Nginx) -> None:
    _, ticket = TicketSigner(KeyRing(SECRET)).issue()
    url = f"wss://{nginx.address}/ws/sessions/{market.session_id}"
    headers = {"Cookie": f"{TICKET_COOKIE}={ticket}"}
    own = f"https://{nginx.address}"

    async with connect(url, additional_headers=headers, origin=own, ssl=nginx.trust, compression=None, proxy=None) as socket:  # type: ignore[arg-type]
        viewer = Viewer(socket)
        assert (await viewer.hello())["type"] == "room.snapshot"
        gate = services_of(market.node.app).gate
        assert gate is not None
        assert gate.sockets.connections
    with pytest.raises(InvalidStatus) as refusal:
        await connect(url, additional_headers=headers, origin="https://evil.example", ssl=nginx.trust, proxy=None)  # type: ignore[arg-type]

    assert refusal.value.response.status_code == 403
