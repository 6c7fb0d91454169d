"""Which product of a session a comment names: by its name or a part of it that no other product has, or by its code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple
from uuid import UUID

from app.questions.goods_words import GOODS, HEADS, INSIDE_WORDS, ORDINARY, PLACES
from app.questions.words import BREAK, Token, fold

PRODUCT: Final = "SP"
_CODE_WORDS: Final = frozenset({"a", "mã", "ma", "sp", "món", "mon"})
_CODE_DIGITS = 3
_MOST_WORDS = 6
_WORD = re.compile(r"[^\W\d_]+|\d+")


class _Mention(NamedTuple):
    """How many words name something, and whose name it is: of no product, of one, or of several."""

    length: int
    owners: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Named:
    """`is_other`: goods are named that this session has not, or more than one product."""

    product_id: UUID | None = None
    is_other: bool = False


@dataclass(frozen=True, slots=True)
class ShelfProduct:
    """A product as comments name it."""

    id: UUID
    code: str
    name: str


class Shelf:
    """The products of one session, ready for many comments."""

    def __init__(self, products: Iterable[ShelfProduct], *, places: Iterable[str] = ()) -> None:
        listed = tuple(products)
        self._by_code = {product.code.lower(): product.id for product in listed}
        self._phrases: dict[str, frozenset[UUID]] = {}
        self._singles: dict[str, frozenset[UUID]] = {}
        self._marked: dict[str, set[str]] = {}
        unnamed = PLACES | {" ".join(map(fold, place.split())) for place in places}
        for product in listed:
            typed = _WORD.findall(product.name.lower())
            plain = [fold(word) for word in typed]
            for phrase in _phrases_of(plain):
                if phrase not in unnamed:
                    self._phrases[phrase] = self._phrases.get(phrase, frozenset()) | {product.id}
            for place, word in enumerate(plain):
                if word in GOODS or (place == 0 and word in HEADS):
                    self._singles[word] = self._singles.get(word, frozenset()) | {product.id}
                    self._marked.setdefault(word, set()).add(typed[place])

    def find(self, tokens: Sequence[Token]) -> tuple[Named, list[str]]:
        """What is named, and the words with each name replaced by one sign."""
        words: list[str] = []
        mentions: list[_Mention] = []
        has_marks = any(fold(token.typed) != token.typed for token in tokens)
        place = 0
        while place < len(tokens):
            mention = self._mention_at(tokens, place, has_marks=has_marks, before=words[-1] if words else "")
            if mention is None:
                words.append(tokens[place].word)
                place += 1
            else:
                words.append(PRODUCT)
                mentions.append(mention)
                place += mention.length
        return _named(mentions), words

    def _mention_at(self, tokens: Sequence[Token], place: int, *, has_marks: bool, before: str) -> _Mention | None:
        token = tokens[place]
        if token.word == BREAK:
            return None
        if (coded := self._code_at(tokens, place)) is not None:
            return coded
        folded = [fold(each.typed) for each in tokens[place : place + _MOST_WORDS]]
        for length in range(len(folded), 0, -1):
            if (owners := self._phrases.get(" ".join(folded[:length]))) is not None:
                return _Mention(length, owners)
        if before in INSIDE_WORDS:
            return None
        return self._single_at(token.typed, folded[0], has_marks=has_marks) or self._other_at(token.typed, folded)

    def _single_at(self, typed: str, folded: str, *, has_marks: bool) -> _Mention | None:
        """One word that is enough to name a product of the session."""
        marked = self._marked.get(folded)
        if marked is None:
            return None
        is_ordinary = folded in ORDINARY
        is_meant = (
            (not typed.isascii() or has_marks or not is_ordinary)
            if typed in marked
            else (typed == folded and not has_marks and not is_ordinary)
        )
        return _Mention(1, self._singles[folded]) if is_meant else None

    def _other_at(self, typed: str, folded: Sequence[str]) -> _Mention | None:
        """Goods by a name that nothing in the session has."""
        if len(folded) > 1 and f"{folded[0]} {folded[1]}" in GOODS:
            return _Mention(2, frozenset())
        return _Mention(1, self._singles.get(folded[0], frozenset())) if typed in GOODS and folded[0] != typed else None

    def _code_at(self, tokens: Sequence[Token], place: int) -> _Mention | None:
        """`A7`, `a 7`, `mã 7`."""
        typed, following = tokens[place].typed, tokens[place + 1].typed if place + 1 < len(tokens) else ""
        if typed not in _CODE_WORDS or not (following.isascii() and following.isdecimal() and len(following) <= _CODE_DIGITS):
            return None
        product_id = self._by_code.get(f"a{int(following)}")
        return None if product_id is None else _Mention(2, frozenset({product_id}))


def _named(mentions: Sequence[_Mention]) -> Named:
    """The one product that fits; several that could be meant, or none that the session has, are nobody's."""
    clear = frozenset[UUID]().union(*(mention.owners for mention in mentions if len(mention.owners) == 1))
    unclear = [mention.owners for mention in mentions if len(mention.owners) > 1]
    if any(not mention.owners for mention in mentions) or len(clear) > 1:
        return Named(is_other=True)
    if clear:
        return Named(next(iter(clear)))
    both = frozenset.intersection(*unclear) if unclear else frozenset[UUID]()
    return Named(next(iter(both))) if len(both) == 1 else Named(is_other=bool(unclear))


def _phrases_of(plain: Sequence[str]) -> Iterator[str]:
    """Two or more words of a name that follow each other, and the beginning of it written as one word."""
    for first, last in combinations(range(len(plain) + 1), 2):
        if 1 < last - first <= _MOST_WORDS:
            yield " ".join(plain[first:last])
            if first == 0:
                yield "".join(plain[:last])
