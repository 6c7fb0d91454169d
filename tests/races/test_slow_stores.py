"""PostgreSQL frozen under a whole node: every order is answered in time without it too. Redis: `test_redis_under_a_sale.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.settings import DatabaseSettings, OrderSettings
from tests.buyers import a_viewer, an_offer
from tests.freezing import frozen_for
from tests.live.market import Market, open_market, open_stores
from tests.races.crowd import Crowd

ORDERS_PER_SECOND = 20
DEADLINE_SECONDS = 2.0
HASTY = DatabaseSettings(connect_timeout_seconds=1.0, placing_timeout_seconds=1.5, transaction_timeout_seconds=2.0)


@asynccontextmanager
async def _a_crowd(stack: AsyncExitStack, market: Market) -> AsyncIterator[Crowd]:
    offer = await an_offer(market, total_quantity=10_000, per_viewer_limit=1_000)
    browsers = [await stack.enter_async_context(a_viewer(market)) for _ in range(4)]
    # Nobody reads what comes between two orders, so a close in form would wait for a full queue.
    sockets = [await market.connects(close_timeout=0.1) for _ in range(12)]
    for viewer in sockets:
        await viewer.hello()
    yield Crowd(market, offer, browsers, sockets, orders_per_second=ORDERS_PER_SECOND)


@pytest.mark.slow
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
