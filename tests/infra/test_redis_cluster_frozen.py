"""A server of a Redis Cluster that stands still is found out beside everything else: who comes anew and who waits feel little of it."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import RedisError

from app.infra.clock import monotonic
from app.infra.redis_client import open_redis
from tests.freezing import frozen
from tests.redis_clusters import Cluster, a_cluster, eventually

pytestmark = pytest.mark.slow

CLIENTS = 12
# redis-py alone waits five for each server that says nothing, and fifteen in a blocking read.
SOON_SECONDS = 2.5
FREED_WITHIN_SECONDS = 8.0
FOR_LONG_MS = 13_000


def keys_of_each_master(cluster: Cluster) -> list[str]:
    found: dict[int, str] = {}
    number = 0
    while len(found) < 3:
        found.setdefault(cluster.master_of(f"frozen-{number}").port, f"frozen-{number}")
        number += 1
    return list(found.values())


async def first_commands(cluster: Cluster) -> list[float]:
    """How long the first command of several new clients takes, while a master that it does not concern stands still: for each of the three."""
    took = []
    for still in keys_of_each_master(cluster):
        other = next(key for key in keys_of_each_master(cluster) if key != still)
        with frozen(cluster.master_of(still).pid):
            for _ in range(CLIENTS // 3):
                async with open_redis(cluster.url) as redis:
                    began = monotonic()
                    await redis.idempotent.get(other)
                    took.append(monotonic() - began)
    return took


async def test_who_comes_while_a_server_stands_still_asks_the_others() -> None:
    with a_cluster(replicas_each=0) as cluster:
        assert max(await first_commands(cluster)) < SOON_SECONDS


async def test_a_blocked_read_of_a_frozen_master_ends_when_another_takes_its_place() -> None:
    with a_cluster() as cluster:
        async with open_redis(cluster.url) as redis:
            key = keys_of_each_master(cluster)[0]
            await redis.idempotent.get(key)
            reading = asyncio.ensure_future(redis.blocking.xread({key: "$"}, block=FOR_LONG_MS))
            before = cluster.master_of(key)
            await asyncio.to_thread(eventually, lambda: before.ask("INFO", "clients")["blocked_clients"] == 1)
            with frozen(before.pid):
                began = monotonic()
                with pytest.raises(RedisError):
                    await reading
                assert monotonic() - began < FREED_WITHIN_SECONDS
                assert await redis.idempotent.get(key) is None
                assert monotonic() - began < FREED_WITHIN_SECONDS + 1
