"""What the board reads from its samples of the last minutes: rates, a fall of viewers, more comments than one can read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.browser_module import call

MODULE = "board_samples.js"


def sample(at: float, viewers: int = 0, *, orders: int = 0, revenue: int = 0, comments: int = 0) -> dict[str, float]:
    return {"at": at, "viewers": viewers, "orders": orders, "revenue": revenue, "comments": comments}


def one(name: str, *arguments: object) -> Any:
    (result,) = call(MODULE, [(name, arguments)])
    return result


def test_rates_are_what_came_in_the_minute_before() -> None:
    samples = [sample(0, comments=10), sample(30, comments=40), sample(60, comments=90), sample(90, comments=100)]

    assert one("inMinuteBefore", samples, samples[-1], "comments") == 60
    assert one("inMinuteBefore", samples, samples[0], "comments") == 0


@pytest.mark.parametrize(
    ("viewers", "fall"),
    [
        ([100, 95, 69], {"before": 100, "now": 69}),
        ([100, 95, 71], None),
        ([10, 9, 2], None),
        ([40, 100, 90], None),
        ([], None),
    ],
    ids=["a third gone", "a little less", "a handful", "more than before", "nothing yet"],
)
def test_a_fall_of_viewers_is_worth_a_word_when_many_have_gone(viewers: list[int], fall: dict[str, int] | None) -> None:
    assert one("fallOfViewers", [sample(60.0 * place, count) for place, count in enumerate(viewers)]) == fall


def test_a_fall_of_long_ago_is_no_news() -> None:
    assert one("fallOfViewers", [sample(0, 100), sample(200, 50), sample(400, 48)]) is None


def test_comments_are_too_many_when_nobody_can_read_them() -> None:
    calm = [sample(0), sample(60, comments=120)]
    flood = [sample(0), sample(60, comments=121)]

    assert one("tooManyComments", calm) is None
    assert one("tooManyComments", flood) == 121


def test_minutes_of_before_become_samples_with_sums() -> None:
    minutes = [
        {"minute_at": "2026-11-28T10:00:00Z", "viewers_average": 9.6, "orders_placed": 2, "revenue_placed_vnd": 100, "comments": 5},
        {"minute_at": "2026-11-28T10:01:00Z", "viewers_average": 20, "orders_placed": 1, "revenue_placed_vnd": 50, "comments": 7},
    ]
    began = 1_795_860_000

    told = one("fromMinutes", minutes, began + 150)

    assert [(each["at"] - began, each["viewers"], each["orders"], each["revenue"], each["comments"]) for each in told] == [
        (60, 10, 2, 100, 5),
        (120, 20, 3, 150, 12),
    ]
