"""How long an OCOP certificate holds, and on which day. Pure; the day is the day in Vietnam."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

CERTIFICATE_MONTHS = 36


def last_valid_day(certified_on: date, *, months: int = CERTIFICATE_MONTHS) -> date:
    """The same day so many months later, the last day on which the certificate holds; a missing 29th to 31st becomes the month's end."""
    years, month_index = divmod(certified_on.month - 1 + months, 12)
    year, month = certified_on.year + years, month_index + 1
    return date(year, month, min(certified_on.day, monthrange(year, month)[1]))


def is_valid_on(day: date, *, certified_on: date | None, expires_on: date | None) -> bool:
    """Whether the certificate holds on `day`; first and last day count. Without an end there is nothing to rely on: False."""
    if expires_on is None or day > expires_on:
        return False
    return certified_on is None or certified_on <= day
