"""The grammar of orders in comments, on some hundred comments of a market, and on what nobody would write."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.comment_orders.grammar import LINES_MOST, ReadOrder, may_name_code, read_order
from app.live.masking import mask_phone_numbers
from app.protocol.product_codes import is_product_code

CODES = frozenset(("A1", "A2", "A3", "A5", "A7", "A10", "A12", "A15", "B1", "B2", "B3", "C5", "MAT1"))
_CORPUS = Path(__file__).with_name("comments_corpus.txt")


def _cases() -> list[tuple[str, str]]:
    lines = _CORPUS.read_text("utf-8").splitlines()
    cases = [line.rpartition("=>") for line in lines if "=>" in line and not line.startswith("# Co")]
    return [(text.strip(), meant.strip()) for text, _, meant in cases]


def _told(order: ReadOrder | None) -> str:
    if order is None:
        return "-"
    lines = [
        line.code + (f"*{line.quantity}" if line.quantity != 1 else "") + (f" ({line.variant})" if line.variant else "")
        for line in order.lines
    ]
    return "; ".join(lines) + (" +phone" if order.has_phone else "")


CASES = _cases()


def test_there_are_several_hundred_comments():
    assert len(CASES) > 450
    assert sum(meant == "-" for _, meant in CASES) > 180


@pytest.mark.parametrize(("text", "meant"), CASES)
def test_a_comment_is_read_as_it_is_meant(text: str, meant: str):
    assert _told(read_order(text, CODES)) == meant


@pytest.mark.parametrize(("text", "meant"), [case for case in CASES if "+phone" in case[1]])
def test_the_masked_comment_in_the_archive_says_the_same(text: str, meant: str):
    masked = mask_phone_numbers(text)

    assert "***" in masked
    assert _told(read_order(masked, CODES)) == meant


@pytest.mark.parametrize("text", [text for text, meant in CASES if meant != "-"])
def test_no_order_is_passed_by_unread(text: str):
    assert may_name_code(text)


@pytest.mark.parametrize("text", ["xin chào", "ngon quá shop ơi", "❤️❤️", "chốt đơn", "", "còn hàng không ạ?"])
def test_talk_is_not_read_at_all(text: str):
    assert not may_name_code(text)


@pytest.mark.parametrize("code", ["A1", "A12", "MAT1", "ABCD999", "B3"])
def test_codes_that_can_be_read(code: str):
    assert is_product_code(code)
    assert read_order(f"chốt {code} x2", {code}) is not None


@pytest.mark.parametrize("code", ["", "A", "1", "a1", "A0", "A01", "X2", "SL3", "T2", "5K", "A1000", "ABCDE1", "A 1", "Đ1", "A1 ", "A1B"])
def test_codes_that_would_be_misread_are_none(code: str):
    assert not is_product_code(code)


def test_more_lines_than_an_order_has_are_left_to_a_person():
    codes = [f"C{number}" for number in range(1, LINES_MOST + 2)]

    assert read_order(" ".join(codes[:-1]), codes) is not None
    assert read_order(" ".join(codes), codes) is None


@pytest.mark.parametrize("text", ["A1 x1001", "A1 x999999999999999999999999", "A1 x0", "999999 A1"])
def test_absurd_quantities_are_left_to_a_person(text: str):
    assert read_order(text, CODES) is None


@given(st.text(max_size=300))
def test_anything_at_all_is_read_without_a_mistake(text: str):
    order = read_order(text, CODES)

    assert order is None or (1 <= len(order.lines) <= LINES_MOST and all(1 <= line.quantity <= 1000 for line in order.lines))


@pytest.mark.parametrize(
    "piece", ["A1 ", "A1x", "2 ", "a ", "x2 ", "0901234567 ", "còn không ", "A1,", "mỗi loại ", "1️⃣", "\u0300", "co a "]
)
def test_long_comments_of_one_piece_cost_little(piece: str):
    text = (piece * 300)[:300]
    taken = []
    for _ in range(20):
        started = time.thread_time()
        read_order(text, CODES)
        taken.append(time.thread_time() - started)

    assert min(taken) < 0.05
