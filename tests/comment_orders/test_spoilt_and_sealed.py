"""A comment that cannot be written hurts no other; numbers in claims follow the service's secret."""

from __future__ import annotations

import asyncpg

from app.comment_orders.claim_rows import Phones
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes
from app.installation.rotation import KeyRotation
from app.orders.contacts import Pseudonyms
from tests.comment_orders.claiming import Claiming, says
from tests.orders.builders import Market, a_pool

OLD, BOTH, NEW = KeyRing("tests"), KeyRing("new", former=["tests"]), KeyRing("new")


async def test_a_comment_that_cannot_be_written_sinks_no_other_and_is_not_tried_for_ever(
    database: Database, market: Market, claiming: Claiming
) -> None:
    await a_pool(database, market, units=10)
    await database.pool.execute("ALTER TABLE comment_claims ADD CONSTRAINT refused CHECK (words NOT LIKE '%hỏng%')")
    await says(database, market, claiming.later, "A1 x2 hỏng", ago_seconds=3)
    await says(database, market, claiming.later, "A1 x3", ago_seconds=2)

    assert await claiming.reader.read_waiting() == 1

    assert await database.pool.fetchval("SELECT held FROM session_stock") == 3
    assert await database.pool.fetchval("SELECT count(*) FROM comments_to_read") == 0


async def test_numbers_of_claims_and_of_comments_that_wait_go_under_the_new_secret(
    database: Database, market: Market, claiming: Claiming, postgres_url: str
) -> None:
    await a_pool(database, market, units=10)
    await says(database, market, claiming.later, "A1 0912345678")
    assert await claiming.reader.read_waiting() == 1
    await says(database, market, claiming.later, "A1 0987654321")
    db = await asyncpg.connect(postgres_url)
    try:
        rotation = KeyRotation(db, BOTH)
        assert "2 orders, complaints or numbers" in str(await rotation.needs(OLD.current.key_id))

        done = [progress.done async for progress in rotation.rewrap()]

        assert done[-1] == 2
        assert await rotation.needs(OLD.current.key_id) is None
        row = await db.fetchrow("SELECT * FROM comment_claims")
        assert row is not None
        assert Phones(Envelopes(NEW), Pseudonyms(NEW)).open(row) == "+84912345678"
        assert await db.fetchval("SELECT key_id FROM comments_to_read") == NEW.current.key_id
    finally:
        await db.close()
