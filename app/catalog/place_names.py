"""How names of places are spelled, folded for comparing, and found by what people type.

The browser does the same in `app/web/static/js/place_search.js`; `tests/catalog/place_search_corpus.json` holds both to one rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

# Longest first: "thi tran" before "t". Values are the kinds written out, folded.
_KINDS = {
    "thanh pho": "thanh pho", "thi tran": "thi tran", "dac khu": "dac khu", "thi xa": "thi xa", "phuong": "phuong", "huyen": "huyen",
    "quan": "quan", "tinh": "tinh", "xa": "xa", "tp": "thanh pho", "tt": "thi tran", "tx": "thi xa", "dk": "dac khu", "ph": "phuong",
    "p": "phuong", "f": "phuong", "q": "quan", "h": "huyen", "x": "xa", "t": "tinh",
}  # fmt: skip
_KIND_FIRST = re.compile(rf"({'|'.join(_KINDS)}) (.+)")
_KIND_AND_NUMBER = re.compile(r"^([pqf])([0-9]{1,2})(?= |$)")

_LETTERS_WITHIN = 3

_APOSTROPHES = dict.fromkeys(map(ord, "'`\u00b4\u2018\u2019\u201b\u02b9\u02bb\u02bc\u2032\uff07"))
_STROKED_D = str.maketrans({"đ": "d", "\u00f0": "d", "\u0256": "d"})
_MARKS = re.compile("[\u0300-\u036f]")
_NOT_WORD = re.compile(r"[^0-9a-z]+")
_Y_AS_I = re.compile(r"([bcdghklmnpqrstvx]|\bqu)y\b")

# An open syllable with a glide bears its tone on the first letter: hòa, khỏe, thủy; after "q" the u is no glide letter: quý.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TONE_ON_GLIDE = re.compile(rf"(o)([ae])([{_TONES}])(?!\w)|(?<![qQ])(u)(y)([{_TONES}])(?!\w)", re.IGNORECASE)


def kept_spelling(name: str) -> str:
    """A name as we keep and show it: composed letters, single spaces, straight apostrophes, the tone on the glide (Hòa, Thúy, Thủy).

    Both spellings of the tone are right; this is the one that people type and newspapers print.
    """
    decomposed = unicodedata.normalize("NFD", " ".join(name.split()).translate({0x2018: "'", 0x2019: "'", 0x02BC: "'"}))
    moved = _TONE_ON_GLIDE.sub(lambda m: "".join((m[1], m[3], m[2])) if m[1] else "".join((m[4], m[6], m[5])), decomposed)
    return unicodedata.normalize("NFC", moved)


def folded(text: str) -> str:
    """A text as people type it in a hurry: words of a-z and 0-9 with single spaces. For searching only.

    Marks, capitals and apostrophes are gone, every kind of đ is d, a closing y after a consonant is i (Mỹ = Mĩ, Quy = Qui).
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))).lower().translate(_STROKED_D)
    return _Y_AS_I.sub(r"\1i", _NOT_WORD.sub(" ", plain).strip())


@dataclass(frozen=True, slots=True)
class Key:
    """One folded name by which a place is found. `distance`: 0 today's name, 1 an old province or short form, 2 a former district."""

    text: str
    distance: int = 0
    squeezed: str = field(init=False)
    starts: str = field(init=False)

    def __post_init__(self) -> None:
        words = self.text.split()
        object.__setattr__(self, "squeezed", "".join(words))
        # what may be typed without spaces: |thangbinh|binh
        object.__setattr__(self, "starts", "".join("|" + "".join(words[first:]) for first in range(len(words))))


@dataclass(frozen=True, slots=True)
class Findable(Generic[T]):
    """A place with the names that lead to it."""

    place: T
    keys: tuple[Key, ...]
    haystack: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "haystack", "|".join(key.squeezed for key in self.keys))


def findable(place: T, name: str, *, also: Iterable[str] = (), districts: Iterable[str] = ()) -> Findable[T]:
    """A place by its name with and without kind ("xã", "phường" …), and by what else it is or was called."""
    own = folded(name)
    _, bare = _split(own)
    keys = [Key(own), Key(bare)] if bare and not bare.isdigit() else [Key(own)]
    keys += [Key(folded(other), distance=1) for other in also]
    keys += [Key(folded(other), distance=2) for other in districts]
    return Findable(place, tuple(keys))


def found(places: Iterable[Findable[T]], typed: str, *, limit: int) -> list[T]:
    """The places that `typed` may mean, likeliest first, at most `limit`. Nothing but signs finds nothing.

    Order: the whole name, its beginning, a word's beginning, the same without regard to spaces, letters within a word; only when there
    is none of these, all words in any order. Among equals today's names come before former ones, the typed kind before others.
    """
    wanted = wanted_forms(typed)
    if not wanted:
        return []
    shortest = wanted[-1][0].replace(" ", "")
    ranked: list[tuple[tuple[int, int, bool], int, T]] = []
    listed = list(places)
    for position, each in enumerate(listed):
        if shortest in each.haystack and (rank := _rank(each, wanted)) is not None:
            ranked.append((rank, position, each.place))
    if ranked:
        ranked.sort(key=lambda entry: entry[:2])
        return [place for _, _, place in ranked[:limit]]
    words = wanted[-1][0].split()
    if len(words) < 2:
        return []
    return [each.place for each in listed if _has_all(each, set(words))][:limit]


def wanted_forms(typed: str) -> list[tuple[str, bool]]:
    """What may be meant, folded: as typed, and without the kind in front; True marks the form without its kind."""
    text = _KIND_AND_NUMBER.sub(r"\1 \2", folded(typed))
    kind, rest = _split(text)
    if not kind:
        return [(text, False)] if text else []
    written_out = f"{kind} {rest}"
    forms = [(written_out, False)] if text == written_out else [(text, False), (written_out, False)]
    return forms if rest.isdigit() else [*forms, (rest, True)]


def _split(text: str) -> tuple[str, str]:
    """Kind, written out, and the rest of a folded name; both empty where it begins with no kind."""
    match = _KIND_FIRST.fullmatch(text)
    return (_KINDS[match[1]], match[2]) if match else ("", "")


def _rank(each: Findable[T], wanted: list[tuple[str, bool]]) -> tuple[int, int, bool] | None:
    ranks = [(rank, key.distance, is_bare) for key in each.keys for text, is_bare in wanted if (rank := _closeness(key, text)) is not None]
    return min(ranks, default=None)


def _closeness(key: Key, text: str) -> int | None:
    squeezed = text.replace(" ", "")
    if squeezed not in key.squeezed:
        return None
    if squeezed == key.squeezed:
        return 0
    if key.text.startswith(text):
        return 1
    if f" {text}" in key.text:
        return 2
    if f"|{squeezed}" in key.starts:
        return 3
    return 4 if len(text) >= _LETTERS_WITHIN and text in key.text else None


def _has_all(each: Findable[T], words: set[str]) -> bool:
    """Whether every word begins a word of one and the same name."""
    return any(all(f" {word}" in f" {key.text}" for word in words) for key in each.keys)
