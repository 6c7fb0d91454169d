"""How often a room ticks."""

from __future__ import annotations

import re

import pytest

from app.live.cadence import Cadence
from app.realtime.hub import RoundCost
from app.settings import RealtimeSettings
from app.web.modules import SCRIPTS_DIR

SETTINGS = RealtimeSettings(tick_min_seconds=0.25, tick_max_seconds=4.3)


def cadence_of(*, core_share: float = 1.0, is_rush: bool = False) -> Cadence:
    cadence = Cadence(SETTINGS, core_share=core_share)
    cadence.note_rush(is_rush)
    return cadence


def interval_after(cost: RoundCost, *, core_share: float = 1.0, is_rush: bool = False) -> float:
    cadence = cadence_of(core_share=core_share, is_rush=is_rush)
    for _ in range(50):
        cadence.note_round(cost)
    return cadence.seconds


def silence_of_a_crowded_room() -> float:
    """After so many seconds without a frame the page asks."""
    found = re.search(r"CROWDED_SILENCE_MS = ([\d_]+);", (SCRIPTS_DIR / "connection.js").read_text(encoding="utf-8"))
    assert found
    return int(found[1]) / 1000


def test_a_small_room_ticks_at_the_shortest_interval() -> None:
    assert interval_after(RoundCost(0.01, 0.01)) == pytest.approx(0.25)


def test_rounds_take_a_quarter_of_a_core() -> None:
    assert interval_after(RoundCost(0.2, 0.2)) == pytest.approx(0.8, rel=0.01)


def test_workers_that_share_a_core_share_its_quarter() -> None:
    assert interval_after(RoundCost(0.2, 0.1), core_share=0.25) == pytest.approx(1.6, rel=0.01)


def test_a_round_that_others_slow_down_takes_half_of_the_time_at_most() -> None:
    assert interval_after(RoundCost(0.9, 0.1)) == pytest.approx(1.8, rel=0.01)


def test_the_longest_interval_is_never_exceeded() -> None:
    assert interval_after(RoundCost(9.0, 9.0), core_share=0.1) == 4.3


def test_rounds_give_way_to_a_rush_but_pages_need_not_ask_whether_anybody_is_there() -> None:
    assert interval_after(RoundCost(0.2, 0.2), is_rush=True) == pytest.approx(2.5, rel=0.01)
    longest = cadence_of(core_share=0.1, is_rush=True)
    for _ in range(50):
        longest.note_round(RoundCost(9.0, 9.0))

    assert longest.seconds == 12.0
    # the widest gap, and four seconds for a round that others delay
    assert longest.seconds + longest.spread_seconds + 4.0 < silence_of_a_crowded_room()


def test_the_log_is_read_again_after_a_tenth_of_the_interval_but_soon_for_what_is_urgent() -> None:
    crowded = cadence_of(core_share=0.1)
    for _ in range(50):
        crowded.note_round(RoundCost(9.0, 9.0))

    assert cadence_of().reading_seconds == pytest.approx(0.025)
    assert crowded.reading_seconds == pytest.approx(0.25)


def test_one_slow_round_does_not_change_the_pace_at_once() -> None:
    cadence = cadence_of()
    for _ in range(50):
        cadence.note_round(RoundCost(0.1, 0.1))
    cadence.note_round(RoundCost(0.4, 0.4))

    assert cadence.seconds < 0.75


def test_only_workers_that_share_a_core_spread_their_rounds() -> None:
    alone, crowded = cadence_of(), cadence_of(core_share=0.25)
    for _ in range(50):
        crowded.note_round(RoundCost(0.5, 0.25))

    assert alone.spread_seconds == 0
    assert crowded.spread_seconds == pytest.approx(1.0, rel=0.01)


def test_figures_are_asked_for_a_tenth_of_the_interval_before_the_tick() -> None:
    assert cadence_of().lead_seconds == pytest.approx(0.025)
