"""Token buckets: a sustained pace with a burst."""

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
