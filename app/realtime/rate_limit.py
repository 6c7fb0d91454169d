"""Token buckets: a sustained pace with a burst, alone or one for each of many keys."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """Grants `per_second` in the long run and `burst` at once. `now` is a monotonic clock in seconds."""

    __slots__ = ("_burst", "_now", "_per_second", "_read_at", "_tokens")

    def __init__(self, *, per_second: float, burst: float, now: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._tokens = burst
        self._read_at = now()

    def take(self) -> float:
        """0.0 when granted, else the seconds after which the next one will be. A refusal costs nothing."""
        moment = self._now()
        self._tokens = min(self._burst, self._tokens + (moment - self._read_at) * self._per_second)
        self._read_at = moment
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self._per_second


class KeyedLimits:
    """A token bucket for each key that was seen lately; bounded, because keys come from strangers."""

    def __init__(self, *, per_second: float, burst: float, keys_max: int = 50_000, now: Callable[[], float]) -> None:
        self._per_second = per_second
        self._burst = burst
        self._keys_max = keys_max
        self._now = now
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, key: str) -> float:
        """0.0 when granted, else the seconds to wait."""
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self._keys_max:
                # Everyone starts anew: better than to remember without bound.
                self._buckets.clear()
            bucket = self._buckets[key] = TokenBucket(per_second=self._per_second, burst=self._burst, now=self._now)
        return bucket.take()
