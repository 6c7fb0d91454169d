"""Places on waitlists as the page keeps them: who is called, who moves up, whose turn is over."""

from __future__ import annotations

from typing import Any

from app.protocol.server_events import WaitlistCalled
from tests.web.browser_module import call
from tests.web.test_room_state import a_mirror, a_snapshot, a_tick, an_id, browser_states


def an_entry(entry: str, place: int, until_ms: int | None = None) -> dict[str, Any]:
    return {"entryId": entry, "place": place, "untilMs": until_ms}


def after_call(entries: dict[str, Any], *called: str, offer: str = "honey") -> dict[str, Any]:
    (found,) = call("waitlist_rules.js", [("afterCall", [entries, {"offerId": offer, "entryIds": called, "untilMs": 5_000}])])
    return dict(found)


def test_whoever_is_named_is_called_until_the_given_time() -> None:
    assert after_call({"honey": an_entry("me", 2)}, "her", "me") == {"honey": an_entry("me", 1, 5_000)}


def test_calls_of_others_bring_one_forward_but_never_before_the_first_place() -> None:
    assert after_call({"honey": an_entry("me", 4)}, "her", "him")["honey"]["place"] == 2
    assert after_call({"honey": an_entry("me", 1)}, "her", "him")["honey"] == an_entry("me", 1)


def test_calls_of_other_offers_and_later_calls_change_nothing() -> None:
    waiting, called = {"honey": an_entry("me", 3)}, {"honey": an_entry("me", 1, 9_000)}

    assert after_call(waiting, "me", offer="tea") == waiting
    assert after_call(called, "me") == called


def test_a_turn_that_is_over_is_taken_away_and_named() -> None:
    entries = {"honey": an_entry("a", 1, 5_000), "tea": an_entry("b", 1, 5_001), "rice": an_entry("c", 7)}

    (found,) = call("waitlist_rules.js", [("withoutLapsed", [entries, 5_000])])

    assert (sorted(found["kept"]), found["lapsed"]) == (["rice", "tea"], ["honey"])


def test_the_turn_that_ends_first_comes_first() -> None:
    entries = {"honey": an_entry("a", 1, 7_000), "tea": an_entry("b", 1, 5_000), "rice": an_entry("c", 1)}

    assert call("waitlist_rules.js", [("firstCalled", [entries]), ("firstCalled", [{"rice": an_entry("c", 1)}])]) == ["tea", None]


def test_calls_in_the_rooms_log_are_kept_over_a_snapshot() -> None:
    called = WaitlistCalled(offer_id=an_id(101), entry_ids=(an_id(7),), until_ms=5_000)

    (state,) = browser_states([a_snapshot(a_mirror(), 0), a_tick([called], 0), a_snapshot(a_mirror(), 9)])

    assert state["calls"] == [{"offerId": str(an_id(101)), "entryIds": [str(an_id(7))], "untilMs": 5_000}]
