"""The clients of a cluster and of a group under Sentinels keep the bounds of the single server, and rooms elsewhere feel nothing."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest
from redis.client import NEVER_DECODE
from redis.exceptions import RedisError

from app.infra.clock import monotonic
from app.infra.redis_client import CONNECTIONS, WAIT_FOR_CONNECTION_SECONDS, RedisClients, answers_to, open_redis
from app.local_servers.startup_checks import check_redis_is_reachable
from app.metrics.flush_message import Clocks
from app.metrics.store import MetricsStore
from app.protocol.server_events import ProductPinned
from app.realtime.room_log import LogPosition, RoomLog
from app.settings import RealtimeSettings
from tests.freezing import frozen
from tests.redis_clusters import Cluster, SentinelGroup, a_cluster, a_sentinel_group

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with a_cluster() as started:
        yield started


@pytest.fixture(scope="module")
def sentinels() -> Iterator[SentinelGroup]:
    with a_sentinel_group() as started:
        yield started


@pytest.fixture(params=["cluster", "sentinels"])
def group_url(request: pytest.FixtureRequest) -> str:
    group: Cluster | SentinelGroup = request.getfixturevalue(request.param)
    return group.url


async def test_scripts_streams_counters_and_sketches_work(group_url: str) -> None:
    await asyncio.to_thread(check_redis_is_reachable, group_url)
    async with open_redis(group_url) as redis:
        log, store = RoomLog(redis, prefix="test", settings=RealtimeSettings()), MetricsStore(redis, "test", Clocks(monotonic))
        rooms = [uuid4() for _ in range(12)]
        for room in rooms:
            await log.append(room, ProductPinned(product_id=None))
        heads = [await log.head(room) for room in rooms]
        read = [await log.read_after(room, LogPosition(head.epoch, 0)) for room, head in zip(rooms, heads, strict=True)]
        for key in ("one", "other"):
            await redis.once.pfadd(key, "both", key)
        sketches = [await redis.idempotent.execute_command("GET", key, **{NEVER_DECODE: True}) for key in ("one", "other")]

        assert [head.offset for head in heads] == [1] * 12
        assert [len(events) for events in read] == [1] * 12
        assert await store.ledger_seqs(rooms) == dict.fromkeys(rooms, 0)
        assert await store.count_together(sketches) == 3
        assert await redis.refusal("test") is None


async def test_a_wait_for_news_ends_with_the_news(group_url: str) -> None:
    async with open_redis(group_url) as redis:
        log, room = RoomLog(redis, prefix="test", settings=RealtimeSettings()), uuid4()
        followed = log.follow(room, await log.head(room))
        waiting = asyncio.ensure_future(anext(followed))
        await asyncio.sleep(0.3)
        started = monotonic()
        await log.append(room, ProductPinned(product_id=None))
        (event,) = await waiting
        took = monotonic() - started
        await followed.aclose()  # type: ignore[attr-defined]  # a generator

    assert event.offset == 1
    assert took < 0.5


async def test_a_crowd_shares_few_connections_to_each_server_and_nobody_waits_for_ever(cluster: Cluster) -> None:
    async with open_redis(cluster.url) as redis:
        await redis.ping()

        async def keep_busy() -> str:
            try:
                _ = await redis.once.blpop(["nothing"], timeout=WAIT_FOR_CONNECTION_SECONDS + 1)
            except RedisError:
                return "none free"
            return "done"

        started = monotonic()
        crowd = asyncio.gather(*(keep_busy() for _ in range(CONNECTIONS * 2)))
        await asyncio.sleep(0.5)
        beside = time.monotonic()
        await redis.once.set(_key_elsewhere(cluster, "nothing"), 1)
        beside = time.monotonic() - beside
        outcomes = Counter(await crowd)

    assert outcomes == {"done": CONNECTIONS, "none free": CONNECTIONS}
    assert beside < 1
    assert monotonic() - started < WAIT_FOR_CONNECTION_SECONDS + 4


def _key_elsewhere(cluster: Cluster, key: str) -> str:
    """One that another master serves."""
    here = cluster.master_of(key)
    return next(name for name in (f"elsewhere-{number}" for number in range(1_000)) if cluster.master_of(name) is not here)


async def test_a_frozen_master_holds_up_its_own_rooms_only(cluster: Cluster) -> None:
    async with open_redis(cluster.url) as redis:
        here, elsewhere = "here", _key_elsewhere(cluster, "here")
        await asyncio.gather(redis.once.set(here, 1), redis.once.set(elsewhere, 1), redis.idempotent.get(here))
        slowest = 0.0
        master = cluster.master_of(here)
        with frozen(master.pid):
            stuck = [asyncio.ensure_future(_outcome(redis, here)) for _ in range(10)]
            both = await answers_to(redis.idempotent, [("GET", elsewhere), ("GET", here)], patience=0.2)
            ends = monotonic() + 3
            while monotonic() < ends:
                started = monotonic()
                await redis.once.incr(elsewhere)
                slowest = max(slowest, monotonic() - started)
                await asyncio.sleep(0.01)
            how_they_ended = await asyncio.wait_for(asyncio.gather(*stuck), 15)
        await asyncio.to_thread(cluster.wait_for_another_master, here, master)
        # nobody told this client: it finds the new master by itself
        await _eventually_written(redis, here)

    assert slowest < 1
    assert both[0] == "1"
    assert isinstance(both[1], RedisError)
    assert set(how_they_ended) <= {"refused", "done"}


async def _outcome(redis: RedisClients, key: str) -> str:
    try:
        await redis.once.incr(key)
    except (RedisError, OSError):
        return "refused"
    return "done"


async def _eventually_written(redis: RedisClients, key: str) -> None:
    ends = monotonic() + 20
    while await _outcome(redis, key) != "done":
        assert monotonic() < ends
        await asyncio.sleep(0.1)


@pytest.fixture
def untouched() -> Iterator[Cluster]:
    """No server of it has ever taken over from another: a room that is moved to one that has begins a new epoch."""
    with a_cluster(replicas_each=0) as started:
        yield started


async def test_commands_come_through_while_their_slot_moves_and_the_room_keeps_its_epoch(untouched: Cluster) -> None:
    """Also those of several keys, which have to wait while some have moved and others have not."""
    cluster = untouched
    async with open_redis(cluster.url) as redis:
        log, room = RoomLog(redis, prefix="test", settings=RealtimeSettings(room_log_events=1_000_000)), uuid4()
        key = f"test:session:{{{room}}}:log"
        moving = asyncio.ensure_future(asyncio.to_thread(_move_often, cluster, key))
        offsets = []
        while not moving.done():
            offsets += [offset for _, offset in await asyncio.gather(*(log.append(room, ProductPinned(product_id=None)) for _ in range(8)))]
        await moving
        head = await log.head(room)
        events = await log.read_after(room, LogPosition(head.epoch, 0), limit=1_000_000)

    assert sorted(offsets) == list(range(1, len(offsets) + 1))
    assert [event.offset for event in events] == sorted(offsets)


def _move_often(cluster: Cluster, key: str) -> None:
    for _ in range(6):
        cluster.move_slot_of(key, keys_at_once=1)
        time.sleep(0.1)


async def test_who_asks_sentinels_finds_the_new_master(sentinels: SentinelGroup) -> None:
    async with open_redis(sentinels.url) as redis:
        await redis.once.set("kept", "yes")
        await asyncio.sleep(0.2)
        sentinels.kill_master()
        started = monotonic()
        await _eventually_written(redis, "after")
        took = monotonic() - started

        assert await redis.idempotent.get("kept") == "yes"
    assert took < 15
