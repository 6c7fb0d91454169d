"""The order desk offers exactly what the ledger takes, and works through its queue in a fair order."""

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


def an_order(number: int, state: str = "placed", due_at_ms: int = 0) -> dict[str, Any]:
    return {"order_id": f"order-{number}", "number": number, "state": state, "due_at_ms": due_at_ms}


def numbers(orders: list[dict[str, Any]], queue: str, later: list[str] | None = None) -> list[int]:
    (found,) = call("desk_steps.js", [("inQueue", [orders, queue, later or []])])
    return [order["number"] for order in found]


def test_the_rules_are_the_ledgers_rules() -> None:
    asked = [("mayFollow", [kind, had]) for had in HISTORIES for kind in LATER_KINDS]

    assert call("desk_steps.js", asked) == [may_follow(kind, had) for had in HISTORIES for kind in LATER_KINDS]


def test_the_state_of_an_order_is_the_one_of_the_list() -> None:
    assert call("desk_steps.js", [("stateOf", [had]) for had in HISTORIES]) == [state_of(had) for had in HISTORIES]


def test_no_outcome_is_offered_that_the_ledger_would_refuse_and_every_key_means_one_thing() -> None:
    for had, offered in zip(REACHABLE, call("desk_steps.js", [("choicesFor", [had]) for had in REACHABLE]), strict=True):
        assert all(choice["kind"] == "later" or may_follow(choice["kind"], had) for choice in offered), had
        assert len({choice["key"] for choice in offered}) == len(offered)
        assert {choice["key"] for choice in offered} <= set("1234567")


def test_a_new_order_is_confirmed_put_off_or_lost_for_a_reason() -> None:
    found = [(choice["key"], choice["kind"], choice["reason"]) for choice in choices(["placed"])]

    assert found == [
        ("1", "confirmed", ""),
        ("2", "later", ""),
        ("3", "cancelled", "no_answer"),
        ("4", "cancelled", "wrong_number"),
        ("5", "cancelled", "refused"),
        ("6", "cancelled", "duplicate"),
    ]


def test_whatever_loses_an_order_asks_for_a_second_press() -> None:
    for had in REACHABLE:
        assert all(choice["isDangerous"] == (choice["kind"] in {"cancelled", "returned", "refunded"}) for choice in choices(had))


def test_the_most_urgent_is_called_first_and_whoever_was_put_off_comes_last() -> None:
    orders = [an_order(1, due_at_ms=90), an_order(2, due_at_ms=30), an_order(3, due_at_ms=60), an_order(4, "confirmed")]

    assert numbers(orders, "call") == [2, 3, 1]
    assert numbers(orders, "call", ["order-2"]) == [3, 1, 2]
    assert numbers(orders, "call", ["order-3", "order-2"]) == [1, 3, 2]
    assert numbers(orders, "ship") == [4]


def test_what_is_done_stands_newest_first() -> None:
    orders = [an_order(number, state) for number, state in enumerate(("delivered", "cancelled", "expired", "placed"), start=1)]

    assert numbers(orders, "done") == [3, 2, 1]
