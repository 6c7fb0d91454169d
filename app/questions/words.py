"""Words of a comment as the rules read them: without marks, slang spelt out, leftovers of Telex undone, fillers left out. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from app.questions.spelling import FILLERS, MEANT, PHRASES, SLANG, TELEX_WORDS, UNMARKED_IS_OTHER

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[?!.,;:…\n]+")
_STRETCHED = re.compile(r"(\D)\1{2,}")
_TELEX_SIGNS = re.compile(r"aa|ee|oo|dd|[wfjzsrx]")
_TELEX_VOWELS = str.maketrans({"w": ""})
BREAK = "|"


@dataclass(frozen=True, slots=True)
class Token:
    """One word: as typed in lower case, and as the rules read it."""

    typed: str
    word: str


@lru_cache(maxsize=16_384)
def fold(word: str) -> str:
    """A word in lower case without marks; đ is d."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFD", word.lower())
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn").replace("đ", "d")


def tokens_of(text: str) -> list[Token]:
    """The words of a comment and the breaks between its thoughts, in order."""
    lowered = _STRETCHED.sub(r"\1", unicodedata.normalize("NFC", text).lower())
    typed = _TOKEN.findall(lowered)
    has_marks = not lowered.isascii() and any(not each.isascii() and each[0].isalpha() for each in typed)
    found: list[Token] = []
    for place, each in enumerate(typed):
        if not (each[0].isalpha() or each[0].isdigit()):
            found.append(Token(each, BREAK))
        elif each[0].isdigit():
            found.append(Token(each, each))
        elif each in {"k", "ng"} and place and typed[place - 1][0].isdigit():
            found.append(Token(each, "nghin"))
        else:
            found.extend(Token(each, word) for word in _words_for(each, has_marks=has_marks))
    return found


@lru_cache(maxsize=16_384)
def _words_for(typed: str, *, has_marks: bool) -> tuple[str, ...]:
    if (spelt_out := SLANG.get(typed)) is not None:
        return tuple(spelt_out.split())
    folded = fold(typed)
    if folded != typed:
        if folded not in TELEX_WORDS and (undone := _without_telex(folded)) in TELEX_WORDS:
            return (undone,)
        meant = MEANT.get(folded)
        return (folded if meant is None or typed in meant else f"{folded}_",)
    if has_marks and typed in UNMARKED_IS_OTHER:
        return (f"{typed}_",)
    if typed not in TELEX_WORDS and (undone := _without_telex(typed)) in TELEX_WORDS:
        return tuple(SLANG.get(undone, undone).split())
    return (typed,)


def _without_telex(typed: str) -> str:
    """What an unfinished Telex word would be without marks: `nhieeu` is nhieu, `hangf` hang, `dduowcj` duoc; else the word itself."""
    if len(typed) < 2 or not _TELEX_SIGNS.search(typed):
        return typed
    plain = typed.replace("aa", "a").replace("ee", "e").replace("oo", "o").replace("dd", "d").translate(_TELEX_VOWELS)
    if plain in TELEX_WORDS:
        return plain
    for sign in "sfrxj":
        place = plain.rfind(sign)
        if place > 0:
            shorter = plain[:place] + plain[place + 1 :]
            if shorter in TELEX_WORDS:
                return shorter
            # `nhanaj`: the second a stands for the mark of the first.
            if shorter[-1:] in "aeo" and shorter[-1:] in shorter[:-1] and shorter[:-1] in TELEX_WORDS:
                return shorter[:-1]
    return typed


def readable(words: list[str]) -> str:
    """The words in one line for the rules: phrases joined, fillers left out, a space on both sides of every word."""
    line = f" {' '.join(words)} "
    for pattern, joined in PHRASES:
        line = pattern.sub(joined, line)
    return f" {' '.join(word for word in line.split() if word not in FILLERS)} "
