"""What a worker remembers of sold-out offers refuses a crowd, and nobody who may be called."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.infra.clock import now_ms
from app.infra.database import Database
from app.infra.tasks import TaskOwner
from app.orders import sold_out
from app.orders.sold_out import SoldOutMemory
from app.protocol.server_events import WaitlistCalled
from tests.orders.builders import a_market, an_offer


async def test_whoever_joined_the_line_at_another_worker_is_never_refused_by_memory(database: Database) -> None:
    market = await a_market(database)
    offer_id = await an_offer(database, market, total=1)
    in_line, stranger = uuid4(), uuid4()
    insert = "INSERT INTO waitlist_entries (id, session_id, offer_id, device_id, quantity) VALUES ($1, $2, $3, $4, 1)"
    await database.pool.execute(insert, uuid4(), market.session_id, offer_id, in_line)
    memory = SoldOutMemory(database.pool)

    await memory.remember(offer_id, market.session_id)

    assert memory.refuses(stranger, uuid4(), [offer_id]) == offer_id
    assert memory.refuses(in_line, uuid4(), [offer_id]) is None


async def test_what_was_remembered_before_somebody_joined_and_was_called_at_other_workers_refuses_nobody(database: Database) -> None:
    market = await a_market(database)
    offer_id = await an_offer(database, market, total=1)
    memory, called = SoldOutMemory(database.pool), uuid4()
    await memory.remember(offer_id, market.session_id)
    assert memory.refuses(called, uuid4(), [offer_id]) == offer_id

    memory.hear(WaitlistCalled(offer_id=offer_id, entry_ids=(uuid4(),), until_ms=now_ms() + 60_000))

    assert memory.refuses(called, uuid4(), [offer_id]) is None


async def test_where_nobody_hears_the_room_memory_is_short(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    market = await a_market(database)
    offer_id = await an_offer(database, market, total=1)
    now, is_open, memory = [100.0], [False], SoldOutMemory(database.pool)
    monkeypatch.setattr(sold_out, "monotonic", lambda: now[0])
    memory.hears_room = lambda _: is_open[0]
    found: list[tuple[bool, bool]] = []
    for was_open, stays_open in ((True, True), (True, False), (False, False), (False, True)):
        is_open[0] = was_open
        await memory.remember(offer_id, market.session_id)
        is_open[0] = stays_open
        refused_first = memory.refuses(uuid4(), uuid4(), [offer_id]) is not None
        now[0] += sold_out.UNHEARD_SECONDS
        found.append((refused_first, memory.refuses(uuid4(), uuid4(), [offer_id]) is not None))
        assert memory.is_due(offer_id) is not found[-1][1]

    assert found == [(True, True), (True, False), (True, False), (True, False)]


async def acquired(pool: asyncpg.Pool) -> Any:
    return await pool.acquire()


async def test_buyers_that_were_read_before_a_call_was_heard_do_not_count(database: Database, postgres_url: str) -> None:
    market = await a_market(database)
    offer_id = await an_offer(database, market, total=1)
    # With one connection whoever asks is served in order, so it is known what was read when.
    async with asyncpg.create_pool(postgres_url, min_size=1, max_size=1) as pool:
        memory, tasks = SoldOutMemory(pool), TaskOwner("test")
        before = tasks.start("remember", memory.remember(offer_id, market.session_id))
        held = tasks.start("hold", acquired(pool))
        await asyncio.sleep(0)

        memory.hear(WaitlistCalled(offer_id=offer_id, entry_ids=(uuid4(),), until_ms=now_ms() + 60_000))
        after = tasks.start("remember", memory.remember(offer_id, market.session_id))
        await before
        connection = await held

        refused_before = memory.refuses(uuid4(), uuid4(), [offer_id])
        await pool.release(connection)
        await after

        assert refused_before is None
        assert memory.refuses(uuid4(), uuid4(), [offer_id]) == offer_id
