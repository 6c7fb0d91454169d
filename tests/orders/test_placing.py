"""Rules of placing orders: stock, limits, idempotency, and the ledger that each accepted order becomes part of."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.errors import AppError
from app.infra.database import Database
from app.ledger.chain import entry_of, first_break
from app.ledger.fold import fold
from app.orders.batch import FEW_ORDERS, BatchWriter
from app.orders.books import WantedOrder
from app.orders.errors import KeyReused, OfferNotFound, OfferNotOpen, SoldOut, ViewerLimitReached
from app.orders.group_commit import PlacingQueues
from app.protocol.server_events import OrderReceipt
from app.sessions.errors import SessionNotLive
from tests.orders.builders import Market, a_market, a_wanted_order, an_offer


async def _remaining(database: Database, offer_id: UUID) -> int:
    return int(await database.pool.fetchval("SELECT remaining FROM offers WHERE id = $1", offer_id))


async def _ledger(database: Database, session_id: UUID) -> list[tuple[int, str, bytes]]:
    rows = await database.pool.fetch("SELECT seq, body, hash FROM ledger_entries WHERE session_id = $1 ORDER BY seq", session_id)
    return [(row["seq"], row["body"], row["hash"]) for row in rows]


async def _place_all(queues: PlacingQueues, orders: Sequence[WantedOrder]) -> list[OrderReceipt | AppError]:
    answers = await asyncio.gather(*(queues.place(order) for order in orders), return_exceptions=True)
    expected = [answer for answer in answers if isinstance(answer, OrderReceipt | AppError)]
    assert len(expected) == len(answers)
    return expected


@pytest.fixture(params=[0, FEW_ORDERS], ids=["copied", "inserted"])
def write(request: pytest.FixtureRequest) -> BatchWriter:
    """Every rule holds for orders of both ways."""
    return BatchWriter(few_orders=request.param)


async def test_no_more_units_are_sold_than_there_are(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=10, limit=2)

    answers = await _place_all(queues, [a_wanted_order(market, {offer_id: 1}) for _ in range(200)])

    assert sum(isinstance(answer, OrderReceipt) for answer in answers) == 10
    assert all(isinstance(answer, OrderReceipt | SoldOut) for answer in answers)
    assert await _remaining(database, offer_id) == 0


async def test_two_writers_share_one_stock(database: Database, market: Market, queues: PlacingQueues, write: BatchWriter) -> None:
    offer_id = await an_offer(database, market, total=30)

    async def nothing_to_tell(session_id: object, result: object) -> None:
        return None

    other_node = PlacingQueues(database.placing, queues._settings, nothing_to_tell, write=write)

    answers = await asyncio.gather(
        _place_all(queues, [a_wanted_order(market, {offer_id: 1}) for _ in range(60)]),
        _place_all(other_node, [a_wanted_order(market, {offer_id: 1}) for _ in range(60)]),
    )
    await other_node.close()

    receipts = [answer for node in answers for answer in node if isinstance(answer, OrderReceipt)]
    assert len(receipts) == 30
    assert sorted(receipt.number for receipt in receipts) == list(range(1, 31))
    assert await _remaining(database, offer_id) == 0


async def test_a_repeat_gets_the_same_receipt_and_makes_no_second_order(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 2})

    first = await queues.place(order)
    again = await queues.place(order)
    together = await _place_all(queues, [order, order, order])

    assert again == first
    assert together == [first, first, first]
    assert await _remaining(database, offer_id) == 8


async def test_a_repeat_gets_its_receipt_after_the_session_has_ended(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 1})
    first = await queues.place(order)
    await database.pool.execute("UPDATE sessions SET state = 'ended' WHERE id = $1", market.session_id)

    assert await queues.place(order) == first
    with pytest.raises(SessionNotLive):
        await queues.place(a_wanted_order(market, {offer_id: 1}))


async def test_a_key_with_other_content_is_refused_and_changes_nothing(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 1})
    await queues.place(order)

    with pytest.raises(KeyReused):
        await queues.place(a_wanted_order(market, {offer_id: 3}, device_id=order.device_id, key=order.key, digest=b"other content"))

    assert await _remaining(database, offer_id) == 9


async def test_the_same_key_of_another_device_is_another_order(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    key = uuid4()

    receipts = await _place_all(queues, [a_wanted_order(market, {offer_id: 1}, key=key) for _ in range(2)])

    assert len({receipt.order_id for receipt in receipts if isinstance(receipt, OrderReceipt)}) == 2


async def test_the_limit_counts_the_device_over_several_orders(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, limit=3)
    device_id = uuid4()

    answers = await _place_all(queues, [a_wanted_order(market, {offer_id: 1}, device_id=device_id) for _ in range(6)])

    assert Counter(type(answer) for answer in answers) == {OrderReceipt: 3, ViewerLimitReached: 3}


async def test_the_limit_counts_the_phone_number_over_several_devices(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, limit=2)

    answers = [(await _place_all(queues, [a_wanted_order(market, {offer_id: 1}, phone="+84901234567")]))[0] for _ in range(4)]

    assert [type(answer) for answer in answers] == [OrderReceipt, OrderReceipt, ViewerLimitReached, ViewerLimitReached]


async def test_an_order_over_several_offers_is_taken_whole_or_not_at_all(database: Database, market: Market, queues: PlacingQueues) -> None:
    plenty = await an_offer(database, market, total=10)
    scarce = await an_offer(database, market, total=1)

    with pytest.raises(SoldOut):
        await queues.place(a_wanted_order(market, {plenty: 2, scarce: 2}))

    assert await _remaining(database, plenty) == 10
    assert await _remaining(database, scarce) == 1


async def test_an_offer_that_is_over_takes_no_order(database: Database, market: Market, queues: PlacingQueues) -> None:
    over = await an_offer(database, market, ends_in_seconds=-1)

    with pytest.raises(OfferNotOpen):
        await queues.place(a_wanted_order(market, {over: 1}))


async def test_an_offer_of_another_session_is_not_found(database: Database, market: Market, queues: PlacingQueues) -> None:
    elsewhere = await an_offer(database, await a_market(database))

    with pytest.raises(OfferNotFound):
        await queues.place(a_wanted_order(market, {elsewhere: 1}))


async def test_the_ledger_is_gapless_chained_and_sums_to_what_was_answered(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    offers = [await an_offer(database, market, total=40, price_vnd=price) for price in (99_000, 129_000)]
    orders = [a_wanted_order(market, {offers[number % 2]: 1 + number % 3}) for number in range(50)]

    receipts = [answer for answer in await _place_all(queues, orders) if isinstance(answer, OrderReceipt)]
    rows = await _ledger(database, market.session_id)

    assert [seq for seq, _, _ in rows] == list(range(1, len(receipts) + 1))
    assert first_break(market.session_id, rows) is None
    ladder = fold(entry_of(body) for _, body, _ in rows)
    assert ladder.totals["revenue_placed_vnd"] == sum(receipt.total_vnd for receipt in receipts)
    assert {offer: 40 - await _remaining(database, offer) for offer in offers} == {offer: ladder.taken[str(offer)] for offer in offers}


async def test_an_altered_digit_breaks_the_chain(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    await _place_all(queues, [a_wanted_order(market, {offer_id: 1}) for _ in range(5)])
    rows = await _ledger(database, market.session_id)

    seq, body, stored = rows[2]
    rows[2] = (seq, body.replace("129000", "129001"), stored)

    assert first_break(market.session_id, rows) == 3


@pytest.mark.parametrize(
    "statement", ["UPDATE ledger_entries SET amount_vnd = 0", "DELETE FROM ledger_entries", "TRUNCATE ledger_entries CASCADE"]
)
async def test_the_database_refuses_to_change_the_ledger(database: Database, market: Market, queues: PlacingQueues, statement: str) -> None:
    offer_id = await an_offer(database, market)
    await queues.place(a_wanted_order(market, {offer_id: 1}))

    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await database.pool.execute(statement)


async def test_one_order_that_cannot_be_written_does_not_sink_the_others(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=50)
    good = [a_wanted_order(market, {offer_id: 1}) for _ in range(20)]
    wanted = a_wanted_order(market, {offer_id: 1})
    bad = replace(wanted, contact=replace(wanted.contact, key_id="a NUL \x00 is no text for PostgreSQL"))

    answers = await asyncio.gather(*(queues.place(order) for order in [*good[:10], bad, *good[10:]]), return_exceptions=True)

    assert sum(isinstance(answer, OrderReceipt) for answer in answers) == 20
    assert isinstance(answers[10], AppError)
    assert await _remaining(database, offer_id) == 30
