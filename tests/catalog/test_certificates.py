"""On which day stars may be shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.catalog.certificates import last_valid_day, stars_on, vietnam_day

CERTIFIED, LAST = date(2023, 9, 23), date(2026, 9, 23)


@pytest.mark.parametrize(
    ("day", "stars"),
    [
        (CERTIFIED - timedelta(days=1), None),
        (CERTIFIED, 4),
        (date(2025, 1, 1), 4),
        (LAST, 4),
        (LAST + timedelta(days=1), None),
        (date(2030, 1, 1), None),
    ],
)
def test_stars_are_dropped_the_day_after_the_certificate_lapses(day: date, stars: int | None) -> None:
    assert stars_on(day, stars=4, certified_on=CERTIFIED, expires_on=LAST) == stars


def test_stars_without_an_end_of_the_certificate_are_not_shown() -> None:
    assert stars_on(CERTIFIED, stars=5, certified_on=CERTIFIED, expires_on=None) is None


def test_product_without_stars_has_none_on_any_day() -> None:
    assert stars_on(CERTIFIED, stars=None, certified_on=CERTIFIED, expires_on=LAST) is None


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
