"""How many units a comment asks for beside each code: before it, behind it, or for all of them at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from app.comment_orders import words
from app.comment_orders.spelling import Token

_MOST_WORDS_BESIDE: Final = 4
_DASH: Final = "\u2013"

# Tokens between codes, each with its index in the comment.
Segment = Sequence[tuple[int, Token]]


@dataclass(slots=True)
class Mention:
    """A code at the tokens from `first` up to `end`. `quantity`: None while it was not said; `used`: the tokens that said it."""

    code: str
    first: int
    end: int
    quantity: int | None = None
    used: set[int] = field(default_factory=set)


def segments_of(tokens: Sequence[Token], mentions: Sequence[Mention]) -> list[list[tuple[int, Token]]]:
    """What stands before the first code, between codes, and behind the last; each token with its index."""
    bounds = [0, *(bound for mention in mentions for bound in (mention.first, mention.end)), len(tokens)]
    return [[(index, tokens[index]) for index in range(bounds[at], bounds[at + 1])] for at in range(0, len(bounds), 2)]


@dataclass(frozen=True, slots=True)
class _Said:
    """A quantity that was said, and the tokens that said it. `is_plain`: with an `x` or a unit, so that it belongs to this code."""

    quantity: int
    used: frozenset[int]
    is_plain: bool


def count(mentions: Sequence[Mention], segments: Sequence[Segment]) -> None:
    leading = _before(segments[0])
    counts_first = leading is not None
    if leading is not None:
        _give(mentions[0], leading)
    for at, mention in enumerate(mentions):
        between, is_last = segments[at + 1], at + 1 == len(mentions)
        after = _after(between, is_last=is_last)
        before = None if is_last else _before(between)
        if after is not None and before is not None and after.used & before.used:
            # One number between two codes: whose it is the beginning of the comment tells.
            after, before = (None, before) if counts_first else (after, None)
        if after is not None and mention.quantity is None:
            _give(mention, after)
        elif after is not None and not is_last and before is None and counts_first:
            before = after
        if before is not None:
            _give(mentions[at + 1], before)


def _give(mention: Mention, said: _Said) -> None:
    mention.quantity = said.quantity
    mention.used |= said.used


def _before(segment: Segment) -> _Said | None:
    """A quantity that ends right before a code: `2`, `2 x`, `2 hũ`, `hai hộp`, `2 hũ mật`."""
    rest = list(segment)
    while rest and rest[-1][1].kind == "sign" and rest[-1][1].text in "-=:*#.(":
        rest.pop()
    for beside in range(min(len(rest), _MOST_WORDS_BESIDE)):
        at = len(rest) - 1 - beside
        index, token = rest[at]
        count = _number(token)
        if count is None:
            if token.kind != "word":
                return None
            continue
        between = [each.text for _, each in rest[at + 1 :]]
        has_unit = bool(between) and between[0] in words.UNITS | {"x", "*"}
        if token.kind == "word" and not has_unit and (between or _follows_cho(rest, at)):
            return None
        if between and not has_unit and not all(each in words.FILLERS for each in between):
            return None
        if not _counts(rest, at) or _is_other(between):
            return None
        return _Said(count, frozenset({index, *(i for i, each in rest[at + 1 :] if each.text in words.UNITS | {"x"})}), has_unit)
    return None


def _follows_cho(rest: Segment, at: int) -> bool:
    """`cho ba A1`: for father."""
    return at > 0 and rest[at - 1][1].text in {"cho", "con", "gui"}


def _is_other(between: Sequence[str]) -> bool:
    return bool(between) and between[0] in words.NOT_COUNTED | words.MEASURES


def _after(segment: Segment, *, is_last: bool) -> _Said | None:
    """A quantity behind a code: `x2`, `2`, `: 2`, `2 hũ`, `xanh M 2 cái`, `lấy 2`."""
    rest = list(segment)
    bare_until = _bare_until(rest, is_last=is_last)
    for at, (index, token) in enumerate(rest):
        count = _number(token)
        if count is None or not _counts(rest, at):
            continue
        before = rest[at - 1][1] if at else None
        behind = rest[at + 1][1] if at + 1 < len(rest) else None
        has_sign = before is not None and before.text in {"x", "*", "sl", "luong", "lay", "chot", "mua", "dat", "them"}
        has_unit = behind is not None and behind.text in words.UNITS
        if token.kind == "word" and not has_unit and not (has_sign and before is not None and before.text != "them"):
            continue
        is_at_end = behind is None and is_last and count <= 20 and _is_size(before)
        if has_sign or has_unit or (at <= bare_until and token.kind == "number") or is_at_end:
            used = {index}
            if has_unit:
                used.add(rest[at + 1][0])
            if before is not None and before.text in {"x", "*", "sl"}:
                used.add(rest[at - 1][0])
            return _Said(count, frozenset(used), has_sign or has_unit)
    return None


def _bare_until(rest: Segment, *, is_last: bool) -> int:
    """How far behind the code a number without a word for it still counts: past signs and words that say nothing."""
    at = 0
    while at < len(rest) and (
        rest[at][1].text in words.FILLERS or rest[at][1].text in {":", "=", "-", "(", "*", ".", "x", _DASH, "," if is_last else ":"}
    ):
        at += 1
    return at


def _is_size(token: Token | None) -> bool:
    return token is not None and token.text in {"s", "m", "l", "xl", "xxl", "xs"}


def _number(token: Token) -> int | None:
    if token.kind == "number":
        return token.number
    if token.kind != "word" or (count := words.NUMBERS.get(token.text)) is None:
        return None
    return count if token.marked in words.NUMBER_FORMS[count] else None


def _counts(rest: Segment, at: int) -> bool:
    """Whether a number may be a quantity: no price, time, day, size, share, house."""
    before = rest[at - 1][1] if at else None
    behind = rest[at + 1][1] if at + 1 < len(rest) else None
    further = rest[at + 2][1] if at + 2 < len(rest) else None
    if before is not None and (
        before.text in words.BEFORE_OTHERS
        or (before.text in "/:.,-+%$" and before.is_glued and at > 1 and rest[at - 2][1].kind == "number")
    ):
        return False
    if (
        before is not None
        and before.kind == "word"
        and before.is_glued is False
        and rest[at][1].is_glued
        and before.text not in {"x", "sl", "lay", "chot", "mua", "dat"}
    ):
        return False  # a number that is glued to a word belongs to it: an unknown code, a name
    if behind is None:
        return True
    if behind.text in words.NOT_COUNTED | words.MEASURES and not (behind.text == "phan" and not behind.is_glued):
        return behind.text == "lan"
    return not (behind.text in "%$" or (behind.text in "/:.," and further is not None and further.kind == "number" and further.is_glued))


def count_each(mentions: Sequence[Mention], plain: str) -> None:
    """`A1, B3 mỗi loại 2`."""
    found = words.EACH.search(plain) or words.EACH_AFTER.search(plain)
    if found is None:
        return
    count = found["count"]
    for mention in mentions:
        mention.quantity = words.NUMBERS.get(count) or int(count[:9])
