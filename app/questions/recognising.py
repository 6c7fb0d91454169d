"""What a comment asks, and of which product. Pure and deterministic: the same words on the same shelf are always the same question."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from app.protocol.questions import QuestionKind
from app.questions.kinds import OF_NAMED, OF_SESSION
from app.questions.naming import Named, Shelf
from app.questions.rules import NOTHING, RULES
from app.questions.words import BREAK, readable, tokens_of

_TAKEN = "#"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `product_id` is null when it is the session's, or when it is not clear which product is meant (`is_clear`)."""

    kind: QuestionKind
    product_id: UUID | None
    is_clear: bool = True


def recognise(text: str, shelf: Shelf, pinned_product_id: UUID | None) -> tuple[Asked, ...]:
    """The questions of a comment; none for everything else that people say."""
    tokens = tokens_of(text)
    named, words = shelf.find(tokens)
    return tuple(_asked(kind, named, pinned_product_id) for kind in _kinds_of(readable(words)))


@lru_cache(maxsize=8_192)
def _kinds_of(line: str) -> tuple[QuestionKind, ...]:
    """Many say the same in the same words: the second time costs nothing."""
    line = _without_other_matters(line)
    kinds: list[QuestionKind] = []
    for kind, pattern in RULES:
        if kind not in kinds and (found := pattern.search(line)) is not None:
            kinds.append(kind)
            line = f"{line[: found.start()]}{_TAKEN}{line[found.end() :]}"
    return tuple(kinds)


def _without_other_matters(line: str) -> str:
    """The line without thoughts about something else: the viewer's own order, the show, the people in it."""
    for pattern in NOTHING:
        while (found := pattern.search(line)) is not None:
            begin = line.rfind(BREAK, 0, found.start()) + 1
            end = line.find(BREAK, found.end())
            line = f"{line[:begin]} {line[end:] if end >= 0 else ''}"
    return line


def _asked(kind: QuestionKind, named: Named, pinned_product_id: UUID | None) -> Asked:
    if kind in OF_SESSION:
        return Asked(kind, None)
    if named.product_id is not None:
        return Asked(kind, named.product_id)
    if named.is_other:
        return Asked(kind, None, is_clear=False)
    if kind in OF_NAMED:
        return Asked(kind, None)
    return Asked(kind, pinned_product_id, is_clear=pinned_product_id is not None)
