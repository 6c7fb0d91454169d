"""Deadlines in working days of Vietnam: weekends and public holidays do not count."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest

from app.fulfilment import working_days
from app.fulfilment.working_days import Promise, promise_of
from app.infra.clock import utc_now
from app.settings import ComplaintSettings


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


@pytest.mark.parametrize(
    ("made", "days", "due"),
    [
        ("2026-11-16T10:00", 2, "2026-11-18T10:00"),  # Monday
        ("2026-11-26T10:00", 2, "2026-11-30T10:00"),  # Thursday: over a weekend
        ("2026-11-27T23:59", 1, "2026-11-30T23:59"),  # Friday
        ("2026-11-28T10:00", 2, "2026-12-02T00:00"),  # Saturday counts as Monday's beginning
        ("2026-11-29T23:00", 1, "2026-12-01T00:00"),
        ("2026-11-25T08:00", 5, "2026-12-02T08:00"),
        ("2026-11-27T08:00", 13, "2026-12-16T08:00"),
    ],
)
def test_weekends_do_not_count(made: str, days: int, due: str) -> None:
    assert Promise(days).due_after(at(made)) == at(due)
    assert Promise(days).due_after(at(made).astimezone(UTC)) == at(due)


@pytest.mark.parametrize(
    ("made", "days", "due"),
    [
        ("2025-12-31T10:00", 1, "2026-01-02T10:00"),  # New Year
        ("2026-02-13T10:00", 1, "2026-02-23T10:00"),  # Friday before Tet of the horse: the whole week is off
        ("2026-02-18T10:00", 2, "2026-02-25T00:00"),  # on the second day of Tet: counts as Monday's beginning
        ("2026-04-24T10:00", 1, "2026-04-28T10:00"),  # 10th of the third month on a Sunday: Monday is off for it
        ("2026-04-29T15:00", 1, "2026-05-04T15:00"),  # 30 April and 1 May before a weekend
        ("2026-08-28T10:00", 1, "2026-09-03T10:00"),  # 1 and 2 September, and the Monday that a Saturday was worked for
        ("2026-08-21T10:00", 1, "2026-08-22T10:00"),  # that Saturday
        ("2027-09-01T10:00", 2, "2027-09-07T10:00"),  # here the second day is the 3rd
    ],
)
def test_public_holidays_do_not_count(made: str, days: int, due: str) -> None:
    assert Promise(days).due_after(at(made)) == at(due)


@pytest.mark.parametrize("days", [1, 2, 3, 5, 9, 60])
@pytest.mark.parametrize("begins", ["2026-11-16T00:30", "2026-02-10T00:30", "2026-04-22T00:30"])
def test_what_was_made_until_then_is_due_and_nothing_later(days: int, begins: str) -> None:
    promise = Promise(days)
    for hours in range(0, 24 * 18, 11):
        now = at(begins) + timedelta(hours=hours)
        since = promise.due_since(now)

        assert promise.due_after(since) <= now
        assert promise.due_after(since + timedelta(seconds=2)) > now


def test_what_is_decided_later_is_a_setting() -> None:
    moved = ComplaintSettings(answer_working_days=1, further_holidays=[date(2028, 9, 5)], worked_days=[date(2028, 9, 1), date(2028, 9, 9)])

    assert Promise(1).due_after(at("2028-08-31T10:00")) == at("2028-09-05T10:00")  # Friday 1 to Monday 4 September
    assert promise_of(moved).due_after(at("2028-08-31T10:00")) == at("2028-09-01T10:00")
    assert promise_of(moved).due_after(at("2028-09-01T10:00")) == at("2028-09-06T10:00")
    assert promise_of(moved).due_after(at("2028-09-08T10:00")) == at("2028-09-09T10:00")  # a Saturday


def test_the_shipped_days_are_those_of_the_law_and_reach_years_ahead() -> None:
    with working_days._FILE.open(encoding="utf-8", newline="") as file:
        shipped = {(date.fromisoformat(row["day"]), row["kind"]) for row in csv.DictReader(file)}
    years = range(min(day.year for day, _ in shipped), max(day.year for day, _ in shipped) + 1)
    law = holidays.country_holidays("VN", years=years)

    assert shipped == {(day, "off") for day in law} | {(day, "worked") for day in law.weekend_workdays if day.year in years}
    assert years.stop - utc_now().year > 5
