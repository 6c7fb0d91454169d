"""A text as letters, whatever hides them: Latin letters with their marks apart, signs and digits as the letters they stand for. Pure.

`app.live.block_words` compares words in this spelling.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from app.live.letter_likenesses import latin_likeness

ANY_LETTER: Final = "*"
# What stands before a letter: nothing, signs without a space, a space.
JOINED, SIGNS, SPACE = 0, 1, 2

_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_QUALITIES: Final = "\u0302\u0306\u031b"
_STROKE: Final = "\u0335"
# Digits and signs among letters, as the letters they are written for.
_STANDS_FOR: Final = {
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "g",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "i",
    "|": "il",
    "+": "t",
    "€": "e",
}
# Nobody ends a sentence with these.
_AT_ENDS: Final = frozenset("@$€")
# One sound, several letters: kặc, đjt, zậy. `f` is `ph` as well.
_CLASSES: Final = {"k": "c", "q": "c", "y": "i", "j": "i", "z": "d"}
_FOREIGN: Final = frozenset("fjwz")


class Letter(NamedTuple):
    """One letter, however often it is repeated. `bases`: what it may be; `quality` and `tone`: the marks it has."""

    bases: str
    quality: str
    tone: str
    run: int
    gap: int
    is_alone: bool
    is_disguised: bool


def spelled(text: str) -> list[Letter]:
    """The letters of a text in order. Numbers are letters that are like no other."""
    letters: list[Letter] = []
    for clump in unicodedata.normalize("NFKC", text).split():
        letters += _joined_runs(list(_letters_of(clump)))
    return letters


def shape_of(text: str) -> str:
    """What two texts share that say the same under other accents, signs, spaces and repetitions."""
    return "".join(letter.bases[0] for letter in spelled(text) if letter.bases != ANY_LETTER)


def _letters_of(clump: str) -> Iterator[Letter]:
    """What stands between two spaces. Signs at its ends are punctuation, digits without a letter are a number."""
    signs = "".join(char for char in clump if not char.isalnum())
    core = clump.lstrip(signs).rstrip("".join(char for char in signs if char not in _AT_ENDS))
    has_letter = any(map(str.isalpha, core))
    is_alone = sum(map(str.isalpha, core)) == 1
    gap = SPACE
    for place, char in enumerate(core):
        if char.isalpha():
            for letter in _latin(char):
                yield letter if gap == JOINED and not is_alone else letter._replace(gap=gap, is_alone=is_alone)
                gap = JOINED
        elif char == ANY_LETTER:
            yield Letter(ANY_LETTER, "", "", 1, gap, is_alone=False, is_disguised=True)
            gap = JOINED
        elif char in _STANDS_FOR and has_letter:
            yield Letter(_STANDS_FOR[char], "", "", 1, gap, is_alone=is_alone, is_disguised=_stands_among_letters(core, place))
            gap = JOINED
        elif char.isdigit():
            yield Letter(char, "", "", 1, gap, is_alone=False, is_disguised=False)
            gap = JOINED
        elif unicodedata.category(char) not in {"Mn", "Mc", "Me"}:
            gap = max(gap, SIGNS)


def _stands_among_letters(core: str, place: int) -> bool:
    """`l0n`, not `10 lon` nor `5lon`: behind a number or before one a digit is a digit."""
    return place > 0 and core[place - 1].isalpha()


@lru_cache(maxsize=4096)
def _latin(char: str) -> tuple[Letter, ...]:
    lower = char.lower()
    if lower in {"đ", "ð", "ɖ"}:
        return (Letter("d", _STROKE, "", 1, JOINED, is_alone=False, is_disguised=lower != "đ"),)
    parts = unicodedata.normalize("NFD", lower)
    base, marks = parts[0], parts[1:]
    if not base.isascii():
        likeness = latin_likeness(char)
        return (Letter(_CLASSES.get(likeness, likeness), "", "", 1, JOINED, is_alone=False, is_disguised=likeness.isascii()),)
    quality = "".join(mark for mark in marks if mark in _QUALITIES)
    tone = "".join(mark for mark in marks if mark in _TONES)
    if base == "f":
        return tuple(Letter(each, "", "", 1, JOINED, is_alone=False, is_disguised=True) for each in "ph")
    # A capital I looks like a small l.
    bases = "il" if char == "I" else _CLASSES.get(base, base)
    return (Letter(bases, quality, tone, 1, JOINED, is_alone=False, is_disguised=lower in _FOREIGN),)


def _joined_runs(letters: list[Letter]) -> list[Letter]:
    """Letters that are only repeated become one: lừaaa, đđmm. Their marks are put together."""
    joined: list[Letter] = []
    for letter in letters:
        last = joined[-1] if joined else None
        if last is None or letter.gap != JOINED or last.bases != letter.bases:
            joined.append(letter)
            continue
        joined[-1] = last._replace(
            run=last.run + 1,
            quality=last.quality or letter.quality,
            tone=last.tone or letter.tone,
            is_disguised=last.is_disguised or letter.is_disguised,
        )
    return joined
