"""One ticket in one room on this worker: how many sockets it holds, and how fast it may speak.

Kept small, there is one for every viewer. Each limit is a token bucket in its one-number form (GCRA): the moment at which the
bucket would be full again.
"""

from __future__ import annotations

from collections.abc import Callable

from app.settings import RealtimeSettings


class Pace:
    """`per_second` in the long run and `burst` at once; shared by all devices. `now` is a monotonic clock in seconds."""

    __slots__ = ("allowance", "interval", "now")

    def __init__(self, *, per_second: float, burst: float, now: Callable[[], float]) -> None:
        self.interval = 1.0 / per_second
        self.allowance = burst * self.interval
        self.now = now

    def take(self, full_at: float) -> tuple[float, float]:
        """When the bucket is full again after one more, and the seconds to wait: 0.0 when granted. A refusal costs nothing."""
        moment = self.now()
        next_full_at = max(full_at, moment) + self.interval
        # A nanosecond of grace: adding and dividing floats must not cost the last token of a burst.
        wait_seconds = next_full_at - moment - self.allowance
        return (next_full_at, 0.0) if wait_seconds <= 1e-9 else (full_at, wait_seconds)


class Paces:
    """The limits of one device in one room."""

    __slots__ = ("commands", "comments")

    def __init__(self, settings: RealtimeSettings, now: Callable[[], float]) -> None:
        self.commands = Pace(per_second=settings.commands_per_second, burst=settings.commands_burst, now=now)
        self.comments = Pace(per_second=1 / settings.comment_interval_seconds, burst=1, now=now)


class Device:
    """`sockets` are open here, `watching` of them have said hello as a viewer."""

    __slots__ = ("_commands_full_at", "_comments_full_at", "_paces", "last_seen", "sockets", "watching")

    def __init__(self, paces: Paces) -> None:
        self._paces = paces
        self._commands_full_at = 0.0
        self._comments_full_at = 0.0
        self.sockets = 0
        self.watching = 0
        self.last_seen = 0.0

    def take_command(self) -> float:
        """0.0 when one more command is granted, else the seconds after which it will be."""
        self._commands_full_at, wait_seconds = self._paces.commands.take(self._commands_full_at)
        return wait_seconds

    def take_comment(self) -> float:
        """The same for a comment."""
        self._comments_full_at, wait_seconds = self._paces.comments.take(self._comments_full_at)
        return wait_seconds
