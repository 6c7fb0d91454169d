"""Follows every session's ledger for parcels: changes and cancellations reach the boxes within a second. Run by `jobs.py`.

What people do with a parcel looks at its orders by itself, so nothing is packed wrongly in between; this is for those that nobody touches.
Nothing is missed, because a `seq` is given under a lock that is held until COMMIT; two nodes at once spoil nothing.
"""

from __future__ import annotations

from uuid import UUID

from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import Database
from app.ledger.kinds import RELEASING_KINDS, sql_list
from app.parcels.refreshing import hold_orders, refresh

ENTRIES_AT_ONCE = 1_000
SESSIONS_AT_ONCE = 200
STEPS_PER_RUN = 20

_BEHIND = """
SELECT l.session_id FROM ledgers l LEFT JOIN parcel_marks m ON m.session_id = l.session_id
WHERE l.last_seq > coalesce(m.seq, 0) ORDER BY l.session_id LIMIT $1
"""
_MARK = "INSERT INTO parcel_marks (session_id, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING"
_READ_MARK = "SELECT seq FROM parcel_marks WHERE session_id = $1 FOR UPDATE"
_LAST = "SELECT max(seq) FROM (SELECT seq FROM ledger_entries WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS next"
_TOUCHED = f"""
SELECT DISTINCT o.order_id FROM ledger_entries e JOIN parcel_orders o ON o.order_id = e.order_id
WHERE e.session_id = $1 AND e.seq > $2 AND e.seq <= $3 AND e.kind IN {sql_list(RELEASING_KINDS | {"changed"})}
"""  # noqa: S608 - kinds of our own table
_KEEP_MARK = "UPDATE parcel_marks SET seq = $2 WHERE session_id = $1"


class ParcelFollower:
    """Brings parcels up to the ledgers' heads."""

    def __init__(self, database: Database, rows: SealedRows) -> None:
        self._database = database
        self._rows = rows

    async def follow(self) -> int:
        """Some steps of every session that is behind; returns how many orders in parcels were looked at."""
        looked = 0
        for row in await self._database.pool.fetch(_BEHIND, SESSIONS_AT_ONCE):
            for _ in range(STEPS_PER_RUN):
                step = await self._step(row["session_id"])
                if step is None:
                    break
                looked += step
        return looked

    async def _step(self, session_id: UUID) -> int | None:
        """None: it is up to date."""
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_MARK, session_id)
            mark = await db.fetchval(_READ_MARK, session_id)
            last = await db.fetchval(_LAST, session_id, mark, ENTRIES_AT_ONCE)
            if last is None:
                return None
            order_ids = [row["order_id"] for row in await db.fetch(_TOUCHED, session_id, mark, last)]
            if order_ids:
                await refresh(db, await hold_orders(db, self._rows.envelopes, order_ids))
            await db.execute(_KEEP_MARK, session_id, last)
            return len(order_ids)
