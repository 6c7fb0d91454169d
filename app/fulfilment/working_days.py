"""When something is due that is promised within so many working days: Monday to Friday in Vietnam. Public holidays are not known here. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

# One offset all year.
_VIETNAM = timezone(timedelta(hours=7))
_SATURDAY = 5
# Longer than any promise, weekends in it: where a search for the past may begin.
_FAR_DAYS = 3


def due_after(made_at: datetime, working_days: int) -> datetime:
    """The same hour so many working days later; what comes at a weekend counts as come at the beginning of Monday."""
    moment = made_at.astimezone(_VIETNAM)
    if moment.weekday() >= _SATURDAY:
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - moment.weekday())
    weeks, rest = divmod(working_days, 5)
    moment += timedelta(weeks=weeks)
    over_weekend = moment.weekday() + rest >= _SATURDAY
    return moment + timedelta(days=rest + (2 if over_weekend else 0))


def due_since(now: datetime, working_days: int) -> datetime:
    """Whatever was made until this moment is due by `now`: the latest such moment, to the second."""
    earliest, latest = now - timedelta(days=7 * (working_days // 5) + working_days + _FAR_DAYS), now
    while latest - earliest > timedelta(seconds=1):
        middle = earliest + (latest - earliest) / 2
        if due_after(middle, working_days) <= now:
            earliest = middle
        else:
            latest = middle
    return earliest
