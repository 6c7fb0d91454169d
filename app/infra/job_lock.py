"""Which node runs a periodic job: the holder of a short lease in Redis. Jobs must still be safe when two run at once."""

from __future__ import annotations

import asyncio

from redis.exceptions import RedisError

from app.infra.redis_client import RedisClients
from app.redis_keys import job_lock

_PATIENCE_SECONDS = 0.5


class JobLock:
    """A lease per job. When Redis does not answer, every node says yes: work done twice is better than not at all."""

    def __init__(self, redis: RedisClients, prefix: str, node: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._node = node

    async def mine(self, job: str, *, seconds: int) -> bool:
        """True when this node holds the job now; the lease is renewed by asking."""
        try:
            # A Redis that stands still must not stop the offers' clock for as long as clients wait for it.
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._holds(job_lock(self._prefix, job), seconds)
        except (RedisError, OSError):
            return True

    async def _holds(self, key: str, seconds: int) -> bool:
        if await self._redis.idempotent.set(key, self._node, nx=True, ex=seconds):
            return True
        if await self._redis.idempotent.get(key) != self._node:
            return False
        await self._redis.idempotent.expire(key, seconds)
        return True
