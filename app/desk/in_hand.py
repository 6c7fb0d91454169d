"""An order in a colleague's hand: taken, renewed, taken over on purpose, let go; and the next one of a queue. Each inside a transaction.

A hold is a lease in the order's row. Nobody waits for it: whoever comes second is told who has the order, and the next order is one that
nobody else has, whoever asks at the same moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from app.accounts.service import CurrentUser
from app.desk.errors import OrderInHand
from app.desk.queues import Queue
from app.desk.reading import Scope
from app.desk.refreshing import lock
from app.fulfilment.errors import OrderNotFound
from app.infra.clock import to_ms, utc_now
from app.infra.database import RawConnection

_TAKE = "UPDATE desk_orders SET held_by = $2, held_until = $3 WHERE order_id = $1"
_LET_GO = "UPDATE desk_orders SET held_by = NULL, held_until = NULL WHERE order_id = ANY($1::uuid[]) AND held_by = $2"
_NAME = "SELECT display_name FROM users WHERE id = $1"
_IS_THERE = "SELECT EXISTS (SELECT FROM orders WHERE id = $1 AND session_id = $2)"
_MINE = """
SELECT d.order_id FROM desk_orders d
WHERE {scope} AND d.queue = $3 AND d.held_by = $4 AND d.held_until > $5 AND d.ready_at <= $5 LIMIT 1
"""
# Free for $5: in nobody's hand, or in their own; not put off by them.
_NEXT = """
SELECT d.order_id FROM desk_orders d WHERE {scope} AND d.queue = $3 AND d.ready_at <= $4 AND d.assigned_to {assigned}
  AND (d.held_by IS NULL OR d.held_until <= $4 OR d.held_by = $5) AND d.order_id <> ALL($6::uuid[])
ORDER BY d.ready_at, d.order_id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_WAYS = (_NEXT.replace("{assigned}", "= $5"), _NEXT.replace("{assigned}", "IS NULL"))


async def require_there(db: RawConnection, session_id: UUID, order_id: UUID) -> None:
    """Raises `OrderNotFound` when the session has no such order."""
    if not await db.fetchval(_IS_THERE, order_id, session_id):
        raise OrderNotFound(details={"order_id": str(order_id)})


async def lock_order(db: RawConnection, session_id: UUID, order_id: UUID) -> asyncpg.Record:
    """The order's row on the desk, locked. Raises `OrderNotFound`."""
    await require_there(db, session_id, order_id)
    (row,) = await lock(db, [order_id])
    return row


async def require_free(db: RawConnection, user: CurrentUser, row: asyncpg.Record) -> None:
    """Raises `OrderInHand` while a colleague has it."""
    if row["held_by"] not in {None, user.id} and row["held_until"] > utc_now():
        name = await db.fetchval(_NAME, row["held_by"])
        raise OrderInHand(details={"who": name or "", "until_ms": to_ms(row["held_until"])})


async def take(db: RawConnection, user: CurrentUser, order_id: UUID, *, seconds: float) -> None:
    await db.execute(_TAKE, order_id, user.id, _until(seconds))


async def let_go(db: RawConnection, user: CurrentUser, order_ids: Sequence[UUID]) -> None:
    """Only what is in one's own hand; anything else is left as it is."""
    await db.execute(_LET_GO, order_ids, user.id)


async def take_next(
    db: RawConnection, user: CurrentUser, scope: Scope, queue: Queue, *, skip: Sequence[UUID], seconds: float
) -> UUID | None:
    """The order of the queue that the colleague has in hand already, or the next that is due: first what is assigned to them.

    `skip` are those that they put off, and let go by this. Asked again it is the same order, so a lost answer takes none away from the others.
    """
    now = utc_now()
    if skip:
        await let_go(db, user, skip)
    found: UUID | None = await db.fetchval(scope.sql(_MINE), *scope.parameters, queue, user.id, now)
    for statement in () if found is not None else _WAYS:
        found = await db.fetchval(scope.sql(statement), *scope.parameters, queue, now, user.id, skip)
        if found is not None:
            break
    if found is not None:
        await take(db, user, found, seconds=seconds)
    return found


def _until(seconds: float) -> datetime:
    return utc_now() + timedelta(seconds=seconds)
