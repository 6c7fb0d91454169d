"""The server's clock on a phone that sleeps: what was measured before is void, what waited meanwhile says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.browser_module import call

SERVER = 1_000_000.0


def moment(at: float, *, asleep: float = 0.0) -> dict[str, float]:
    """`performance.now()` at `at`, after it stood still for `asleep` milliseconds."""
    return {"at": at, "wall": 500_000 + at + asleep}


def sample(at: float, *, trip: float, server: float, asleep: float = 0.0) -> dict[str, Any]:
    return {"serverTimeMs": server, "asked": moment(at - trip, asleep=asleep), "answered": moment(at, asleep=asleep)}


def after(known: dict[str, Any] | None, answer: dict[str, Any]) -> dict[str, Any] | None:
    (estimate,) = call("clock_rules.js", [("afterSample", [known, answer])])
    return None if estimate is None else dict(estimate)


def test_the_answer_that_travelled_fastest_is_kept() -> None:
    fast = after(None, sample(1_000, trip=40, server=SERVER))
    slow = after(fast, sample(2_000, trip=900, server=SERVER + 1_400))

    assert fast is not None
    assert fast["offset"] == SERVER + 20 - 1_000
    assert slow == fast


@pytest.mark.parametrize("asleep", [45_000, -45_000], ids=["the device slept", "its clock was set back"])
def test_after_a_jump_the_next_answer_counts_however_slow_it_was(asleep: float) -> None:
    before = after(None, sample(1_000, trip=40, server=SERVER))

    found = after(before, sample(2_000, trip=900, server=SERVER + 46_000, asleep=asleep))

    assert found is not None
    assert found["offset"] == SERVER + 46_000 + 450 - 2_000


def test_an_answer_that_waited_while_the_device_slept_says_nothing() -> None:
    waited = {"serverTimeMs": SERVER, "asked": moment(960), "answered": moment(1_000, asleep=45_000)}

    assert after(None, waited) is None


def test_a_word_from_the_server_corrects_a_clock_that_stood_still() -> None:
    before = after(None, sample(1_000, trip=40, server=SERVER))

    late, early = call(
        "clock_rules.js", [("afterWord", [before, SERVER + 46_000, moment(2_000)]), ("afterWord", [before, SERVER, moment(2_000)])]
    )

    assert late["offset"] == SERVER + 46_000 - 2_000
    assert early == before


def test_any_answer_is_better_than_a_word() -> None:
    (word,) = call("clock_rules.js", [("afterWord", [None, SERVER - 60_000, moment(1_000)])])

    found = after(word, sample(3_000, trip=2_500, server=SERVER))

    assert found is not None
    assert found["offset"] == SERVER + 1_250 - 3_000
