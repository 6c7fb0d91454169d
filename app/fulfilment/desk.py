"""The order desk: what staff does with orders after they were placed, and what the clock does when nobody does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.errors import AppError
from app.fulfilment import queries
from app.fulfilment.errors import ComplaintNotFound, OrderNotFound, PaymentNotFound
from app.fulfilment.payments import BookedPayment, ReceivedPayment, ReferenceBookedMeanwhile, book_payment, settle_payment
from app.fulfilment.schemas import DeskOrderList, OrderWithContact, Receiver, RevealReason, WorkList
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.transitions import Step, StepsResult, append_steps
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.ledger.chain import Entry, entry_of
from app.ledger.kinds import KINDS, sql_list
from app.ledger.projector import Projector
from app.orders.contacts import normalise_phone, seal_words
from app.orders.sold_out import SoldOutMemory
from app.protocol.order_codes import read_order_code
from app.sessions.lookup import SessionLookup
from app.sessions.telling import RoomTeller
from app.settings import OrderSettings

log = structlog.get_logger(__name__)

SettleFirst = Callable[[UUID, Sequence[UUID]], Awaitable[None]]

EXPIRED_PER_STEP = 200

# Orders that may not expire any more, or have, are settled.
_NEVER_DUE = sql_list(["expired", *KINDS["expired"].never_after])
_DUE = f"""
SELECT o.session_id, o.id, o.payment, o.due_at FROM orders o
WHERE o.due_at > $1 AND o.due_at <= $2 AND o.session_id <> ALL($4::uuid[])
  AND NOT EXISTS (SELECT FROM ledger_entries e WHERE e.order_id = o.id AND e.kind IN {_NEVER_DUE})
ORDER BY o.due_at LIMIT $3
"""  # noqa: S608 - kinds of our own table
_ENTRY = "SELECT body FROM ledger_entries WHERE session_id = $1 AND order_id = $2 AND kind = $3 ORDER BY seq DESC LIMIT 1"
_ANSWER = """
UPDATE complaints p SET sealed_answer = $4, answered_at = $5, answered_by = $6 FROM orders o
WHERE p.id = $1 AND p.order_id = $2 AND o.id = p.order_id AND o.session_id = $3 AND p.answered_at IS NULL RETURNING p.id
"""
_IS_OF_SESSION = "SELECT EXISTS (SELECT FROM orders WHERE id = $1 AND session_id = $2)"
_SELLER_PHONE = "SELECT contact_phone FROM organisations WHERE id = $1"
_NAME_SELLER_PHONE = "UPDATE organisations SET contact_phone = $2 WHERE id = $1"
_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_READ_MARK = "SELECT mark FROM job_marks WHERE job = 'order_expiry'"
_KEEP_MARK = "INSERT INTO job_marks (job, mark) VALUES ('order_expiry', $1) ON CONFLICT (job) DO UPDATE SET mark = excluded.mark"
_MARK_KEPT_EVERY = timedelta(minutes=5)
# Clocks of other nodes may be behind ours; the kept mark is trusted by processes that know less about them.
_BEHIND, _BEHIND_OF_KEPT = timedelta(minutes=1), timedelta(hours=1)
_PUT_ASIDE_FOR = timedelta(seconds=30)
# Of one phone number in one session.
FOUND_MOST = 50


@dataclass(frozen=True, slots=True)
class _PutAside:
    """A session whose orders could not expire: not tried before `until`; its first order that is due."""

    until: datetime
    first_due: datetime


class OrderDesk:
    """Steps of orders, payments, expiry. Every change is a ledger entry; nothing is ever edited."""

    def __init__(  # noqa: PLR0913 - who must hear of a step
        self,
        database: Database,
        *,
        sessions: SessionLookup,
        teller: RoomTeller,
        sold_out: SoldOutMemory,
        projector: Projector,
        rows: SealedRows,
        settings: OrderSettings,
    ) -> None:
        self._database = database
        self._rows = rows
        self._sessions = sessions
        self._teller = teller
        self._sold_out = sold_out
        self._projector = projector
        self._call_seconds = settings.waitlist_call_seconds
        self._settled_until: datetime | None = None
        self._mark_kept = _LONG_AGO
        self._put_aside: dict[UUID, _PutAside] = {}
        self._settle: SettleFirst | None = None

    def settles_first(self, settle: SettleFirst) -> None:
        """Whom to ask to write, before anything else is appended to orders, what is still held back for them (`app/desk`)."""
        self._settle = settle

    async def step(
        self, user: CurrentUser, session_id: UUID, step: Step, intention: Intention | None = None, *, collected: bool = False
    ) -> Entry:
        """Append one fact about an order; `collected`: the order was paid for in the same moment, which is a fact of its own.

        Raises `OrderNotFound`, `StateNotReachable`, and those of access.
        """
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        steps = [step]
        if collected:
            await self._sessions.managed(user, session_id, Action.BOOK_PAYMENTS)
            steps.append(Step(step.order_id, "paid"))
        await self.settle_first(session_id, [step.order_id])
        async with self._database.pool.acquire() as db, db.transaction():
            if not (await claim_intention_raw(db, user.id, intention, step.order_id)).is_first:
                return await self._done_before(db, session_id, step)
            result = await append_steps(db, session_id, steps, call_seconds=self._call_seconds)
            entries = []
            for answer in result.answers:
                if isinstance(answer, AppError):
                    # Leaves the transaction: a step that was refused has not been done, so its key stays free.
                    raise answer
                entries.append(answer)
            await _audit(db, user, entries)
        self.appended(session_id, result.freed_offers)
        return entries[0]

    async def list_orders(
        self, user: CurrentUser, session_id: UUID, *, before: int | None, limit: int, code: str | None = None
    ) -> DeskOrderList:
        """Orders of a session, newest first, phones masked; with `code` the one that is called so, however it is spelt."""
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._database.pool.acquire() as db:
            if code is not None:
                read = read_order_code(code)
                return DeskOrderList(orders=[] if read is None else await queries.find_by_code(db, self._rows.envelopes, session_id, read))
            return DeskOrderList(orders=await queries.list_orders(db, self._rows.envelopes, session_id, before=before, limit=limit))

    async def find_by_phone(self, user: CurrentUser, session_id: UUID, phone: str) -> DeskOrderList:
        """The newest orders of a session for a number that somebody names. Who searched is written down, the number is not.

        Raises `InvalidPhone` and those of access.
        """
        await self._sessions.managed(user, session_id, Action.REVEAL_RECEIVERS)
        normal = normalise_phone(phone)
        async with self._database.pool.acquire() as db, db.transaction():
            rows = self._rows
            found = await queries.find_by_phone(db, rows.envelopes, rows.pseudonyms, session_id, normal, limit=FOUND_MOST)
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="order.searched_by_phone",
                subject_id=session_id,
                details={"found": [str(order.order_id) for order in found]},
            )
        return DeskOrderList(orders=found)

    async def read_order(self, user: CurrentUser, session_id: UUID, order_id: UUID) -> OrderWithContact:
        """One order, its receiver masked. Raises `OrderNotFound`."""
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._database.pool.acquire() as db:
            order = await queries.read_order(db, self._rows.envelopes, session_id, order_id)
        if order is None:
            raise OrderNotFound(details={"order_id": str(order_id)})
        return order

    async def reveal_receiver(self, user: CurrentUser, session_id: UUID, order_id: UUID, reason: RevealReason) -> Receiver:
        """Name, phone, street and note of an order. Who looked, and what for, is written down first. Raises `OrderNotFound`."""
        await self._sessions.managed(user, session_id, Action.REVEAL_RECEIVERS)
        async with self._database.pool.acquire() as db, db.transaction():
            receiver = await queries.read_receiver(db, self._rows.envelopes, session_id, order_id)
            if receiver is None:
                raise OrderNotFound(details={"order_id": str(order_id)})
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="order.contact_read",
                subject_id=order_id,
                details={"reason": reason},
            )
        return receiver

    async def answer_complaint(
        self, user: CurrentUser, session_id: UUID, order_id: UUID, complaint_id: UUID, words: str, intention: Intention | None = None
    ) -> OrderWithContact:
        """Answer a complaint once; the buyer reads it on the order's page. Raises `ComplaintNotFound`, `OrderNotFound`."""
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._database.pool.acquire() as db, db.transaction():
            is_first = (await claim_intention_raw(db, user.id, intention, complaint_id)).is_first
            if is_first:
                await self._write_answer(db, user, session_id, order_id, complaint_id, words)
                await insert_audit(
                    db, organisation_id=user.organisation_id, user_id=user.id, action="complaint.answered", subject_id=complaint_id
                )
            order = await queries.read_order(db, self._rows.envelopes, session_id, order_id)
        if order is None:
            raise OrderNotFound(details={"order_id": str(order_id)})
        return order

    async def _write_answer(
        self, db: RawConnection, user: CurrentUser, session_id: UUID, order_id: UUID, complaint_id: UUID, words: str
    ) -> None:
        opened = await self._rows.lock(db, order_id) if await db.fetchval(_IS_OF_SESSION, order_id, session_id) else None
        sealed = None if opened is None else seal_words(opened.key, complaint_id, words)
        if sealed is None or await db.fetchval(_ANSWER, complaint_id, order_id, session_id, sealed, utc_now(), user.id) is None:
            raise ComplaintNotFound(details={"complaint_id": str(complaint_id)})

    async def seller_phone(self, user: CurrentUser) -> str | None:
        """Whom buyers call about their orders, in E.164; None while nobody is named."""
        async with self._database.pool.acquire() as db:
            phone: str | None = await db.fetchval(_SELLER_PHONE, user.organisation_id)
            return phone

    async def name_seller_phone(self, user: CurrentUser, phone: str | None) -> str | None:
        """Show buyers this number on the pages of their orders; None shows none. Raises `InvalidPhone`."""
        normal = None if phone is None else normalise_phone(phone)
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_NAME_SELLER_PHONE, user.organisation_id, normal)
            await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="organisation.contact_named")
        return normal

    async def work_list(self, user: CurrentUser) -> WorkList:
        """Payments of the organisation that need a person."""
        async with self._database.pool.acquire() as db:
            return WorkList(items=list(await queries.work_list(db, user.organisation_id)))

    async def book(self, user: CurrentUser, payment: ReceivedPayment, intention: Intention | None = None) -> BookedPayment:
        """Book a payment once by its reference: it settles its order, or appears on the work list with the reason.

        The reference makes repeats harmless by itself; the key keeps two different payments from being sent as one intention.
        """
        while True:
            try:
                async with self._database.pool.acquire() as db, db.transaction():
                    booked = await book_payment(db, payment, call_seconds=self._call_seconds)
                    _ = await claim_intention_raw(db, user.id, intention, booked.payment_id)
                    await _audit_payment(db, user, payment, booked)
                break
            except ReferenceBookedMeanwhile:
                continue
        if booked.session_id is not None:
            self._projector.kick(booked.session_id)
        log.info("payment_booked", by=str(user.id), matter=booked.matter)
        return booked

    async def settle(self, user: CurrentUser, payment_id: UUID, words: str, intention: Intention | None = None) -> WorkList:
        """Take a payment off the work list; returns what is left on it. Raises `PaymentNotFound`."""
        async with self._database.pool.acquire() as db, db.transaction():
            if (await claim_intention_raw(db, user.id, intention, payment_id)).is_first:
                if not await settle_payment(db, user.organisation_id, payment_id, words):
                    raise PaymentNotFound(details={"payment_id": str(payment_id)})
                await insert_audit(
                    db, organisation_id=user.organisation_id, user_id=user.id, action="payment.settled", subject_id=payment_id
                )
        return await self.work_list(user)

    async def expire_due(self) -> int:
        """Expire unpaid transfers whose hold is over and COD orders nobody confirmed in time; returns how many. Run every second.

        Orders before the mark are settled for good, so a look costs only what is newly due. The mark is kept for the next process.
        """
        now = utc_now()
        since = await self._settled_before(now)
        self._put_aside = {session_id: each for session_id, each in self._put_aside.items() if each.until > now}
        rows = await self._database.pool.fetch(_DUE, since, now, EXPIRED_PER_STEP, list(self._put_aside))
        by_session: dict[UUID, list[Step]] = {}
        first_due: dict[UUID, datetime] = {}
        for row in rows:
            reason = "not_confirmed" if row["payment"] == "cod" else "hold_over"
            by_session.setdefault(row["session_id"], []).append(Step(row["id"], "expired", reason))
            first_due.setdefault(row["session_id"], row["due_at"])
        answers = {session_id: await self._expire(session_id, steps) for session_id, steps in by_session.items()}
        failed = {session_id: due_at for session_id, due_at in first_due.items() if answers[session_id] is None}
        if len(rows) < EXPIRED_PER_STEP:
            unsettled = [*failed.values(), *(each.first_due for each in self._put_aside.values())]
            await self._keep_settled(min([now - _BEHIND, *(due_at - timedelta(milliseconds=1) for due_at in unsettled)]))
        else:
            # There is more than one step takes: what could not be written must not come first again and leave no room for the others.
            self._put_aside |= {session_id: _PutAside(now + _PUT_ASIDE_FOR, due_at) for session_id, due_at in failed.items()}
        return sum(isinstance(answer, Entry) for each in answers.values() for answer in each or ())

    async def _settled_before(self, now: datetime) -> datetime:
        if self._settled_until is None:
            kept = await self._database.pool.fetchval(_READ_MARK)
            self._settled_until = _LONG_AGO if kept is None else kept - _BEHIND_OF_KEPT
        if now < self._settled_until:
            # the clock was set back: what it had run ahead over is not settled
            self._settled_until = self._mark_kept = _LONG_AGO
        return self._settled_until

    async def _keep_settled(self, until: datetime) -> None:
        self._settled_until = until
        if until >= self._mark_kept + _MARK_KEPT_EVERY:
            await self._database.pool.execute(_KEEP_MARK, until)
            self._mark_kept = until

    async def _expire(self, session_id: UUID, steps: Sequence[Step]) -> Sequence[Entry | AppError] | None:
        """None when the session cannot be written now: that must not keep the others waiting, and it is tried again."""
        try:
            return (await self.append(session_id, steps)).answers
        except Exception as error:  # noqa: BLE001 - either store may be away, or the ledger locked for too long
            log.warning("orders_not_expired", session=str(session_id), orders=len(steps), error=repr(error))
            return None

    async def append(self, session_id: UUID, steps: Sequence[Step]) -> StepsResult:
        """Append what may follow in a transaction of its own, and tell who must know. Asks nobody for permission."""
        await self.settle_first(session_id, [step.order_id for step in steps])
        async with self._database.pool.acquire() as db, db.transaction():
            result = await self.append_in(db, session_id, steps)
        self.appended(session_id, result.freed_offers)
        return result

    async def append_in(self, db: RawConnection, session_id: UUID, steps: Sequence[Step]) -> StepsResult:
        """The same in a transaction of the caller, who says `appended` once it is committed."""
        return await append_steps(db, session_id, steps, call_seconds=self._call_seconds)

    async def settle_first(self, session_id: UUID, order_ids: Sequence[UUID]) -> None:
        """Have written what is still held back for these orders; ask before a transaction of one's own appends to them."""
        if self._settle is not None:
            await self._settle(session_id, order_ids)

    def appended(self, session_id: UUID, freed_offers: Sequence[UUID]) -> None:
        """After COMMIT: whoever must know that the ledger has grown, and that these offers may have units again."""
        self._projector.kick(session_id)
        self._sold_out.forget(freed_offers)
        self._teller.kick(session_id)

    @staticmethod
    async def _done_before(db: RawConnection, session_id: UUID, step: Step) -> Entry:
        """The entry that the same intention made the first time."""
        body = await db.fetchval(_ENTRY, session_id, step.order_id, step.kind)
        if body is None:
            raise OrderNotFound(details={"order_id": str(step.order_id)})
        return entry_of(body)


async def _audit_payment(db: RawConnection, user: CurrentUser, payment: ReceivedPayment, booked: BookedPayment) -> None:
    if booked.is_new:
        details = {"amount_vnd": payment.amount_vnd, "matter": booked.matter}
        await insert_audit(
            db,
            organisation_id=user.organisation_id,
            user_id=user.id,
            action="payment.booked",
            subject_id=booked.payment_id,
            details=details,
        )


async def _audit(db: RawConnection, user: CurrentUser, entries: Sequence[Entry]) -> None:
    for entry in entries:
        await insert_audit(
            db,
            organisation_id=user.organisation_id,
            user_id=user.id,
            action=f"order.{entry.kind}",
            subject_id=entry.order_id,
            details={"reason": entry.reason, "seq": entry.seq},
        )
