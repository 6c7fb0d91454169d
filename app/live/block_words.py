"""Finds words that a room shall not read, however they are disguised, and leaves alone what only looks like them. Pure.

Accents decide in Vietnamese: `lồn` is an insult, `lớn` and `lợn` are not, and `lon` without accents may be any of them. So a word is
found as it is written, or without its accents where no everyday word looks so; spelling with signs, digits, spaces and foreign letters
counts as intent. A phrase that is written here without accents is found with any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from app.live.everyday_words import EVERYDAY, WRITTEN_WITHOUT_MARKS
from app.live.spelling import ANY_LETTER, JOINED, SIGNS, SPACE, Letter, spelled

_WHOLE_FROM_LETTERS = 6
_SPELLED_FROM_LETTERS = 3


@dataclass(frozen=True, slots=True)
class _Pattern:
    word: str
    letters: tuple[Letter, ...]
    syllables: int
    has_marks: bool

    @property
    def starts(self) -> set[str]:
        """How a text begins that may be this word: two letters, the first one twice when it is doubled here, or one and a sign."""
        first, second = self.letters[:2]
        doubled = first.bases if first.run > 1 else ""
        return {one + other for one, other in product(first.bases, second.bases + doubled + ANY_LETTER)}

    @property
    def is_long(self) -> bool:
        """So long that it is found inside of a longer word, too."""
        return self.syllables > 1 and len(self.letters) >= _WHOLE_FROM_LETTERS


class BlockWords:
    """Made once for a session's rules, asked for every comment."""

    def __init__(self, words: Iterable[str]) -> None:
        # By their first two letters, and by the first alone for texts that hide the second.
        self._by_start: dict[str, list[_Pattern]] = defaultdict(list)
        for word in dict.fromkeys(words):
            pattern = _pattern(word)
            if len(pattern.letters) > 1:
                for start in pattern.starts:
                    self._by_start[start].append(pattern)

    def find(self, text: str) -> str | None:
        """The first of the words that the text has, as it was given; None when it has none."""
        letters = spelled(text)
        for start, first in enumerate(letters):
            begins_word = first.gap != JOINED or start == 0
            after = letters[start + 1].bases if start + 1 < len(letters) else ""
            for begin in product(first.bases, ANY_LETTER if after == ANY_LETTER else after):
                for pattern in self._by_start.get("".join(begin), ()):
                    if (begins_word or pattern.is_long) and _Reading(pattern, letters).fits(start):
                        return pattern.word
        return None


def _pattern(word: str) -> _Pattern:
    letters = tuple(letter for letter in spelled(word) if letter.bases != ANY_LETTER)
    syllables = sum(letter.gap == SPACE for letter in letters)
    return _Pattern(word, letters, syllables, has_marks=any(letter.quality or letter.tone for letter in letters))


@dataclass(frozen=True, slots=True)
class _Reading:
    """One word against one text: whether the letters fit first, then whether the marks do."""

    pattern: _Pattern
    letters: Sequence[Letter]

    def fits(self, start: int) -> bool:
        return self._goes_on(0, start, ())

    def _goes_on(self, place: int, at: int, taken: tuple[Letter, ...]) -> bool:
        wanted = self.pattern.letters
        if place == len(wanted):
            ends_word = at == len(self.letters) or self.letters[at].gap != JOINED
            return (ends_word or self.pattern.is_long) and self._marks_fit(taken)
        if at == len(self.letters):
            return False
        letter = self.letters[at]
        if place and wanted[place].gap != SPACE and not _may_follow(letter, taken[-1]):
            return False
        is_any = letter.bases == ANY_LETTER
        if is_any and place and self._goes_on(place, at + 1, taken):
            return True  # a sign between the letters instead of one of them
        if not is_any and not _may_be(letter, wanted[place]):
            return False
        after, run = at + 1, letter.run
        while not is_any and run < wanted[place].run:  # đ.m.m
            if after == len(self.letters) or self.letters[after].bases != letter.bases or not _may_follow(self.letters[after], letter):
                return False
            run, after = run + self.letters[after].run, after + 1
        return self._goes_on(place + 1, after, (*taken, letter))

    def _marks_fit(self, taken: Sequence[Letter]) -> bool:
        syllables = list(_syllables(self.pattern.letters, taken))
        if any(sum(letter.bases == ANY_LETTER for _, letter in syllable) > max(0, len(syllable) - 2) for syllable in syllables):
            return False
        if len(syllables) == 1:
            return self._one_fits(syllables[0])
        if not self.pattern.has_marks:
            return True
        relations = [_compare(syllable) for syllable in syllables]
        if "other" in relations:
            return False
        unmarked = [syllable for syllable, relation in zip(syllables, relations, strict=True) if relation != "same"]
        doubtful = [syllable for syllable in unmarked if _bare(syllable) in WRITTEN_WITHOUT_MARKS and not _is_disguised(syllable)]
        # Where all accents are missing one word that is no other gives the phrase away; among accents each missing one may be meant.
        is_plain = not any(letter.quality or letter.tone for letter in taken)
        return not doubtful or (is_plain and len(doubtful) < len(unmarked))

    def _one_fits(self, syllable: list[tuple[Letter, Letter]]) -> bool:
        relation = _compare(syllable)
        is_everyday = _bare(syllable) in EVERYDAY
        if not self.pattern.has_marks:
            return relation == "same" or not is_everyday
        return relation == "same" or (relation == "unmarked" and (_is_disguised(syllable) or not is_everyday))


def _may_be(letter: Letter, wanted: Letter) -> bool:
    return letter.bases in wanted.bases or wanted.bases in letter.bases


def _may_follow(letter: Letter, before: Letter) -> bool:
    """Inside of a syllable signs may stand, and spaces when every letter stands alone."""
    return letter.gap in {JOINED, SIGNS} or (letter.is_alone and before.is_alone)


def _is_disguised(syllable: Sequence[tuple[Letter, Letter]]) -> bool:
    is_spelled = len(syllable) >= _SPELLED_FROM_LETTERS and any(letter.gap != JOINED for _, letter in syllable[1:])
    return is_spelled or any(letter.is_disguised for _, letter in syllable)


def _syllables(wanted: Sequence[Letter], taken: Sequence[Letter]) -> Iterable[list[tuple[Letter, Letter]]]:
    syllable: list[tuple[Letter, Letter]] = []
    for pair in zip(wanted, taken, strict=True):
        if pair[0].gap == SPACE and syllable:
            yield syllable
            syllable = []
        syllable.append(pair)
    yield syllable


def _compare(syllable: list[tuple[Letter, Letter]]) -> str:
    """How the marks of a syllable stand to those of the word: the same, unmarked (some are missing, none is another), or other."""
    known = [(wanted, letter) for wanted, letter in syllable if letter.bases != ANY_LETTER]
    has_any = len(known) < len(syllable)
    wanted_tone = "".join(wanted.tone for wanted, _ in syllable)
    tone = "".join(letter.tone for _, letter in known)
    same_quality = all(wanted.quality == letter.quality for wanted, letter in known)
    if same_quality and (has_any or tone == wanted_tone):
        return "same"
    has_none = not tone and not any(letter.quality for _, letter in known)
    return "unmarked" if has_none or (same_quality and not tone) else "other"


def _bare(syllable: list[tuple[Letter, Letter]]) -> str:
    return "".join(wanted.bases[0] for wanted, _ in syllable)
