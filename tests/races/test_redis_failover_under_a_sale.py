"""A sale on two workers goes through failovers and moved slots: no order is lost or refused, figures converge, viewers resume or are reset.

Each failover loses on purpose what the master answered last: its replica is cut off a moment before the master is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from redis.exceptions import RedisError

from app.local_servers.redis_on_port import RedisOnPort
from app.main import services_of
from app.orders.schemas import NewOffer
from app.protocol.base import ResumePosition
from app.realtime.room_log import RoomLog
from app.redis_keys import SessionKeys
from app.rehearsal.client import CommandRefused, ConnectionLost
from tests.endings import ended
from tests.freezing import frozen
from tests.live.market import Market, open_market, open_stores
from tests.local_servers.service_process import free_port
from tests.metrics.builders import eventually
from tests.races.checkers import complaints_about, statistics_agree
from tests.races.conftest import IS_LONG, seeds
from tests.redis_clusters import Cluster, SentinelGroup, a_cluster, a_sentinel_group, cut_off, kill
from tests.sockets.workers import Crowd, Orders, Workers, a_crowd, ordering

pytestmark = pytest.mark.slow

PREFIX = "sale"
VIEWERS, BUYERS, TALKERS = 24, 6, 4
LOST_SECONDS = 0.3
HEALED_WITHIN_SECONDS = 30.0
COURSE = 6 if IS_LONG else 2


@dataclass
class Sale:
    """A live session with its viewers; `said` counts what viewers had confirmed."""

    market: Market
    workers: Workers
    crowd: Crowd
    offer_id: UUID
    log: RoomLog
    said: Counter[str]

    @property
    def postgres_url(self) -> str:
        url = self.market.stores.settings.database_url
        assert url is not None
        return url.get_secret_value()

    async def head(self) -> ResumePosition:
        at = await self.log.head(self.market.session_id)
        return ResumePosition(epoch=at.epoch, offset=at.offset)

    async def is_heard_by_all(self) -> bool:
        """False while nobody knows yet who the master is."""
        try:
            head = await self.head()
        except RedisError:
            return False
        return all(each.client.position == head for each in self.crowd.stayers)

    async def counts_everybody(self) -> bool:
        return all(each.client.counts is not None and each.client.counts.viewers == VIEWERS for each in self.crowd.stayers)


@asynccontextmanager
async def a_sale(postgres_url: str, redis_url: str, logs: Path) -> AsyncIterator[Sale]:
    async with open_stores(postgres_url, redis_url, PREFIX) as stores, AsyncExitStack() as stack:
        async with AsyncExitStack() as before:
            market = await open_market(stores, before)
            await market.goes_live()
            new = NewOffer(
                product_id=market.product_ids[0], flash_price_vnd=39_000, total_quantity=90_000, per_viewer_limit=900, open_now=True
            )
            offer = await services_of(market.node.app).offers.create(market.host, market.session_id, new)
        workers = Workers(market, port=free_port(), logs=logs)
        stack.callback(workers.end)
        await workers.are_listening(workers.start(), workers.start(), within=90)
        crowd = await stack.enter_async_context(a_crowd(market, workers.port, VIEWERS))
        log = RoomLog(stores.redis, prefix=PREFIX, settings=stores.settings.realtime)
        yield Sale(market, workers, crowd, UUID(str(offer.id)), log, Counter())


@asynccontextmanager
async def talking(sale: Sale) -> AsyncIterator[None]:
    """Comments and likes; while Redis is away they are refused, and tried again."""

    async def talk(number: int) -> None:
        client = sale.crowd.stayers[BUYERS + number].client
        for turn in itertools.count():
            with contextlib.suppress(CommandRefused, ConnectionLost, TimeoutError):
                await client.comment(f"viewer {number} says {turn}")
                sale.said["comments"] += 1
                await client.like(1)
                sale.said["likes"] += 1
            await asyncio.sleep(0.1)

    tasks = [asyncio.ensure_future(talk(number)) for number in range(TALKERS)]
    try:
        yield
    finally:
        assert [each for each in await ended(tasks) if not isinstance(each, asyncio.CancelledError)] == []


async def _loses_its_master(master: RedisOnPort, replica: RedisOnPort, has_taken_over: Callable[[], None]) -> None:
    await asyncio.to_thread(cut_off, replica, master)
    await asyncio.sleep(LOST_SECONDS)
    await asyncio.to_thread(kill, master)
    await asyncio.to_thread(has_taken_over)


class ClusterFaults:
    """By name; each leaves a whole cluster behind."""

    def __init__(self, cluster: Cluster, key: str) -> None:
        self._cluster = cluster
        self._key = key
        self.names: dict[str, Callable[[], Awaitable[None]]] = {"failover": self._fail_over, "move": self._move}

    async def _fail_over(self) -> None:
        master = await asyncio.to_thread(self._cluster.master_of, self._key)
        replica = await asyncio.to_thread(self._cluster.replica_of, master)
        await _loses_its_master(master, replica, lambda: self._cluster.wait_for_another_master(self._key, master))
        await asyncio.to_thread(master.start)
        await asyncio.to_thread(self._cluster.wait_for_replicas)

    async def _move(self) -> None:
        await asyncio.to_thread(self._cluster.move_slot_of, self._key)


class SentinelFaults:
    """First the master stands still until it is taken for dead, and wakes as its replica's replica; then the new master is killed."""

    def __init__(self, group: SentinelGroup) -> None:
        self._group = group
        self.names: dict[str, Callable[[], Awaitable[None]]] = {"freeze": self._freeze, "failover": self._fail_over}

    async def _freeze(self) -> None:
        with frozen(self._group.master.pid):
            await asyncio.to_thread(self._group.wait_until_master, self._group.replica)
        await asyncio.to_thread(self._group.wait_until_copies, self._group.master)

    async def _fail_over(self) -> None:
        master, replica = self._group.replica, self._group.master
        await _loses_its_master(master, replica, lambda: self._group.wait_until_master(replica))


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with a_cluster() as started:
        yield started


@pytest.fixture
def sentinels() -> Iterator[SentinelGroup]:
    with a_sentinel_group() as started:
        yield started


async def a_course(sale: Sale, faults: list[tuple[str, Callable[[], Awaitable[None]]]], chance: random.Random) -> Orders:
    """Orders, comments and ticks through one fault after the other, then quiet until everything has healed."""
    async with ordering(sale.crowd, sale.offer_id, BUYERS) as orders, talking(sale):
        for name, fault in faults:
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            placed = len(orders.acknowledged)
            await fault()
            said = sale.said["comments"]
            await eventually(lambda said=said: _is_more(sale.said["comments"], said), within_seconds=HEALED_WITHIN_SECONDS)  # type: ignore[misc]  # bound now
            print(f"{name}: {len(orders.acknowledged) - placed} orders meanwhile")  # noqa: T201 - for whoever reads a failure
    await eventually(sale.is_heard_by_all, within_seconds=HEALED_WITHIN_SECONDS)
    await eventually(sale.counts_everybody, within_seconds=HEALED_WITHIN_SECONDS)
    return orders


async def _is_more(now: int, before: int) -> bool:
    return now > before


async def check(sale: Sale, orders: Orders, *, failovers: int) -> None:
    """What must hold after any course."""
    assert orders.errors == Counter()
    assert len(orders.acknowledged) > BUYERS * 5
    await orders.are_all_kept(sale.market)
    truth = await statistics_agree(
        sale.market.stores.redis, PREFIX, url=sale.postgres_url, session_id=sale.market.session_id, within=HEALED_WITHIN_SECONDS
    )
    assert complaints_about(truth) == []
    clients = [each.client for each in sale.crowd.stayers]
    assert [client.gaps_and_repeats() for client in clients] == [[]] * VIEWERS
    if failovers:
        # everybody was told so; who came at the beginning has that snapshot as well
        assert min(len(client.resets) for client in clients) > failovers
    else:
        assert {len(client.resets) for client in clients} == {1}
    live = await sale.market.stores.redis.idempotent.hgetall(SessionKeys(PREFIX, sale.market.session_id).live)
    for name in ("likes", "comments"):
        assert int(live[name]) <= sale.said[name] + TALKERS, name
    assert int(live["views"]) <= VIEWERS
    assert int(live["viewers_peak"]) <= VIEWERS


@pytest.mark.parametrize("seed", seeds())
async def test_a_cluster_moves_slots_and_fails_over_under_a_sale(cluster: Cluster, postgres_url: str, tmp_path: Path, seed: int) -> None:
    """Moves that come before any failover are felt by nobody: no viewer is reset."""
    chance = random.Random(seed)  # noqa: S311 - a course that can be repeated
    async with a_sale(postgres_url, cluster.url, tmp_path) as sale:
        named = ClusterFaults(cluster, SessionKeys(PREFIX, sale.market.session_id).log).names
        course = ["failover", "move", *chance.choices(list(named), k=COURSE - 2)]
        chance.shuffle(course)

        orders = await a_course(sale, [("move", named["move"])] * 2, chance)
        await check(sale, orders, failovers=0)
        orders = await a_course(sale, [(name, named[name]) for name in course], chance)
        await check(sale, orders, failovers=course.count("failover"))


@pytest.mark.parametrize("seed", seeds())
async def test_a_replica_takes_over_from_a_frozen_master_and_back_under_a_sale(
    sentinels: SentinelGroup, postgres_url: str, tmp_path: Path, seed: int
) -> None:
    async with a_sale(postgres_url, sentinels.url, tmp_path) as sale:
        orders = await a_course(sale, list(SentinelFaults(sentinels).names.items()), random.Random(seed))  # noqa: S311 - as above

        await check(sale, orders, failovers=2)
