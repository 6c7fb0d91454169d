"""What a worker remembers of sold-out offers refuses a crowd, and nobody who may be called."""

from __future__ import annotations

from uuid import uuid4

from app.infra.database import Database
from app.orders.sold_out import SoldOutMemory
from tests.orders.builders import a_market, an_offer


async def test_whoever_joined_the_line_at_another_worker_is_never_refused_by_memory(database: Database) -> None:
    market = await a_market(database)
    offer_id = await an_offer(database, market, total=1)
    in_line, stranger = uuid4(), uuid4()
    insert = "INSERT INTO waitlist_entries (id, session_id, offer_id, device_id, quantity) VALUES ($1, $2, $3, $4, 1)"
    await database.pool.execute(insert, uuid4(), market.session_id, offer_id, in_line)
    memory = SoldOutMemory(database.pool)

    await memory.remember(offer_id)

    assert memory.refuses(stranger, uuid4(), [offer_id]) == offer_id
    assert memory.refuses(in_line, uuid4(), [offer_id]) is None
