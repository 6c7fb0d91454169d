"""Steps that can still be taken back: each stands in its order's row for a minute and becomes a ledger entry after that.

The ledger takes nothing back, so what may turn out to be a slip is not yet in it. It is in PostgreSQL from the first moment: a worker may
die, another one writes the step. Whoever appends something else to the order has it written first.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from app.accounts.audit import insert_audit
from app.desk.news import DeskNews
from app.desk.refreshing import refresh
from app.errors import AppError
from app.fulfilment.desk import OrderDesk
from app.fulfilment.transitions import Step, StepsResult
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection

log = structlog.get_logger(__name__)

WRITTEN_AT_ONCE = 500

# So many of each session: one that cannot be written now must not come first again and leave no room for the others.
_DUE = """
SELECT session_id, (array_agg(order_id ORDER BY step_due_at))[:$2] AS order_ids FROM desk_orders WHERE step_due_at <= $1 GROUP BY session_id
"""
_IS_HELD_BACK = "SELECT EXISTS (SELECT FROM desk_orders WHERE order_id = ANY($1::uuid[]) AND step_kind IS NOT NULL)"
_TAKE = """
SELECT order_id, organisation_id, step_kind, step_reason, step_by FROM desk_orders
WHERE session_id = $1 AND order_id = ANY($2::uuid[]) AND step_kind IS NOT NULL ORDER BY order_id FOR UPDATE
"""
_TAKEN = """
UPDATE desk_orders SET step_id = NULL, step_kind = NULL, step_reason = NULL, step_by = NULL, step_due_at = NULL
WHERE order_id = ANY($1::uuid[])
"""


class HeldBack:
    """Writes steps into the ledger once their minute is over, or somebody else comes with the next one."""

    def __init__(self, database: Database, desk: OrderDesk, news: DeskNews) -> None:
        self._database = database
        self._desk = desk
        self._news = news

    async def write_due(self) -> int:
        """Write the steps that nobody took back; returns how many orders it looked at."""
        due = await self._database.pool.fetch(_DUE, utc_now(), WRITTEN_AT_ONCE)
        for row in due:
            try:
                await self.write(row["session_id"], row["order_ids"])
            except Exception as error:  # noqa: BLE001 - the ledger may be locked for too long; the others come all the same, this one again
                log.warning("held_steps_not_written", session=str(row["session_id"]), orders=len(row["order_ids"]), error=repr(error))
        return sum(len(row["order_ids"]) for row in due)

    async def write(self, session_id: UUID, order_ids: Sequence[UUID]) -> None:
        """Write what is held back for these orders, if anything is."""
        if not await self._database.pool.fetchval(_IS_HELD_BACK, order_ids):
            return
        async with self._database.pool.acquire() as db, db.transaction():
            written = await self.write_in(db, session_id, order_ids)
            organisation_id = await db.fetchval("SELECT organisation_id FROM sessions WHERE id = $1", session_id)
        if written is not None:
            self._desk.appended(session_id, written.freed_offers)
            await self._news.changed(organisation_id)

    async def write_in(self, db: RawConnection, session_id: UUID, order_ids: Sequence[UUID]) -> StepsResult | None:
        """The same in a transaction of the caller, who says `OrderDesk.appended` after COMMIT; None when nothing was held back.

        A step that may not follow any more, because something else has happened meanwhile, is dropped and stands in the audit trail.
        """
        rows = await db.fetch(_TAKE, session_id, order_ids)
        if not rows:
            return None
        taken = [row["order_id"] for row in rows]
        await db.execute(_TAKEN, taken)
        result = await self._desk.append_in(db, session_id, [Step(row["order_id"], row["step_kind"], row["step_reason"]) for row in rows])
        for row, answer in zip(rows, result.answers, strict=True):
            refused = isinstance(answer, AppError)
            await insert_audit(
                db,
                organisation_id=row["organisation_id"],
                user_id=row["step_by"],
                action="order.step_dropped" if refused else f"order.{row['step_kind']}",
                subject_id=row["order_id"],
                details={"kind": row["step_kind"]} if isinstance(answer, AppError) else {"reason": answer.reason, "seq": answer.seq},
            )
        await refresh(db, taken)
        return result
