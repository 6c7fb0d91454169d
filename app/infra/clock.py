"""The only source of time. Wall clock for facts that are stored, monotonic clock for durations."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone

VIETNAM_TIME = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


def utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the wall clock


def now_ms() -> int:
    """UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def to_ms(moment: datetime | None) -> int | None:
    """UTC milliseconds of an aware time; None stays None."""
    return None if moment is None else int(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def vietnam_day(moment: datetime) -> date:
    """The calendar day in Vietnam at an aware moment; a session at 23:30 UTC belongs to the next day."""
    return moment.astimezone(VIETNAM_TIME).date()


def monotonic() -> float:
    """Seconds for measuring durations; never jumps."""
    return time.monotonic()


def processor_seconds() -> float:
    """Processor time of this thread, for measuring what work costs; stands still while others run."""
    return time.thread_time()
