"""Whoever looks at a session that was closed long ago leaves nothing behind in Redis, and later facts about its orders neither."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest

from app.fulfilment.transitions import Step
from app.main import services_of
from app.metrics.figures import KEYS_KEPT_SECONDS
from app.redis_keys import SessionKeys
from tests.buyers import a_viewer, an_offer, an_order, path_of
from tests.live.market import Market, Stores, open_market, open_stores
from tests.metrics.builders import eventually

_A_MONTH_AGO = "UPDATE sessions SET ended_at = now() - interval '30 days', closed_at = now() - interval '30 days'"


@pytest.fixture
async def old_market(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Market]:
    """Its session was closed a month ago, with one delivered order; Redis has forgotten it, as it does after a week."""
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        async with AsyncExitStack() as while_live:
            market = await open_market(stores, while_live)
            await market.goes_live()
            offer = await an_offer(market)
            async with a_viewer(market) as viewer:
                receipt = (await viewer.post(path_of(market, "orders"), json=an_order(offer))).json()
            desk = services_of(market.node.app).desk
            for kind in ("confirmed", "delivered"):
                await desk.step(market.organiser, market.session_id, Step(UUID(receipt["order_id"]), kind))
            for state in ("ended", "closed"):
                await market.node.sessions.transition(market.organiser, market.session_id, state)
            await stores.database.pool.execute(_A_MONTH_AGO)
            await eventually(lambda: _finished(market, 3), within_seconds=15)
            # What is untold when a node stops the next one tells, and that is not what looking leaves behind.
            await eventually(lambda: _all_told(stores), within_seconds=15)
        await stores.redis.once.delete(*SessionKeys(redis_prefix, market.session_id).all())
        market.node = await stack.enter_async_context(type(market.node)(market.node.settings).running())
        yield market


async def _kept(market: Market) -> dict[str, int]:
    """Keys of the session and for how many seconds they stay, -1 = for ever."""
    redis, prefix = market.stores.redis.once, market.stores.settings.redis_prefix
    keys = [key async for key in redis.scan_iter(match=f"{prefix}:session:*")]
    return {key: await redis.ttl(key) for key in keys}


async def _all_told(stores: Stores) -> bool:
    return bool(await stores.database.pool.fetchval("SELECT NOT EXISTS (SELECT FROM room_outbox)"))


async def _finished(market: Market, ledger_seq: int) -> bool:
    reports = services_of(market.node.app).reports
    await reports.finish_ended()
    await reports.forget_closed()
    stats = await services_of(market.node.app).metrics.stats(market.session_id)
    return stats.figures_are == "final" and stats.ledger_seq == ledger_seq


async def test_looking_at_it_and_later_facts_leave_nothing_that_stays_and_no_other_figures(old_market: Market) -> None:
    """What comes back to Redis for that goes by itself, a week later at most, and the final figures count the later fact too."""
    before = await services_of(old_market.node.app).metrics.stats(old_market.session_id)
    async with old_market.browser() as anyone, old_market.browser(old_market.organiser) as organiser:
        ticks = await asyncio.gather(*(anyone.get(path_of(old_market, "tick")) for _ in range(5)))
        looked_at = await _kept(old_market)
        order = (await organiser.get(path_of(old_market, "orders"))).json()["orders"][0]
        returned = await organiser.post(path_of(old_market, "orders", order["order_id"], "steps"), json={"kind": "returned"})

    await eventually(lambda: _finished(old_market, 4), within_seconds=15)
    kept = await _kept(old_market)
    after = await services_of(old_market.node.app).metrics.stats(old_market.session_id)

    assert [tick.status_code for tick in ticks] == [200] * 5
    assert {tick.headers["etag"] for tick in ticks} == {ticks[0].headers["etag"]}
    assert (ticks[0].json()["session"]["state"], len(ticks[0].json()["offers"])) == ("closed", 1)
    assert looked_at == {}
    assert returned.status_code == 201
    assert {key: seconds for key, seconds in kept.items() if not 0 < seconds <= KEYS_KEPT_SECONDS} == {}
    assert (before.totals.orders_placed, before.totals.orders_returned) == (1, 0)
    assert (after.totals.orders_placed, after.totals.orders_returned) == (1, 1)
    assert after.totals.views == before.totals.views
