"""Read-only SQL of the desk: counts, pages of a queue by keyset, one order with what colleagues did."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from app.desk.queues import OPEN_QUEUES, Queue
from app.desk.schemas import CallView, ClaimCount, HeldStepView, NoteView, OrderWork, QueueCount, QueuedOrder, WaitingComplaint
from app.errors import MalformedRequest
from app.fulfilment import queries
from app.infra.clock import from_ms, to_ms, utc_now
from app.infra.database import RawConnection
from app.infra.sealing import DataKey, Envelopes
from app.orders.contacts import data_key_of, open_words

COMPLAINTS_SHOWN = 50
_ALL = "d.organisation_id = $1 AND NOT d.is_rehearsal AND $2::uuid[] IS NULL"
_SOME = "d.organisation_id = $1 AND NOT d.is_rehearsal AND d.session_id = ANY($2::uuid[])"
_ONE = "d.organisation_id = $1 AND d.session_id = ($2::uuid[])[1]"
_COUNTS = """
SELECT d.queue, count(*) FILTER (WHERE d.ready_at <= $3)::int AS due, count(*) FILTER (WHERE d.ready_at > $3)::int AS later,
  min(d.ready_at) FILTER (WHERE d.ready_at > $3) AS next_at
FROM desk_orders d WHERE {scope} AND d.queue = ANY($4::text[]) GROUP BY d.queue
"""
_CLAIMS = """
SELECT count(*)::int AS waiting, min(c.until_at) AS until_at FROM comment_claims c JOIN sessions s ON s.id = c.session_id
WHERE c.state = 'held' AND s.organisation_id = $1 AND (NOT s.is_rehearsal OR $3) AND ($2::uuid[] IS NULL OR c.session_id = ANY($2::uuid[]))
"""
_COMPLAINTS = """
SELECT d.order_id, d.session_id FROM complaints p JOIN desk_orders d ON d.order_id = p.order_id
WHERE p.answered_at IS NULL AND {scope} GROUP BY d.order_id, d.session_id ORDER BY min(p.made_at) LIMIT $3
"""
_PAGE = """
SELECT d.order_id FROM desk_orders d WHERE {scope} AND d.queue = $3 AND (d.ready_at, d.order_id) > ($4, $5)
ORDER BY d.ready_at, d.order_id LIMIT $6
"""
# What is done is looked at from the newest on.
_PAGE_OF_DONE = """
SELECT d.order_id FROM desk_orders d WHERE {scope} AND d.queue = $3 AND (d.ready_at, d.order_id) < ($4, $5)
ORDER BY d.ready_at DESC, d.order_id DESC LIMIT $6
"""
_QUEUED = """
SELECT d.order_id, d.session_id, s.title AS session_title, d.queue, d.ready_at, d.tries, d.assigned_to, d.held_by, d.held_until,
  d.asks_again, d.step_id, d.step_kind, d.step_reason, d.step_due_at,
  a.display_name AS assigned_name, h.display_name AS held_name, t.display_name AS step_name
FROM desk_orders d JOIN sessions s ON s.id = d.session_id LEFT JOIN users a ON a.id = d.assigned_to
LEFT JOIN users h ON h.id = d.held_by LEFT JOIN users t ON t.id = d.step_by WHERE d.order_id = ANY($1::uuid[])
"""
_CALLS = """
SELECT c.id, c.outcome, c.reason, u.display_name, c.called_at, c.again_at, c.undone_at
FROM order_calls c JOIN users u ON u.id = c.called_by WHERE c.order_id = $1 ORDER BY c.called_at DESC, c.id LIMIT 50
"""
_NOTES = """
SELECT n.id, n.sealed, u.display_name, n.written_at FROM order_notes n JOIN users u ON u.id = n.written_by
WHERE n.order_id = $1 ORDER BY n.written_at DESC, n.id LIMIT 50
"""
_KEY = "SELECT key_id, wrapped_key FROM order_contacts WHERE order_id = $1"
_FIRST = (from_ms(0), UUID(int=0))
_LAST = (from_ms(4_000_000_000_000), UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Scope:
    """Which orders somebody looks at: of one session, of some, or (`session_ids` None) of all of the organisation but rehearsals."""

    organisation_id: UUID
    session_ids: Sequence[UUID] | None = None
    is_one: bool = False

    def sql(self, statement: str) -> str:
        """The statement with its condition, whose parameters are `$1` and `$2`."""
        return statement.format(scope=_ONE if self.is_one else _ALL if self.session_ids is None else _SOME)

    @property
    def parameters(self) -> tuple[UUID, list[UUID] | None]:
        return self.organisation_id, None if self.session_ids is None else list(self.session_ids)


async def count_queues(db: RawConnection, scope: Scope) -> list[QueueCount]:
    """Every queue with work in it or not, in their order; what is done is not counted, as it only grows."""
    rows = {row["queue"]: row for row in await db.fetch(scope.sql(_COUNTS), *scope.parameters, utc_now(), list(OPEN_QUEUES))}
    return [_count(queue, rows.get(queue)) for queue in OPEN_QUEUES]


def _count(queue: Queue, row: asyncpg.Record | None) -> QueueCount:
    if row is None:
        return QueueCount(queue=queue, due=0, later=0, next_at_ms=None)
    return QueueCount(queue=queue, due=row["due"], later=row["later"], next_at_ms=to_ms(row["next_at"]))


async def count_claims(db: RawConnection, scope: Scope) -> ClaimCount:
    """How many wait, and when the first of them is over."""
    row = await db.fetchrow(_CLAIMS, *scope.parameters, scope.is_one)
    return ClaimCount(waiting=0 if row is None else row["waiting"], first_until_ms=None if row is None else to_ms(row["until_at"]))


async def waiting_complaints(db: RawConnection, scope: Scope) -> list[WaitingComplaint]:
    return [WaitingComplaint(**row) for row in await db.fetch(scope.sql(_COMPLAINTS), *scope.parameters, COMPLAINTS_SHOWN)]


async def page_of(
    db: RawConnection, envelopes: Envelopes, scope: Scope, queue: Queue, *, cursor: str | None, limit: int
) -> tuple[list[QueuedOrder], str | None]:
    """Some orders of a queue and the cursor for those after them. Raises `MalformedRequest` for a cursor that is none of ours."""
    is_done = queue == "over"
    start = (_LAST if is_done else _FIRST) if cursor is None else _read_cursor(cursor)
    statement = scope.sql(_PAGE_OF_DONE if is_done else _PAGE)
    ids = [row["order_id"] for row in await db.fetch(statement, *scope.parameters, queue, *start, limit + 1)]
    orders, last_ready = await _queued(db, envelopes, ids[:limit])
    more = len(ids) > limit and last_ready is not None
    return orders, _cursor(last_ready, ids[limit - 1]) if more and last_ready is not None else None


async def queued_orders(db: RawConnection, envelopes: Envelopes, order_ids: Sequence[UUID]) -> list[QueuedOrder]:
    """These orders as they stand on the desk, in this order."""
    return (await _queued(db, envelopes, order_ids))[0]


async def _queued(db: RawConnection, envelopes: Envelopes, order_ids: Sequence[UUID]) -> tuple[list[QueuedOrder], datetime | None]:
    if not order_ids:
        return [], None
    rows = {row["order_id"]: row for row in await db.fetch(_QUEUED, order_ids)}
    orders = await queries.orders_by_id(db, envelopes, order_ids)
    found = [order_id for order_id in order_ids if order_id in rows and order_id in orders]
    last = rows[found[-1]]["ready_at"] if found else None
    return [_queued_order(rows[order_id], orders[order_id].model_dump()) for order_id in found], last


def _queued_order(row: asyncpg.Record, order: dict[str, object]) -> QueuedOrder:
    is_held = row["held_until"] is not None and row["held_until"] > utc_now()
    own = {name: row[name] for name in ("session_id", "session_title", "queue", "tries", "assigned_to", "assigned_name")}
    held = {"held_by": row["held_by"], "held_name": row["held_name"], "held_until_ms": to_ms(row["held_until"])}
    return QueuedOrder.model_validate(order | own | {"ready_at_ms": to_ms(row["ready_at"])} | (held if is_held else dict.fromkeys(held)))


async def work_on(db: RawConnection, envelopes: Envelopes, order_id: UUID) -> OrderWork | None:
    """Everything about one order that is the desk's own; None while it is not on the desk."""
    row = await db.fetchrow(_QUEUED, [order_id])
    orders = await queries.orders_by_id(db, envelopes, [order_id])
    if row is None or order_id not in orders:
        return None
    sealed_with = await db.fetchrow(_KEY, order_id)
    notes = await db.fetch(_NOTES, order_id)
    key = None if sealed_with is None or not notes else data_key_of(envelopes, sealed_with)
    return OrderWork(
        order=_queued_order(row, orders[order_id].model_dump()),
        asks_again=row["asks_again"],
        suggests_cancel=row["queue"] == "given_up",
        step=_held_step(row),
        calls=[_call(each) for each in await db.fetch(_CALLS, order_id)],
        notes=[_note(each, key) for each in notes],
    )


def _held_step(row: asyncpg.Record) -> HeldStepView | None:
    if row["step_id"] is None:
        return None
    return HeldStepView(
        mark=row["step_id"],
        kind=row["step_kind"],
        reason=row["step_reason"],
        taken_by=row["step_name"] or "",
        due_at_ms=to_ms(row["step_due_at"]) or 0,
    )


def _call(row: asyncpg.Record) -> CallView:
    return CallView(
        mark=row["id"],
        outcome=row["outcome"],
        reason=row["reason"],
        called_by=row["display_name"],
        called_at_ms=to_ms(row["called_at"]) or 0,
        again_at_ms=to_ms(row["again_at"]),
        is_undone=row["undone_at"] is not None,
    )


def _note(row: asyncpg.Record, key: DataKey | None) -> NoteView:
    words = open_words(key, row["id"], row["sealed"], None)
    return NoteView(note_id=row["id"], words=words, written_by=row["display_name"], written_at_ms=to_ms(row["written_at"]) or 0)


def _cursor(ready_at: datetime, order_id: UUID) -> str:
    micros = (ready_at - from_ms(0)) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(micros.to_bytes(8) + order_id.bytes).decode()


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        return from_ms(0) + timedelta(microseconds=int.from_bytes(raw[:8])), UUID(bytes=raw[8:])
    except (ValueError, OverflowError) as error:
        raise MalformedRequest(details={"errors": [{"where": "cursor", "code": "cursor_unknown"}]}) from error
