"""On which day stars may be shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.catalog.certificates import is_valid_on, last_valid_day
from app.infra.clock import vietnam_day

CERTIFIED, LAST = date(2023, 9, 23), date(2026, 9, 23)


@pytest.mark.parametrize(
    ("day", "is_valid"),
    [
        (CERTIFIED - timedelta(days=1), False),
        (CERTIFIED, True),
        (date(2025, 1, 1), True),
        (LAST, True),
        (LAST + timedelta(days=1), False),
        (date(2030, 1, 1), False),
    ],
)
def test_stars_are_dropped_the_day_after_the_certificate_lapses(day: date, is_valid: bool) -> None:
    assert is_valid_on(day, certified_on=CERTIFIED, expires_on=LAST) is is_valid


def test_stars_without_an_end_of_the_certificate_are_not_shown() -> None:
    assert not is_valid_on(CERTIFIED, certified_on=CERTIFIED, expires_on=None)


@pytest.mark.parametrize(
    ("certified_on", "months", "last"),
    [
        (date(2023, 9, 23), 36, date(2026, 9, 23)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2023, 12, 31), 36, date(2026, 12, 31)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
    ],
)
def test_certificate_lasts_whole_months(certified_on: date, months: int, last: date) -> None:
    assert last_valid_day(certified_on, months=months) == last


def test_certificate_lasts_36_months_unless_said_otherwise() -> None:
    assert last_valid_day(CERTIFIED) == LAST


@pytest.mark.parametrize(("hour", "day"), [(16, date(2026, 9, 23)), (17, date(2026, 9, 24))])
def test_day_of_a_broadcast_is_the_day_in_vietnam(hour: int, day: date) -> None:
    assert vietnam_day(datetime(2026, 9, 23, hour, 30, tzinfo=UTC)) == day
