"""What is still to be collected or given back for an order that was changed after it was paid: one item of the payments' work list.

The ledger says what was paid and what the order costs by now; the item only brings somebody to it, and goes away by itself once the two
agree again. Called by `changes.py` and `transitions.py` under the ledger's lock, so that nobody else keeps the same balance.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from app.infra.clock import utc_now
from app.infra.database import RawConnection
from app.ledger.course import Course

_OPEN = "SELECT id FROM payments WHERE order_id = $1 AND matter IN ('to_collect', 'to_refund') AND settled_at IS NULL FOR UPDATE"
_INSERT = """
INSERT INTO payments (id, organisation_id, order_id, reference, amount_vnd, received_at, matter)
SELECT $1, s.organisation_id, o.id, o.code || ' #' || $3, $4, $5, $6 FROM orders o JOIN sessions s ON s.id = o.session_id WHERE o.id = $2
"""
_UPDATE = "UPDATE payments SET matter = $2, amount_vnd = $3 WHERE id = $1"
_SETTLE = "UPDATE payments SET settled_at = $2, settlement = 'balanced' WHERE id = $1"


async def keep_balance(db: RawConnection, order_id: UUID, course: Course, *, begin: bool = False) -> None:
    """Bring the order's item up to what its course says; only with `begin` a new one is made.

    Orders that nobody changed have none, and cost nothing here.
    """
    if "changed" not in course.turns or "paid" not in course.turns:
        return
    item_id = await db.fetchval(_OPEN, order_id)
    owed_vnd = course.owed.total_vnd
    matter = "to_collect" if owed_vnd > 0 else "to_refund"
    if item_id is not None and owed_vnd:
        await db.execute(_UPDATE, item_id, matter, abs(owed_vnd))
    elif item_id is not None:
        await db.execute(_SETTLE, item_id, utc_now())
    elif begin and owed_vnd:
        await db.execute(_INSERT, uuid4(), order_id, str(course.last_seq), abs(owed_vnd), utc_now(), matter)
