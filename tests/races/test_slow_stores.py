"""A store that is frozen, full or away under a whole node: orders need PostgreSQL alone, and are answered in time without it too."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis as redis_client

from app.infra.clock import monotonic
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from app.settings import DatabaseSettings, OrderSettings
from tests.freezing import frozen, frozen_for
from tests.live.market import Market, Viewer, open_market, open_stores
from tests.orders.test_order_http import BUYER, a_viewer, an_offer, an_order, path_of

ORDERS_PER_SECOND = 20
SECONDS = 2.5
# Above the slowest order of the run without a fault.
SLOWER_AT_MOST_SECONDS = 1.5
DEADLINE_SECONDS = 2.0
HASTY = DatabaseSettings(connect_timeout_seconds=1.0, placing_timeout_seconds=1.5, transaction_timeout_seconds=2.0)


@pytest.fixture
async def own_redis(server_folder: Path) -> AsyncIterator[EmbeddedRedis]:
    server = EmbeddedRedis(server_folder)
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@dataclass(slots=True)
class Orders:
    """What orders got, and after how long."""

    codes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    placed: list[dict[str, Any]] = field(default_factory=list)

    async def take(self, order: dict[str, Any], asked: Awaitable[dict[str, Any]]) -> None:
        started = monotonic()
        answer = await asked
        self.codes[answer.get("code") or "placed"] += 1
        self.seconds.append(monotonic() - started)
        if "order_id" in answer:
            self.placed.append({"key": order["key"], "order_id": answer["order_id"]})


async def _by_http(market: Market, viewer: httpx2.AsyncClient, order: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = (await viewer.post(path_of(market, "orders"), json=order, timeout=20)).json()
    return answer


async def _by_socket(viewer: Viewer, order: dict[str, Any]) -> dict[str, Any]:
    command_id = await viewer.send("order.place", **order)
    return await viewer.sees(lambda frame: frame.get("id") == command_id, within=20)


@dataclass(slots=True)
class Crowd:
    """Buyers who order by turns, over HTTP and over sockets, each with a phone of its own."""

    market: Market
    offer: dict[str, Any]
    browsers: list[httpx2.AsyncClient]
    sockets: list[Viewer]
    ordered: int = 0

    async def order(self, seconds: float) -> Orders:
        taken = Orders()
        async with asyncio.TaskGroup() as group:
            for _ in range(int(seconds * ORDERS_PER_SECOND)):
                _ = group.create_task(self._one(taken))
                await asyncio.sleep(1 / ORDERS_PER_SECOND)
        return taken

    async def _one(self, taken: Orders) -> None:
        self.ordered += 1
        order = an_order(self.offer, buyer=BUYER | {"phone": f"0912{self.ordered:06d}"})
        if self.ordered % 2 and self.sockets:
            # One at a time on each socket: who reads its answers reads all of them.
            viewer = self.sockets.pop()
            await taken.take(order, _by_socket(viewer, order))
            self.sockets.append(viewer)
        else:
            browser = self.browsers[self.ordered % len(self.browsers)]
            await taken.take(order, _by_http(self.market, browser, order))


@asynccontextmanager
async def _a_crowd(stack: AsyncExitStack, market: Market) -> AsyncIterator[Crowd]:
    offer = await an_offer(market, total_quantity=10_000, per_viewer_limit=1_000)
    browsers = [await stack.enter_async_context(a_viewer(market)) for _ in range(4)]
    # Nobody reads what comes between two orders, so a close in form would wait for a full queue.
    sockets = [await market.connects(close_timeout=0.1) for _ in range(12)]
    for viewer in sockets:
        await viewer.hello()
    yield Crowd(market, offer, browsers, sockets)


async def _frozen(server: EmbeddedRedis, during: Callable[[], Awaitable[Orders]]) -> Orders:
    assert server._child is not None
    with frozen(server._child.pid):
        return await during()


async def _full(server: EmbeddedRedis, during: Callable[[], Awaitable[Orders]]) -> Orders:
    client = redis_client.Redis(unix_socket_path=server.url.removeprefix("unix://"))
    client.config_set("maxmemory", 1)
    try:
        return await during()
    finally:
        client.config_set("maxmemory", 0)
        client.close()


async def _away(server: EmbeddedRedis, during: Callable[[], Awaitable[Orders]]) -> Orders:
    await asyncio.to_thread(server.stop)
    try:
        return await during()
    finally:
        await asyncio.to_thread(server.start)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", [_frozen, _full, _away], ids=["frozen", "full", "away"])
async def test_orders_do_not_feel_redis(
    postgres_url: str,
    own_redis: EmbeddedRedis,
    redis_prefix: str,
    fault: Callable[[EmbeddedRedis, Callable[[], Awaitable[Orders]]], Awaitable[Orders]],
) -> None:
    async with open_stores(postgres_url, own_redis.url, redis_prefix) as stores, AsyncExitStack() as stack:
        market = await open_market(stores, stack)
        await market.goes_live()
        async with _a_crowd(stack, market) as crowd:
            alone = await crowd.order(SECONDS)
            beside = await fault(own_redis, lambda: crowd.order(SECONDS))

    print(f"alone {max(alone.seconds):.3f} s, beside {max(beside.seconds):.3f} s")  # noqa: T201 - shown when the test fails
    assert alone.codes == beside.codes == {"placed": int(SECONDS * ORDERS_PER_SECOND)}
    assert max(beside.seconds) < max(alone.seconds) + SLOWER_AT_MOST_SECONDS


@pytest.mark.timeout(120)
async def test_every_order_over_socket_and_http_is_answered_while_postgresql_is_frozen(
    postgres_url: str, redis_url: str, redis_prefix: str, postgres_server: EmbeddedPostgres
) -> None:
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        changes = {"database": HASTY, "orders": OrderSettings(place_deadline_seconds=DEADLINE_SECONDS)}
        market = await open_market(replace(stores, settings=stores.settings.model_copy(update=changes)), stack)
        await market.goes_live()
        async with _a_crowd(stack, market) as crowd:
            await crowd.order(0.5)
            async with frozen_for(postgres_server.pid, 8):
                during = await crowd.order(6)
            await asyncio.sleep(0.5)
            after = await crowd.order(1)
        written = {
            str(row["id"]) for row in await stores.database.pool.fetch("SELECT id FROM orders WHERE session_id = $1", market.session_id)
        }

    assert max(during.seconds) < DEADLINE_SECONDS + 1
    assert sum(during.codes.values()) == 6 * ORDERS_PER_SECOND
    assert set(during.codes) <= {"placed", "busy", "outcome_unknown"}
    assert after.codes == {"placed": ORDERS_PER_SECOND}
    assert {each["order_id"] for taken in (during, after) for each in taken.placed} <= written
