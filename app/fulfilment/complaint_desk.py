"""The organiser's work list of complaints over all sessions, of orders and of sessions: what waits and until when, who works on it, the answer.

Hosts are not asked here: many of these complaints are about them. Complaints of orders can also be answered at the order desk; either way
there is one answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.fulfilment.complaint_schemas import ComplaintItem, ComplaintList, ContactLook
from app.fulfilment.errors import ComplaintNotFound
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.session_complaints import data_key, open_contact_line
from app.fulfilment.working_days import Promise
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection
from app.orders.contacts import open_words, seal_words
from app.sessions.lookup import SessionLookup

Part = Literal["open", "answered"]
LISTED_MOST = 100

# Both kinds in one form. `$1`: sessions in reach.
_OF_ORDERS = """
SELECT p.id, 'order' AS kind, o.session_id, o.id AS order_id, o.code AS order_code, c.key_id, c.wrapped_key, p.words, p.sealed_words,
  NULL::bytea AS sealed_contact, p.answer, p.sealed_answer, p.made_at, p.answered_at, p.answered_by
FROM complaints p JOIN orders o ON o.id = p.order_id JOIN order_contacts c ON c.order_id = o.id WHERE o.session_id = ANY($1::uuid[])
"""
_OF_SESSIONS = """
SELECT p.id, p.kind, p.session_id, NULL::uuid AS order_id, NULL::text AS order_code, p.key_id, p.wrapped_key, NULL::text AS words,
  p.sealed_words, p.sealed_contact, NULL::text AS answer, p.sealed_answer, p.made_at, p.answered_at, p.answered_by
FROM session_complaints p WHERE p.session_id = ANY($1::uuid[])
"""
_WITH_NAMES = """
SELECT f.*, s.title AS session_title, taker.display_name AS taken_by_name, answerer.display_name AS answered_by_name
FROM ({found}) AS f JOIN sessions s ON s.id = f.session_id LEFT JOIN complaints_taken t ON t.complaint_id = f.id
LEFT JOIN users taker ON taker.id = t.taken_by LEFT JOIN users answerer ON answerer.id = f.answered_by
"""


# What was erased meanwhile can be answered by nobody any more.
_ORDER_WAITS, _SESSION_WAITS = "p.answered_at IS NULL AND c.erased_at IS NULL", "p.answered_at IS NULL AND p.erased_at IS NULL"
_WAS_ANSWERED = "p.answered_at IS NOT NULL AND ($3::timestamptz IS NULL OR p.answered_at < $3)"


def _both(of_orders: str, of_sessions: str, order: str) -> str:
    parts = (f"({each} AND {which} ORDER BY {order} LIMIT $2)" for each, which in ((_OF_ORDERS, of_orders), (_OF_SESSIONS, of_sessions)))
    # Read in the order of the condition's own index, each part no further than the list is long.
    return _WITH_NAMES.format(found=" UNION ALL ".join(parts)) + f" ORDER BY f.{order.removeprefix('p.')} LIMIT $2"


_OPEN = _both(_ORDER_WAITS, _SESSION_WAITS, "p.made_at")
_ANSWERED = _both(_WAS_ANSWERED, _WAS_ANSWERED, "p.answered_at DESC")
_ONE = _WITH_NAMES.format(found=f"{_OF_ORDERS} AND p.id = $2 UNION ALL {_OF_SESSIONS} AND p.id = $2")
_COUNT = f"""
SELECT count(*) AS waiting, count(*) FILTER (WHERE made_at <= $2) AS overdue FROM (
  SELECT p.made_at FROM complaints p JOIN orders o ON o.id = p.order_id JOIN order_contacts c ON c.order_id = o.id
  WHERE o.session_id = ANY($1::uuid[]) AND {_ORDER_WAITS}
  UNION ALL SELECT p.made_at FROM session_complaints p WHERE p.session_id = ANY($1::uuid[]) AND {_SESSION_WAITS}
) AS f
"""  # noqa: S608 - constants of this module
_TAKE = """
INSERT INTO complaints_taken (complaint_id, taken_by, taken_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING complaint_id
"""
_ANSWER_ORDER = """
UPDATE complaints SET sealed_answer = $2, answered_at = $3, answered_by = $4 WHERE id = $1 AND answered_at IS NULL RETURNING id
"""
_ANSWER_SESSION = """
UPDATE session_complaints SET sealed_answer = $2, answered_at = $3, answered_by = $4
WHERE id = $1 AND answered_at IS NULL AND erased_at IS NULL RETURNING id
"""
_LOCK_SESSION = "SELECT key_id, wrapped_key FROM session_complaints WHERE id = $1 FOR UPDATE"


class ComplaintDesk:
    """Whoever may `HANDLE_COMPLAINTS`, in the sessions of their reach; other complaints do not exist for them."""

    def __init__(self, database: Database, *, sessions: SessionLookup, rows: SealedRows, promise: Promise) -> None:
        self._database = database
        self._sessions = sessions
        self._rows = rows
        self._promise = promise

    async def listed(self, user: CurrentUser, part: Part, *, before: datetime | None, limit: int) -> ComplaintList:
        """Open ones, the longest waiting first, or answered ones, those answered last first, before a moment."""
        reach, now = await self._reach(user), utc_now()
        async with self._database.pool.acquire() as db:
            found = await (db.fetch(_OPEN, reach, limit) if part == "open" else db.fetch(_ANSWERED, reach, limit, before))
            count = (await db.fetch(_COUNT, reach, self._promise.due_since(now)))[0]
        items = [self._item(row, now) for row in found]
        return ComplaintList(items=items, waiting=count["waiting"], overdue=count["overdue"], answer_working_days=self._promise.days)

    async def take(self, user: CurrentUser, complaint_id: UUID, intention: Intention | None = None) -> ComplaintItem:
        """Say that somebody works on it; whoever came first stays. Raises `ComplaintNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            row = await self._find(db, user, complaint_id)
            if (await claim_intention_raw(db, user.id, intention, complaint_id)).is_first and row["answered_at"] is None:
                if await db.fetchval(_TAKE, complaint_id, user.id, utc_now()) is not None:
                    await self._audit(db, user, "complaint.taken", complaint_id)
                row = await self._find(db, user, complaint_id)
        return self._item(row, utc_now())

    async def answer(self, user: CurrentUser, complaint_id: UUID, words: str, intention: Intention | None = None) -> ComplaintItem:
        """Answer it, once; whoever complained reads it where they complained.

        Raises `ComplaintNotFound`, also when it was answered before or its person was erased.
        """
        async with self._database.pool.acquire() as db, db.transaction():
            row = await self._find(db, user, complaint_id)
            if (await claim_intention_raw(db, user.id, intention, complaint_id)).is_first:
                await self._write_answer(db, user, row, words)
                await self._audit(db, user, "complaint.answered", complaint_id)
                row = await self._find(db, user, complaint_id)
        return self._item(row, utc_now())

    async def contact(self, user: CurrentUser, complaint_id: UUID, look: ContactLook) -> str | None:
        """How to reach whoever complained. Who looked and what for is written down first. Raises `ComplaintNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            row = await self._find(db, user, complaint_id)
            await self._audit(db, user, "complaint.contact_read", complaint_id, {"reason": look.reason})
        return open_contact_line(data_key(self._rows.envelopes, row), complaint_id, row["sealed_contact"])

    async def _write_answer(self, db: RawConnection, user: CurrentUser, row: asyncpg.Record, words: str) -> None:
        complaint_id = row["id"]
        if row["order_id"] is not None:
            opened = await self._rows.lock(db, row["order_id"])
            key, statement = (None if opened is None else opened.key), _ANSWER_ORDER
        else:
            key, statement = data_key(self._rows.envelopes, (await db.fetch(_LOCK_SESSION, complaint_id))[0]), _ANSWER_SESSION
        sealed = None if key is None else seal_words(key, complaint_id, words)
        if sealed is None or await db.fetchval(statement, complaint_id, sealed, utc_now(), user.id) is None:
            raise ComplaintNotFound(details={"complaint_id": str(complaint_id)})

    async def _find(self, db: RawConnection, user: CurrentUser, complaint_id: UUID) -> asyncpg.Record:
        row = await db.fetchrow(_ONE, await self._reach(user), complaint_id)
        if row is None:
            raise ComplaintNotFound(details={"complaint_id": str(complaint_id)})
        return row

    async def _reach(self, user: CurrentUser) -> list[UUID]:
        return await self._sessions.ids_in_reach(user, Action.HANDLE_COMPLAINTS)

    def _item(self, row: asyncpg.Record, now: datetime) -> ComplaintItem:
        key = data_key(self._rows.envelopes, row)
        due_at = self._promise.due_after(row["made_at"])
        is_open = row["answered_at"] is None
        return ComplaintItem(
            complaint_id=row["id"],
            kind=row["kind"],
            state="answered" if not is_open else "new" if row["taken_by_name"] is None else "in_work",
            session_id=row["session_id"],
            session_title=row["session_title"],
            order_id=row["order_id"],
            order_code=row["order_code"],
            words=open_words(key, row["id"], row["sealed_words"], row["words"]),
            has_contact=row["sealed_contact"] is not None,
            made_at_ms=to_ms(row["made_at"]) or 0,
            due_at_ms=to_ms(due_at) or 0,
            is_overdue=is_open and due_at <= now,
            taken_by=row["taken_by_name"],
            answer=open_words(key, row["id"], row["sealed_answer"], row["answer"]),
            answered_by=row["answered_by_name"],
            answered_at_ms=to_ms(row["answered_at"]),
        )

    @staticmethod
    async def _audit(db: RawConnection, user: CurrentUser, action: str, complaint_id: UUID, details: dict[str, Any] | None = None) -> None:
        await insert_audit(
            db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=complaint_id, details=details
        )
