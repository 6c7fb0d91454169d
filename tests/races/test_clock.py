"""A wall clock that jumps: the ledger keeps its order, an ended offer stays ended, and what is due still expires."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.fulfilment import transitions
from app.fulfilment.transitions import Step, append_steps
from app.infra.clock import utc_now
from app.infra.database import Database
from app.orders import batch
from app.orders.books import WantedOrder
from app.orders.errors import OfferNotOpen
from app.protocol.server_events import OrderReceipt
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth
from tests.races.writers import a_node, acknowledged, place_all


class JumpingClock:
    """Stands for `app.infra.clock.utc_now` where orders are written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        for module in (batch, transitions):
            monkeypatch.setattr(module, "utc_now", self.now)

    def now(self) -> datetime:
        return utc_now() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> JumpingClock:
    return JumpingClock(monkeypatch)


def _received(order: WantedOrder, clock: JumpingClock) -> WantedOrder:
    object.__setattr__(order, "received_at", clock.now())
    return order


async def test_a_clock_that_jumps_between_batches_breaks_no_chain(
    database: Database, market: Market, postgres_url: str, clock: JumpingClock
) -> None:
    offer_id = await an_offer(database, market, total=60)
    known = []

    async with a_node(database.placing) as node:
        for jump_seconds in (0, -40, 300, -3600, 500, 0):
            clock.ahead = timedelta(seconds=jump_seconds)
            orders = [_received(a_wanted_order(market, {offer_id: 1}), clock) for _ in range(8)]
            answers = await place_all(node, orders)
            known += acknowledged(orders, answers)
            if jump_seconds == -3600:
                # an hour before the offer opened, by this clock
                assert all(isinstance(answer, OfferNotOpen) for answer in answers)

    truth = await read_truth(postgres_url, market.session_id)
    assert len(known) == 40
    assert complaints_about(truth, known) == []


async def test_a_repeat_after_the_clock_jumped_gets_the_receipt_of_old(database: Database, market: Market, clock: JumpingClock) -> None:
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 1})

    async with a_node(database.placing) as node:
        receipt = await node.place(order)
        for jump in (timedelta(days=-1), timedelta(days=1)):
            clock.ahead = jump
            assert await node.place(_received(order, clock)) == receipt


async def test_an_ended_offer_stays_ended_when_the_clock_is_set_back(database: Database, market: Market, clock: JumpingClock) -> None:
    offer_id = await an_offer(database, market, ends_in_seconds=-1)
    await database.pool.execute("UPDATE offers SET state = 'ended' WHERE id = $1", offer_id)
    clock.ahead = timedelta(seconds=-30)

    async with a_node(database.placing) as node:
        with pytest.raises(OfferNotOpen):
            await node.place(_received(a_wanted_order(market, {offer_id: 1}), clock))


async def test_an_order_that_waited_past_the_end_still_counts(database: Database, market: Market) -> None:
    offer_id = await an_offer(database, market, ends_in_seconds=-1)
    await database.pool.execute("UPDATE offers SET state = 'ended' WHERE id = $1", offer_id)
    order = a_wanted_order(market, {offer_id: 1})
    object.__setattr__(order, "received_at", utc_now() - timedelta(seconds=2))

    async with a_node(database.placing) as node:
        assert isinstance(await node.place(order), OrderReceipt)


async def test_steps_written_while_the_clock_was_back_keep_the_chain(
    database: Database, market: Market, postgres_url: str, clock: JumpingClock
) -> None:
    offer_id = await an_offer(database, market)
    async with a_node(database.placing) as node:
        receipt = await node.place(a_wanted_order(market, {offer_id: 2}))
    clock.ahead = timedelta(hours=-1)

    async with database.pool.acquire() as db, db.transaction():
        await append_steps(db, market.session_id, [Step(receipt.order_id, "cancelled", "refused")], call_seconds=60)

    truth = await read_truth(postgres_url, market.session_id)
    assert complaints_about(truth) == []
    assert truth.offers[0]["remaining"] == 10
