"""The revenue ladder follows each order: what reached a step, what was lost on the way, what still waits."""

from __future__ import annotations

from uuid import UUID, uuid4

from app.ledger.chain import Entry, EntryLine
from app.ledger.kinds import EntryKind
from app.reports.ladder import RevenueLadder
from app.reports.schemas import LadderStep


def a_line(quantity: int, price_vnd: int = 100) -> EntryLine:
    return EntryLine(UUID(int=1), UUID(int=2), UUID(int=3), quantity, price_vnd)


def a_course(*facts: tuple[EntryKind, int, int]) -> dict[str, LadderStep]:
    """Steps of one order of goods at 100, given as (kind, units, money beside them)."""
    ladder, order_id = RevenueLadder(), uuid4()
    for seq, (kind, quantity, money_vnd) in enumerate(facts, start=1):
        lines = (a_line(quantity),) if quantity else ()
        ladder.add(Entry(UUID(int=9), seq, kind, order_id, "b", 0, lines, money_vnd=money_vnd))
    return {step.name: step for step in ladder.steps()}


def amounts(steps: dict[str, LadderStep]) -> list[int]:
    return [step.amount_vnd for step in steps.values()]


def lost(steps: dict[str, LadderStep]) -> dict[str, int]:
    return {name: loss.amount_vnd for name, step in steps.items() for loss in step.losses}


def a_ladder(*courses: tuple[int, list[EntryKind]], reason: str = "", returned_vnd: int = 0) -> dict[str, LadderStep]:
    """Steps of orders given as (amount, kinds after placed)."""
    ladder = RevenueLadder()
    seq = 0
    for amount_vnd, kinds in courses:
        order_id = uuid4()
        for kind in ("placed", *kinds):
            seq += 1
            amount = returned_vnd if returned_vnd and kind in {"returned", "refunded"} else amount_vnd
            lines = (EntryLine(UUID(int=1), UUID(int=2), UUID(int=3), 1, amount),)
            ladder.add(Entry(UUID(int=9), seq, kind, order_id, "b", 0, lines, "" if kind == "placed" else reason))
    return {step.name: step for step in ladder.steps()}


def test_each_step_counts_the_orders_that_reached_it() -> None:
    steps = a_ladder((100, ["confirmed", "paid", "delivered"]), (50, ["confirmed"]), (30, []))

    assert {name: (step.orders, step.amount_vnd) for name, step in steps.items()} == {
        "placed": (3, 180),
        "confirmed": (2, 150),
        "delivered": (1, 100),
        "paid": (1, 100),
        "net": (1, 100),
    }
    assert (steps["confirmed"].waiting_orders, steps["confirmed"].waiting_amount_vnd) == (1, 30)
    assert (steps["delivered"].waiting_orders, steps["delivered"].waiting_amount_vnd) == (1, 50)


def test_an_order_paid_without_a_call_counts_as_confirmed() -> None:
    steps = a_ladder((100, ["paid"]))

    assert (steps["confirmed"].orders, steps["confirmed"].amount_vnd) == (1, 100)


def test_an_order_lost_after_payment_is_lost_before_delivery_and_once() -> None:
    steps = a_ladder((100, ["confirmed", "paid", "cancelled", "refunded"]), reason="out_of_reach")

    assert [(name, loss.kind, loss.orders, loss.amount_vnd) for name, step in steps.items() for loss in step.losses] == [
        ("delivered", "cancelled", 1, 100)
    ]
    assert steps["delivered"].losses[0].reason == "out_of_reach"
    assert steps["net"].amount_vnd == 0


def test_returned_and_refunded_is_one_loss() -> None:
    steps = a_ladder((100, ["confirmed", "delivered", "paid", "returned", "refunded"]), (40, ["confirmed", "delivered", "paid"]))

    assert (steps["delivered"].amount_vnd, steps["net"].orders, steps["net"].amount_vnd) == (140, 1, 40)
    assert [(loss.kind, loss.amount_vnd) for loss in steps["net"].losses] == [("returned", 100)]


def test_a_part_that_came_back_and_was_refunded_is_taken_off_once() -> None:
    steps = a_ladder((100, ["confirmed", "delivered", "paid", "returned", "refunded"]), returned_vnd=30)

    assert (steps["net"].orders, steps["net"].amount_vnd) == (1, 70)
    assert [(loss.kind, loss.amount_vnd) for loss in steps["net"].losses] == [("returned", 30)]


def test_an_expired_hold_never_waits() -> None:
    steps = a_ladder((100, ["expired"]))

    assert (steps["confirmed"].orders, steps["confirmed"].waiting_orders) == (0, 0)
    assert steps["confirmed"].losses[0].kind == "expired"


def test_steps_from_placed_to_confirmed_account_for_every_dong() -> None:
    steps = a_ladder((100, ["confirmed"]), (70, ["cancelled"]), (30, ["expired"]), (11, []))

    confirmed = steps["confirmed"]
    assert (
        steps["placed"].amount_vnd
        == confirmed.amount_vnd + sum(loss.amount_vnd for loss in confirmed.losses) + confirmed.waiting_amount_vnd
    )


def test_what_was_delivered_and_nobody_has_paid_for_waits_and_is_never_net() -> None:
    steps = a_ladder((100, ["confirmed", "delivered"]), (40, ["confirmed", "delivered", "paid"]))

    assert amounts(steps) == [140, 140, 140, 40, 40]
    assert (steps["paid"].waiting_orders, steps["paid"].waiting_amount_vnd) == (1, 100)
    assert steps["net"].waiting_orders == 0


def test_money_that_came_before_the_goods_stands_beside_the_ladder_until_they_are_delivered() -> None:
    before, after = a_ladder((100, ["paid"])), a_ladder((100, ["paid", "delivered"]))

    assert (amounts(before), before["paid"].paid_before_orders, before["paid"].paid_before_vnd) == ([100, 100, 0, 0, 0], 1, 100)
    assert (amounts(after), after["paid"].paid_before_orders) == ([100, 100, 100, 100, 100], 0)


def test_a_change_stands_between_what_was_placed_and_what_was_agreed() -> None:
    steps = a_course(("placed", 2, 0), ("changed", -1, 0), ("confirmed", 1, 0), ("delivered", 1, 0), ("paid", 1, 0))

    assert amounts(steps) == [200, 100, 100, 100, 100]
    assert (steps["confirmed"].changed_orders, steps["confirmed"].changed_vnd) == (1, -100)


def test_what_is_agreed_and_changed_later_counts_as_it_is_by_now() -> None:
    steps = a_course(("placed", 2, 0), ("confirmed", 2, 0), ("changed", 1, 0))

    assert (amounts(steps), steps["delivered"].waiting_amount_vnd) == ([200, 300, 0, 0, 0], 300)


def test_a_changed_order_that_is_cancelled_loses_what_it_was_by_then() -> None:
    steps = a_course(("placed", 3, 0), ("changed", -2, 0), ("cancelled", 1, 0))

    assert (amounts(steps), lost(steps)) == ([300, 0, 0, 0, 0], {"confirmed": 100})
    assert steps["confirmed"].changed_vnd == -200


def test_what_comes_back_at_the_door_is_lost_before_the_money_and_what_comes_back_later_after_it() -> None:
    steps = a_course(("placed", 3, 0), ("confirmed", 3, 0), ("delivered", 3, 0), ("returned", 1, 0), ("paid", 2, 0), ("returned", 1, 0))

    assert (amounts(steps), lost(steps)) == ([300, 300, 300, 200, 100], {"paid": 100, "net": 100})
    assert (steps["paid"].units, steps["net"].units, steps["paid"].waiting_orders) == (2, 1, 0)


def test_a_refund_without_a_return_is_lost_and_money_that_was_too_much_is_not() -> None:
    goodwill = a_course(("placed", 2, 0), ("paid", 2, 0), ("delivered", 2, 0), ("refunded", 0, 50))
    too_much = a_course(("placed", 2, 0), ("paid", 2, 0), ("changed", -1, 0), ("delivered", 1, 0), ("refunded", 0, 100))

    assert (amounts(goodwill)[-2:], lost(goodwill)) == ([200, 150], {"net": 50})
    assert (amounts(too_much)[-2:], lost(too_much)) == ([100, 100], {})


def test_the_rest_of_the_money_for_an_order_that_grew_is_collected_when_it_comes() -> None:
    grown: tuple[tuple[EntryKind, int, int], ...] = (("placed", 1, 0), ("paid", 1, 0), ("changed", 2, 0), ("delivered", 3, 0))

    before, after = a_course(*grown), a_course(*grown, ("paid", 0, 200))

    assert (amounts(before)[-3:], before["paid"].waiting_amount_vnd) == ([300, 100, 100], 200)
    assert (amounts(after)[-3:], after["paid"].waiting_orders) == ([300, 300, 300], 0)
