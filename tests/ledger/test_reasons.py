"""Reasons why orders end: each has words and a side, and a report does not guess where nobody gave one."""

from __future__ import annotations

from pathlib import Path
from re import findall
from typing import get_args

import pytest

from app.fulfilment.buyer_schemas import CancelReason
from app.ledger.kinds import EntryKind
from app.ledger.reasons import REASONS, SIDES, Side, side_of_loss, words_of_loss, words_of_reasons
from app.web.texts import Language, texts_for

STEPS = Path(__file__).parents[2] / "app/web/static/js/desk_steps.js"


def test_every_reason_that_buyers_and_the_desk_may_give_has_words() -> None:
    (listed,) = findall(r"REASONS = [^\[]*\[([^\]]+)\]", STEPS.read_text(encoding="utf-8"))

    assert set(get_args(CancelReason)) <= REASONS.keys()
    assert {"no_answer", "out_of_stock"} <= set(findall(r'"([a-z_]+)"', listed)) <= REASONS.keys()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_words_of_reasons_are_the_pages_words(language: Language) -> None:
    assert words_of_reasons(language).items() <= texts_for(language).items()
    assert all(words.strip() for words in words_of_reasons(language).values())


@pytest.mark.parametrize(
    ("kind", "reason", "side", "words"),
    [
        ("cancelled", "buyer_too_slow", "buyer", "Người mua hủy: chờ lâu"),
        ("cancelled", "out_of_stock", "seller", "Hủy: không đủ hàng"),
        ("expired", "", "clock", "Quá hạn"),
        ("returned", "", None, None),
        ("cancelled", "a_code_of_yesterday", None, "a_code_of_yesterday"),
    ],
)
def test_a_loss_says_why_and_with_whom_it_lay_and_does_not_guess(
    kind: EntryKind, reason: str, side: Side | None, words: str | None
) -> None:
    assert side_of_loss(kind, reason) == side
    assert words_of_loss(kind, reason)[0] == words or words is None
    assert side is None or side in SIDES
