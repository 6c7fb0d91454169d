"""The labelled comments of `build.tsv` and `heldout.tsv`, and how well the rules do on them. `python -m tests.questions.corpus` prints it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, cast
from uuid import UUID, uuid5

from typing_extensions import override

from app.protocol.questions import QUESTION_KINDS, QuestionKind
from app.questions.kinds import OF_SESSION
from app.questions.naming import Shelf, ShelfProduct
from app.questions.recognising import Asked, recognise
from app.rehearsal.market import PRODUCTS

HERE = Path(__file__).parent
Part = Literal["build", "heldout"]
PINNED: dict[Part, str] = {"build": "mat-ong", "heldout": "cu-do"}
_IDS = {product.key: uuid5(UUID(int=0), product.key) for product in PRODUCTS}


class Labelled(NamedTuple):
    """A comment and what it asks; nothing when it asks none of the kinds."""

    text: str
    asks: frozenset[Asked]


@dataclass(frozen=True)
class Score:
    """`recognised`: questions found with their kind and product. `wrong`: comments for which an answer was shown that they did not ask for."""

    comments: int
    silent: int
    questions: int
    recognised: int
    wrong: int
    answers: int
    microseconds: float

    @property
    def recall(self) -> float:
        return self.recognised / self.questions

    @property
    def wrong_share(self) -> float:
        return self.wrong / self.comments

    @override
    def __str__(self) -> str:
        return (
            f"{self.comments} comments ({self.silent} ask nothing), {self.questions} questions: recognised {self.recognised} = {self.recall:.3f}; "
            f"wrong answers for {self.wrong} comments = {self.wrong_share:.1%} of comments, {self.wrong / self.answers:.1%} of answers; "
            f"{self.microseconds:.0f} µs a comment"
        )


def labelled(part: Part) -> list[Labelled]:
    rows = [line.split("\t") for line in (HERE / f"{part}.tsv").read_text(encoding="utf-8").splitlines()]
    return [Labelled(text, _asks(kinds, product, _IDS[PINNED[part]])) for text, kinds, product in rows]


def _asks(kinds: str, product: str, pinned: UUID) -> frozenset[Asked]:
    if kinds == "none":
        return frozenset()
    asked = [cast("QuestionKind", kind) for kind in kinds.split(",")]
    assert set(asked) <= set(QUESTION_KINDS), kinds
    return frozenset(_ask(kind, product, pinned) for kind in asked)


def _ask(kind: QuestionKind, product: str, pinned: UUID) -> Asked:
    if kind in OF_SESSION or product == "-":
        return Asked(kind, None)
    if product == "?":
        return Asked(kind, None, is_clear=False)
    return Asked(kind, pinned if product == "." else _IDS[product])


@cache
def demo_shelf() -> Shelf:
    """The demo market's products with the codes that a session gives them."""
    listed = [ShelfProduct(_IDS[product.key], f"A{number}", product.name) for number, product in enumerate(PRODUCTS, 1)]
    return Shelf(listed, places=("Xã Hương Sơn", "Hương Sơn", "Xã Phúc Trạch", "Phúc Trạch", "Hải Ninh", "Hà Huy Tập"))


def score(part: Part, comments: Sequence[Labelled] | None = None) -> Score:
    """How the rules do on one part."""
    rows = labelled(part) if comments is None else comments
    shelf, pinned = demo_shelf(), _IDS[PINNED[part]]
    began = time.perf_counter()
    found = [frozenset(recognise(row.text, shelf, pinned)) for row in rows]
    seconds = time.perf_counter() - began
    shown = [frozenset(each for each in asked if each.is_clear) for asked in found]
    return Score(
        comments=len(rows),
        silent=sum(not row.asks for row in rows),
        questions=sum(len(row.asks) for row in rows),
        recognised=sum(len(row.asks & asked) for row, asked in zip(rows, found, strict=True)),
        wrong=sum(bool(answers - row.asks) for row, answers in zip(rows, shown, strict=True)),
        answers=sum(map(len, shown)),
        microseconds=seconds / len(rows) * 1e6,
    )


if __name__ == "__main__":
    sys.stdout.write("".join(f"{part}: {score(part)}\n" for part in PINNED))
