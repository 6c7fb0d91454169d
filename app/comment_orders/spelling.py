"""A comment as plain tokens: marks, case, emoji and ways to write digits taken away, every token with its place in the text. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from app.live.masking import mask_phone_numbers

Kind = Literal["word", "number", "sign", "phone"]

_PHONE: Final = "\x00"
# Parts of one character on the screen: joiners, variation selectors, the frame of a keycap, skin tones.
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
# As `mask_phone_numbers` writes a number.
_MASKED: Final = re.compile(r"(?<![0-9*])0[0-9]{3}\*\*\*[0-9]{3}(?![0-9*])")
_TOKEN: Final = re.compile(rf"(?P<word>[a-z]+)|(?P<number>[0-9]+)|(?P<phone>{_PHONE}+)|(?P<sign>[^\sa-z0-9])")
_KEPT_SIGNS: Final = "+=<>$~|^`" + _PHONE
_LOOKS: Final = str.maketrans({"đ": "d", "Đ": "d", "×": "x", "✕": "x", "✖": "x", "х": "x", "Х": "x", "а": "a", "А": "a", "В": "b"})  # noqa: RUF001 - letters of other scripts


@dataclass(frozen=True, slots=True)
class Token:
    """`text`: plain, in lower case. `marked`: as it was written, in lower case. `is_glued`: nothing stands between it and the one before."""

    kind: Kind
    text: str
    marked: str
    start: int
    end: int
    is_glued: bool

    @property
    def number(self) -> int:
        """Of a number; so long ones are no count of anything."""
        return int(self.text) if len(self.text) <= 9 else 10**9


def tokens_of(text: str) -> list[Token]:
    """The tokens of a comment; phone numbers, shown or masked, are tokens of their own."""
    text = _MASKED.sub(lambda found: _PHONE * len(found.group()), mask_phone_numbers(text))
    plain, places = _plain(text)
    tokens: list[Token] = []
    end_before = -1
    for found in _TOKEN.finditer(plain):
        start, end = places[found.start()], places[found.end() - 1] + 1
        kind: Kind = found.lastgroup  # type: ignore[assignment]  # the groups have the names of the kinds
        tokens.append(Token(kind, found.group(), text[start:end].lower(), start, end, found.start() == end_before))
        end_before = found.end()
    return tokens


def written(text: str, tokens: list[Token]) -> str:
    """What stands in the text from the first of these tokens to the last."""
    return mask_phone_numbers(text)[tokens[0].start : tokens[-1].end] if tokens else ""


def _plain(text: str) -> tuple[str, list[int]]:
    """The text in plain characters, and for each of them the place it came from."""
    plain: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        letters = _letters(char)
        plain.append(letters)
        places += [place] * len(letters)
    return "".join(plain), places


@lru_cache(maxsize=4096)
def _letters(char: str) -> str:
    """A character without marks, in lower case; nothing for what is a part of another one, a space for pictures."""
    if _INVISIBLE.match(char):
        return ""
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", char.translate(_LOOKS)).translate(_LOOKS)).lower()
    kinds = [(letter, unicodedata.category(letter)) for letter in letters]
    return "".join(" " if kind[0] in "SC" and letter not in _KEPT_SIGNS else letter for letter, kind in kinds if kind[0] != "M")
