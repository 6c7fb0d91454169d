"""Pools of units outside of batches: locking them, giving units back, and whom that concerns. Lock order: ledger, pools by product, offers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from app.infra.database import RawConnection
from app.orders.calling import Calls, call_next

_LOCK = "SELECT product_id FROM session_stock WHERE session_id = $1 AND product_id = ANY($2::uuid[]) ORDER BY product_id FOR UPDATE"
_LOCK_OF_OFFER = """
SELECT t.product_id FROM session_stock t
WHERE t.session_id = $1 AND t.product_id = (SELECT f.product_id FROM offers f WHERE f.id = $2) FOR UPDATE OF t
"""
_GIVE_BACK = """
UPDATE session_stock SET sold = sold - t.quantity
FROM unnest($2::uuid[], $3::int[]) AS t(product_id, quantity) WHERE session_stock.session_id = $1 AND session_stock.product_id = t.product_id
"""
_LOCK_WAITED_FOR = """
SELECT f.id FROM offers f WHERE f.session_id = $1 AND f.product_id = ANY($2::uuid[])
  AND EXISTS (SELECT FROM waitlist_entries w WHERE w.offer_id = f.id AND w.state IN ('waiting', 'called'))
ORDER BY f.id FOR UPDATE
"""
_OFFERS = "SELECT id FROM offers WHERE session_id = $1 AND product_id = ANY($2::uuid[]) AND state <> 'ended'"


async def lock_pool_of_offer(db: RawConnection, session_id: UUID, offer_id: UUID) -> None:
    """Lock the pool behind an offer, if there is one; call it before the offer is locked."""
    await db.fetch(_LOCK_OF_OFFER, session_id, offer_id)


async def return_to_pools(db: RawConnection, session_id: UUID, freed: Mapping[UUID, int]) -> tuple[UUID, ...]:
    """Give units back by product; returns the products that have a pool. The ledger's lock is held, no offer's is."""
    pooled = [row["product_id"] for row in await db.fetch(_LOCK, session_id, sorted(freed))]
    if pooled:
        await db.execute(_GIVE_BACK, session_id, pooled, [freed[product_id] for product_id in pooled])
    return tuple(pooled)


async def offers_of_pools(db: RawConnection, session_id: UUID, product_ids: Collection[UUID]) -> tuple[UUID, ...]:
    """Offers that these pools limit, as far as they have not ended."""
    return tuple(row["id"] for row in await db.fetch(_OFFERS, session_id, list(product_ids))) if product_ids else ()


async def call_for_pool(db: RawConnection, session_id: UUID, product_id: UUID, *, now: datetime, call_seconds: float) -> list[Calls]:
    """Set free units of a locked pool aside for whoever waits for an offer of it, the oldest offers' lines in order of id."""
    offers = [row["id"] for row in await db.fetch(_LOCK_WAITED_FOR, session_id, [product_id])]
    calls = [await call_next(db, offer_id, now=now, call_seconds=call_seconds) for offer_id in offers]
    return [each for each in calls if each is not None]
