"""Amounts as people in Vietnam write them; what could mean something else is none."""

from __future__ import annotations

from tests.web.browser_module import call

READ = {
    "0": 0,
    "5": 5,
    "2801879": 2_801_879,
    "2.801.879": 2_801_879,
    "2,801,879": 2_801_879,
    "2 801 879": 2_801_879,
    "2\u00a0801\u00a0879": 2_801_879,
    "2.801.879đ": 2_801_879,
    "2.801.879 ₫": 2_801_879,
    "2.801.879\u00a0₫": 2_801_879,
    "120000 VND": 120_000,
    "120.000vnd": 120_000,
    "120.000 VNĐ": 120_000,
    "  120.000  ": 120_000,
    "1.000": 1_000,
    "12,000": 12_000,
    "999.999.999.999": 999_999_999_999,
}
REFUSED = [
    *("", " ", "đ", "₫", "VND", "abc", "một triệu"),
    *("2.801.879,00", "2,801,879.00", "12.5", "12,50", "0.001", "1.2345", "1234.567", "1.23.456", "12.", ".500", "1..000"),
    *("1.000,000", "1,000.000", "1 000.000", "1  000", "1.000 000", "1\n000"),
    *("1e5", "0x10", "-5", "+5", "\u22125", "5-", "1/2", "1_000", "1'000"),
    *("5 đ đ", "đ 5", "5 USD", "5k", "5tr", "1.000 VND VND", "١٢٣", "\uff15\uff10\uff10", "9" * 17),
]


def test_amounts_are_read_as_they_are_written() -> None:
    found = call("amount_rules.js", [("vndOf", [typed]) for typed in READ])

    assert dict(zip(READ, found, strict=True)) == READ


def test_what_could_mean_something_else_is_no_amount() -> None:
    found = call("amount_rules.js", [("vndOf", [typed]) for typed in REFUSED])

    assert {typed: value for typed, value in zip(REFUSED, found, strict=True) if value is not None} == {}


def test_weights_and_counts_have_the_same_groups_and_no_unit() -> None:
    found = call("amount_rules.js", [("wholeOf", [typed]) for typed in ("500", "1.500", "12.5", "1,5", "500 đ", "-5", "1e3")])

    assert found == [500, 1_500, None, None, None, None, None]
