"""Takes phone numbers out of what people write in public: finds what may be one, asks `phonenumbers`, masks the number and nothing else.

Two steps, both linear in the text. The text becomes a shape of the same length in which every way to write a digit is that digit; then
one expression walks over the shape. `app.live.number_likenesses` tells prices, dates and times apart by how they are written.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from itertools import product

from phonenumbers import PhoneMetadata

from app.live.number_likenesses import REST, begins_with_date, is_something_else, without_dates

_SHOWN_FIRST = 4
_SHOWN_LAST = 3


def mask_phone_numbers(text: str) -> str:
    """The text with every Vietnamese phone number shortened to its first four and last three digits: 0912***678.

    Seen through: any separators, several numbers in a row, +84 and 0084, full-width, circled and other scripts' digits, `o` and `l` for 0
    and 1, digits as Vietnamese words. Everything else stays as it is, character by character. Masking twice changes nothing more.
    """
    parts: list[str] = []
    done = 0
    for start, end, national in _numbers_in(_shape_of(text)):
        parts += (text[done:start], f"{national[:_SHOWN_FIRST]}***{national[-_SHOWN_LAST:]}")
        done = end
    return "".join((*parts, text[done:])) if parts else text


def phone_numbers_in(text: str) -> tuple[str, ...]:
    """The numbers that `mask_phone_numbers` would mask, in order, each once: national digits such as 0912345678."""
    return tuple(dict.fromkeys(national for _, _, national in _numbers_in(_shape_of(text))))


# --- the shape -----------------------------------------------------------------------------------------------------------------------

# All that Unicode calls a digit (full-width, superscript, circled, other scripts), then Cyrillic, Greek, Armenian and full-width letters
# that look like o and l.
_DIGIT_BLOCKS_END = 0x1FC00
_LOOKS = {
    **{ord(char): str(unicodedata.digit(char)) for char in filter(str.isdigit, map(chr, range(0x80, _DIGIT_BLOCKS_END)))},
    **dict.fromkeys(map(ord, "〇零"), "0"),
    **dict.fromkeys(map(ord, "\uff0b\u207a"), "+"),
    **dict.fromkeys(map(ord, "\u041e\u043e\u039f\u03bf\u0555\u0585\uff2f\uff4f\xd8\xf8"), "o"),
    **dict.fromkeys(map(ord, "\u0406\u0456\u04c0\u04cf\u0131\uff29\uff4c"), "l"),
}
_LETTER = r"[^\W\d_]"
# Alone or among digits, never inside a word. A single `l` right behind one digit is a litre: 5l.
# The first look-ahead says nothing new: it spares all other characters the dearer questions.
_ZERO_OR_ONE = re.compile(
    rf"(?=[oOlIi])(?:(?<!{_LETTER})|(?<=[đdĐD][tT]))(?:[oO][oOlIi]*|(?:(?<![0-9])|(?<=[0-9]{{2}})|(?=[lIi]+[0-9oO]))[lIi][oOlIi]*)(?!{_LETTER})"
)
_AS_DIGITS = str.maketrans("oOlIi", "00111")

_WORDS = {
    **dict.fromkeys(("không", "khong", "ko", "zero"), "0"),
    **dict.fromkeys(("một", "mốt", "mot"), "1"),
    **dict.fromkeys(("hai",), "2"),
    **dict.fromkeys(("ba",), "3"),
    **dict.fromkeys(("bốn", "bon", "tư", "tu"), "4"),
    **dict.fromkeys(("năm", "nam", "lăm"), "5"),
    **dict.fromkeys(("sáu", "sau"), "6"),
    **dict.fromkeys(("bảy", "bẩy", "bay"), "7"),
    **dict.fromkeys(("tám", "tam"), "8"),
    **dict.fromkeys(("chín", "chin"), "9"),
}
_WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))
_SPELLED = re.compile(rf"(?=[kzmhbtnlscKZMHBTNLSC])(?<!{_LETTER})(?:{'|'.join(_WORDS)})+(?!{_LETTER})", re.IGNORECASE)
# Fewer digits than any number has: nothing to look for.
_FEWEST = re.compile(r"[0-9](?:[^0-9]*[0-9]){8}", re.DOTALL)


def _shape_of(text: str) -> str:
    shape = text.translate(_LOOKS)
    shape = _ZERO_OR_ONE.sub(lambda found: found.group().translate(_AS_DIGITS), shape)
    shape = _SPELLED.sub(_spelled_digits, shape)
    return without_dates(shape) if _FEWEST.search(shape) else ""


def _spelled_digits(found: re.Match[str]) -> str:
    word = found.group().casefold()
    # Some letters, such as a Turkish capital, are longer in lower case; the shape may not be.
    return _WORD.sub(_spelled_digit, word) if len(word) == len(found.group()) else found.group()


def _spelled_digit(found: re.Match[str]) -> str:
    return _WORDS[found.group()] + REST * (len(found.group()) - 1)


# --- numbers in the shape ------------------------------------------------------------------------------------------------------------


def _pattern(kind: str) -> re.Pattern[str]:
    """The plan of numbers as `phonenumbers` has it, compiled: its own checks take ten times as long and give the same answer."""
    vietnam = PhoneMetadata.metadata_for_region("VN")
    plan = getattr(vietnam, kind).national_number_pattern if vietnam else None
    if plan is None:
        raise RuntimeError(f"phonenumbers has no plan of Vietnamese {kind} numbers")
    return re.compile(plan)


_MOBILE = _pattern("mobile")
_FIXED = _pattern("fixed_line")


def _mobile_starts(gap: str) -> str:
    """Part of an expression: the first two digits that mobile numbers have, so that most false starts cost nothing."""
    starts: dict[str, list[str]] = {}
    for first, second in product("35789", string.digits):
        if any(_MOBILE.fullmatch(f"{first}{second}{more:02d}00000") for more in range(100)):
            starts.setdefault(first, []).append(second)
    return "|".join(f"{first}{gap}[{''.join(seconds)}]" for first, seconds in starts.items())


_GAP = r"[\W_]{0,8}+"
# One digit too many is a slip of the thumb.
_TAIL = rf"(?:(?:{_mobile_starts(_GAP)})(?:{_GAP}[0-9]){{7}}[0-9]?|2(?:{_GAP}[0-9]){{9}})"
# Marks on the last digit (keycaps, strokes) go with it; the next number may follow without a gap.
_END = rf"[{REST}\u0300-\u036f\ufe0f\u20e3]*(?:(?![0-9])|(?=0[235789][0-9]{{8}}))"
_PLAIN = rf"0{_GAP}{_TAIL}"
_FROM_ABROAD = rf"0{_GAP}0{_GAP}8{_GAP}4{_GAP}(?:0{_GAP})?{_TAIL}"
_BARE = rf"(?:084|8{_GAP}4){_GAP}{_TAIL}"
_NUMBER = re.compile(rf"(?:(?P<plain>{_PLAIN})|(?P<abroad>{_FROM_ABROAD})|(?P<bare>{_BARE})){_END}")
_ANYWHERE = re.compile(
    rf"(?:(?P<plus>\+{_GAP}8{_GAP}4{_GAP}(?:0{_GAP})?{_TAIL})|(?<![0-9])(?:(?P<plain>{_PLAIN})|(?P<abroad>{_FROM_ABROAD})|(?P<bare>{_BARE}))){_END}"
)
_LONGEST_MOBILE = 10
_NOT_A_DIGIT = re.compile(r"[^0-9]+")


def _numbers_in(shape: str) -> Iterator[tuple[int, int, str]]:
    """Where each number stands, and its national form."""
    position, is_behind_number = 0, False
    while (found := _NUMBER.match(shape, position) if is_behind_number else None) or (found := _ANYWHERE.search(shape, position)):
        start, end = found.span()
        is_other = is_something_else(shape, start, end, is_bare=found.lastgroup == "bare")
        if is_other or (national := _national(found)) is None or _hides_another(shape, start, end, national):
            position, is_behind_number = start + 1, False
            continue
        yield start, end, national
        position, is_behind_number = end, True


def _hides_another(shape: str, start: int, end: int, national: str) -> bool:
    """A digit too many, or a date at the beginning, may be another figure before a right number: 08:30 0912 345 678, 09/12 0 32 12 34 567."""
    has_slip = len(national) > _LONGEST_MOBILE and national[1] != "2"
    if not has_slip and not begins_with_date(shape, start):
        return False
    rival = _ANYWHERE.search(shape, start + 1)
    return rival is not None and rival.start() < end < rival.end() and len(_national(rival) or "") == _LONGEST_MOBILE


def _national(found: re.Match[str]) -> str | None:
    """The digits from the leading zero on, or None when nobody can have this number."""
    digits = found.group()
    if not digits.isdigit():
        digits = _NOT_A_DIGIT.sub("", digits)
    tail = digits[1:] if found.lastgroup == "plain" else digits.lstrip("0")[2:].lstrip("0")
    is_known = _FIXED.fullmatch(tail) if tail[0] == "2" else _MOBILE.fullmatch(tail[:9])
    return f"0{tail}" if is_known else None
