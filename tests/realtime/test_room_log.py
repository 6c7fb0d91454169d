"""The room log gives every event one place, in one order, and never hides a gap."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from app.infra.redis_client import RedisClients, open_redis
from app.local_servers.embedded_redis import EmbeddedRedis
from app.protocol.server_events import LoggedEvent, ProductPinned
from app.realtime.room_log import LogBroken, LogPosition, RoomLog
from app.settings import RealtimeSettings

SESSION = uuid4()


@pytest.fixture
def room_log(redis: RedisClients, redis_prefix: str) -> RoomLog:
    return RoomLog(redis, prefix=redis_prefix, settings=RealtimeSettings())


async def append(room_log: RoomLog, count: int) -> LogPosition:
    places = [await room_log.append(SESSION, ProductPinned(product_id=uuid4())) for _ in range(count)]
    return LogPosition(*places[-1])


async def test_offsets_count_up_from_one_in_one_epoch(room_log: RoomLog) -> None:
    start = await room_log.head(SESSION)

    end = await append(room_log, 5)

    assert (start.offset, end) == (0, LogPosition(start.epoch, 5))
    assert [event.offset for event in await room_log.read_after(SESSION, start)] == [1, 2, 3, 4, 5]
    assert [event.offset for event in await room_log.latest(SESSION, end, count=3)] == [3, 4, 5]
    assert [event.offset for event in await room_log.latest(SESSION, LogPosition(end.epoch, 2), count=9)] == [1, 2]


async def test_appends_at_once_get_places_of_their_own(room_log: RoomLog) -> None:
    places = await asyncio.gather(*(room_log.append(SESSION, ProductPinned(product_id=None)) for _ in range(40)))

    assert sorted(offset for _, offset in places) == list(range(1, 41))
    assert len({epoch for epoch, _ in places}) == 1


async def test_a_lost_log_is_a_new_epoch(room_log: RoomLog, redis: RedisClients, redis_prefix: str) -> None:
    old = await append(room_log, 3)

    for key in [key async for key in redis.idempotent.scan_iter(f"{redis_prefix}:*")]:
        await redis.once.delete(key)

    with pytest.raises(LogBroken):
        await room_log.read_after(SESSION, old)
    new = await append(room_log, 1)
    assert new.epoch != old.epoch
    assert new.offset == 1


async def test_a_log_restored_from_an_older_copy_is_a_new_epoch(room_log: RoomLog, redis: RedisClients, redis_prefix: str) -> None:
    end = await append(room_log, 5)
    (head,) = [key async for key in redis.idempotent.scan_iter(f"{redis_prefix}:*log_head")]

    await redis.once.hset(head, "offset", 2)

    with pytest.raises(LogBroken):
        await room_log.read_after(SESSION, end)
    assert (await room_log.head(SESSION)).epoch != end.epoch


async def test_a_restart_that_loses_nothing_goes_on_in_the_same_epoch(own_redis: EmbeddedRedis) -> None:
    async with open_redis(own_redis.url) as redis:
        before = await append(RoomLog(redis, prefix="own", settings=RealtimeSettings()), 3)
    await asyncio.to_thread(own_redis.stop)
    await asyncio.to_thread(own_redis.start)
    async with open_redis(own_redis.url) as redis:
        log = RoomLog(redis, prefix="own", settings=RealtimeSettings())

        assert await log.head(SESSION) == before
        assert await append(log, 1) == LogPosition(before.epoch, 4)
        assert [event.offset for event in await log.read_after(SESSION, before)] == [4]


async def test_a_trimmed_log_does_not_pretend_to_be_whole(room_log: RoomLog, redis: RedisClients, redis_prefix: str) -> None:
    start = await room_log.head(SESSION)
    await append(room_log, 5)
    (key,) = [key async for key in redis.idempotent.scan_iter(f"{redis_prefix}:*:log")]

    await redis.once.xtrim(key, maxlen=2, approximate=False)

    with pytest.raises(LogBroken):
        await room_log.read_after(SESSION, start)
    assert [event.offset for event in await room_log.read_after(SESSION, LogPosition(start.epoch, 3))] == [4, 5]


async def test_a_follower_gets_everything_in_order_although_its_connections_are_cut(room_log: RoomLog, redis: RedisClients) -> None:
    start = await room_log.head(SESSION)
    got: list[LoggedEvent] = []

    async def follow() -> None:
        async for events in room_log.follow(SESSION, start):
            got.extend(events)
            if len(got) >= 60:
                return

    following = asyncio.ensure_future(follow())
    for round_number in range(3):
        await append(room_log, 20)
        if round_number < 2:
            for client in await redis.idempotent.client_list():
                if client["cmd"].startswith("xread"):
                    await redis.once.client_kill_filter(_id=client["id"])
    async with asyncio.timeout(10):
        await following

    assert [event.offset for event in got] == list(range(1, 61))


async def test_a_follower_learns_of_a_new_epoch(room_log: RoomLog, redis: RedisClients, redis_prefix: str) -> None:
    start = await append(room_log, 3)

    async def follow() -> None:
        async for _ in room_log.follow(SESSION, start):
            pass

    following = asyncio.ensure_future(follow())
    await asyncio.sleep(0.1)
    for key in [key async for key in redis.idempotent.scan_iter(f"{redis_prefix}:*")]:
        await redis.once.delete(key)

    with pytest.raises(LogBroken):
        async with asyncio.timeout(5):
            await following


async def test_a_follower_reads_together_what_comes_within_its_pause(room_log: RoomLog) -> None:
    start = await room_log.head(SESSION)
    readings: list[int] = []

    async def follow() -> None:
        async for events in room_log.follow(SESSION, start, pause_seconds=lambda: 0.5):
            readings.append(len(events))
            if sum(readings) == 21:
                return

    following = asyncio.ensure_future(follow())
    await asyncio.sleep(0.6)  # the pause after the first reading is over: the first event is heard at once
    await append(room_log, 1)
    async with asyncio.timeout(0.4):
        while not readings:  # noqa: ASYNC110 - a condition of the follower's
            await asyncio.sleep(0.005)
    await append(room_log, 20)
    async with asyncio.timeout(10):
        await following

    assert readings == [1, 20]
