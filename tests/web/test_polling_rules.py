"""When a page without a socket asks again: spread, slower while it fails, never sooner than the server wishes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.browser_module import call

CHANCES = [0.0, 0.25, 0.5, 0.999]


def answers(name: str, *situations: dict[str, Any]) -> list[Any]:
    return call("polling_rules.js", [(name, [situation]) for situation in situations])


def test_polls_come_every_two_to_four_seconds_and_are_spread() -> None:
    pauses = answers("nextPollMs", *({"failures": 0, "chance": chance} for chance in CHANCES))

    assert pauses == sorted(set(pauses))
    assert pauses[0] == 2_000
    assert 3_900 < pauses[-1] <= 4_000


def test_failures_double_the_pause_up_to_half_a_minute() -> None:
    pauses = answers("nextPollMs", *({"failures": failures, "chance": 0.5} for failures in range(8)))

    assert pauses == [3_000, 6_000, 12_000, 24_000, 30_000, 30_000, 30_000, 30_000]


def test_the_first_return_comes_soon_and_the_later_ones_once_in_twenty_to_sixty_seconds() -> None:
    first = answers("nextReturnMs", *({"tries": 0, "chance": chance} for chance in CHANCES))
    later = answers("nextReturnMs", *({"tries": tries, "chance": chance} for tries in (1, 5) for chance in CHANCES))

    assert all(4_000 <= pause <= 9_000 for pause in first)
    assert all(20_000 <= pause <= 60_000 for pause in later)


@pytest.mark.parametrize(("name", "count"), [("nextPollMs", "failures"), ("nextReturnMs", "tries")])
def test_nobody_comes_before_the_server_wishes_and_not_all_at_once(name: str, count: str) -> None:
    pauses = answers(name, *({count: 1, "chance": chance, "retryAfterMs": 120_000} for chance in CHANCES))

    assert all(pause >= 120_000 for pause in pauses)
    assert len(set(pauses)) == len(CHANCES)


def test_a_document_that_a_cache_kept_too_long_is_no_news() -> None:
    known = {"epoch": "a", "offset": 7}
    offered = [{"epoch": "a", "offset": 6}, {"epoch": "a", "offset": 7}, {"epoch": "a", "offset": 8}, {"epoch": "b", "offset": 1}]

    found = call("polling_rules.js", [("isNotOlder", [known, each]) for each in offered] + [("isNotOlder", [None, offered[0]])])

    assert found == [False, True, True, True, True]


def test_one_failure_is_not_worth_telling() -> None:
    assert call("polling_rules.js", [("isWorthTelling", [failures]) for failures in range(4)]) == [False, False, True, True]
