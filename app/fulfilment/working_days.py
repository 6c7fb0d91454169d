"""When something is due that is promised within so many working days of Vietnam: no weekends, no public holidays (`holidays.csv`). Pure.

The file has the holidays of the Labour Code with Tet and the 10th of the third lunar month as dates of the sun, days off in place of those
at weekends, and Saturdays that are worked for them, as far as they are decided; a test compares it with the library `holidays`, which is
too heavy to load in every worker. What is decided later stands in `OCOP_COMPLAINTS__FURTHER_HOLIDAYS` and `OCOP_COMPLAINTS__WORKED_DAYS`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from app.settings import ComplaintSettings

_FILE = Path(__file__).with_name("holidays.csv")
# One offset all year.
_VIETNAM = timezone(timedelta(hours=7))
_SATURDAY = 5
_DAY = timedelta(days=1)
# Longer than any row of days without work: Tet with weekends on both sides.
_REST_MOST_DAYS = 20


class Promise:
    """`days`: working days within which something is promised. `further`: days off beside those of the file; `worked`: worked all the same."""

    def __init__(self, days: int, *, further: Iterable[date] = (), worked: Iterable[date] = ()) -> None:
        self.days = days
        off, on = _of_the_file()
        self._on = on | frozenset(worked)
        self._off = (off | frozenset(further)) - frozenset(worked)

    def is_working(self, day: date) -> bool:
        return day in self._on or (day.weekday() < _SATURDAY and day not in self._off)

    def due_after(self, made_at: datetime) -> datetime:
        """The same hour so many working days later; what comes on a day off counts as come at the beginning of the next working day."""
        moment = made_at.astimezone(_VIETNAM)
        if not self.is_working(moment.date()):
            moment = self._next(moment).replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(self.days):
            moment = self._next(moment)
        return moment

    def due_since(self, now: datetime) -> datetime:
        """Whatever was made until this moment is due by `now`: the latest such moment, to the second."""
        earliest, latest = now - timedelta(days=2 * self.days + 2 * _REST_MOST_DAYS), now
        while latest - earliest > timedelta(seconds=1):
            middle = earliest + (latest - earliest) / 2
            if self.due_after(middle) <= now:
                earliest = middle
            else:
                latest = middle
        return earliest

    def _next(self, moment: datetime) -> datetime:
        moment += _DAY
        while not self.is_working(moment.date()):
            moment += _DAY
        return moment


def promise_of(settings: ComplaintSettings) -> Promise:
    """What is promised to whoever complains."""
    return Promise(settings.answer_working_days, further=settings.further_holidays, worked=settings.worked_days)


@cache
def _of_the_file() -> tuple[frozenset[date], frozenset[date]]:
    """Days off, and Saturdays that are worked."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = [(date.fromisoformat(row["day"]), row["kind"]) for row in csv.DictReader(file)]
    return frozenset(day for day, kind in rows if kind == "off"), frozenset(day for day, kind in rows if kind == "worked")
