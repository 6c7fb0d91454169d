"""One cleaning for everything that people write: a line of text becomes the same line for everybody who sees it.

NFC, one line, no controls, nothing that turns the direction of writing, nothing invisible, marks bounded on every letter. Limits are
counted after that, so the same words count the same however a keyboard composes them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

Needs = Literal["letter", "sign", "nothing"]

# Blank, though Unicode has them as letters or symbols: Hangul fillers, braille without dots, a note without a head, empty hieroglyphs.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\U00013441\U00013442\ufffc")
# Marks without a shape; some hide between others so that none seems to follow another.
_SHAPELESS = frozenset("\u034f\u17b4\u17b5") | frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0), *range(0xFFF0, 0xFFF9), 0x2065))
)
_EMOJI_STYLE = "\ufe0e\ufe0f"
_JOINER = "\u200d"
_SPACES = frozenset({"Cc", "Zs", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Mc", "Me"})
# Vietnamese needs two on one letter before it is composed, Thai and Khmer up to four; more is a tower that covers its neighbours.
_MARKS_PER_LETTER = 4
# What cleaning may take away before anybody asks why: three code points a letter in NFD, spaces, towers of marks.
_RAW_PER_CHARACTER = 8
_RAW_BESIDE = 1_000
_HALF_PAIR = re.compile(r"[\ud800-\udfff]")
_NEWER_EMOJI = range(0x1F000, 0x1FB00)


def clean_text(text: str) -> str:
    """NFC, one line, nothing invisible or direction-changing, at most four combining marks of any class on one letter.

    Joiners and emoji styles stay where they build an emoji. Idempotent and linear.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    # Bounded before NFC too: it sorts marks, and the time for that grows with the square of their number.
    return _visible(unicodedata.normalize("NFC", _visible(text)))


def _visible(text: str) -> str:
    kept: list[str] = [" "]
    marks = 0
    for place, char in enumerate(text):
        if char.isalnum() and char not in _BLANK:
            kept.append(char)
            marks = 0
            continue
        category = unicodedata.category(char)
        if category in _MARKS:
            # A mark without a letter would sit on whatever the page shows before it.
            if char in _SHAPELESS or kept[-1] == " " or marks == _MARKS_PER_LETTER:
                continue
            if char in _EMOJI_STYLE and kept[-1].isalpha():
                continue
            marks += 1
        elif category in _SPACES or char in _BLANK:
            char = " "
        elif category == "Cf" or char in _SHAPELESS:
            if char != _JOINER or not (_is_emoji(_base(kept)) and _is_emoji(text[place + 1 : place + 2])):
                continue
        else:
            marks = 0
        kept.append(char)
    return " ".join("".join(kept).split())


def _base(kept: list[str]) -> str:
    return kept[-2] if kept[-1] in _EMOJI_STYLE else kept[-1]


def _is_emoji(char: str) -> bool:
    return char != "" and (unicodedata.category(char) in {"So", "Sk"} or ord(char) in _NEWER_EMOJI)


def has_letter(cleaned: str) -> bool:
    """Whether something in it can be read as a name."""
    return any(map(str.isalpha, cleaned))


def has_sign(cleaned: str) -> bool:
    """Whether there is anything to see: a letter, a digit, an emoji, a question mark."""
    return any(unicodedata.category(char)[0] in "LNPS" or ord(char) in _NEWER_EMOJI for char in cleaned)


class TextRefused(ValueError):
    """A text that is no use after cleaning. `code` stands beside the field in the details of `malformed`."""

    code: ClassVar[str]


class TextEmpty(TextRefused):
    code = "text_empty"


class TextTooLong(TextRefused):
    code = "text_too_long"


class TextUnreadable(TextRefused):
    """Half of a surrogate pair: JSON can carry it, UTF-8 and the database cannot."""

    code = "text_unreadable"


@dataclass(frozen=True, slots=True)
class Line:
    """The rules of a text: cleaned, then counted. `most` characters after NFC; `needs` at least one letter, one visible sign, or nothing."""

    most: int
    needs: Needs = "sign"
    keeps_paragraphs: bool = False

    def checked(self, text: str) -> str:
        """The cleaned text. Raises `TextEmpty`, `TextTooLong` or `TextUnreadable`."""
        if len(text) > _RAW_PER_CHARACTER * self.most + _RAW_BESIDE:
            raise TextTooLong(f"must have at most {self.most} characters")
        if _HALF_PAIR.search(text) is not None:
            raise TextUnreadable("must be whole Unicode characters")
        cleaned = clean_paragraphs(text) if self.keeps_paragraphs else clean_text(text)
        if self.needs == "letter" and not has_letter(cleaned):
            raise TextEmpty("must have a visible letter")
        if self.needs == "sign" and not has_sign(cleaned):
            raise TextEmpty("must not be empty")
        if len(cleaned) > self.most:
            raise TextTooLong(f"must have at most {self.most} characters")
        return cleaned

    @property
    def rules(self) -> tuple[AfterValidator, Any]:
        """For `Annotated[str, *…]` of what comes in: the check, and the limits in JSON Schema."""
        return AfterValidator(self.checked), self.limits

    @property
    def limits(self) -> Any:  # noqa: ANN401 - pydantic's `Field` says so
        """For `Annotated[str, …]` of what goes out: the limits in JSON Schema, and no second check."""
        limits: JsonDict = {"maxLength": self.most} if self.needs == "nothing" else {"minLength": 1, "maxLength": self.most}
        return Field(json_schema_extra=limits)


def clean_paragraphs(text: str) -> str:
    """Every line cleaned by itself, so that a story keeps its paragraphs; empty lines at both ends are dropped."""
    return "\n".join(clean_text(line) for line in text.splitlines()).strip("\n")
