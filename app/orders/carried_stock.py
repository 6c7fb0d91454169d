"""What was left in a producer's booths goes on into the next one: pools move from sessions that are over to the one that takes their place."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.ledger.append import begin_ledger

# Of all earlier booths: an order that is cancelled after the end gives its units back to the pool it was taken from.
_MOVE = text("""
WITH old AS (
  SELECT t.* FROM session_stock t
  WHERE t.session_id = ANY(:old) AND EXISTS (SELECT FROM session_products r WHERE r.session_id = :new AND r.product_id = t.product_id)
  ORDER BY t.session_id, t.product_id FOR UPDATE OF t
),
emptied AS (
  UPDATE session_stock AS t SET units = old.sold + old.held FROM old WHERE t.session_id = old.session_id AND t.product_id = old.product_id
),
moved AS (
  INSERT INTO session_stock (session_id, product_id, units, per_viewer_limit, on_shelf)
  SELECT :new, old.product_id, sum(old.units - old.sold - old.held),
    (array_agg(old.per_viewer_limit ORDER BY s.started_at DESC))[1], (array_agg(old.on_shelf ORDER BY s.started_at DESC))[1]
  FROM old JOIN sessions s ON s.id = old.session_id GROUP BY old.product_id
  RETURNING product_id
)
SELECT count(*) FROM moved
""")
_HAS_STOCK = text("UPDATE ledgers SET has_stock = true WHERE session_id = :new")


async def carry_stock(db: AsyncSession, old: Sequence[UUID], new: UUID) -> None:
    """Move what is left in the pools of sessions that are over to a new session, as far as that has their products. Ledgers stay as they are.

    In the transaction that makes the new session, after its run-down: nobody else has locked anything of that yet.
    """
    if await db.scalar(_MOVE, {"old": list(old), "new": new}):
        await begin_ledger(db, new)
        await db.execute(_HAS_STOCK, {"new": new})
