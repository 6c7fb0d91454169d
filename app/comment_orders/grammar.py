"""The grammar of orders in comments: which products of a run-down a comment asks for, and how many. Pure; docs/comment-orders.md tells it.

A code of the run-down alone is an order of one. `A1 x2`, `2 A1`, `2 hũ a1`, `A1 2 hũ`, `a1x2, b3` say how many, `mỗi mã 2` for all of them. What
asks, looks, tells of former purchases, refuses or only praises is no order, even where it names a code: a comment that is passed by costs
its writer a second one, an order that nobody meant costs everybody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from app.comment_orders import words
from app.comment_orders.quantities import Mention, Segment, count, count_each, segments_of
from app.comment_orders.spelling import Token, tokens_of, written
from app.protocol.amounts import UNITS_PER_LINE_MAX

# As an order has them (`OrderContent.lines`).
LINES_MOST = 10
VARIANT_MOST = 60
_MAY_NAME: Final = re.compile(r"[^\W\d_][\u0300-\u036f]*[\W_]{0,3}\d|\d[\W_]{0,3}[^\W\d_]|[\u2460-\u24ff\u2776-\u2793]")
_DIGIT: Final = re.compile(r"[\d\u2460-\u24ff\u2776-\u2793]")
_INSIDE_A_CODE: Final = frozenset("-._#/")
_WORDS_ALONE = 3
# "mỗi loại 2", "được không"
_VARIANT_ENDS: Final = frozenset({"moi", "duoc", "dc", "dk"})


@dataclass(frozen=True, slots=True)
class ReadLine:
    """Units of one product by its code. `variant`: what else was said of it, as written: a colour, a size, a wish."""

    code: str
    quantity: int
    variant: str = ""


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """What a comment asks for, in the order in which it names the products; at least one line. `has_phone`: it names a number to call."""

    lines: tuple[ReadLine, ...]
    has_phone: bool = False


def may_name_code(text: str) -> bool:
    """Cheap, asked of every comment: whether there is anything to read in it."""
    return _DIGIT.search(text) is not None and _MAY_NAME.search(text) is not None


def read_order(text: str, codes: Collection[str]) -> ReadOrder | None:
    """What a comment asks for of a run-down with these codes, or None when it is no order. Phone numbers may be masked or not."""
    tokens = tokens_of(text)
    mentions = _mentions(tokens, codes)
    if not mentions:
        return None
    plain = _plain(tokens, mentions)
    segments = segments_of(tokens, mentions)
    count(mentions, segments)
    count_each(mentions, plain)
    has_phone = any(token.kind == "phone" for token in tokens)
    if not _is_meant(tokens, mentions, segments, plain, has_phone=has_phone):
        return None
    lines = _lines(text, mentions, segments)
    if not lines or len(lines) > LINES_MOST or not all(1 <= line.quantity <= UNITS_PER_LINE_MAX for line in lines):
        return None
    return ReadOrder(lines, has_phone)


def _plain(tokens: Sequence[Token], mentions: Sequence[Mention]) -> str:
    """The words for the rules of `words.py`: without phones, and `@@` for every code."""
    firsts = {mention.first for mention in mentions}
    within = {at for mention in mentions for at in range(mention.first, mention.end)}
    told = ("@@" if at in firsts else "" if at in within or token.kind == "phone" else token.text for at, token in enumerate(tokens))
    return " ".join(filter(None, told))


# --- codes ---------------------------------------------------------------------------------------------------------------------------


def _mentions(tokens: Sequence[Token], codes: Collection[str]) -> list[Mention]:
    known = {code.upper() for code in codes}
    found: list[Mention] = []
    at = 0
    while at < len(tokens):
        mention = _mention_at(tokens, at, known)
        if mention is None:
            at += 1
            continue
        found.append(mention)
        at = mention.end
    return found


def _mention_at(tokens: Sequence[Token], at: int, known: set[str]) -> Mention | None:
    word = tokens[at]
    if word.kind != "word" or (word.is_glued and at > 0 and tokens[at - 1].kind == "word"):
        return None
    behind = at + 1
    has_sign = behind < len(tokens) and tokens[behind].text in _INSIDE_A_CODE and tokens[behind].is_glued
    behind += has_sign
    if behind >= len(tokens) or tokens[behind].kind != "number":
        return None
    number = tokens[behind]
    is_apart = not number.is_glued
    if has_sign and is_apart:
        return None
    code = _code_of(word.text, number.text, known, is_apart=is_apart)
    if code is None or _is_other_name(tokens, at) or _goes_on(tokens, behind, known):
        return None
    if is_apart and _is_no_part_of_code(tokens, at, behind):
        return None
    return Mention(code, at, behind + 1)


def _code_of(word: str, number: str, known: set[str], *, is_apart: bool) -> str | None:
    number = number.lstrip("0") or "0"
    spellings = [word] if is_apart else [word, *(word.removeprefix(verb) for verb in ("chot", "lay", "mua", "dat", "ma", "sp", "x"))]
    return next((code for each in spellings if (code := f"{each.upper()}{number}") in known), None)


def _is_other_name(tokens: Sequence[Token], at: int) -> bool:
    """Vitamin B1, giấy A4, phòng A1, xe B2."""
    if at == 0:
        return False
    before = tokens[at - 1]
    if at > 1 and tokens[at - 2].kind == "number" and before.text in words.UNITS:
        return False  # 2 lọ A1
    return (before.text == "@" and tokens[at].is_glued) or (
        before.kind == "word" and before.text in words.OTHER_NAMES and not tokens[at].is_glued
    )


def _goes_on(tokens: Sequence[Token], number: int, known: set[str]) -> bool:
    """A1.5, A1/2 and A1B are no A1; A1x2, A1hũ and A1B3 are."""
    behind = tokens[number + 1] if number + 1 < len(tokens) else None
    further = tokens[number + 2] if number + 2 < len(tokens) else None
    if behind is None or not behind.is_glued:
        return False
    if behind.kind == "word":
        is_code = further is not None and further.kind == "number" and f"{behind.text.upper()}{further.text}" in known
        return not is_code and behind.text != "x" and behind.text not in words.UNITS
    return behind.text in "./" and further is not None and further.kind == "number" and further.is_glued


def _is_no_part_of_code(tokens: Sequence[Token], at: int, number: int) -> bool:
    """`cho a 1 hũ`: the number counts, the letter is somebody."""
    behind = tokens[number + 1] if number + 1 < len(tokens) else None
    if behind is not None and behind.kind == "word" and behind.text in words.UNITS | words.NOT_COUNTED | words.MEASURES:
        return True
    return at > 0 and tokens[at - 1].text in {"cho", "chi", "anh", "em", "gui", "oi"} and number + 1 < len(tokens)


# --- whether it is meant -------------------------------------------------------------------------------------------------------------


def _is_meant(tokens: Sequence[Token], mentions: Sequence[Mention], segments: Sequence[Segment], plain: str, *, has_phone: bool) -> bool:
    is_counted = any(mention.quantity is not None for mention in mentions)
    has_verb = any(_is_verb(token) for segment in segments for _, token in segment)
    if words.REFUSED.search(plain) or _drops(tokens, mentions) or words.SHOW.search(plain) or words.DOUBT.search(plain):
        return False
    is_asked_for = is_counted and has_verb
    if words.PAST.search(plain) and not has_phone:
        return False
    if (words.LATER.search(plain) or words.OTHERS.search(plain)) and not (is_asked_for or has_phone):
        return False
    if _is_choice(mentions, segments):
        return False
    if _asks(plain) and not has_phone:
        return is_asked_for and words.MAY_I.search(plain) is not None
    if is_counted or has_phone:
        return True
    return _is_bare_order(segments, plain, has_verb=has_verb)


def _is_verb(token: Token) -> bool:
    return token.kind == "word" and token.text in words.VERBS and token.marked in words.VERB_FORMS.get(token.text, {token.marked})


def _asks(plain: str) -> bool:
    return words.QUESTION.search(plain) is not None or words.ENDS_ASKING.search(plain.rstrip(" .!,~)")) is not None


def _drops(tokens: Sequence[Token], mentions: Sequence[Mention]) -> bool:
    """`bỏ A1`, but `bó A1` is a bunch and `2 bo A1` two of them."""
    return any(
        mention.first > 0
        and tokens[mention.first - 1].marked in {"bỏ", "bo"}
        and not (mention.first > 1 and tokens[mention.first - 2].kind == "number")
        for mention in mentions
    )


def _is_choice(mentions: Sequence[Mention], segments: Sequence[Segment]) -> bool:
    """`A1 hay A2`, `từ A1 đến A5`, `A1-A5`."""
    for at in range(len(mentions) - 1):
        between = [token for _, token in segments[at + 1]]
        if any(token.kind == "word" and token.marked in {"hay", "hoặc", "hoac", "đến", "den", "tới", "toi"} for token in between):
            return True
        if len(between) == 1 and between[0].text in {"-", "\u2013", "→", ">", "<", "="} and len(mentions) == 2:
            return True
    return False


def _is_bare_order(segments: Sequence[Segment], plain: str, *, has_verb: bool) -> bool:
    """A code without a number of units or a phone: with a word that asks for it, or with hardly anything beside it."""
    beside = [token for segment in segments for _, token in segment]
    if any(token.text in words.OPINIONS or token.marked in words.OPINIONS_MARKED for token in beside) and not (
        has_verb and _PLAIN_WISH.search(plain)
    ):
        return False
    if not has_verb and any(token.kind == "number" and not _is_measure(beside, at) for at, token in enumerate(beside)):
        return False  # `A1 99k` tells a price
    if has_verb:
        return True
    unknown = [token for token in beside if token.kind == "word" and token.text not in words.FILLERS]
    return len(unknown) <= _WORDS_ALONE


def _is_measure(beside: Sequence[Token], at: int) -> bool:
    return at + 1 < len(beside) and beside[at + 1].text in words.MEASURES


_PLAIN_WISH: Final = re.compile(r"\b(?:chot|lay|dat|order|mua|cho (?:em|minh|e|m|mk|chi|c|co|toi|shop))\b")


# --- lines ---------------------------------------------------------------------------------------------------------------------------


def _lines(text: str, mentions: Sequence[Mention], segments: Sequence[Segment]) -> tuple[ReadLine, ...]:
    """One line per product. A code that is only repeated counts once; quantities that were said of it are summed."""
    said: dict[str, int] = {}
    variants: dict[str, list[str]] = {}
    for at, mention in enumerate(mentions):
        said.setdefault(mention.code, 0)
        said[mention.code] += mention.quantity if mention.quantity is not None else 0
        if mention.quantity == 0:
            return ()
        variants.setdefault(mention.code, [])
        if variant := _variant(text, segments[at + 1], mention.used | (mentions[at + 1].used if at + 1 < len(mentions) else set())):
            variants[mention.code].append(variant)
    return tuple(ReadLine(code, quantity or 1, "; ".join(dict.fromkeys(variants[code]))[:VARIANT_MOST]) for code, quantity in said.items())


def _variant(text: str, segment: Segment, used: set[int]) -> str:
    """The first run of words behind a code that say something: no quantity, price, phone, nor wish."""
    run: list[Token] = []
    tokens = [token for _, token in segment]
    for at, (index, token) in enumerate(segment):
        is_over = index in used or token.kind in {"phone", "sign"} or _is_price(tokens, at)
        if (is_over and run) or token.text in _VARIANT_ENDS:
            break
        if is_over or (not run and token.text != "ve" and _says_nothing(token)):
            continue
        if (_is_verb(token) or token.text == "ve") and not run:
            return ""
        run.append(token)
    while run and (_says_nothing(run[-1]) or _is_verb(run[-1]) or run[-1].text in {"gia", "x"}):
        run.pop()
    if not any(token.kind == "word" for token in run) or all(token.text == "x" or token.kind == "number" for token in run):
        return ""
    return " ".join(written(text, run).split())


def _is_price(tokens: Sequence[Token], at: int) -> bool:
    if tokens[at].text == "gia" or tokens[at].text in words.MONEY:
        return True
    return tokens[at].kind == "number" and at + 1 < len(tokens) and tokens[at + 1].text in words.MONEY


def _says_nothing(token: Token) -> bool:
    # A single letter may be a size.
    return token.text in words.FILLERS - {"m"} and token.marked not in words.KEPT_MARKED
