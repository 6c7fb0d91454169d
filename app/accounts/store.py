"""Counters of login attempts, shared in Redis; counted in this process while Redis is away. Called by `login_limits.py`."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import structlog
from redis.exceptions import RedisError

from app.infra.clock import monotonic
from app.infra.redis_client import RedisClients, load_script
from app.redis_keys import login_attempts

log = structlog.get_logger(__name__)

_SCRIPTS = Path(__file__).parent / "scripts"
_ASK_REDIS_AGAIN_SECONDS = 10.0
_LOCAL_BUCKETS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """The number of this attempt within its window, and when the window ends."""

    number: int
    seconds_left: float


class LoginAttempts:
    """One counter per bucket and window. A window starts with its first attempt and is not prolonged by later ones."""

    def __init__(self, redis: RedisClients, *, prefix: str, window_seconds: int) -> None:
        self._redis = redis.once
        self._take_script = load_script(redis.once, _SCRIPTS / "take_attempt.lua")
        self._give_back_script = load_script(redis.once, _SCRIPTS / "give_back_attempt.lua")
        self._prefix = prefix
        self._window_seconds = window_seconds
        self._local = LocalAttempts(window_seconds)
        self._redis_again_at = 0.0

    async def take(self, bucket: str) -> Attempt:
        """Count one attempt before its outcome is known, so that attempts at the same moment cannot pass the limit together."""
        if self._redis_is_due():
            try:
                return await self._take_shared(login_attempts(self._prefix, bucket))
            except (RedisError, OSError) as error:
                self._redis_failed(error)
        return self._local.take(bucket)

    async def give_back(self, bucket: str) -> None:
        """Uncount one attempt: it succeeded. Losing this leaves one attempt too many in the window, no more."""
        self._local.give_back(bucket)
        if self._redis_is_due():
            try:
                await self._give_back_script(keys=[login_attempts(self._prefix, bucket)])
            except (RedisError, OSError) as error:
                self._redis_failed(error)

    async def forget(self, bucket: str) -> None:
        """Start the bucket anew."""
        self._local.forget(bucket)
        if self._redis_is_due():
            try:
                await self._redis.delete(login_attempts(self._prefix, bucket))
            except (RedisError, OSError) as error:
                self._redis_failed(error)

    async def remember(self, bucket: str, seconds: int) -> None:
        """Note something for so long; lost with Redis, which costs whoever was known a wait."""
        if self._redis_is_due():
            try:
                await self._redis.set(login_attempts(self._prefix, bucket), "1", ex=seconds)
            except (RedisError, OSError) as error:
                self._redis_failed(error)

    async def knows(self, bucket: str) -> bool:
        """Whether it was noted; no while Redis is away."""
        if self._redis_is_due():
            try:
                return bool(await self._redis.exists(login_attempts(self._prefix, bucket)))
            except (RedisError, OSError) as error:
                self._redis_failed(error)
        return False

    async def _take_shared(self, key: str) -> Attempt:
        number, left_ms = await self._take_script(keys=[key], args=[self._window_seconds * 1000])
        return Attempt(int(number), max(int(left_ms), 0) / 1000)

    def _redis_is_due(self) -> bool:
        return monotonic() >= self._redis_again_at

    def _redis_failed(self, error: Exception) -> None:
        self._redis_again_at = monotonic() + _ASK_REDIS_AGAIN_SECONDS
        log.warning("login_attempts_counted_locally", seconds=_ASK_REDIS_AGAIN_SECONDS, error=repr(error))


class LocalAttempts:
    """The same counters in memory, the oldest dropped beyond 10,000 buckets."""

    def __init__(self, window_seconds: int) -> None:
        self._window_seconds = window_seconds
        self._buckets: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def take(self, bucket: str) -> Attempt:
        now = monotonic()
        count, ends = self._buckets.get(bucket, (0, 0.0))
        if ends <= now:
            self._buckets.pop(bucket, None)
            count, ends = 0, now + self._window_seconds
        self._buckets[bucket] = (count + 1, ends)
        if len(self._buckets) > _LOCAL_BUCKETS_MAX:
            self._buckets.popitem(last=False)
        return Attempt(count + 1, ends - now)

    def give_back(self, bucket: str) -> None:
        if bucket in self._buckets:
            count, ends = self._buckets[bucket]
            self._buckets[bucket] = (max(count - 1, 0), ends)

    def forget(self, bucket: str) -> None:
        self._buckets.pop(bucket, None)
