"""Whole đồng in Vietnamese words, as they stand on papers that are signed."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS: Final = ("", "nghìn", "triệu")


def amount_in_words(amount_vnd: int) -> str:
    """`1_250_000` is `Một triệu hai trăm năm mươi nghìn đồng`."""
    words = f"{'âm ' if amount_vnd < 0 else ''}{_number(abs(amount_vnd))} đồng"
    return words[0].upper() + words[1:]


def _number(number: int) -> str:
    if number == 0:
        return _DIGITS[0]
    billions, rest = divmod(number, 1_000_000_000)
    parts = [f"{_number(billions)} tỷ"] if billions else []
    groups = (rest // 1_000_000, rest // 1_000 % 1_000, rest % 1_000)
    for group, name in zip(groups, reversed(_GROUPS), strict=True):
        if group:
            parts.append(f"{_three(group, is_first=not parts)} {name}".strip())
    return " ".join(parts)


def _three(number: int, *, is_first: bool) -> str:
    """A group of three digits; one that does not begin the number says its hundreds even when there are none."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    words = [f"{_DIGITS[hundreds]} trăm"] if hundreds or not is_first else []
    if tens == 1:
        words.append("mười")
    elif tens:
        words.append(f"{_DIGITS[tens]} mươi")
    elif ones and words:
        words.append("lẻ")
    if ones == 1 and tens > 1:
        words.append("mốt")
    elif ones == 5 and tens:
        words.append("lăm")
    elif ones:
        words.append(_DIGITS[ones])
    return " ".join(words)
