"""The work list of money: what came and fits no order, or not quite, with the bank's words, until a person has dealt with it.

Called by `money_work_routes.py`; `desk.py` books by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import asyncpg
import structlog

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.fulfilment.errors import OrderNotFound, PaymentNotFound
from app.fulfilment.money_schemas import MoneyWorkItem, MoneyWorkList, PaymentAssignment
from app.fulfilment.money_seals import MoneySeals
from app.fulfilment.payments import Assignment, SealedWords, assign_payment, settle_payment
from app.infra.clock import to_ms
from app.infra.database import Database, RawConnection
from app.infra.sealing import SealUnreadable
from app.ledger.projector import Projector
from app.protocol.order_codes import read_order_code

log = structlog.get_logger(__name__)

LISTED_MOST = 500
_WORK = """
SELECT p.id, p.order_id, o.code, o.session_id, o.total_vnd, p.matter, p.reference, p.amount_vnd, p.fee_vnd, p.received_at, p.source, p.key_id,
  p.sealed_words
FROM payments p LEFT JOIN orders o ON o.id = p.order_id
WHERE p.organisation_id = $1 AND p.matter IS NOT NULL AND p.settled_at IS NULL ORDER BY p.received_at, p.id LIMIT $2
"""
_COUNT = "SELECT count(*)::int FROM payments WHERE organisation_id = $1 AND matter IS NOT NULL AND settled_at IS NULL"
_ORDER_CALLED = "SELECT o.id FROM orders o JOIN sessions s ON s.id = o.session_id WHERE o.code = $2 AND s.organisation_id = $1"


class MoneyWork:
    """Lists, assigns and settles payments of the organisation that need a person."""

    def __init__(self, database: Database, *, projector: Projector, seals: MoneySeals, call_seconds: float) -> None:
        self._database = database
        self._projector = projector
        self._seals = seals
        self._call_seconds = call_seconds

    async def list(self, user: CurrentUser) -> MoneyWorkList:
        """The oldest first, with what the bank wrote."""
        async with self._database.pool.acquire() as db:
            return await self._list(db, user)

    async def assign(self, user: CurrentUser, payment_id: UUID, wanted: PaymentAssignment, intention: Intention | None) -> MoneyWorkList:
        """Say which order a payment is for; what still does not fit stays on the list. Raises `OrderNotFound`, `PaymentNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            if not (await claim_intention_raw(db, user.id, intention, payment_id)).is_first:
                return await self._list(db, user)
            code = read_order_code(wanted.order_code)
            order_id = await db.fetchval(_ORDER_CALLED, user.organisation_id, code or "")
            if order_id is None:
                raise OrderNotFound
            assignment = Assignment(payment_id, order_id, wanted.as_paid, wanted.words or "as_paid", user.id)
            booked = await assign_payment(db, user.organisation_id, assignment, call_seconds=self._call_seconds)
            if booked is None:
                raise PaymentNotFound(details={"payment_id": str(payment_id)})
            about = {"order_id": str(order_id), "matter": booked.matter, "as_paid": wanted.as_paid}
            await self._audit(db, user, "payment.assigned", payment_id, about)
            left = await self._list(db, user)
        if booked.session_id is not None:
            self._projector.kick(booked.session_id)
        return left

    async def settle(self, user: CurrentUser, payment_id: UUID, words: str, intention: Intention | None) -> MoneyWorkList:
        """Take a payment off the list, in a few words how. Raises `PaymentNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            if (await claim_intention_raw(db, user.id, intention, payment_id)).is_first:
                if not await settle_payment(db, user.organisation_id, payment_id, words, user.id):
                    raise PaymentNotFound(details={"payment_id": str(payment_id)})
                await self._audit(db, user, "payment.settled", payment_id, {})
            return await self._list(db, user)

    async def _list(self, db: RawConnection, user: CurrentUser) -> MoneyWorkList:
        rows = await db.fetch(_WORK, user.organisation_id, LISTED_MOST)
        waiting = len(rows) if len(rows) < LISTED_MOST else await db.fetchval(_COUNT, user.organisation_id)
        return MoneyWorkList(items=[self._item(row) for row in rows], waiting=waiting)

    def _item(self, row: asyncpg.Record) -> MoneyWorkItem:
        return MoneyWorkItem(
            payment_id=row["id"],
            order_id=row["order_id"],
            order_code=row["code"],
            session_id=row["session_id"],
            order_vnd=row["total_vnd"],
            matter=row["matter"],
            source=row["source"],
            reference=row["reference"],
            amount_vnd=row["amount_vnd"],
            fee_vnd=row["fee_vnd"],
            received_at_ms=to_ms(row["received_at"]) or 0,
            words=self._words(row),
        )

    def _words(self, row: asyncpg.Record) -> str | None:
        if row["sealed_words"] is None:
            return None
        try:
            return self._seals.open(SealedWords(row["key_id"], row["sealed_words"]), row["id"])
        except SealUnreadable:
            # One row that cannot be read must not hide the others.
            log.warning("bank_words_unreadable", payment=str(row["id"]), key_id=row["key_id"])
            return None

    @staticmethod
    async def _audit(db: RawConnection, user: CurrentUser, action: str, payment_id: UUID, about: Mapping[str, object]) -> None:
        await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=payment_id, details=about)
