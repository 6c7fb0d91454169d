"""Rules of money that comes in: it settles its order once, or a person gets to see it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.fulfilment.money_kinds import Matter
from app.fulfilment.payments import BookedPayment, ReceivedPayment, book_payment
from app.fulfilment.transitions import Step, append_steps
from app.infra.clock import utc_now
from app.infra.database import Database
from app.orders.group_commit import PlacingQueues
from tests.orders.builders import Market, a_wanted_order, an_offer


async def _book(database: Database, market: Market, order_id: UUID | None, amount_vnd: int, reference: str = "FT1") -> BookedPayment:
    payment = ReceivedPayment(market.organisation_id, order_id, reference, amount_vnd, utc_now())
    async with database.pool.acquire() as db, db.transaction():
        return await book_payment(db, payment, call_seconds=120)


async def _kinds(database: Database, order_id: UUID) -> list[str]:
    rows = await database.pool.fetch("SELECT kind FROM ledger_entries WHERE order_id = $1 ORDER BY seq", order_id)
    return [row["kind"] for row in rows]


@pytest.mark.parametrize(("too_much_vnd", "matter"), [(0, None), (-1, "under"), (1_000, "over")])
async def test_only_the_full_amount_settles_an_order(
    database: Database, market: Market, queues: PlacingQueues, too_much_vnd: int, matter: Matter | None
) -> None:
    offer_id = await an_offer(database, market)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer"))

    booked = await _book(database, market, receipt.order_id, receipt.total_vnd + too_much_vnd)

    assert booked.matter == matter
    assert ("paid" in await _kinds(database, receipt.order_id)) == (matter != "under")


async def test_the_same_reference_twice_is_booked_once(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer"))

    first = await _book(database, market, receipt.order_id, receipt.total_vnd)
    again = await _book(database, market, receipt.order_id, receipt.total_vnd)

    assert again.payment_id == first.payment_id
    assert await _kinds(database, receipt.order_id) == ["placed", "paid"]


async def test_money_for_an_expired_order_goes_to_the_work_list(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=1)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer"))
    async with database.pool.acquire() as db, db.transaction():
        await append_steps(db, market.session_id, [Step(receipt.order_id, "expired", "hold_over")], call_seconds=120)
    await queues.place(a_wanted_order(market, {offer_id: 1}))

    booked = await _book(database, market, receipt.order_id, receipt.total_vnd)

    assert booked.matter == "late"
    assert await _kinds(database, receipt.order_id) == ["placed", "expired"]


async def test_money_that_matches_no_order_is_kept(database: Database, market: Market) -> None:
    assert (await _book(database, market, uuid4(), 5_000, "FT2")).matter == "unmatched"
    assert (await _book(database, market, None, 5_000, "FT3")).matter == "unmatched"
