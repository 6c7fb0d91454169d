"""Deadlines in working days of Vietnam."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.fulfilment.working_days import due_after, due_since


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


@pytest.mark.parametrize(
    ("made", "days", "due"),
    [
        ("2026-11-23T10:00", 2, "2026-11-25T10:00"),  # Monday
        ("2026-11-26T10:00", 2, "2026-11-30T10:00"),  # Thursday: over a weekend
        ("2026-11-27T23:59", 1, "2026-11-30T23:59"),  # Friday
        ("2026-11-28T10:00", 2, "2026-12-02T00:00"),  # Saturday counts as Monday's beginning
        ("2026-11-29T23:00", 1, "2026-12-01T00:00"),
        ("2026-11-25T08:00", 5, "2026-12-02T08:00"),
        ("2026-11-27T08:00", 13, "2026-12-16T08:00"),
    ],
)
def test_weekends_do_not_count(made: str, days: int, due: str) -> None:
    assert due_after(at(made), days) == at(due)
    assert due_after(at(made).astimezone(UTC), days) == at(due)


@pytest.mark.parametrize("days", [1, 2, 3, 5, 9, 60])
def test_what_was_made_until_then_is_due_and_nothing_later(days: int) -> None:
    for hours in range(0, 24 * 8, 5):
        now = at("2026-11-23T00:30") + timedelta(hours=hours)
        since = due_since(now, days)

        assert due_after(since, days) <= now
        assert due_after(since + timedelta(seconds=2), days) > now
