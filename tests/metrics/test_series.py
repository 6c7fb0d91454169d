"""The series of a long session: longer steps, bounded, and its sums are still the totals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.infra.clock import to_ms
from app.metrics.figures import Snapshot
from app.metrics.queries import SessionTimes
from app.metrics.stats import SERIES_ENTRIES_MAX, build_stats, series_step

BEGAN = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


def a_snapshot(lasts: timedelta, *, every_minutes: int) -> Snapshot:
    """One order of 1,000 đồng and five minutes of watching in each of these minutes; a peak that grows."""
    first, count = (to_ms(BEGAN) or 0) // 60_000, int(lasts / timedelta(minutes=every_minutes))
    minutes = {
        first + number * every_minutes: {"viewers_peak": number, "watch_ms": 300_000, "orders_placed": 1, "revenue_placed_vnd": 1_000}
        for number in range(count)
    }
    return Snapshot(
        as_of=BEGAN + lasts,
        is_open=True,
        viewers_now=0,
        measured={},
        ledger={},
        ledger_seq=count,
        unique_viewers=0,
        commenters=0,
        buyers=0,
        minutes=minutes,
        products={},
        taken={},
        outside={},
        flushes={},
    )


@pytest.mark.parametrize(
    ("lasts", "step"),
    [(timedelta(hours=4), 1), (timedelta(hours=22), 1), (timedelta(days=2), 10), (timedelta(days=30), 60), (timedelta(days=800), 1_440)],
)
def test_the_longer_a_session_the_longer_its_steps_and_nothing_is_lost(lasts: timedelta, step: int) -> None:
    snapshot = a_snapshot(lasts, every_minutes=17)
    times = SessionTimes(uuid4(), uuid4(), uuid4(), None, "live", BEGAN, None)

    stats = build_stats(snapshot, times, is_final=False)

    assert stats.step_minutes == step
    assert len(stats.minutes) <= SERIES_ENTRIES_MAX
    assert sum(entry.orders_placed for entry in stats.minutes) == snapshot.ledger_seq
    assert sum(entry.revenue_placed_vnd for entry in stats.minutes) == 1_000 * snapshot.ledger_seq
    assert round(sum(entry.viewers_average for entry in stats.minutes) * step, -1) == pytest.approx(5 * snapshot.ledger_seq, rel=0.02)
    assert max(entry.viewers_peak for entry in stats.minutes) == snapshot.ledger_seq - 1
    assert {later.minute_at - entry.minute_at for entry, later in zip(stats.minutes, stats.minutes[1:], strict=False)} == {
        timedelta(minutes=step)
    }


def test_a_stream_of_a_working_day_is_shown_by_the_minute() -> None:
    assert series_step(12 * 60) == 1
