"""One step, or one colleague, for many orders at once: first what would become of each, then the same in one transaction.

A step is held back like any other. All of it has one mark, by which it is taken back as a whole as long as nothing of it is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.desk.errors import NotOfTheDesk, TooLateToUndo
from app.desk.holding_back import HeldBack
from app.desk.news import DeskNews
from app.desk.refreshing import lock, refresh
from app.desk.schemas import BulkAssignment, BulkResult, BulkStep, BulkUndone, OrderInBulk
from app.desk.work import DeskWork
from app.fulfilment.desk import OrderDesk
from app.fulfilment.transitions import StepsResult
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.ledger.kinds import may_follow
from app.settings import DeskSettings

_ORDERS = """
SELECT o.id, o.session_id, o.code, (SELECT array_agg(kind) FROM ledger_entries WHERE order_id = o.id) AS kinds
FROM orders o JOIN sessions s ON s.id = o.session_id
WHERE o.id = ANY($1::uuid[]) AND s.organisation_id = $2 AND ($3::uuid[] IS NULL OR o.session_id = ANY($3::uuid[]))
"""
_ROWS = "SELECT * FROM desk_orders WHERE order_id = ANY($1::uuid[])"
_NAMES = "SELECT id, display_name FROM users WHERE id = ANY($1::uuid[])"
_HOLD_BACK = """
UPDATE desk_orders SET step_id = $2, step_kind = $3, step_reason = $4, step_by = $5, step_due_at = $6, held_by = NULL, held_until = NULL
WHERE order_id = ANY($1::uuid[])
"""
_OF_MARK = """
SELECT order_id FROM desk_orders
WHERE step_due_at IS NOT NULL AND step_id = $1 AND organisation_id = $2 AND ($3::uuid[] IS NULL OR session_id = ANY($3::uuid[]))
"""
_TAKE_BACK = """
UPDATE desk_orders SET step_id = NULL, step_kind = NULL, step_reason = NULL, step_by = NULL, step_due_at = NULL
WHERE order_id = ANY($1::uuid[]) AND step_id = $2 RETURNING order_id
"""
_ASSIGN = "UPDATE desk_orders SET assigned_to = $2 WHERE order_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class _Found:
    """One order that was named: where it is, and why it does not fit, if it does not."""

    answer: OrderInBulk
    session_id: UUID | None = None
    is_held_back: bool = False


class DeskBulk:
    """Previews and applies. Orders that do not fit are left as they are, and named with the reason."""

    def __init__(
        self, database: Database, work: DeskWork, *, desk: OrderDesk, held_back: HeldBack, news: DeskNews, settings: DeskSettings
    ) -> None:
        self._database = database
        self._work = work
        self._desk = desk
        self._held_back = held_back
        self._news = news
        self._undo_seconds = settings.undo_seconds

    async def preview(self, user: CurrentUser, step: BulkStep) -> BulkResult:
        """What the step would do now. Changes nothing."""
        reach = (await self._work.scope(user, None)).session_ids
        async with self._database.pool.acquire() as db:
            rows = {row["order_id"]: row for row in await db.fetch(_ROWS, step.order_ids)}
            return _result(await self._look(db, user, step, rows, reach))

    async def apply(self, user: CurrentUser, step: BulkStep, intention: Intention | None) -> BulkResult:
        """Take the step for those that fit; each can be taken back for a while. The same key again changes nothing and is answered as it is now."""
        reach = (await self._work.scope(user, None)).session_ids
        appended: list[tuple[UUID, StepsResult]] = []
        async with self._database.pool.acquire() as db, db.transaction():
            claim = await claim_intention_raw(db, user.id, intention, uuid4())
            if not claim.is_first:
                return await self._done_before(db, user, step, reach, claim.subject_id)
            there = [row["id"] for row in await db.fetch(_ORDERS, step.order_ids, user.organisation_id, reach)]
            rows = {row["order_id"]: row for row in await lock(db, sorted(there))}
            found = await self._look(db, user, step, rows, reach)
            fitting = [each for each in found if each.answer.problem is None]
            appended = await self._write_before(db, [each for each in fitting if each.is_held_back])
            await self._hold_back(db, user, step, [each.answer.order_id for each in fitting], claim.subject_id)
            if self._undo_seconds == 0:
                appended += await self._write_before(db, fitting)
        for session_id, result in appended:
            self._desk.appended(session_id, result.freed_offers)
        await self._news.changed(user.organisation_id)
        return _result(found, claim.subject_id)

    async def undo(self, user: CurrentUser, mark: UUID, intention: Intention | None) -> BulkUndone:
        """Take back what of a step in bulk is not written yet. What a colleague has in hand meanwhile stays. Raises `TooLateToUndo` when nothing is left.

        The same key again changes nothing, and says that nothing more was taken back.
        """
        reach = (await self._work.scope(user, None)).session_ids
        async with self._database.pool.acquire() as db, db.transaction():
            if not (await claim_intention_raw(db, user.id, intention, mark)).is_first:
                return BulkUndone(undone=0, in_hand=0)
            marked = sorted(row["order_id"] for row in await db.fetch(_OF_MARK, mark, user.organisation_id, reach))
            now = utc_now()
            # as they are now that they are locked: the clock may have been quicker
            rows = [row for row in await lock(db, marked) if row["step_id"] == mark] if marked else []
            free = [row["order_id"] for row in rows if row["held_by"] in {None, user.id} or row["held_until"] <= now]
            if not rows:
                raise TooLateToUndo
            undone = [row["order_id"] for row in await db.fetch(_TAKE_BACK, free, mark)]
            await refresh(db, sorted(undone))
            details: dict[str, object] = {"mark": str(mark), "orders": [str(order_id) for order_id in undone]}
            await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="desk.bulk_undone", details=details)
        await self._news.changed(user.organisation_id)
        return BulkUndone(undone=len(undone), in_hand=len(rows) - len(undone))

    async def preview_assignment(self, user: CurrentUser, assignment: BulkAssignment) -> BulkResult:
        """Which of these orders the colleague can be given. Changes nothing. Raises `NotOfTheDesk`."""
        reach = (await self._work.scope(user, None)).session_ids
        async with self._database.pool.acquire() as db:
            return _result(await self._look_for_assignment(db, user, assignment, reach))

    async def assign(self, user: CurrentUser, assignment: BulkAssignment) -> BulkResult:
        """Say which colleague shall do them; None = whoever comes. Again changes nothing. Raises `NotOfTheDesk`."""
        reach = (await self._work.scope(user, None)).session_ids
        async with self._database.pool.acquire() as db, db.transaction():
            there = [row["id"] for row in await db.fetch(_ORDERS, assignment.order_ids, user.organisation_id, reach)]
            await lock(db, sorted(there))
            found = await self._look_for_assignment(db, user, assignment, reach)
            fitting = [each.answer.order_id for each in found if each.answer.problem is None]
            await db.execute(_ASSIGN, fitting, assignment.user_id)
            details = {"to": None if assignment.user_id is None else str(assignment.user_id), "orders": [str(each) for each in fitting]}
            await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="desk.bulk_assigned", details=details)
        await self._news.changed(user.organisation_id)
        return _result(found)

    async def _look_for_assignment(
        self, db: RawConnection, user: CurrentUser, assignment: BulkAssignment, reach: Sequence[UUID] | None
    ) -> list[_Found]:
        """An order that is over is nobody's any more; of a session in which the colleague does not work, it is not theirs to do."""
        orders = {row["id"]: row for row in await db.fetch(_ORDERS, assignment.order_ids, user.organisation_id, reach)}
        over = {row["order_id"] for row in await db.fetch(_ROWS, list(orders)) if row["queue"] == "over"}
        works_in: dict[UUID, bool] = {}
        for session_id in {row["session_id"] for row in orders.values()}:
            works_in[session_id] = assignment.user_id is None or assignment.user_id in {
                each.user_id for each in await self._work.colleagues(user, session_id)
            }
        if orders and not any(works_in.values()):
            raise NotOfTheDesk(details={"user_id": str(assignment.user_id)})
        found = []
        for order_id in dict.fromkeys(assignment.order_ids):
            order = orders.get(order_id)
            if order is None:
                found.append(_Found(_named(order_id, "", "order_not_found")))
                continue
            problem = "order_state_not_reachable" if order_id in over else None if works_in[order["session_id"]] else NotOfTheDesk.code
            found.append(_Found(_named(order_id, order["code"] or "", problem), order["session_id"]))
        return found

    async def _look(
        self, db: RawConnection, user: CurrentUser, step: BulkStep, rows: dict[UUID, asyncpg.Record], reach: Sequence[UUID] | None
    ) -> list[_Found]:
        orders = {row["id"]: row for row in await db.fetch(_ORDERS, step.order_ids, user.organisation_id, reach)}
        now = utc_now()
        holders = [row["held_by"] for row in rows.values() if row["held_by"] not in {None, user.id} and row["held_until"] > now]
        names = {row["id"]: row["display_name"] for row in await db.fetch(_NAMES, holders)}
        found = []
        for order_id in dict.fromkeys(step.order_ids):
            order, row = orders.get(order_id), rows.get(order_id)
            if order is None:
                found.append(_Found(_named(order_id, "", "order_not_found")))
                continue
            held_step = None if row is None else row["step_kind"]
            had = {*order["kinds"], *([] if held_step is None else [held_step])}
            who = None if row is None or row["held_by"] not in names or row["held_until"] <= now else names[row["held_by"]]
            problem = "order_in_hand" if who is not None else None if may_follow(step.kind, had) else "order_state_not_reachable"
            answer = _named(order_id, order["code"] or "", problem, who)
            found.append(_Found(answer, order["session_id"], held_step is not None))
        return found

    async def _write_before(self, db: RawConnection, orders: Sequence[_Found]) -> list[tuple[UUID, StepsResult]]:
        """Steps that are held back for these are written first; sessions in the order of their ids, so that two such commands never wait for each other."""
        by_session: dict[UUID, list[UUID]] = defaultdict(list)
        for each in orders:
            if each.session_id is not None:
                by_session[each.session_id].append(each.answer.order_id)
        written = [
            (session_id, await self._held_back.write_in(db, session_id, by_session[session_id])) for session_id in sorted(by_session)
        ]
        return [(session_id, result) for session_id, result in written if result is not None]

    async def _hold_back(self, db: RawConnection, user: CurrentUser, step: BulkStep, order_ids: list[UUID], mark: UUID) -> None:
        if not order_ids:
            return
        due_at = utc_now() + timedelta(seconds=self._undo_seconds)
        await db.execute(_HOLD_BACK, order_ids, mark, step.kind, step.reason, user.id, due_at)
        await refresh(db, sorted(order_ids))
        details = {"kind": step.kind, "orders": [str(order_id) for order_id in order_ids]}
        await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="desk.bulk_step", details=details)

    async def _done_before(
        self, db: RawConnection, user: CurrentUser, step: BulkStep, reach: Sequence[UUID] | None, mark: UUID
    ) -> BulkResult:
        """What became of the orders that the same key named the first time."""
        rows = {row["order_id"]: row for row in await db.fetch(_ROWS, step.order_ids)}
        kinds = {row["id"]: row["kinds"] for row in await db.fetch(_ORDERS, step.order_ids, user.organisation_id, reach)}
        found = await self._look(db, user, step, rows, reach)
        done = {
            order_id
            for order_id in kinds
            if step.kind in kinds[order_id] or (order_id in rows and rows[order_id]["step_kind"] == step.kind)
        }
        return _result(
            [
                _Found(each.answer.model_copy(update={"problem": None, "who": None})) if each.answer.order_id in done else each
                for each in found
            ],
            mark,
        )


def _named(order_id: UUID, code: str, problem: str | None, who: str | None = None) -> OrderInBulk:
    return OrderInBulk(order_id=order_id, code=code, problem=problem, who=who)


def _result(found: Sequence[_Found], mark: UUID | None = None) -> BulkResult:
    return BulkResult(fits=sum(each.answer.problem is None for each in found), orders=[each.answer for each in found], mark=mark)
