"""A replica takes over that lacks the last of what its master answered: a new epoch for the room, everybody's devices told again, no silence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from redis.exceptions import RedisError

from app.infra import redis_client
from app.infra.clock import monotonic, now_ms
from app.infra.database import Database
from app.infra.redis_client import RedisClients, open_redis
from app.live.presence import RoomCounters
from app.local_servers.redis_on_port import RedisOnPort
from app.metrics.service import MetricsService
from app.protocol.server_events import ProductPinned
from app.realtime.room_log import LogBroken, LogPosition, RoomLog
from app.redis_keys import SessionKeys
from app.settings import RealtimeSettings
from tests.redis_clusters import a_cluster, a_sentinel_group, cut_off, kill

pytestmark = pytest.mark.slow

PREFIX = "failover"
KEPT, LOST, NEW = 5, 3, 7
WITHIN_SECONDS = 90.0
NEVER_DOUBTS = "local function history_since(home) return 'one for all', false end\n"


@dataclass
class Group:
    """A room's master and the replica that will take over."""

    url: str
    master: RedisOnPort
    replica: RedisOnPort

    def has_copied(self) -> bool:
        """Whether the replica has everything."""
        return bool(self.replica.ask("ROLE")[4] == self.master.ask("ROLE")[1])

    def lose_the_end(self) -> None:
        """The master goes on alone from here and is then killed."""
        cut_off(self.replica, self.master)


@pytest.fixture
def room() -> UUID:
    return uuid4()


@pytest.fixture(params=["cluster", "sentinels"])
def group(request: pytest.FixtureRequest, room: UUID) -> Iterator[Group]:
    if request.param == "cluster":
        with a_cluster() as cluster:
            master = cluster.master_of(SessionKeys(PREFIX, room).log)
            yield Group(cluster.url, master, cluster.replica_of(master))
    else:
        with a_sentinel_group() as sentinels:
            yield Group(sentinels.url, sentinels.master, sentinels.replica)


@pytest.fixture
def never_doubts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts without the guard: a server that took over goes on with the history of the one before."""
    (tmp_path / "server_history.lua").write_text(NEVER_DOUBTS)
    monkeypatch.setattr(redis_client, "_SHARED_SCRIPTS", tmp_path)


async def append(log: RoomLog, room: UUID, count: int) -> LogPosition:
    """One after the other, each until it is taken."""
    place = None
    ends = monotonic() + WITHIN_SECONDS
    while count:
        try:
            place = LogPosition(*await log.append(room, ProductPinned(product_id=uuid4())))
            count -= 1
        except (RedisError, OSError):
            assert monotonic() < ends
            await asyncio.sleep(0.1)
    assert place is not None
    return place


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_SECONDS):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.05)


async def a_failover_that_loses(redis: RedisClients, group: Group, room: UUID) -> tuple[RoomLog, LogPosition]:
    """Returns the log, and where a reader stood who had read everything before the master died; then others appended more than was lost."""
    log = RoomLog(redis, prefix=PREFIX, settings=RealtimeSettings())
    kept = await append(log, room, KEPT)
    await eventually(group.has_copied)
    group.lose_the_end()
    reader = await append(log, room, LOST)
    assert reader == LogPosition(kept.epoch, KEPT + LOST)
    await asyncio.to_thread(kill, group.master)
    await append(log, room, NEW)
    return log, reader


async def test_what_a_failover_lost_is_a_new_epoch_also_when_the_same_offsets_were_given_out_again(group: Group, room: UUID) -> None:
    async with open_redis(group.url) as redis:
        log, reader = await a_failover_that_loses(redis, group, room)

        with pytest.raises(LogBroken):
            await log.read_after(room, reader)
        now = await log.head(room)

    assert now.epoch != reader.epoch
    assert now.offset == NEW


@pytest.mark.usefixtures("never_doubts")
async def test_without_the_epoch_a_reader_misses_events_and_is_not_told(group: Group, room: UUID) -> None:
    """The control: what the test above promises fails without what it guards."""
    async with open_redis(group.url) as redis:
        log, reader = await a_failover_that_loses(redis, group, room)

        events = await log.read_after(room, reader)

    assert [event.offset for event in events] == list(range(reader.offset + 1, KEPT + NEW + 1))
    assert len(events) < NEW


PRESENT, LEFT, CAME = 5, 2, 3
SILENT_SECONDS = 1.0


async def viewers_after_a_failover(database: Database, redis: RedisClients, group: Group, room: UUID) -> list[int]:
    """What a node is told of its own viewers, flush by flush, when the master died with the news of those who had left and come."""
    metrics = MetricsService(database, redis, PREFIX, node_count_ttl_seconds=SILENT_SECONDS)
    counters = RoomCounters(node="node", now=monotonic)
    devices = [uuid4().bytes for _ in range(PRESENT + CAME)]

    async def flush() -> int:
        figures = await metrics.flush(room, counters.next_flush(at_ms=now_ms()))
        counters.flush_arrived(figures)
        return figures.viewers

    for device in devices[:PRESENT]:
        counters.device_entered(device)
    assert await flush() == PRESENT
    await eventually(group.has_copied)
    group.lose_the_end()
    for device in devices[:LEFT]:
        counters.device_left(device)
    for device in devices[PRESENT:]:
        counters.device_entered(device)
    assert await flush() == PRESENT - LEFT + CAME
    await asyncio.to_thread(kill, group.master)
    told: list[int] = []
    ends = monotonic() + WITHIN_SECONDS
    while len(told) < 3 * SILENT_SECONDS / 0.1:
        with contextlib.suppress(RedisError, OSError):
            told.append(await flush())
        assert monotonic() < ends
        await asyncio.sleep(0.1)
    return told


async def test_viewers_are_counted_rightly_again_soon_after_and_never_above_who_was_there(
    database: Database, group: Group, room: UUID
) -> None:
    async with open_redis(group.url) as redis:
        told = await viewers_after_a_failover(database, redis, group, room)

    assert told[-1] == PRESENT - LEFT + CAME
    assert all(PRESENT - LEFT <= viewers <= PRESENT + CAME for viewers in told)


@pytest.mark.usefixtures("never_doubts")
async def test_without_telling_again_viewers_stay_wrong(database: Database, group: Group, room: UUID) -> None:
    """The control."""
    async with open_redis(group.url) as redis:
        told = await viewers_after_a_failover(database, redis, group, room)

    assert told[-1] != PRESENT - LEFT + CAME
