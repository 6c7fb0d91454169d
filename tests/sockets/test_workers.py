"""Several worker processes on one port: one leaves, one is killed, all are replaced. Nobody misses or repeats an event, no order is lost."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from pathlib import Path
from uuid import UUID

import pytest

from app.main import services_of
from app.orders.schemas import NewOffer
from app.protocol.base import ResumePosition
from tests.live.market import Market
from tests.local_servers.service_process import free_port
from tests.sockets.workers import a_crowd, chatting, ordering, running_workers

pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> int:
    return free_port()


async def an_open_offer(market: Market) -> UUID:
    new = NewOffer(product_id=market.product_ids[0], flash_price_vnd=39_000, total_quantity=100_000, per_viewer_limit=1_000, open_now=True)
    return UUID(str((await services_of(market.node.app).offers.create(market.host, market.session_id, new)).id))


async def head_of(market: Market) -> ResumePosition:
    log_head = await services_of(market.node.app).room_log.head(market.session_id)
    return ResumePosition(epoch=log_head.epoch, offset=log_head.offset)


async def test_a_worker_that_leaves_sends_its_viewers_away_one_by_one_and_they_miss_nothing(
    live_market: Market, port: int, tmp_path: Path
) -> None:
    async with running_workers(live_market, 2, port=port, logs=tmp_path) as workers, a_crowd(live_market, port, 60) as crowd:
        async with chatting(live_market):
            await asyncio.sleep(0.5)
            workers.send(0, signal.SIGTERM)
            await workers.are_gone(0)
            await crowd.is_complete()
        await crowd.has_heard(await head_of(live_market))

        returned = crowd.returned()
        assert 15 <= len(returned) <= 45
        assert {code for each in returned for code in each.closed_with} == {4001}
        delays = [delay for each in returned for delay in each.told_to_return_after]
        assert len(set(delays)) >= 0.9 * len(returned)
        assert 0.5 <= min(delays) <= max(delays) <= 5.0
        assert [each.client.gaps_and_repeats() for each in crowd.stayers] == [[]] * 60
        assert {len(each.client.resets) for each in crowd.stayers} == {1}
        assert crowd.most_returns_in_a_second() <= 0.6 * len(returned) + 3
        assert workers.log(0) == ""


async def test_a_killed_worker_costs_the_others_nothing_and_no_order(live_market: Market, port: int, tmp_path: Path) -> None:
    offer_id = await an_open_offer(live_market)
    async with (
        running_workers(live_market, 3, port=port, logs=tmp_path, node_count_ttl_seconds=4.0) as workers,
        a_crowd(live_market, port, 80) as crowd,
        chatting(live_market),
        ordering(crowd, offer_id, 12) as orders,
    ):
        await viewers_become(live_market, 80)
        workers.send(0, signal.SIGKILL)
        killed_at = time.monotonic()
        before = len(orders.acknowledged)
        await crowd.is_complete()
        await viewers_become(live_market, 80)
        while time.monotonic() < killed_at + 5.5:  # noqa: ASYNC110 - until the dead worker's count has expired
            await asyncio.sleep(0.1)
        await viewers_become(live_market, 80)
        await crowd.has_heard(await head_of(live_market))

        returned = crowd.returned()
        assert 10 <= len(returned) <= 50
        assert [each.client.gaps_and_repeats() for each in crowd.stayers] == [[]] * 80
        assert {len(each.client.resets) for each in crowd.stayers} == {1}
        assert len(orders.acknowledged) > before
        await orders.are_all_kept(live_market)
        stats = await live_market.node.metrics.stats(live_market.session_id)
        assert stats.totals.viewers_peak == 80


async def viewers_become(market: Market, count: int, within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while (await market.node.metrics.stats(market.session_id)).totals.viewers_now != count:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_replacing_every_worker_under_orders_loses_none_and_spreads_the_returns(
    live_market: Market, port: int, tmp_path: Path
) -> None:
    offer_id = await an_open_offer(live_market)
    async with (
        running_workers(live_market, 2, port=port, logs=tmp_path) as workers,
        a_crowd(live_market, port, 60) as crowd,
        chatting(live_market),
        ordering(crowd, offer_id, 10) as orders,
    ):
        acknowledged = [0]
        for old in range(2):
            await workers.are_listening(workers.start())
            workers.send(old, signal.SIGTERM)
            await workers.are_gone(old)
            await crowd.is_complete()
            acknowledged.append(len(orders.acknowledged))
        await crowd.has_heard(await head_of(live_market))

        assert all(after > before for before, after in itertools.pairwise(acknowledged))
        assert [each.client.gaps_and_repeats() for each in crowd.stayers] == [[]] * 60
        assert crowd.most_returns_in_a_second() <= 30, [len(each.opened_at) for each in crowd.stayers]
        await orders.are_all_kept(live_market)
        # uvicorn ends by the signal that asked it to, after everything was done.
        assert {process.poll() for process in workers.processes[:2]} <= {0, -signal.SIGTERM}
        assert [workers.log(number) for number in range(2)] == ["", ""]
