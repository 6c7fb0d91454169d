"""Which node runs a periodic job: the holder of a short lease in Redis. Jobs must still be safe when two run at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from redis.exceptions import RedisError

from app.infra.clock import monotonic
from app.infra.redis_client import RedisClients, Script
from app.redis_keys import job_lock

_PATIENCE_SECONDS = 0.5
# A lease that Redis lost is found free after so long at the latest.
_REMEMBERED_SECONDS = 5.0
# Takes or renews the lease and says 0, or says for how many milliseconds another node still holds it.
_TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder == false or holder == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
    return 0
end
return redis.call('PTTL', KEYS[1])
"""


class JobLock:
    """A lease per job. When Redis does not answer, every node says yes: work done twice is better than not at all.

    Who was told that another holds a job asks again when that lease ends: by then it is renewed, or free. Eighteen workers with twenty jobs
    each would otherwise ask hundreds of times a second.
    """

    def __init__(self, redis: RedisClients, prefix: str, node: str, *, now: Callable[[], float] = monotonic) -> None:
        self._take = Script(redis.idempotent, _TAKE)
        self._prefix = prefix
        self._node = node
        self._now = now
        self._others_until: dict[str, float] = {}

    async def mine(self, job: str, *, seconds: int) -> bool:
        """True when this node holds the job now; the lease is renewed by asking."""
        if self._now() < self._others_until.get(job, 0.0):
            return False
        try:
            # A Redis that stands still must not stop the offers' clock for as long as clients wait for it.
            async with asyncio.timeout(_PATIENCE_SECONDS):
                others_ms = int(await self._take([job_lock(self._prefix, job)], [self._node, seconds]))
        except (RedisError, OSError):
            return True
        self._others_until[job] = self._now() + min(others_ms / 1_000, _REMEMBERED_SECONDS)
        return others_ms == 0
