"""A periodic job has one node that does it, and the others do not keep asking."""

from __future__ import annotations

import asyncio

from app.infra.job_lock import JobLock
from app.infra.redis_client import RedisClients
from app.redis_keys import job_lock

JOB = "offer_clock"


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


async def commands(redis: RedisClients) -> int:
    """How often Redis was asked about locks."""
    return sum(
        found["calls"]
        for name, found in (await redis.idempotent.info("commandstats")).items()
        if name in {"cmdstat_eval", "cmdstat_evalsha"}
    )


async def test_one_node_holds_a_job_and_keeps_it_by_asking(redis: RedisClients, redis_prefix: str) -> None:
    one, other = JobLock(redis, redis_prefix, "one"), JobLock(redis, redis_prefix, "other")

    assert [await lock.mine(JOB, seconds=5) for lock in (one, other, one)] == [True, False, True]
    assert await redis.idempotent.get(job_lock(redis_prefix, JOB)) == "one"
    assert 4_000 < await redis.idempotent.pttl(job_lock(redis_prefix, JOB)) <= 5_000


async def test_who_was_told_that_another_holds_it_asks_again_only_when_that_lease_ends(redis: RedisClients, redis_prefix: str) -> None:
    clock = Clock()
    one, other = JobLock(redis, redis_prefix, "one"), JobLock(redis, redis_prefix, "other", now=clock)
    await one.mine(JOB, seconds=60)
    assert not await other.mine(JOB, seconds=60)
    before = await commands(redis)

    for _ in range(48):
        clock.seconds += 0.1
        assert not await other.mine(JOB, seconds=60)
    assert await commands(redis) == before

    clock.seconds += 0.3
    assert not await other.mine(JOB, seconds=60)
    assert await commands(redis) == before + 1


async def test_a_job_whose_holder_has_died_is_taken_over_when_its_lease_ends(redis: RedisClients, redis_prefix: str) -> None:
    one, other = JobLock(redis, redis_prefix, "one"), JobLock(redis, redis_prefix, "other")
    await one.mine(JOB, seconds=1)
    assert not await other.mine(JOB, seconds=1)

    async with asyncio.timeout(15):
        while not await other.mine(JOB, seconds=1):  # noqa: ASYNC110 - its lease ends in Redis
            await asyncio.sleep(0.02)

    assert not await one.mine(JOB, seconds=1)


async def test_a_lease_that_redis_lost_is_taken_after_five_seconds_however_long_it_was(redis: RedisClients, redis_prefix: str) -> None:
    clock = Clock()
    one, other = JobLock(redis, redis_prefix, "one"), JobLock(redis, redis_prefix, "other", now=clock)
    await one.mine(JOB, seconds=3_600)
    assert not await other.mine(JOB, seconds=3_600)
    await redis.idempotent.delete(job_lock(redis_prefix, JOB))

    clock.seconds += 5.1
    assert await other.mine(JOB, seconds=3_600)
