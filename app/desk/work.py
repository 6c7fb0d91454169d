"""The desk over all sessions in a colleague's reach: queues, the next order, calls, steps that can be taken back, assignments, notes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.directory import Colleague, colleagues_who_may
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action, Place
from app.accounts.service import CurrentUser
from app.desk import in_hand, reading
from app.desk.errors import CallTimeUnfit, NotesFull, NotOfTheDesk, TooLateToUndo
from app.desk.holding_back import HeldBack
from app.desk.news import DeskNews
from app.desk.queues import OPEN_TO_QUESTIONS, VAIN, Queue, call_again_at
from app.desk.reading import Scope
from app.desk.refreshing import begin, refresh
from app.desk.schemas import NewCall, NewHeldStep, NextOrder, OrderWork, QueueCounts, QueuePage, WantNext
from app.fulfilment.desk import OrderDesk
from app.fulfilment.errors import OrderNotFound, StateNotReachable
from app.fulfilment.sealed_rows import SealedRows
from app.fulfilment.transitions import StepsResult
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection
from app.ledger.kinds import RELEASING_KINDS, EntryKind, may_follow
from app.orders.contacts import seal_words
from app.sessions.lookup import SessionLookup
from app.settings import DeskSettings

NOTES_MOST = 50
LATEST_CALL = timedelta(days=14)

_KINDS = "SELECT array_agg(kind) FROM ledger_entries WHERE order_id = $1"
_CALL = """
INSERT INTO order_calls (id, order_id, outcome, reason, called_by, called_at, again_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_HOLD_BACK = """
UPDATE desk_orders SET step_id = $2, step_kind = $3, step_reason = $4, step_by = $5, step_due_at = $6 WHERE order_id = $1
"""
_AGREED_AGAIN = "UPDATE desk_orders SET asks_again = false WHERE order_id = $1"
_ASK_AGAIN = "UPDATE desk_orders SET asks_again = true WHERE order_id = $1 AND queue = ANY($2::text[])"
_TAKE_BACK_STEP = """
UPDATE desk_orders SET step_id = NULL, step_kind = NULL, step_reason = NULL, step_by = NULL, step_due_at = NULL
WHERE order_id = $1 AND step_id = $2 RETURNING order_id
"""
_TAKE_BACK_CALL = """
UPDATE order_calls SET undone_at = $3 WHERE id = $1 AND order_id = $2 AND undone_at IS NULL AND called_at > $4
  AND outcome <> ALL($5::text[]) RETURNING id
"""
_ASSIGN = "UPDATE desk_orders SET assigned_to = $2 WHERE order_id = $1"
_NOTES = "SELECT count(*) FROM order_notes WHERE order_id = $1"
_NOTE = "INSERT INTO order_notes (id, order_id, sealed, written_by, written_at) VALUES ($1, $2, $3, $4, $5)"


@dataclass(slots=True)
class _Open:
    """A transaction on one order: its row on the desk, locked, and what must be told after COMMIT."""

    db: RawConnection
    user: CurrentUser
    session_id: UUID
    order_id: UUID
    row: asyncpg.Record
    is_first: bool
    appended: list[StepsResult] = field(default_factory=list)


class DeskWork:
    """What colleagues do at the desk. Every command may come twice; every change is told to all open desks of the organisation."""

    def __init__(  # noqa: PLR0913 - who must hear of it
        self,
        database: Database,
        *,
        sessions: SessionLookup,
        desk: OrderDesk,
        held_back: HeldBack,
        rows: SealedRows,
        news: DeskNews,
        settings: DeskSettings,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._desk = desk
        self._held_back = held_back
        self._rows = rows
        self._news = news
        self._settings = settings

    async def scope(self, user: CurrentUser, session_id: UUID | None) -> Scope:
        """One session, or all in the colleague's reach. Raises those of access."""
        if session_id is not None:
            await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
            return Scope(user.organisation_id, (session_id,), is_one=True)
        return Scope(user.organisation_id, await self._sessions.reach_of(user, Action.WORK_ORDERS))

    async def counts(self, user: CurrentUser, session_id: UUID | None) -> QueueCounts:
        scope = await self.scope(user, session_id)
        async with self._database.pool.acquire() as db:
            queues, claims = await reading.count_queues(db, scope), await reading.count_claims(db, scope)
            return QueueCounts(queues=queues, claims=claims, complaints=await reading.waiting_complaints(db, scope))

    async def page(self, user: CurrentUser, session_id: UUID | None, queue: Queue, *, cursor: str | None, limit: int) -> QueuePage:
        """Orders of a queue in the order in which they are worked. Raises `MalformedRequest` for a cursor that is none of ours."""
        scope = await self.scope(user, session_id)
        async with self._database.pool.acquire() as db:
            orders, after = await reading.page_of(db, self._rows.envelopes, scope, queue, cursor=cursor, limit=limit)
        return QueuePage(orders=orders, next_cursor=after)

    async def take_next(self, user: CurrentUser, wanted: WantNext) -> NextOrder:
        """Take the next order of a queue in hand; what the colleague has in hand there already stays it."""
        scope = await self.scope(user, wanted.session_id)
        async with self._database.pool.acquire() as db, db.transaction():
            order_id = await in_hand.take_next(db, user, scope, wanted.queue, skip=wanted.skip, seconds=self._settings.hold_seconds)
            orders = [] if order_id is None else await reading.queued_orders(db, self._rows.envelopes, [order_id])
        await self._news.changed(user.organisation_id)
        return NextOrder(order=orders[0] if orders else None)

    async def read(self, user: CurrentUser, session_id: UUID, order_id: UUID) -> OrderWork:
        """Where an order stands and what colleagues did with it. Raises `OrderNotFound`."""
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._database.pool.acquire() as db, db.transaction():
            await in_hand.require_there(db, session_id, order_id)
            # the follower may not have seen it yet
            await begin(db, [order_id])
            return await self._work(db, order_id)

    async def hold(self, user: CurrentUser, session_id: UUID, order_id: UUID, *, take_over: bool) -> OrderWork:
        """Take an order in hand, or go on having it. Raises `OrderInHand`, unless it is taken over on purpose."""
        async with self._open(user, session_id, order_id) as opened:
            if not take_over:
                await in_hand.require_free(opened.db, user, opened.row)
            await in_hand.take(opened.db, user, order_id, seconds=self._settings.hold_seconds)
            work = await self._work(opened.db, order_id)
        if opened.row["held_by"] != user.id:
            await self._news.changed(user.organisation_id)
        return work

    async def let_go(self, user: CurrentUser, session_id: UUID, order_id: UUID) -> None:
        """Put an order back; one that is not in one's hand is left as it is."""
        async with self._open(user, session_id, order_id) as opened:
            await in_hand.let_go(opened.db, user, [order_id])
        await self._news.changed(user.organisation_id)

    async def call(self, user: CurrentUser, session_id: UUID, order_id: UUID, call: NewCall, intention: Intention | None) -> OrderWork:
        """Note what came of a call; who agreed or refused gets the step with it, in the same transaction.

        Raises `OrderInHand`, `StateNotReachable`, `CallTimeUnfit`.
        """
        async with self._open(user, session_id, order_id, intention) as opened:
            if opened.is_first:
                await in_hand.require_free(opened.db, user, opened.row)
                await self._note_call(opened, call)
                await in_hand.let_go(opened.db, user, [order_id])
                await refresh(opened.db, [order_id])
            work = await self._work(opened.db, order_id)
        await self._told(opened)
        return work

    async def step(self, user: CurrentUser, session_id: UUID, order_id: UUID, step: NewHeldStep, intention: Intention | None) -> OrderWork:
        """Take a step that can be taken back for a while. Raises `OrderInHand`, `StateNotReachable`."""
        async with self._open(user, session_id, order_id, intention) as opened:
            if opened.is_first:
                await in_hand.require_free(opened.db, user, opened.row)
                await self._hold_back(opened, uuid4(), step.kind, step.reason)
                await in_hand.let_go(opened.db, user, [order_id])
                await refresh(opened.db, [order_id])
            work = await self._work(opened.db, order_id)
        await self._told(opened)
        return work

    async def undo(self, user: CurrentUser, session_id: UUID, order_id: UUID, mark: UUID, intention: Intention | None) -> OrderWork:
        """Take a call or a step back; the order is in one's hand again. Raises `TooLateToUndo`, `OrderInHand`."""
        async with self._open(user, session_id, order_id, intention) as opened:
            if opened.is_first:
                await in_hand.require_free(opened.db, user, opened.row)
                now = utc_now()
                since = now - timedelta(seconds=self._settings.undo_seconds)
                step = await opened.db.fetchval(_TAKE_BACK_STEP, order_id, mark)
                # a call that brought a step goes with its step, or not at all
                bound = [] if step is not None else ["agreed", "refused"]
                call = await opened.db.fetchval(_TAKE_BACK_CALL, mark, order_id, now, since, bound)
                if step is None and call is None:
                    raise TooLateToUndo
                await self._audit(opened, "order.step_undone", {"mark": str(mark)})
                await in_hand.take(opened.db, user, order_id, seconds=self._settings.hold_seconds)
                await refresh(opened.db, [order_id])
            work = await self._work(opened.db, order_id)
        await self._told(opened)
        return work

    async def assign(self, user: CurrentUser, session_id: UUID, order_id: UUID, to: UUID | None) -> OrderWork:
        """Say which colleague shall do it; None = whoever comes. Raises `NotOfTheDesk`."""
        if to is not None and to not in {each.user_id for each in await self.colleagues(user, session_id)}:
            raise NotOfTheDesk(details={"user_id": str(to)})
        async with self._open(user, session_id, order_id) as opened:
            await opened.db.execute(_ASSIGN, order_id, to)
            await self._audit(opened, "order.assigned", {"to": None if to is None else str(to)})
            work = await self._work(opened.db, order_id)
        await self._told(opened)
        return work

    async def add_note(self, user: CurrentUser, session_id: UUID, order_id: UUID, words: str, intention: Intention | None) -> OrderWork:
        """Write down what colleagues should know; sealed with the contact's key. Raises `NotesFull`, `OrderNotFound` once erased."""
        async with self._open(user, session_id, order_id, intention) as opened:
            if opened.is_first:
                contact = await self._rows.lock(opened.db, order_id)
                if contact is None:
                    raise OrderNotFound(details={"order_id": str(order_id)})
                if await opened.db.fetchval(_NOTES, order_id) >= NOTES_MOST:
                    raise NotesFull(details={"most": NOTES_MOST})
                note_id = uuid4()
                await opened.db.execute(_NOTE, note_id, order_id, seal_words(contact.key, note_id, words), user.id, utc_now())
            work = await self._work(opened.db, order_id)
        await self._told(opened)
        return work

    async def colleagues(self, user: CurrentUser, session_id: UUID | None) -> list[Colleague]:
        """Who works orders, of one session or anywhere."""
        place = None
        if session_id is not None:
            record = await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
            place = Place(record.id, record.host_id, record.ward_code)
        async with self._database.transactions() as db:
            return await colleagues_who_may(db, organisation_id=user.organisation_id, action=Action.WORK_ORDERS, place=place)

    @asynccontextmanager
    async def _open(self, user: CurrentUser, session_id: UUID, order_id: UUID, intention: Intention | None = None) -> AsyncIterator[_Open]:
        await self._sessions.managed(user, session_id, Action.WORK_ORDERS)
        async with self._database.pool.acquire() as db, db.transaction():
            # what fails leaves the transaction, and its key stays free
            is_first = (await claim_intention_raw(db, user.id, intention, order_id)).is_first
            row = await in_hand.lock_order(db, session_id, order_id)
            yield _Open(db, user, session_id, order_id, row, is_first)

    async def _note_call(self, opened: _Open, call: NewCall) -> None:
        db, order_id, now = opened.db, opened.order_id, utc_now()
        had = set(await db.fetchval(_KINDS, order_id) or ())
        if not RELEASING_KINDS.isdisjoint(had) or "delivered" in had:
            raise StateNotReachable(details={"kind": "called", "had": sorted(had)})
        call_id = uuid4()
        again_at = self._again_at(call, opened.row["tries"], now)
        await db.execute(_CALL, call_id, order_id, call.outcome, call.reason, opened.user.id, now, again_at)
        await self._audit(opened, "order.called", {"outcome": call.outcome, "reason": call.reason})
        if call.outcome == "agreed":
            await db.execute(_AGREED_AGAIN, order_id)
            if "confirmed" not in had and opened.row["step_kind"] != "confirmed":
                await self._hold_back(opened, call_id, "confirmed", "")
        elif call.outcome == "refused":
            await self._hold_back(opened, call_id, "cancelled", call.reason or "refused")

    def _again_at(self, call: NewCall, tries: int, now: datetime) -> datetime | None:
        if call.outcome in VAIN:
            return call_again_at(tries + 1, now, self._settings)
        if call.outcome != "call_back":
            return None
        if call.again_at is None or not now < call.again_at <= now + LATEST_CALL:
            raise CallTimeUnfit(details={"latest_ms": to_ms(now + LATEST_CALL)})
        return call.again_at

    async def _hold_back(self, opened: _Open, mark: UUID, kind: EntryKind, reason: str) -> None:
        """The step before it is written first: there is one that can be taken back, the newest."""
        db, order_id = opened.db, opened.order_id
        had = set(await db.fetchval(_KINDS, order_id) or ())
        if opened.row["step_kind"] is not None:
            had.add(opened.row["step_kind"])
        if not may_follow(kind, had):
            raise StateNotReachable(details={"kind": kind, "had": sorted(had)})
        await self._write_now(opened)
        due_at = utc_now() + timedelta(seconds=self._settings.undo_seconds)
        await db.execute(_HOLD_BACK, order_id, mark, kind, reason, opened.user.id, due_at)
        if self._settings.undo_seconds == 0:
            await self._write_now(opened)

    async def _write_now(self, opened: _Open) -> None:
        written = await self._held_back.write_in(opened.db, opened.session_id, [opened.order_id])
        if written is not None:
            opened.appended.append(written)

    async def _work(self, db: RawConnection, order_id: UUID) -> OrderWork:
        work = await reading.work_on(db, self._rows.envelopes, order_id)
        if work is None:
            raise OrderNotFound(details={"order_id": str(order_id)})
        return work

    async def _told(self, opened: _Open) -> None:
        for result in opened.appended:
            self._desk.appended(opened.session_id, result.freed_offers)
        await self._news.changed(opened.user.organisation_id)

    @staticmethod
    async def _audit(opened: _Open, action: str, details: dict[str, object]) -> None:
        user = opened.user
        await insert_audit(
            opened.db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=opened.order_id, details=details
        )


async def ask_again(db: RawConnection, order_id: UUID) -> None:
    """For whoever changes an order after its buyer agreed, in their transaction and before they lock its ledger: it is to be confirmed again.

    Of an order that was delivered, or came to nothing, nothing is asked any more.
    """
    await refresh(db, [order_id])
    await db.execute(_ASK_AGAIN, order_id, list(OPEN_TO_QUESTIONS))
    await refresh(db, [order_id])
