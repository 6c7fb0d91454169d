"""Connections to Redis are bounded, and so is every wait for one and for the lease of a job."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from redis.exceptions import ConnectionError as NoConnection

from app.infra.clock import monotonic
from app.infra.job_lock import JobLock
from app.infra.redis_client import CONNECTIONS, WAIT_FOR_CONNECTION_SECONDS, RedisClients, open_redis
from app.local_servers.embedded_redis import EmbeddedRedis
from tests.freezing import frozen

_OFTEN = CONNECTIONS * 4


async def _connected(redis: RedisClients) -> int:
    return int((await redis.blocking.info("clients"))["connected_clients"])


async def test_a_crowd_of_commands_shares_few_connections_and_nobody_waits_for_ever(redis: RedisClients, redis_prefix: str) -> None:
    """Each command keeps its connection for longer than anybody may wait for one."""
    before = await _connected(redis)

    async def keep_busy() -> str:
        try:
            _ = await redis.once.blpop([f"{redis_prefix}:nothing"], timeout=WAIT_FOR_CONNECTION_SECONDS + 1)
        except NoConnection:
            return "none free"
        return "done"

    started = monotonic()
    crowd = asyncio.gather(*(keep_busy() for _ in range(_OFTEN)))
    await asyncio.sleep(1)
    during = await _connected(redis)
    outcomes = Counter(await crowd)

    assert during - before <= CONNECTIONS
    assert outcomes == {"done": CONNECTIONS, "none free": _OFTEN - CONNECTIONS}
    assert monotonic() - started < WAIT_FOR_CONNECTION_SECONDS + 4


async def test_a_crowd_of_short_commands_is_served_whole(redis: RedisClients, redis_prefix: str) -> None:
    key = f"{redis_prefix}:count"

    await asyncio.gather(*(redis.once.incr(key) for _ in range(_OFTEN)))

    assert await redis.once.get(key) == str(_OFTEN)


async def test_a_redis_that_stands_still_holds_up_no_job(server_folder: Path) -> None:
    server = EmbeddedRedis(server_folder)
    await asyncio.to_thread(server.start)
    try:
        async with open_redis(server.url) as redis:
            lock, other = JobLock(redis, "own", "one"), JobLock(redis, "own", "two")
            assert await lock.mine("clock", seconds=60)
            with frozen(server.pid):
                started = monotonic()
                both = [await lock.mine("clock", seconds=60), await other.mine("clock", seconds=60)]
                took = monotonic() - started
            after = await other.mine("clock", seconds=60)
    finally:
        await asyncio.to_thread(server.stop)

    assert both == [True, True]
    assert took < 2
    assert not after
