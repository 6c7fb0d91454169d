"""What the order desk does with parts of an order: changing it before it is delivered, taking goods back, giving money back."""

from __future__ import annotations

from uuid import UUID

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.errors import AppError
from app.fulfilment.change_schemas import OrderChangeWish, PartRefund, PartReturn
from app.fulfilment.changes import Change, ChangeResult, WantedLine, append_change
from app.fulfilment.desk import OrderDesk
from app.fulfilment.schemas import OrderWithContact
from app.fulfilment.transitions import Step, StepsResult, append_steps
from app.infra.database import Database, RawConnection
from app.ledger.chain import Entry
from app.sessions.lookup import SessionLookup
from app.settings import OrderSettings


class DeskChanges:
    """Each is one transaction with its entries, rows, audit and news; a repeat with the same key is answered with the order as it is now."""

    def __init__(self, database: Database, *, sessions: SessionLookup, desk: OrderDesk, settings: OrderSettings) -> None:
        self._database = database
        self._sessions = sessions
        self._desk = desk
        self._call_seconds = settings.waitlist_call_seconds

    async def change(
        self, user: CurrentUser, session_id: UUID, order_id: UUID, wish: OrderChangeWish, intention: Intention | None = None
    ) -> OrderWithContact:
        """Change an order's lines. Raises what `OrderChanges` does, and what access does."""
        change = Change(
            order_id,
            [WantedLine(line.quantity, line.offer_id, line.product_id, line.unit_price_vnd) for line in wish.lines],
            seen_seq=wish.seen_seq,
            reason=wish.reason,
        )
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        result: ChangeResult | None = None
        async with self._database.pool.acquire() as db, db.transaction():
            if (await claim_intention_raw(db, user.id, intention, order_id)).is_first:
                result = await append_change(db, session_id, change, call_seconds=self._call_seconds)
                await _audit(db, user, result.entry)
        if result is not None:
            self._desk.appended(session_id, result.touched_offers)
        return await self._desk.read_order(user, session_id, order_id)

    async def take_back(
        self, user: CurrentUser, session_id: UUID, order_id: UUID, part: PartReturn, intention: Intention | None = None
    ) -> OrderWithContact:
        """Units came back; those that can be sold again go into stock. Raises `OrderNotFound`, `StateNotReachable`, `ReturnTooLarge`,
        `TooManyParts`, and what access does."""
        quantities = {line.sold_by: line.quantity for line in part.lines}
        steps = [Step(order_id, "returned", part.reason, quantities=quantities)]
        if part.resaleable:
            steps.append(Step(order_id, "restocked", part.reason, quantities=quantities))
        return await self._append(user, session_id, order_id, steps, intention)

    async def refund(
        self, user: CurrentUser, session_id: UUID, order_id: UUID, part: PartRefund, intention: Intention | None = None
    ) -> OrderWithContact:
        """Money was given back. Raises `OrderNotFound`, `StateNotReachable`, `RefundTooLarge`, `TooManyParts`, and what access does."""
        steps = [Step(order_id, "refunded", part.reason, amount_vnd=part.amount_vnd)]
        return await self._append(user, session_id, order_id, steps, intention)

    async def _append(
        self, user: CurrentUser, session_id: UUID, order_id: UUID, steps: list[Step], intention: Intention | None
    ) -> OrderWithContact:
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        await self._desk.settle_first(session_id, [order_id])
        result: StepsResult | None = None
        async with self._database.pool.acquire() as db, db.transaction():
            if (await claim_intention_raw(db, user.id, intention, order_id)).is_first:
                result = await append_steps(db, session_id, steps, call_seconds=self._call_seconds)
                for answer in result.answers:
                    if isinstance(answer, AppError):
                        # Leaves the transaction: what was refused has not been done, so its key stays free.
                        raise answer
                    await _audit(db, user, answer)
        if result is not None:
            self._desk.appended(session_id, result.freed_offers)
        return await self._desk.read_order(user, session_id, order_id)


async def _audit(db: RawConnection, user: CurrentUser, entry: Entry) -> None:
    await insert_audit(
        db,
        organisation_id=user.organisation_id,
        user_id=user.id,
        action=f"order.{entry.kind}",
        subject_id=entry.order_id,
        details={"reason": entry.reason, "seq": entry.seq, "units": entry.units, "total_vnd": entry.total_vnd},
    )
