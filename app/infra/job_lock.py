"""Which node runs a periodic job: the holder of a short lease in Redis. Jobs must still be safe when two run at once."""

from __future__ import annotations

from redis.exceptions import RedisError

from app.infra.redis_client import RedisClients
from app.redis_keys import job_lock


class JobLock:
    """A lease per job. When Redis does not answer, every node says yes: work done twice is better than not at all."""

    def __init__(self, redis: RedisClients, prefix: str, node: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._node = node

    async def mine(self, job: str, *, seconds: int) -> bool:
        """True when this node holds the job now; the lease is renewed by asking."""
        key = job_lock(self._prefix, job)
        try:
            if await self._redis.idempotent.set(key, self._node, nx=True, ex=seconds):
                return True
            if await self._redis.idempotent.get(key) != self._node:
                return False
            await self._redis.idempotent.expire(key, seconds)
        except (RedisError, OSError):
            return True
        return True
