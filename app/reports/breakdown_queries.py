"""Read-only SQL of the breakdowns: what the ledger alone does not say about orders, buyers and people who waited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.infra.database import RawConnection

# Of the order that entry `seq` of session $1 placed; null when its contact is gone.
HAS_BOUGHT_BEFORE = """
SELECT EXISTS (
  SELECT FROM order_contacts c JOIN orders e ON e.id = c.order_id JOIN sessions s ON s.id = e.session_id
  WHERE c.phone_digest = own.phone_digest AND e.session_id <> o.session_id AND e.placed_at < o.placed_at AND NOT s.is_rehearsal
    AND s.organisation_id = (SELECT organisation_id FROM sessions WHERE id = o.session_id))
FROM orders o JOIN order_contacts own ON own.order_id = o.id
WHERE o.session_id = $1 AND o.seq = new.seq AND own.phone_digest IS NOT NULL
"""
_SORTED_BUYERS = """
SELECT count(*) FILTER (WHERE has_bought_before) AS returning, count(*) FILTER (WHERE NOT has_bought_before) AS new
FROM ledger_buyers WHERE session_id = $1 AND first_seq <= $2
"""
_NEW_BUYERS = f"""
SELECT count(*) FILTER (WHERE before) AS returning, count(*) FILTER (WHERE NOT before) AS new
FROM (SELECT ({HAS_BOUGHT_BEFORE}) AS before FROM unnest($2::bigint[]) AS new (seq)) AS found
"""  # noqa: S608 - a constant of this file
_ORDER_SOURCES = """
SELECT o.id, CASE WHEN o.source = 'comment' THEN 'comment'
  WHEN EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.change_seq IS NULL AND l.offer_id IS NOT NULL) THEN 'flash'
  ELSE 'shelf' END AS source
FROM orders o
WHERE o.id IN (SELECT order_id FROM ledger_entries WHERE session_id = $1 AND seq > $2 AND seq <= $3)
"""
_WAITED = """
SELECT offer_id,
  count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'called') AS called,
  count(*) FILTER (WHERE state = 'served') AS bought, count(*) FILTER (WHERE state = 'lapsed') AS lapsed,
  count(*) FILTER (WHERE state = 'left') AS left, coalesce(sum(quantity), 0) AS units_wanted,
  coalesce(sum(quantity) FILTER (WHERE state = 'served'), 0) AS units_bought,
  coalesce(sum(quantity) FILTER (WHERE state IN ('lapsed', 'left')), 0) AS units_lost
FROM waitlist_entries WHERE session_id = $1 GROUP BY offer_id
"""


async def order_sources(db: RawConnection, session_id: UUID, *, after: int, to: int) -> dict[UUID, str]:
    """Where the orders came from that the entries after one and up to another are about."""
    return {row["id"]: row["source"] for row in await db.fetch(_ORDER_SOURCES, session_id, after, to)}


async def buyers_by_history(db: RawConnection, session_id: UUID, *, stored_to: int, later: Sequence[int]) -> tuple[int, int]:
    """How many buyers are new, and how many return: of those stored up to an entry, and of those with these entries as their first."""
    stored = await db.fetchrow(_SORTED_BUYERS, session_id, stored_to)
    found = await db.fetchrow(_NEW_BUYERS, session_id, list(later))
    return tuple(int(stored[name]) + int(found[name]) for name in ("new", "returning"))  # type: ignore[index, return-value]


async def waited(db: RawConnection, session_id: UUID) -> Mapping[UUID, Mapping[str, Any]]:
    """What became of those who waited, by offer."""
    return {row["offer_id"]: {name: int(n) for name, n in row.items() if name != "offer_id"} for row in await db.fetch(_WAITED, session_id)}
