"""What looks like a phone number and is none: prices, dates, times, lists of measures. Works on the shape that `app.live.masking` makes."""

from __future__ import annotations

import re

# Stands for the rest of a word that was a digit.
REST = "\0"

_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19[5-9][0-9]|20[0-4][0-9])"
_DATE_WITH_YEAR = re.compile(
    rf"(?<![0-9])(?<![0-9][-/.])(?:{_DAY}([-/.]){_MONTH}\1{_YEAR}(?![0-9]|\1[0-9])|{_YEAR}([-/.]){_MONTH}\2{_DAY}(?![0-9]|\2[0-9]))"
)
_WHOLE_PRICE = re.compile(r"[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*(?![0-9]|[.,][0-9])")
_HEAD_OF_PRICE = re.compile(r"(?<![0-9])[1-9][0-9]{0,2}(?:[.,][0-9]{3})*[.,]\Z")
_PRICE_LIKE_START = re.compile(r"84[.,][0-9]{3}(?![0-9])")
_LAST_PRICE = re.compile(r"[^\w.,][0-9]{1,3}(?:[.,][0-9]{3})+\Z")
_APART = r"[:;,]?\s(?:[-\u2013]\s)?"
_MEASURES = re.compile(rf"[0-9][.,][0-9](?:{_APART}(?:0|[1-9][0-9]?)[.,][0-9])+")
# Codes or quantities, then a round price: 03 180.000, 035 1.200.000.
_FIGURES_AND_PRICE = re.compile(
    rf"0[0-9]{{0,2}}(?:{_APART}[0-9]{{1,2}}){{0,2}}{_APART}[1-9][0-9]{{0,2}}(?:[.,][0-9]{{3}})*[.,]000(?![0-9_]|[-.,/][0-9])"
)
_ANY_PRICE = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:[.,][0-9]{3})+(?![0-9])")
_TWO_AMOUNTS = re.compile(r"84[0-9]{2,3}0\s?[-\u2013~]\s?[0-9]{4,5}0")
_RANGE = re.compile(r"\s[-\u2013\u2014~]+\s|[\u2013\u2014~]")
_MONEY = re.compile(r"\s?(?:đ|d|₫|vnđ|vnd|k|nghìn|ngàn|đồng|dong|tr|triệu|tỷ|tỉ)(?![^\W\d_])", re.IGNORECASE)
_THING_FOLLOWS = re.compile(r"\s[^\W\d_]")
_SPELLED = re.compile(f"[0-9]{REST}")
_SPELLED_ENOUGH = 3
_LOOK_AROUND = 16


def _date_or_time(name: str) -> str:
    """Part of an expression: 08:30, 08:30:15, 5/12, 05-12-25. `name` is free for its inner group."""
    return (
        r"(?:(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?![0-9]|:[0-9])"
        rf"|{_DAY}(?P<{name}>[-/.]){_MONTH}(?:(?P={name})(?:(?:19|20)[0-9]{{2}}|[0-9]{{2}}))?(?![0-9]|(?P={name})[0-9]))"
    )


def _more(name: str) -> str:
    return rf"(?:[\W_]+(?:{_date_or_time(name)}|[1-9][0-9]{{0,2}}(?:[.,][0-9]{{3}})+(?![0-9])))*"


_HEAD_OF_CALENDAR = re.compile(r"(?<![0-9])[0-9]{1,2}[-:/.](?:[0-9]{1,2}[-:/.])?\Z")
# Dates, times and prices in a row, and among them at most one plain number: an hour, a year, a quantity.
_CALENDAR = re.compile(
    rf"(?P<lead>{_date_or_time('a')}){_more('b')}(?:[\W_]+(?:[0-9]{{1,3}}|20[0-9]{{2}})(?![0-9]))?{_more('c')}",
)
_DATE_OR_TIME = re.compile(_date_or_time("a"))


def begins_with_date(shape: str, start: int) -> bool:
    """Whether a date without a year or a time stands here; there may be a number behind it."""
    return _DATE_OR_TIME.match(shape, start) is not None


def without_dates(shape: str) -> str:
    """The shape with dates that name a year taken out of reach, so that no number begins, ends or goes on in them."""
    return _DATE_WITH_YEAR.sub(lambda found: "x" * len(found.group()), shape)


def is_something_else(shape: str, start: int, end: int, *, is_bare: bool) -> bool:
    """Whether the digits of a valid number at this place were meant as something else. `is_bare`: it begins with 84 without a plus."""
    span = shape[start:end]
    before = shape[start - 1 : start] or " "
    if span.isdigit() and before not in "-:/.,":
        return False
    # A date or a time has its first sign after one or two digits.
    is_dated = before in "-:/." or not span[1:3].isdigit()
    return (
        (is_dated and _is_calendar(shape, start, end, before))
        or "***" in span  # masked before
        or (span[1] in ".," and _MEASURES.fullmatch(span) is not None)
        or _is_amount(shape, start, end, before, is_bare=is_bare)
        or (REST in span and _ends_with_quantity(shape, span, end))
    )


def _is_calendar(shape: str, start: int, end: int, before: str) -> bool:
    """It begins with a date or a time, or inside one, and goes on so."""
    head = _HEAD_OF_CALENDAR.search(shape, max(0, start - 6), start) if before in "-:/." else None
    run = _CALENDAR.match(shape, head.start() if head else start, end + _LOOK_AROUND)
    if run is None or run.end() < end or run.end("lead") <= start:
        return False
    # Nobody writes dates, times and prices with all of these; whoever hides a number does.
    span = shape[start:end]
    return not ("-" in span and "/" in span and "." in span and "," in span)


def _is_amount(shape: str, start: int, end: int, before: str, *, is_bare: bool) -> bool:
    """It begins or ends inside a price, or is prices altogether."""
    if before in ".," and (head := _HEAD_OF_PRICE.search(shape, max(0, start - _LOOK_AROUND), start)) is not None:
        whole = _WHOLE_PRICE.match(shape, head.start())
        if whole is not None and whole.end() > start:
            return True
    span = shape[start:end]
    if is_bare and _TWO_AMOUNTS.fullmatch(span) is not None:
        return True
    if "." not in span and "," not in span:
        return False
    if _FIGURES_AND_PRICE.match(shape, start) is not None:
        return True
    is_money = _MONEY.match(shape, end) is not None
    if is_money and _LAST_PRICE.search(span) is not None:
        return True
    if not is_bare or _PRICE_LIKE_START.match(span) is None:
        return False
    goes_on = shape[end : end + 1] in {".", ","} and _WHOLE_PRICE.match(shape, end - 3) is not None
    return is_money or goes_on or len(_ANY_PRICE.findall(span)) > 1 or _RANGE.search(span) is not None


def _ends_with_quantity(shape: str, span: str, end: int) -> bool:
    """One or two spelled digits at the end, and a thing after them: "… ba hộp"."""
    return span.endswith(REST) and len(_SPELLED.findall(span)) < _SPELLED_ENOUGH and _THING_FOLLOWS.match(shape, end) is not None
