"""The revenue ladder follows each order: what reached a step, what was lost on the way, what still waits."""

from __future__ import annotations

from uuid import UUID, uuid4

from app.ledger.chain import Entry, EntryLine
from app.ledger.kinds import EntryKind
from app.reports.ladder import RevenueLadder
from app.reports.schemas import LadderStep


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
        "paid": (1, 100),
        "delivered": (1, 100),
        "net": (1, 100),
    }
    assert (steps["confirmed"].waiting_orders, steps["confirmed"].waiting_amount_vnd) == (1, 30)
    assert (steps["paid"].waiting_orders, steps["paid"].waiting_amount_vnd) == (1, 50)


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
