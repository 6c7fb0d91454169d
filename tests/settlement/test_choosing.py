"""A settlement covers the sessions that were chosen: all with something new, some, or all but some; what waits is in a later one, once."""

from __future__ import annotations

import random
from uuid import uuid4

import pytest

from app.fulfilment.changes import WantedLine
from app.settlement import drafts
from app.settlement.drafts import Chosen
from app.settlement.errors import NothingToSettle, SettlementChanged, SettlementTooLarge
from tests.settlement.builders import Books, agreement, another_session
from tests.settlement.recomputed import nets_of
from tests.settlement.test_settling import a_random_step


def only(*sessions: Books) -> Chosen:
    return Chosen(only=frozenset(each.market.session_id for each in sessions))


def without(*sessions: Books) -> Chosen:
    return Chosen(without=frozenset(each.market.session_id for each in sessions))


async def test_all_with_something_new_are_covered_unless_somebody_chooses(books: Books) -> None:
    later = await another_session(books, "Phiên chiều")
    silent = await another_session(books, "Phiên vắng")
    await books.sold(honey=2)
    await later.sold(honey=1)

    choices = (await books.house.lists.choices(books.organiser, books.mine)).items

    assert [(each.session_id, each.title, each.orders, each.goods_vnd) for each in choices] == [
        (books.market.session_id, "Chợ phiên", 1, 258_000),
        (later.market.session_id, "Phiên chiều", 1, 129_000),
    ]
    for chosen, payable_vnd in (
        (Chosen(), 387_000),
        (only(later), 129_000),
        (only(books, later), 387_000),
        (without(later), 258_000),
        (without(silent), 387_000),
        (without(books, later), 0),
        (Chosen(only=frozenset({uuid4()})), 0),
    ):
        assert (await books.next(chosen=chosen)).sums.payable_vnd == payable_vnd, chosen


async def test_what_was_left_out_waits_for_the_next_settlement_and_is_in_no_other(books: Books) -> None:
    later = await another_session(books, "Phiên chiều")
    early = await books.sold(honey=2)
    await later.sold(honey=1)

    first = await books.agree(await books.next(chosen=without(books)))
    await later.step((await later.sold(honey=1)), "returned")
    await books.step(early, "returned", quantities={books.honey: 1})
    second = await books.agree(await books.next(chosen=only(books)))
    third = await books.agree()

    assert [each.sums.payable_vnd for each in (first, second, third)] == [129_000, 129_000, 0]
    assert [[covered.session_id for covered in each.sessions] for each in (first, second, third)] == [
        [later.market.session_id],
        [books.market.session_id],
        [later.market.session_id],
    ]
    assert (await books.house.lists.choices(books.organiser, books.mine)).items == []
    with pytest.raises(NothingToSettle):
        await books.agree()


async def test_amounts_by_hand_and_what_is_carried_over_are_in_whatever_is_settled_next(books: Books) -> None:
    later = await another_session(books, "Phiên chiều")
    early = await books.sold(honey=1)
    await books.pay(await books.agree())
    await books.step(early, "returned")
    await books.agree()
    await later.sold(honey=2)
    await books.charge("addition", 1_000)

    settled = await books.agree(await books.next(chosen=only(later)))

    assert (settled.sums.opening_vnd, settled.sums.by_hand_addition_vnd, settled.sums.payable_vnd) == (-129_000, 1_000, 130_000)


@pytest.mark.parametrize("what", ["more", "fewer", "other", "settled by a colleague"])
async def test_nobody_agrees_on_other_sessions_than_those_they_looked_at(books: Books, what: str) -> None:
    later = await another_session(books, "Phiên chiều")
    await books.sold(honey=2)
    await later.sold(honey=1)
    seen = {"morning": await books.next(chosen=only(books)), "both": await books.next(), "afternoon": await books.next(chosen=only(later))}
    shown, sent = {
        "more": ("morning", "both"),
        "fewer": ("both", "morning"),
        "other": ("morning", "afternoon"),
        "settled by a colleague": ("both", "both"),
    }[what]
    if what == "settled by a colleague":
        await books.agree(seen["afternoon"])
    wanted = agreement(seen[sent]).model_copy(update={"digest": seen[shown].digest})

    with pytest.raises(SettlementChanged):
        await books.house.settling.agree(books.organiser, books.mine, wanted)


async def test_a_second_tap_on_a_choice_settles_it_once_and_nothing_else(books: Books) -> None:
    later = await another_session(books, "Phiên chiều")
    await books.sold(honey=2)
    await later.sold(honey=1)
    seen = await books.next(chosen=only(later))

    numbers = [(await books.agree(seen, key="once")).number for _ in range(3)]

    assert numbers == [1, 1, 1]
    assert (await books.next()).sums.payable_vnd == 258_000


async def test_too_many_orders_for_one_settlement_can_be_settled_session_by_session(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    later = await another_session(books, "Phiên chiều")
    await books.sold(honey=2)
    await later.sold(honey=1)
    monkeypatch.setattr(drafts, "ORDERS_MOST", 1)

    with pytest.raises(SettlementTooLarge):
        await books.next()
    assert len((await books.house.lists.choices(books.organiser, books.mine)).items) == 2
    assert [(await books.agree(await books.next(chosen=only(each)))).sums.payable_vnd for each in (books, later)] == [258_000, 129_000]


@pytest.mark.parametrize("seed", [3, 29])
async def test_whatever_is_chosen_when_all_settlements_are_what_the_ledgers_say(books: Books, seed: int) -> None:
    """Three sessions in which anything happens, settled some at a time; recomputed session by session from the exported ledgers."""
    chance = random.Random(seed)  # noqa: S311 - a course of events, no secret
    sessions = [books, await another_session(books, "Phiên chiều"), await another_session(books, "Phiên tối")]
    orders = {each.market.session_id: [await each.order(honey=2, cake=1) for _ in range(2)] for each in sessions}
    settled = {books.mine: 0, books.other: 0}
    for _ in range(8):
        for each in sessions:
            own = orders[each.market.session_id]
            own.append(await each.order(honey=chance.randint(1, 3), cake=chance.randint(0, 2)))
            for _ in range(8):
                await a_random_step(each, own, chance)
        producer_id = chance.choice([books.mine, books.other])
        some = chance.sample(sessions, chance.randint(1, 2))
        try:
            made = await books.agree(await books.next(producer_id, chosen=chance.choice([only, without])(*some)), producer_id=producer_id)
        except NothingToSettle:
            continue
        settled[producer_id] += made.sums.goods_vnd
    by_session = [nets_of(await each.bodies())[0] for each in sessions]

    for producer_id, agreed_vnd in settled.items():
        whole_vnd = sum(goods.get(str(producer_id), 0) for goods in by_session)
        new = (await books.house.lists.choices(books.organiser, producer_id)).items
        assert agreed_vnd + sum(each.goods_vnd for each in new) == whole_vnd
        assert agreed_vnd + (await books.next(producer_id)).sums.goods_vnd == whole_vnd
        for each in sessions:
            goods_vnd = (await books.next(producer_id, chosen=only(each))).sums.goods_vnd
            assert goods_vnd == next((row.goods_vnd for row in new if row.session_id == each.market.session_id), 0)
    assert sum(settled.values()) > 0


async def test_a_session_whose_order_was_changed_to_nothing_may_still_be_chosen(books: Books) -> None:
    order_id = await books.order(honey=2)
    await books.change(order_id, WantedLine(1, books.honey))

    (choice,) = (await books.house.lists.choices(books.organiser, books.mine)).items

    assert (choice.orders, choice.goods_vnd) == (1, 0)
