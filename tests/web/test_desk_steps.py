"""The order desk offers exactly what the ledger takes, and what comes of a call."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from app.ledger.kinds import LATER_KINDS, may_follow, state_of
from tests.web.browser_module import call

KINDS = ("placed", *LATER_KINDS)
HISTORIES = [list(had) for size in range(len(KINDS) + 1) for had in combinations(KINDS, size)]
# What really happens: some step at a time that was allowed.
REACHABLE = [["placed"]]
for _had in REACHABLE:
    REACHABLE += [
        [*_had, kind] for kind in LATER_KINDS if may_follow(kind, _had) and {*_had, kind} not in [set(each) for each in REACHABLE]
    ]


def choices(had: list[str]) -> list[dict[str, Any]]:
    (found,) = call("desk_steps.js", [("choicesFor", [had])])
    return list(found)


def test_the_rules_are_the_ledgers_rules() -> None:
    asked = [("mayFollow", [kind, had]) for had in HISTORIES for kind in LATER_KINDS]

    assert call("desk_steps.js", asked) == [may_follow(kind, had) for had in HISTORIES for kind in LATER_KINDS]


def test_the_state_of_an_order_is_the_one_of_the_list() -> None:
    assert call("desk_steps.js", [("stateOf", [had]) for had in HISTORIES]) == [state_of(had) for had in HISTORIES]


def test_no_outcome_is_offered_that_the_ledger_would_refuse_and_every_key_means_one_thing() -> None:
    for had, offered in zip(REACHABLE, call("desk_steps.js", [("choicesFor", [had]) for had in REACHABLE]), strict=True):
        assert all(choice["kind"] is None or may_follow(choice["kind"], had) for choice in offered), had
        assert len({choice["key"] for choice in offered}) == len(offered)
        assert {choice["key"] for choice in offered} <= set("1234567")


def test_while_a_buyer_is_to_be_called_the_keys_say_what_came_of_the_call() -> None:
    found = [(choice["key"], choice["outcome"], choice["kind"], choice["asks"]) for choice in choices(["placed"])]

    assert found == [
        ("1", "agreed", "confirmed", ""),
        ("2", "no_answer", None, ""),
        ("3", "busy", None, ""),
        ("4", "call_back", None, "times"),
        ("5", "wrong_number", None, ""),
        ("6", "refused", "cancelled", "reasons"),
    ]
    assert [choice["outcome"] for choice in found_again(["placed", "confirmed"])] == [each[1] for each in found]
    assert [(choice["key"], choice["kind"]) for choice in choices(["placed", "confirmed"])[:2]] == [
        ("1", "delivered"),
        ("2", "handed_over"),
    ]
    assert "2" not in {choice["key"] for choice in choices(["placed", "confirmed", "handed_over"])}


def found_again(had: list[str]) -> list[dict[str, Any]]:
    """The choices of an order that was changed after its buyer agreed."""
    (found,) = call("desk_steps.js", [("choicesFor", [had, False, True])])
    return list(found)


def test_whatever_loses_an_order_asks_for_a_second_press() -> None:
    for had, offered in zip(REACHABLE, call("desk_steps.js", [("choicesFor", [had]) for had in REACHABLE]), strict=True):
        assert all(choice["isDangerous"] == (choice["kind"] in {"cancelled", "returned", "refunded"}) for choice in offered), had


def test_times_to_call_again_are_ahead_and_by_day_in_vietnam() -> None:
    morning, night = 1_795_831_200_000, 1_795_882_800_000
    for now in (morning, night):
        (times,) = call("desk_steps.js", [("callTimes", [now])])
        hours = [(each["at_ms"] + 7 * 3_600_000) % 86_400_000 / 3_600_000 for each in times]
        assert [each["key"] for each in times] == list("123456")
        assert all(now < each["at_ms"] <= now + 2 * 86_400_000 for each in times)
        assert hours[3:] == [11.5, 19.0, 8.0]
