"""Changing an order before it is delivered: what goes back, what is taken or refused, and that everything adds up afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from app.errors import AppError
from app.fulfilment.changes import Change, ChangeResult, WantedLine, append_change
from app.fulfilment.errors import (
    NothingToChange,
    OrderChangedMeanwhile,
    OrderNotFound,
    OrderWouldBeEmpty,
    StateNotReachable,
    TooManyLines,
    TooManyParts,
)
from app.fulfilment.payments import ReceivedPayment, book_payment
from app.fulfilment.transitions import PARTS_MOST, Step, append_steps
from app.infra.clock import utc_now
from app.infra.database import Database
from app.ledger.chain import Entry
from app.ledger.kinds import EntryKind
from app.orders.errors import AmountTooLarge, NotOnShelf, OfferNotFound, OfferNotOpen, PriceChanged, SoldOut, ViewerLimitReached
from app.orders.group_commit import PlacingQueues
from app.orders.shelf import ShelfWant
from tests.orders.builders import Market, a_pool, a_product, a_wanted_order, an_offer, charge_delivery
from tests.races.checkers import complaints_about, read_truth


async def change(database: Database, market: Market, order_id: UUID, *lines: WantedLine, **about: object) -> ChangeResult:
    async with database.pool.acquire() as db, db.transaction():
        return await append_change(db, market.session_id, Change(order_id, lines, **about), call_seconds=60)  # type: ignore[arg-type]


async def steps(database: Database, market: Market, order_id: UUID, *kinds: EntryKind) -> list[Entry | AppError]:
    async with database.pool.acquire() as db, db.transaction():
        return (await append_steps(db, market.session_id, [Step(order_id, kind) for kind in kinds], call_seconds=60)).answers


async def left(database: Database, offer_id: UUID) -> int:
    return int(await database.pool.fetchval("SELECT remaining FROM offers WHERE id = $1", offer_id))


async def pool_sold(database: Database, product_id: UUID) -> int:
    return int(await database.pool.fetchval("SELECT sold FROM session_stock WHERE product_id = $1", product_id))


async def balances(database: Database) -> list[tuple[str, int, bool]]:
    rows = await database.pool.fetch(
        "SELECT matter, amount_vnd, settled_at IS NOT NULL AS done FROM payments WHERE matter LIKE 'to_%' ORDER BY received_at"
    )
    return [tuple(row) for row in rows]


async def test_less_of_a_line_gives_units_and_limit_back(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id, device_id = await an_offer(database, market, total=3, limit=3), uuid4()
    await a_pool(database, market, units=3)
    order = await queues.place(a_wanted_order(market, {offer_id: 3}, device_id=device_id))

    result = await change(database, market, order.order_id, WantedLine(1, offer_id))

    assert (result.entry.units, result.entry.amount_vnd, result.entry.turn) == (-2, -258_000, 1)
    assert (await left(database, offer_id), await pool_sold(database, market.product_id)) == (2, 1)
    # what was given back may be ordered again, by the same device, and not more
    await queues.place(a_wanted_order(market, {offer_id: 2}, device_id=device_id))
    with pytest.raises(SoldOut):
        await queues.place(a_wanted_order(market, {offer_id: 1}))


async def test_more_of_a_line_is_taken_or_refused(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=4, limit=3)
    order = await queues.place(a_wanted_order(market, {offer_id: 1}))

    await change(database, market, order.order_id, WantedLine(3, offer_id))

    assert await left(database, offer_id) == 1
    with pytest.raises(ViewerLimitReached) as beyond_limit:
        await change(database, market, order.order_id, WantedLine(4, offer_id))
    assert beyond_limit.value.details == {"offer_id": str(offer_id), "limit": 3, "already_ordered": 3}
    other = await queues.place(a_wanted_order(market, {offer_id: 1}))
    with pytest.raises(SoldOut):
        await change(database, market, other.order_id, WantedLine(2, offer_id))
    # what was refused has left no trace
    assert await left(database, offer_id) == 0
    with pytest.raises(NothingToChange):
        await change(database, market, order.order_id, WantedLine(3, offer_id))


async def test_the_limit_counts_what_changes_took(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id, device_id = await an_offer(database, market, total=9, limit=3), uuid4()
    order = await queues.place(a_wanted_order(market, {offer_id: 1}, device_id=device_id))
    await change(database, market, order.order_id, WantedLine(3, offer_id))

    with pytest.raises(ViewerLimitReached):
        await queues.place(a_wanted_order(market, {offer_id: 1}, device_id=device_id))
    # once it is over nothing of it counts
    await steps(database, market, order.order_id, "cancelled")
    await queues.place(a_wanted_order(market, {offer_id: 3}, device_id=device_id))
    assert await left(database, offer_id) == 6


async def test_a_product_comes_in_addition_at_its_price_now_and_another_falls_away(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str
) -> None:
    offer_id, candy = await an_offer(database, market), await a_product(database, market)
    await a_pool(database, market, candy, units=5)
    order = await queues.place(a_wanted_order(market, {offer_id: 2}))
    await database.pool.execute("UPDATE products SET price_vnd = 95000 WHERE id = $1", candy)

    with pytest.raises(PriceChanged):
        await change(database, market, order.order_id, WantedLine(2, product_id=candy, unit_price_vnd=90_000))
    await change(database, market, order.order_id, WantedLine(0, offer_id), WantedLine(2, product_id=candy, unit_price_vnd=95_000))

    assert (await left(database, offer_id), await pool_sold(database, candy)) == (10, 2)
    answer = (await steps(database, market, order.order_id, "confirmed"))[0]
    assert isinstance(answer, Entry)
    assert [(line.product_id, line.quantity, line.amount_vnd) for line in answer.lines] == [(candy, 2, 190_000)]
    assert complaints_about(await read_truth(postgres_url, market.session_id)) == []


async def test_more_of_what_is_in_the_order_keeps_the_price_it_was_sold_at(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    candy = await a_product(database, market)
    await a_pool(database, market, candy)
    order = await queues.place(a_wanted_order(market, {}, shelf={candy: ShelfWant(1, 90_000)}))
    await database.pool.execute("UPDATE products SET price_vnd = 95000 WHERE id = $1", candy)

    result = await change(database, market, order.order_id, WantedLine(2, product_id=candy))

    assert result.entry.amount_vnd == 90_000


async def test_units_that_come_back_are_set_aside_for_whoever_waits(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=2, limit=2)
    order = await queues.place(a_wanted_order(market, {offer_id: 2}))
    await database.pool.execute(
        "INSERT INTO waitlist_entries (id, session_id, offer_id, device_id, quantity) VALUES ($1, $2, $3, $4, 1)",
        *(uuid4(), market.session_id, offer_id, uuid4()),
    )

    result = await change(database, market, order.order_id, WantedLine(1, offer_id))

    assert [call.offer_id for call in result.calls] == [offer_id]
    with pytest.raises(SoldOut):
        await queues.place(a_wanted_order(market, {offer_id: 1}))
    # what waits for somebody is not taken by a change either
    with pytest.raises(SoldOut):
        await change(database, market, order.order_id, WantedLine(2, offer_id))


async def test_one_product_sold_two_ways_may_change_from_one_to_the_other(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str
) -> None:
    """Its pool is empty, and needs no more than it gets back."""
    offer_id = await an_offer(database, market, total=2, limit=5)
    await a_pool(database, market, units=2)
    order = await queues.place(a_wanted_order(market, {offer_id: 2}))

    await change(database, market, order.order_id, WantedLine(1, offer_id), WantedLine(1, product_id=market.product_id))

    assert (await left(database, offer_id), await pool_sold(database, market.product_id)) == (1, 2)
    assert complaints_about(await read_truth(postgres_url, market.session_id)) == []


async def test_the_fee_follows_the_rule_of_the_session_and_what_was_charged_for_the_rest_stays(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    offer_id = await an_offer(database, market)
    await charge_delivery(database, market, {"flat_vnd": 30_000, "free_from_vnd": 300_000})
    order = await queues.place(a_wanted_order(market, {offer_id: 1}))

    free = await change(database, market, order.order_id, WantedLine(3, offer_id))
    paid_again = await change(database, market, order.order_id, WantedLine(1, offer_id))
    # a rule that came later does not charge for what was agreed before it
    await charge_delivery(database, market, {"flat_vnd": 50_000})
    later = await change(database, market, order.order_id, WantedLine(2, offer_id))

    assert [each.entry.shipping_vnd for each in (free, paid_again, later)] == [-30_000, 30_000, 0]


@pytest.mark.parametrize("kind", ["cancelled", "delivered"])
async def test_nothing_is_changed_once_it_is_over_or_delivered(
    database: Database, market: Market, queues: PlacingQueues, kind: EntryKind
) -> None:
    offer_id = await an_offer(database, market)
    order = await queues.place(a_wanted_order(market, {offer_id: 2}))
    await steps(database, market, order.order_id, *(("confirmed", kind) if kind == "delivered" else (kind,)))

    with pytest.raises(StateNotReachable):
        await change(database, market, order.order_id, WantedLine(1, offer_id))


async def test_a_change_that_makes_no_sense_is_refused_by_name(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id, other_offer = await an_offer(database, market), await an_offer(database, market, ends_in_seconds=-1)
    order = await queues.place(a_wanted_order(market, {offer_id: 1}))
    refusals: Sequence[tuple[type[AppError], WantedLine]] = [
        (OrderWouldBeEmpty, WantedLine(0, offer_id)),
        (OfferNotFound, WantedLine(1, uuid4())),
        (OfferNotOpen, WantedLine(1, other_offer)),
        (NotOnShelf, WantedLine(1, product_id=market.product_id)),
        (NothingToChange, WantedLine(0, other_offer)),
    ]

    for refusal, line in refusals:
        with pytest.raises(refusal):
            await change(database, market, order.order_id, line)
    with pytest.raises(OrderNotFound):
        await change(database, market, uuid4(), WantedLine(1, offer_id))
    await change(database, market, order.order_id, WantedLine(2, offer_id), seen_seq=1)
    with pytest.raises(OrderChangedMeanwhile):
        await change(database, market, order.order_id, WantedLine(3, offer_id), seen_seq=1)


async def test_an_order_has_so_many_lines_and_is_worth_so_much_at_most(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = await queues.place(a_wanted_order(market, {offer_id: 1}))
    products = [await a_product(database, market) for _ in range(10)]
    for product_id in products:
        await a_pool(database, market, product_id)

    with pytest.raises(TooManyLines):
        await change(database, market, order.order_id, *(WantedLine(1, product_id=each) for each in products))
    await database.pool.execute("UPDATE session_stock SET units = 5000, per_viewer_limit = 5000")
    await database.pool.execute("UPDATE products SET price_vnd = 1000000000")
    with pytest.raises(AmountTooLarge):
        await change(database, market, order.order_id, WantedLine(1_000, product_id=products[0]), WantedLine(1, product_id=products[1]))


async def test_an_order_is_changed_so_often_at_most(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = await queues.place(a_wanted_order(market, {offer_id: 1}))
    for number in range(PARTS_MOST):
        await change(database, market, order.order_id, WantedLine(2 - number % 2, offer_id))

    with pytest.raises(TooManyParts):
        await change(database, market, order.order_id, WantedLine(2, offer_id))


async def test_what_a_paid_order_costs_more_or_less_comes_to_the_work_list_and_leaves_it_by_itself(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    offer_id = await an_offer(database, market)
    order = await queues.place(a_wanted_order(market, {offer_id: 2}, payment="transfer"))
    assert await pay(database, market, order.order_id, 258_000) is None

    await change(database, market, order.order_id, WantedLine(1, offer_id))
    assert await balances(database) == [("to_refund", 129_000, False)]
    await change(database, market, order.order_id, WantedLine(4, offer_id))
    assert await balances(database) == [("to_collect", 258_000, False)]
    # the rest comes in: too little stays as before, enough settles it
    assert await pay(database, market, order.order_id, 200_000) == "under"
    assert await pay(database, market, order.order_id, 258_000) is None
    assert await balances(database) == [("to_collect", 258_000, True)]
    # and once more it would be somebody's mistake
    assert await pay(database, market, order.order_id, 258_000) == "repeated"


async def pay(database: Database, market: Market, order_id: UUID, amount_vnd: int) -> str | None:
    payment = ReceivedPayment(market.organisation_id, order_id, f"FT{uuid4()}", amount_vnd, utc_now())
    async with database.pool.acquire() as db, db.transaction():
        return (await book_payment(db, payment, call_seconds=60)).matter
