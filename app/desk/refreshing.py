"""Brings rows of `desk_orders` to what ledger and calls say. Whoever calls it is inside a transaction.

Rows are locked first and facts read afterwards, by a statement of its own: whatever was committed while we waited is seen. Several rows are
locked in the order of their ids. Whoever needs a ledger's lock takes it after these, never before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from app.desk.queues import CALLED_QUEUES, FRESH_QUEUES, VAIN, Facts, Queue, queue_of
from app.infra.clock import utc_now
from app.infra.database import RawConnection

# Where an order begins that nothing has happened to yet: `queue_of` says the same, and a test compares them.
_BEGIN = """
INSERT INTO desk_orders (order_id, organisation_id, session_id, is_rehearsal, queue, ready_at)
SELECT o.id, s.organisation_id, s.id, s.is_rehearsal, CASE o.payment WHEN 'transfer' THEN 'money' ELSE 'first' END, o.placed_at
FROM orders o JOIN sessions s ON s.id = o.session_id WHERE o.id = ANY($1::uuid[]) ORDER BY o.id
ON CONFLICT (order_id) DO NOTHING
"""
_MISSING = """
SELECT array_agg(id) FROM unnest($1::uuid[]) AS asked(id) WHERE NOT EXISTS (SELECT FROM desk_orders d WHERE d.order_id = asked.id)
"""
_LOCK = "SELECT * FROM desk_orders WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE"
_FACTS = f"""
SELECT o.id, o.payment, o.placed_at, e.kinds, e.last_at, c.tries, c.is_wrong_number, c.again_at
FROM orders o
CROSS JOIN LATERAL (SELECT array_agg(kind) AS kinds, max(happened_at) AS last_at FROM ledger_entries WHERE order_id = o.id) AS e
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE outcome IN ({", ".join(f"'{each}'" for each in VAIN)}))::int AS tries,
    coalesce(bool_or(outcome = 'wrong_number'), false) AS is_wrong_number,
    (array_agg(again_at ORDER BY called_at DESC))[1] AS again_at
  FROM order_calls WHERE order_id = o.id AND undone_at IS NULL
) AS c WHERE o.id = ANY($1::uuid[])
"""  # noqa: S608 - constants of our own
_WRITE = """
UPDATE desk_orders d SET queue = t.queue, ready_at = t.ready_at, tries = t.tries,
  assigned_to = CASE t.queue WHEN 'over' THEN NULL ELSE d.assigned_to END
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::smallint[]) AS t(order_id, queue, ready_at, tries) WHERE d.order_id = t.order_id
"""


async def begin(db: RawConnection, order_ids: Sequence[UUID]) -> None:
    """Put orders on the desk that were just placed; those that stand on it already are left as they are."""
    await db.execute(_BEGIN, order_ids)


async def lock(db: RawConnection, order_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    """The rows, locked until the transaction ends. Orders that the follower has not seen yet are put on the desk by this."""
    # Before anything is locked: whoever is putting them there at this moment is waited for with empty hands.
    missing = await db.fetchval(_MISSING, order_ids)
    if missing:
        await begin(db, missing)
    return await db.fetch(_LOCK, order_ids)


async def refresh(db: RawConnection, order_ids: Sequence[UUID]) -> None:
    """Look again where these orders belong."""
    rows = {row["order_id"]: row for row in await lock(db, order_ids)}
    written: list[tuple[UUID, Queue, datetime, int]] = []
    for fact in await db.fetch(_FACTS, list(rows)):
        row = rows[fact["id"]]
        held_back = [] if row["step_kind"] is None else [row["step_kind"]]
        had = {*(fact["kinds"] or ()), *held_back}
        queue = queue_of(Facts(had, fact["payment"], fact["tries"], fact["is_wrong_number"], row["asks_again"]))
        written.append((fact["id"], queue, _ready_at(queue, row, fact), fact["tries"]))
    if written:
        await db.execute(_WRITE, *(list(column) for column in zip(*written, strict=True)))


def _ready_at(queue: Queue, row: asyncpg.Record, fact: asyncpg.Record) -> datetime:
    """Since when the order waits in this queue, or from when on it may be called again."""
    moment: datetime | None
    if queue in CALLED_QUEUES and fact["again_at"] is not None:
        moment = fact["again_at"]
    elif queue in FRESH_QUEUES:
        moment = fact["placed_at"]
    elif queue == row["queue"]:
        moment = row["ready_at"]
    else:
        moment = fact["last_at"] if row["step_kind"] is None else utc_now()
    return moment or fact["placed_at"]
