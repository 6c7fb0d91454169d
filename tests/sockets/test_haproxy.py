"""The shipped HAProxy configuration before two real nodes: sockets through TLS, nobody is sent to a node that is away, polls are cached."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import httpx2
import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.infra.key_ring import KeyRing
from app.local_servers.embedded_redis import EmbeddedRedis
from app.main import services_of
from app.realtime.tickets import TICKET_COOKIE, TicketSigner
from tests.live.market import QUICK, SECRET, Market, Node, Stores, Viewer, open_market, open_stores
from tests.sockets.haproxy_server import HAProxy, haproxy_before

pytestmark = pytest.mark.nginx

SECONDS = 20.0


@pytest.fixture
async def nodes(postgres_url: str, own_redis: EmbeddedRedis, redis_prefix: str) -> AsyncIterator[tuple[Market, Node]]:
    """A live market on a node that trusts the proxy, and a second node on the same stores."""
    async with open_stores(postgres_url, own_redis.url, redis_prefix) as stores, AsyncExitStack() as stack:
        settings = stores.settings.model_copy(update={"trusted_proxies": ("127.0.0.1",)})
        market = await open_market(Stores(stores.database, stores.redis, settings), stack, QUICK)
        second = await stack.enter_async_context(Node(settings).running())
        await market.goes_live()
        yield market, second


@pytest.fixture
async def haproxy(nodes: tuple[Market, Node], server_folder: Path) -> AsyncIterator[HAProxy]:
    market, second = nodes
    with haproxy_before([market.node.address, second.address], server_folder) as running:
        yield running


async def until_states(haproxy: HAProxy, backend: str, *wanted: str) -> None:
    async with asyncio.timeout(SECONDS):
        while tuple(haproxy.states(backend).values()) != wanted:  # noqa: ASYNC110 - HAProxy tells nobody
            await asyncio.sleep(0.1)


def client(haproxy: HAProxy) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"https://{haproxy.address}", verify=haproxy.trust, trust_env=False)


def open_sockets(node: Node) -> int:
    gate = services_of(node.app).gate
    assert gate is not None
    return len(gate.sockets.connections)


async def watch(market: Market, haproxy: HAProxy, stack: AsyncExitStack) -> Viewer:
    _, ticket = TicketSigner(KeyRing(SECRET)).issue()
    url = f"wss://{haproxy.address}/ws/sessions/{market.session_id}"
    headers = {"Cookie": f"{TICKET_COOKIE}={ticket}"}
    socket = await stack.enter_async_context(
        connect(url, additional_headers=headers, origin=f"https://{haproxy.address}", ssl=haproxy.trust, compression=None, proxy=None)  # type: ignore[arg-type]
    )
    viewer = Viewer(socket)
    assert (await viewer.hello())["type"] == "room.snapshot"
    return viewer


async def test_viewers_come_through_with_tls_and_are_spread_over_the_nodes(nodes: tuple[Market, Node], haproxy: HAProxy) -> None:
    market, second = nodes
    await until_states(haproxy, "ready", "UP", "UP")
    async with AsyncExitStack() as stack:
        for _ in range(12):
            await watch(market, haproxy, stack)

        assert open_sockets(market.node) >= 4
        assert open_sockets(second) >= 4


async def test_strangers_are_refused_behind_it_as_well(nodes: tuple[Market, Node], haproxy: HAProxy) -> None:
    market, _ = nodes
    _, ticket = TicketSigner(KeyRing(SECRET)).issue()
    url = f"wss://{haproxy.address}/ws/sessions/{market.session_id}"

    with pytest.raises(InvalidStatus) as refusal:
        await connect(
            url,
            additional_headers={"Cookie": f"{TICKET_COOKIE}={ticket}"},
            origin="https://evil.example",  # type: ignore[arg-type]
            ssl=haproxy.trust,
            proxy=None,
        )

    assert refusal.value.response.status_code == 403


async def test_a_drained_node_keeps_its_viewers_and_gets_no_new_ones(nodes: tuple[Market, Node], haproxy: HAProxy) -> None:
    market, second = nodes
    await until_states(haproxy, "ready", "UP", "UP")
    async with AsyncExitStack() as stack:
        for _ in range(6):
            await watch(market, haproxy, stack)
        before = open_sockets(market.node), open_sockets(second)
        haproxy.command("set server ready/node-1 state drain")
        await until_states(haproxy, "ready", "DRAIN", "UP")

        for _ in range(5):
            await watch(market, haproxy, stack)

        assert (open_sockets(market.node), open_sockets(second)) == (before[0], before[1] + 5)


async def test_a_node_that_is_gone_is_not_asked_and_no_request_fails(nodes: tuple[Market, Node], haproxy: HAProxy) -> None:
    """From the first moment on: what the gone node does not take is asked of the other one."""
    _, second = nodes
    await until_states(haproxy, "ready", "UP", "UP")
    async with client(haproxy) as asking:
        second.server.should_exit = True
        statuses = [(await asking.get("/api/v1/sessions")).status_code for _ in range(100)]

    assert set(statuses) == {200}
    await until_states(haproxy, "ready", "UP", "DOWN")


async def test_while_redis_is_away_from_all_nodes_they_still_get_the_requests(
    nodes: tuple[Market, Node], haproxy: HAProxy, own_redis: EmbeddedRedis
) -> None:
    await until_states(haproxy, "ready", "UP", "UP")
    redis = psutil.Process(own_redis.pid)
    redis.send_signal(signal.SIGSTOP)
    try:
        await until_states(haproxy, "ready", "DOWN", "DOWN")
        async with client(haproxy) as asking:
            assert (await asking.get("/api/v1/sessions")).status_code == 200
    finally:
        redis.send_signal(signal.SIGCONT)
    await until_states(haproxy, "ready", "UP", "UP")


async def test_polls_with_any_query_and_cookie_reach_a_node_about_once_a_second(nodes: tuple[Market, Node], haproxy: HAProxy) -> None:
    market, second = nodes
    path = f"/api/v1/sessions/{market.session_id}/tick"
    await until_states(haproxy, "ready", "UP", "UP")
    served = [market.node.server.server_state, second.server.server_state]
    async with client(haproxy) as asking:
        before = sum(state.total_requests for state in served)
        for _ in range(200):
            answer = await asking.get(f"{path}?{uuid4()}", headers={"Cookie": f"a={uuid4()}"})
            assert answer.json()["type"] == "room.snapshot"
            await asyncio.sleep(0.005)

    # Checks of both nodes by both backends are among them.
    assert sum(state.total_requests for state in served) - before < 60
