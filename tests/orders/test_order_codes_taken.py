"""A code that another order got meanwhile costs a try, never the order: after a failover a server may have forgotten which it gave out."""

from __future__ import annotations

from app.infra.database import Database
from app.orders.group_commit import PlacingQueues
from tests.orders.builders import Market, a_wanted_order, an_offer

_FORGET = "SELECT setval('order_code_numbers', $1, true)"


async def test_codes_that_were_given_out_twice_lose_no_order(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=100)
    stood_at = await database.pool.fetchval("SELECT last_value FROM order_code_numbers")
    mine = await queues.place(a_wanted_order(market, {offer_id: 1}))
    await database.pool.execute(_FORGET, stood_at)
    # another worker has none in store, and is given the same ones again
    queues._queues[market.session_id]._codes.clear()

    again = await queues.place(a_wanted_order(market, {offer_id: 1}))

    stored = await database.pool.fetch("SELECT code FROM orders WHERE session_id = $1", market.session_id)
    assert len({row["code"] for row in stored}) == 2
    assert mine.order_id != again.order_id
