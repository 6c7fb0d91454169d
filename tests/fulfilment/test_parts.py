"""Returns of some units, money given back in part, and what is delivered and collected in one step."""

from __future__ import annotations

from uuid import UUID, uuid4

from app.errors import AppError
from app.fulfilment.errors import RefundTooLarge, ReturnTooLarge, StateNotReachable
from app.fulfilment.transitions import Step, append_steps
from app.infra.database import Database
from app.ledger.chain import Entry
from app.ledger.course import Money
from app.orders.group_commit import PlacingQueues
from app.orders.shelf import ShelfWant
from app.protocol.server_events import OrderReceipt
from tests.orders.builders import Market, a_pool, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth


async def append(database: Database, market: Market, *steps: Step) -> list[Entry | AppError]:
    async with database.pool.acquire() as db, db.transaction():
        return (await append_steps(db, market.session_id, steps, call_seconds=60)).answers


async def delivered(database: Database, market: Market, queues: PlacingQueues, offer_id: UUID, *, units: int = 3) -> OrderReceipt:
    order = await queues.place(a_wanted_order(market, {offer_id: units}))
    await append(database, market, *(Step(order.order_id, kind) for kind in ("confirmed", "delivered", "paid")))
    return order


async def test_goods_come_back_piece_by_piece_and_never_more_than_there_are(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    offer_id = await an_offer(database, market)
    order = await delivered(database, market, queues, offer_id)

    def a_return(units: int) -> Step:
        return Step(order.order_id, "returned", "damaged", quantities={offer_id: units})

    answers = [*await append(database, market, a_return(1)), *await append(database, market, a_return(3), a_return(1), a_return(1))]

    assert [(answer.units, answer.turn) if isinstance(answer, Entry) else type(answer) for answer in answers] == [
        *((1, 1), ReturnTooLarge, (1, 2), (1, 3)),
    ]
    assert [type(each) for each in await append(database, market, a_return(1), Step(order.order_id, "returned"))] == [
        *(ReturnTooLarge, StateNotReachable),
    ]


async def test_the_rest_of_an_order_comes_back_by_the_desks_key(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = await delivered(database, market, queues, offer_id)

    first, rest = await append(
        database, market, Step(order.order_id, "returned", quantities={offer_id: 2}), Step(order.order_id, "returned")
    )

    assert isinstance(first, Entry)
    assert isinstance(rest, Entry)
    assert (first.units, rest.units) == (2, 1)


async def test_what_can_be_sold_again_goes_back_into_stock_once(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str
) -> None:
    offer_id = await an_offer(database, market, total=3, limit=3)
    await a_pool(database, market, units=4)
    order = await queues.place(a_wanted_order(market, {offer_id: 2}, shelf={market.product_id: ShelfWant(2, 180_000)}))
    units = {offer_id: 1, market.product_id: 2}

    def back(kind: str) -> Step:
        return Step(order.order_id, kind, quantities=units)  # type: ignore[arg-type]

    answers = await append(
        database,
        market,
        *(Step(order.order_id, "confirmed"), Step(order.order_id, "delivered"), back("restocked"), back("returned")),
        *(back("restocked"), back("restocked"), Step(order.order_id, "restocked")),
    )

    assert [type(answer) for answer in answers] == [
        *(Entry, Entry, StateNotReachable, Entry, Entry, ReturnTooLarge, StateNotReachable),
    ]
    truth = await read_truth(postgres_url, market.session_id)
    assert ([offer["remaining"] for offer in truth.offers], [pool["sold"] for pool in truth.pools]) == ([2], [1])
    assert complaints_about(truth) == []
    await queues.place(a_wanted_order(market, {}, shelf={market.product_id: ShelfWant(3, 180_000)}))


async def test_money_is_given_back_in_parts_and_never_more_than_was_paid(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    unpaid = await queues.place(a_wanted_order(market, {offer_id: 1}))
    order = await delivered(database, market, queues, offer_id)

    def a_refund(amount_vnd: int, of: UUID = order.order_id) -> Step:
        return Step(of, "refunded", "damaged", amount_vnd=amount_vnd)

    answers = await append(
        database, market, a_refund(1, unpaid.order_id), a_refund(50_000), a_refund(337_001), a_refund(337_000), a_refund(1)
    )

    assert [answer.total_vnd if isinstance(answer, Entry) else type(answer) for answer in answers] == [
        *(StateNotReachable, 50_000, RefundTooLarge, 337_000, RefundTooLarge),
    ]


async def test_the_desks_key_gives_back_what_the_returned_goods_cost(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = await delivered(database, market, queues, offer_id)

    _, refund, again = await append(
        database,
        market,
        Step(order.order_id, "returned", quantities={offer_id: 1}),
        *(Step(order.order_id, "refunded"), Step(order.order_id, "refunded")),
    )

    assert isinstance(refund, Entry)
    assert (refund.total_vnd, type(again)) == (129_000, StateNotReachable)


async def test_what_comes_back_at_the_door_is_not_paid_for(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = await queues.place(a_wanted_order(market, {offer_id: 3}))

    answers = await append(
        database,
        market,
        *(Step(order.order_id, "confirmed"), Step(order.order_id, "delivered")),
        Step(order.order_id, "returned", quantities={offer_id: 2}),
        Step(order.order_id, "paid"),
    )

    assert isinstance(answers[-1], Entry)
    assert answers[-1].total_vnd == 129_000


async def test_of_units_that_are_not_in_the_order_nothing_comes_back(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = await delivered(database, market, queues, offer_id)

    (answer,) = await append(database, market, Step(order.order_id, "returned", quantities={uuid4(): 1}))

    assert isinstance(answer, ReturnTooLarge)
    assert answer.details["left"] == 0


def test_owed_is_a_sum_over_goods_and_delivery() -> None:
    assert Money(200_000, -30_000).less(Money(100_000, 30_000)).total_vnd == 40_000
