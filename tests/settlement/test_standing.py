"""Where an order stands for a producer: every đồng is somewhere, uncollected money is never payable, and shares sum to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.ledger.chain import Entry, EntryLine
from app.settlement.sharing import per_mille, shared
from app.settlement.standing import Beside, standings_of

SESSION, ORDER, MINE, OTHER = uuid4(), uuid4(), uuid4(), uuid4()
HONEY = EntryLine(None, uuid4(), MINE, 2, 100_000)
CAKE = EntryLine(None, uuid4(), OTHER, 3, 50_000)


def entries(*told: tuple[Any, ...]) -> list[Entry]:
    """(kind, lines, fee, money, reason), the last ones may be left out."""
    found = []
    for seq, fact in enumerate(told, start=1):
        whole: list[Any] = [*fact, *[None, (), 0, 0, ""][len(fact) :]]
        kind, lines, fee, money, reason = whole
        found.append(Entry(SESSION, seq, kind, ORDER, "b", 0, tuple(lines), reason, fee, money))
    return found


def vnd(found: Sequence[Entry], producer: UUID = MINE, beside: Beside = Beside()) -> dict[str, int]:  # noqa: B008 - frozen
    standing = standings_of(found, beside)[producer]
    sums: dict[str, int] = dict(standing.of_order)
    for figures in standing.vnd.values():
        for name, amount in figures.items():
            sums[name] = sums.get(name, 0) + amount
    return sums


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_shares_sum_to_exactly_the_amount_and_none_is_a_dong_from_its_proportion(amount: int, weights: list[int]) -> None:
    parts = shared(amount, weights)

    assert sum(parts) == amount
    assert all(part >= 0 for part in parts)
    if whole := sum(weights):
        assert all(abs(part * whole - amount * weight) < whole for part, weight in zip(parts, weights, strict=True))
        if amount <= whole:
            assert all(part <= weight for part, weight in zip(parts, weights, strict=True))


@given(st.integers(-(10**12), 10**12), st.integers(0, 1000))
def test_tax_of_what_is_taken_back_is_exactly_the_tax_that_was_kept(amount: int, rate: int) -> None:
    assert per_mille(amount, rate) + per_mille(-amount, rate) == 0
    assert abs(per_mille(amount, rate) * 1000 - amount * rate) <= 500


def test_half_a_dong_of_tax_is_rounded_away_from_zero() -> None:
    assert [per_mille(amount, 5) for amount in (99, 100, 299, 300, -100, -99)] == [0, 1, 1, 2, -1, 0]


def test_what_is_delivered_and_not_collected_waits_and_is_not_net() -> None:
    told = [("placed", [HONEY]), ("confirmed", [HONEY]), ("delivered", [HONEY])]

    assert vnd(entries(*told)) == {"placed": 200_000, "delivered": 200_000, "waiting": 200_000}
    assert vnd(entries(*told, ("paid", [HONEY])))["net"] == 200_000


def test_money_before_delivery_is_not_net_either() -> None:
    assert vnd(entries(("placed", [HONEY]), ("paid", [HONEY]))) == {"placed": 200_000, "under_way": 200_000}


def test_why_goods_were_lost_is_told_apart() -> None:
    def lost(kind: str, reason: str) -> set[str]:
        return set(vnd(entries(("placed", [HONEY]), (kind, [HONEY], 0, 0, reason)))) - {"placed"}

    assert [
        lost("cancelled", "no_answer"),
        lost("cancelled", "refused"),
        lost("cancelled", "not_delivered"),
        lost("expired", "hold_over"),
    ] == [
        *({"cancelled"}, {"refused"}, {"refused"}, {"expired"}),
    ]


def test_what_comes_back_falls_on_whose_it_is_and_what_is_let_off_on_all_by_what_was_kept() -> None:
    both = [HONEY, CAKE]
    sold = [("placed", both), ("confirmed", both), ("delivered", both), ("paid", both)]
    one_back = EntryLine(None, HONEY.product_id, MINE, 1, 100_000)

    returned = entries(*sold, ("returned", [one_back]), ("refunded", [], 0, 100_000))
    assert (vnd(returned)["net"], vnd(returned, OTHER)["net"]) == (100_000, 150_000)
    assert "let_off" not in vnd(returned)

    let_off = entries(*sold, ("returned", [one_back]), ("refunded", [], 0, 125_000))
    assert [(vnd(let_off, each)["let_off"], vnd(let_off, each)["net"]) for each in (MINE, OTHER)] == [(10_000, 90_000), (15_000, 135_000)]


def test_what_came_straight_to_the_producer_is_theirs_already_and_never_more_than_they_earned() -> None:
    sold = [("placed", [HONEY], 20_000), ("confirmed", [HONEY], 20_000), ("delivered", [HONEY], 20_000), ("paid", [HONEY], 20_000)]

    assert {name: vnd(entries(*sold), beside=Beside(direct_vnd=220_000))[name] for name in ("direct_goods", "direct_shipping")} == {
        "direct_goods": 200_000,
        "direct_shipping": 20_000,
    }
    back = entries(*sold, ("returned", [HONEY], 20_000), ("refunded", [HONEY], 20_000))
    assert "direct_goods" not in vnd(back, beside=Beside(direct_vnd=220_000))
    mixed = entries(*[(kind, [HONEY, CAKE]) for kind in ("placed", "confirmed", "delivered", "paid")])
    assert "direct_goods" not in vnd(mixed, beside=Beside(direct_vnd=350_000))


def test_a_carriers_fee_is_shared_by_what_was_ordered_and_charged_for_what_came_back_too() -> None:
    both = [HONEY, CAKE]
    refused = entries(("placed", both), ("confirmed", both), ("cancelled", both, 0, 0, "refused"))

    assert [vnd(refused, each, Beside(carrier_fee_vnd=35_001))["carrier_fee"] for each in (MINE, OTHER)] == [20_001, 15_000]
