"""All nodes are replaced one after the other while people order and watch: no order is lost, no viewer misses a thing or comes in a crowd."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import PROJECT_ROOT
from tests.nodes.deployment import Deployment, deployment, tree_of
from tests.nodes.market_day import LONGEST_WAIT_SECONDS, VIEWERS, MarketDay, market_day
from tests.races.checkers import complaints_about, read_truth

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

# Of release 0.1.0 as it was on 28 November 2026: the oldest code that today's dependencies run.
PREVIOUS = "9c2ce983a57ff0a75532a16bec993e97a7b90954"
ROUNDS = 2
# When the second node of two goes, all sixty viewers are on it; it sends them away over five seconds, so twelve a second come back, by chance.
RETURNS_PER_SECOND = 30


@pytest.fixture
def deployed(server_folder: Path) -> Iterator[Deployment]:
    with deployment(server_folder) as running:
        yield running


async def check(day: MarketDay) -> None:
    """Whatever was acknowledged is written, once; nobody was refused; viewers saw every pin in its order."""
    assert day.refused == []
    truth = await read_truth(day.deployment.postgres_url, day.session_id)
    assert complaints_about(truth, day.acknowledged) == []
    assert max(day.waits) < LONGEST_WAIT_SECONDS, sorted(day.waits)[-5:]
    assert day.most_returns_within(1.0) <= RETURNS_PER_SECOND, day.asked_again
    resumed = [watcher for watcher in day.viewers if watcher.client.snapshots == 1]
    assert len(resumed) == VIEWERS, "viewers came back to a snapshot instead of to their place"
    for watcher in resumed:
        assert watcher.pinned == day.pins


async def test_all_nodes_are_restarted_twice_and_nobody_loses_an_order_or_a_pin(deployed: Deployment) -> None:
    deployed.command(PROJECT_ROOT, "seed")
    for number in deployed.node_ports:
        await deployed.start(number)
    async with market_day(deployed) as day:
        await day.orders_more(50)
        for _ in range(ROUNDS):
            for number in deployed.node_ports:
                await deployed.stop(number)
                await deployed.start(number)
                await day.orders_more(50)

    await check(day)


async def test_the_previous_release_and_this_one_serve_one_database_side_by_side(deployed: Deployment, tmp_path: Path) -> None:
    """Expand while the old code runs, replace one node, serve side by side, replace the other."""
    old = await asyncio.to_thread(tree_of, PREVIOUS, tmp_path)
    deployed.command(old, "seed")
    for number in deployed.node_ports:
        await deployed.start(number, old)
    async with market_day(deployed) as day:
        await day.orders_more(50)
        await asyncio.to_thread(deployed.command, PROJECT_ROOT, "migrate")
        await day.orders_more(50)
        await deployed.stop(1)
        await deployed.start(1)
        await day.orders_more(100)
        await deployed.stop(2)
        await day.orders_more(50)
        await deployed.start(2)
        await day.orders_more(50)

    await check(day)
