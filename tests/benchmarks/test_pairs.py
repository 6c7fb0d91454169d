"""What pairs of measurements say, and how tables show it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.pairs import Pair, Spread, in_turns, ratios_of, spread_of
from benchmarks.sheet import Sheet, shown

FIGURES = st.floats(min_value=0.01, max_value=1e6)


@given(
    drift=st.lists(st.floats(min_value=0.1, max_value=10), min_size=1, max_size=20),
    ours=FIGURES,
    theirs=FIGURES,
)
def test_a_machine_that_is_slower_for_a_while_does_not_change_the_ratio(drift: list[float], ours: float, theirs: float) -> None:
    ratio = ratios_of([Pair(ours * slower, theirs * slower) for slower in drift])

    assert ratio is not None
    for value in (ratio.median, ratio.lowest, ratio.highest):
        assert value == pytest.approx(ours / theirs)


def test_the_ratio_is_the_median_of_the_pairs_own_ratios_not_the_ratio_of_medians() -> None:
    # The machine was ten times slower in the last pair.
    pairs = [Pair(10, 10), Pair(12, 10), Pair(200, 100)]

    assert ratios_of(pairs) == Spread(median=1.2, lowest=1.0, highest=2.0, count=3)
    assert spread_of(pair.ours for pair in pairs) == Spread(12, 10, 200, 3)


def test_an_even_number_of_values_has_its_median_between_the_middle_two() -> None:
    assert spread_of([4.0, 1.0, 2.0, 3.0]) == Spread(2.5, 1.0, 4.0, 4)


@pytest.mark.parametrize("broken", [Pair(0, 5), Pair(5, 0), Pair(math.inf, 5), Pair(5, math.nan)])
def test_a_pair_without_a_figure_on_one_side_says_nothing(broken: Pair) -> None:
    assert ratios_of([broken, Pair(3, 2)]) == Spread(1.5, 1.5, 1.5, 1)
    assert ratios_of([broken]) is None


def test_both_sides_go_first_equally_often_and_a_steady_drift_favours_nobody() -> None:
    order = [name for number in range(4) for name in in_turns(number, "ours", "theirs")]
    moments: dict[str, list[int]] = {"ours": [], "theirs": []}
    for moment, name in enumerate(order):
        moments[name].append(moment)

    assert order[:4] == ["ours", "theirs", "theirs", "ours"]
    assert sum(moments["ours"]) == sum(moments["theirs"])


def test_tables_show_the_median_with_both_ends() -> None:
    assert shown(spread_of([1.0, 1.046, 1.2])) == "1.05 (1.00 to 1.20)"
    assert shown(spread_of([12_345.6]), ".0f") == "12,346 (12,346 to 12,346)"
    assert shown(None) == "-"


def test_a_sheet_is_a_markdown_table_with_figures_to_the_right() -> None:
    sheet = Sheet("Two servers", ("server", "µs"), [("ours", "3.1"), ("theirs", "4.2")])

    assert sheet.as_markdown().splitlines() == [
        "**Two servers**",
        "",
        "| server | µs |",
        "| --- | ---: |",
        "| ours | 3.1 |",
        "| theirs | 4.2 |",
    ]
