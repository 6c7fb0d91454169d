"""How many questions are recognised, how many answers are wrong, on comments that the rules were built on and on comments they never saw."""

from __future__ import annotations

import string
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.questions import QUESTION_KINDS
from app.questions.naming import Shelf, ShelfProduct
from app.questions.recognising import Asked, recognise
from tests.questions.corpus import Labelled, Part, demo_shelf, labelled, score

HONEY, ORANGE, POMELO = UUID(int=1), UUID(int=2), UUID(int=3)
SHELF = Shelf(
    [
        ShelfProduct(HONEY, "A1", "Mật ong hoa rừng"),
        ShelfProduct(ORANGE, "A2", "Cam Vũ Quang"),
        ShelfProduct(POMELO, "A12", "Bưởi Phúc Trạch"),
        ShelfProduct(UUID(int=4), "A5", "Cam bù Hương Sơn"),
    ],
    places=["Hương Sơn", "Phúc Trạch"],
)


@pytest.mark.parametrize("part", ["build", "heldout"])
def test_questions_are_recognised_and_answers_are_right(part: Part) -> None:
    reached = score(part)
    print(f"{part}: {reached}")  # noqa: T201 - the figures of docs/questions.md

    assert reached.recall >= 0.91
    assert reached.wrong_share <= 0.02


def test_the_corpus_is_large_mixed_and_its_parts_share_no_comment() -> None:
    built, held_out = labelled("build"), labelled("heldout")
    everything = [*built, *held_out]

    assert len(everything) >= 600
    assert len(held_out) >= 200
    assert sum(not each.asks for each in everything) >= 0.35 * len(everything)
    assert {asked.kind for each in held_out for asked in each.asks} == set(QUESTION_KINDS)
    assert len({each.text.lower() for each in everything}) == len(everything)


def test_the_score_sees_wrong_answers_and_missed_questions() -> None:
    """A control: the same comments with labels that do not fit."""
    asks_price = [each for each in labelled("build") if {asked.kind for asked in each.asks} == {"price"}]
    silent = [each for each in labelled("build") if not each.asks]
    swapped = [Labelled(each.text, frozenset()) for each in asks_price] + [Labelled(each.text, asks_price[0].asks) for each in silent]

    reached = score("build", swapped)

    assert reached.wrong >= 0.9 * len(asks_price)
    assert reached.recognised == 0


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("mật ong bao nhiêu ạ", Asked("price", HONEY)),
        ("matong bn", Asked("price", HONEY)),
        ("A12 còn không", Asked("stock", POMELO)),
        ("mã 2 giá sao", Asked("price", ORANGE)),
        ("Vũ Quang còn hàng ko", Asked("stock", ORANGE)),
        ("giá sao shop", Asked("price", POMELO)),
        ("cam giá bao nhiêu", Asked("price", None, is_clear=False)),
        ("sầu riêng còn không", Asked("stock", None, is_clear=False)),
        ("bưởi với mật ong cái nào rẻ hơn, giá sao", Asked("price", None, is_clear=False)),
        ("hàng Hương Sơn thật không", Asked("origin", POMELO)),
    ],
)
def test_the_product_is_the_named_one_else_the_pinned_one(text: str, asked: Asked) -> None:
    """Two that fit, or one that the session has not, are no product: no answer is better than another's."""
    assert recognise(text, SHELF, POMELO) == (asked,)


def test_without_a_pin_a_question_has_no_product() -> None:
    assert recognise("giá bao nhiêu ạ", SHELF, None) == (Asked("price", None, is_clear=False),)
    assert recognise("ship bao nhiêu ạ", SHELF, None) == (Asked("delivery_fee", None),)


@given(st.text(max_size=300))
def test_whatever_is_said_is_read_the_same_way_every_time(text: str) -> None:
    assert recognise(text, demo_shelf(), HONEY) == recognise(text, demo_shelf(), HONEY)


@given(
    st.lists(
        st.sampled_from(["gia", "bao", "nhieu", "con", "khong", "co", "ship", "hang", "HAN", "mua", "may", "|", "?", ","]), max_size=75
    )
)
def test_words_of_rules_in_any_order_are_read_quickly(words: list[str]) -> None:
    """No order of words makes a rule look again and again: one comment stays far below the slice that the loop gives up."""
    line = " ".join(words)[:300]

    assert len(recognise(line, demo_shelf(), HONEY)) <= len(QUESTION_KINDS)


def test_names_of_products_may_hold_any_sign() -> None:
    shelf = Shelf([ShelfProduct(HONEY, "A1", string.punctuation), ShelfProduct(ORANGE, "A2", "Mật (ong) [rừng]+")])

    assert recognise("mật ong giá sao", shelf, None) == (Asked("price", ORANGE),)
