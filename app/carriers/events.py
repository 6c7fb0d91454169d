"""What a carrier says of a parcel becomes, once, what the ledger says of its orders. Reports, notices and answers all come through here.

Locks as `app/parcels/refreshing.py` has them: contacts, parcels, then the ledgers of the orders' sessions by id. One transaction for all of
it, so that a repeat finds everything done or nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog

from app.accounts.audit import insert_audit
from app.carriers.schemas import Problem
from app.carriers.states import ENDS, CarrierState, is_news, steps_for
from app.errors import AppError
from app.fulfilment.desk import OrderDesk
from app.fulfilment.payments import ReceivedPayment, ReferenceBookedMeanwhile, book_payment
from app.fulfilment.transitions import Step
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.infra.sealing import Envelopes
from app.ledger.kinds import RELEASING_KINDS
from app.parcels.reading import OpenParcel, open_parcels
from app.parcels.refreshing import hold_parcels, refresh

log = structlog.get_logger(__name__)

_TRIES = 5
SAME_ATTEMPT_WITHIN = timedelta(minutes=30)
_INSERT = """
INSERT INTO carrier_events (id, organisation_id, digest, parcel_id, parcel_code, tracking_code, words, state, happened_at, collected_vnd,
  source, problem, noted_by, noted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (organisation_id, digest) DO NOTHING RETURNING id
"""
_PROBLEM = "UPDATE carrier_events SET problem = $2 WHERE id = $1"
# When people scan what leaves says little of when the carrier had it: what it reports is news whatever its time.
_NEWEST = "SELECT max(happened_at) FROM carrier_events WHERE parcel_id = $1 AND id <> $2 AND state IS NOT NULL AND source <> 'hand'"
# One attempt is told by several ways with times that differ a little.
_SAME_ATTEMPT = """
SELECT EXISTS (SELECT FROM carrier_events WHERE parcel_id = $1 AND id <> $2 AND state = 'failed' AND happened_at BETWEEN $3 AND $4)
"""
_ORDERS = """
SELECT po.order_id, o.session_id FROM parcel_orders po JOIN orders o ON o.id = po.order_id
JOIN parcels p ON p.id = po.parcel_id WHERE p.id = $1 AND p.organisation_id = $2
"""
# Every parcel that has something of these orders, with what its carrier said last.
_PARTS = """
SELECT po.order_id, p.id, p.state, p.tracking_state FROM parcel_orders po JOIN parcels p ON p.id = po.parcel_id
WHERE po.order_id = ANY($1::uuid[]) AND p.state <> 'dissolved'
"""
_LOCK_LEDGERS = "SELECT session_id FROM ledgers WHERE session_id = ANY($1::uuid[]) ORDER BY session_id FOR UPDATE"
_HAD = "SELECT order_id, array_agg(DISTINCT kind) AS kinds FROM ledger_entries WHERE order_id = ANY($1::uuid[]) GROUP BY order_id"
_GONE = """
UPDATE parcels SET state = 'handed_over', handed_over_at = coalesce(handed_over_at, $2), cod_vnd = coalesce(cod_vnd, $3) WHERE id = $1
"""
_TRACK = """
UPDATE parcels SET tracking_state = coalesce($2, tracking_state), carrier = coalesce($3, carrier), tracking_code = coalesce($4, tracking_code)
WHERE id = $1
"""


# What was handed over by hand is told once, and is not taken back any more once its carrier has said something.
_TELL_HANDOVER = "UPDATE parcel_handovers SET told_at = $2 WHERE parcel_id = $1 AND told_at IS NULL RETURNING parcel_id"


@dataclass(frozen=True, slots=True)
class Said:
    """What was said, by whom and how we heard of it. No time: now, and again is the same. `state` None: in words that nobody knows."""

    organisation_id: UUID
    source: str
    parcel_id: UUID | None
    parcel_code: str
    tracking_code: str
    words: str
    state: CarrierState | None
    happened_at: datetime | None = None
    collected_vnd: int | None = None
    carrier: str | None = None
    by: UUID | None = None
    problem: Problem | None = None

    @property
    def digest(self) -> bytes:
        """Known again by the parcel, the state and the time, whoever tells of it."""
        about = (
            str(self.parcel_id or f"{self.parcel_code}/{self.tracking_code}"),
            self.state or self.words,
            self.happened_at.isoformat(timespec="seconds") if self.happened_at else "",
            self.problem or "",
        )
        return hashlib.sha256("\0".join(about).encode("utf-8", "replace")).digest()[:16]


@dataclass(slots=True)
class Noted:
    """What became of it: was it new, and why must somebody look at it."""

    is_new: bool
    problem: Problem | None = None
    freed: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)


class CarrierEvents:
    """Notes what carriers say."""

    def __init__(self, database: Database, envelopes: Envelopes, desk: OrderDesk, *, call_seconds: float) -> None:
        self._database = database
        self._envelopes = envelopes
        self._desk = desk
        self._call_seconds = call_seconds

    async def note(self, said: Said) -> Noted:
        """In a transaction of its own; again changes nothing."""
        if said.parcel_id is None or said.state is None or said.problem is not None:
            return await self._keep_for_somebody(said)
        async with self._database.pool.acquire() as db:
            orders = await db.fetch(_ORDERS, said.parcel_id, said.organisation_id)
        by_session = defaultdict[UUID, list[UUID]](list)
        for row in orders:
            by_session[row["session_id"]].append(row["order_id"])
        for session_id, order_ids in by_session.items():
            await self._desk.settle_first(session_id, order_ids)
        noted = await self._noted(said, said.parcel_id, said.state)
        for session_id, offers in noted.freed.items():
            self._desk.appended(session_id, offers)
        if noted.is_new:
            log.info("carrier_said", state=said.state, source=said.source, problem=noted.problem)
        return noted

    async def _noted(self, said: Said, parcel_id: UUID, state: CarrierState) -> Noted:
        for attempt in range(_TRIES):
            try:
                async with self._database.pool.acquire() as db, db.transaction():
                    return await _Telling(db, self._envelopes, self._desk, said, call_seconds=self._call_seconds).tell(parcel_id, state)
            except ReferenceBookedMeanwhile:
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _keep_for_somebody(self, said: Said) -> Noted:
        problem: Problem = said.problem or ("no_parcel" if said.parcel_id is None else "no_state")
        async with self._database.pool.acquire() as db:
            event_id = await insert_event(db, said, said.happened_at or utc_now(), problem)
        return Noted(event_id is not None, problem)


async def insert_event(db: RawConnection, said: Said, happened_at: datetime, problem: Problem | None) -> UUID | None:
    """None when it was known."""
    about = (said.parcel_id, said.parcel_code[:80], said.tracking_code[:80], said.words[:80], said.state, happened_at, said.collected_vnd)
    found: UUID | None = await db.fetchval(
        _INSERT, uuid4(), said.organisation_id, said.digest, *about, said.source, problem, said.by, utc_now()
    )
    return found


class _Telling:
    """One thing that was said, inside its transaction."""

    def __init__(self, db: RawConnection, envelopes: Envelopes, desk: OrderDesk, said: Said, *, call_seconds: float) -> None:
        self._db = db
        self._envelopes = envelopes
        self._desk = desk
        self._said = said
        self._call_seconds = call_seconds

    async def tell(self, parcel_id: UUID, state: CarrierState) -> Noted:
        db, said, now = self._db, self._said, utc_now()
        held = await hold_parcels(db, self._envelopes, [parcel_id])
        await refresh(db, held)
        is_handover = await db.fetchval(_TELL_HANDOVER, parcel_id, now) is not None
        if said.source == "hand" and not is_handover:
            return Noted(False)
        # A clock that runs ahead must not keep what comes later from being news.
        happened_at = min(said.happened_at or now, now)
        event_id = await insert_event(db, said, happened_at, None)
        if event_id is None:
            return Noted(False)
        row = held.parcels.get(parcel_id)
        if row is None:
            return await self._noted(event_id, "no_parcel")
        newest = await db.fetchval(_NEWEST, parcel_id, event_id)
        moves = is_news(state, row["tracking_state"], is_later=newest is None or happened_at >= newest)
        await db.execute(_TRACK, parcel_id, state if moves else None, said.carrier, said.tracking_code or None)
        (parcel,) = await open_parcels(db, self._envelopes, [parcel_id])
        if row["state"] != "handed_over":
            await db.execute(_GONE, parcel_id, happened_at, parcel.cod_vnd)
        if not await self._tells_more(event_id, row, moves=moves, at=happened_at):
            return await self._noted(event_id, None)
        sessions = {order.session_id for order, _ in parcel.orders}
        await db.execute(_LOCK_LEDGERS, list(sessions))
        problem, freed = await self._append(parcel, state)
        if state == "delivered" and said.collected_vnd:
            problem = await self._collect(parcel, said.collected_vnd, happened_at) or problem
        return await self._noted(event_id, problem, dict.fromkeys(sessions, ()) | freed)

    async def _tells_more(self, event_id: UUID, row: asyncpg.Record, *, moves: bool, at: datetime) -> bool:
        """Whether the ledger may have to say something: the parcel moves, was tried in vain once more, or its cash is told later."""
        state = self._said.state
        if state == "failed":
            around = (at - SAME_ATTEMPT_WITHIN, at + SAME_ATTEMPT_WITHIN)
            return row["tracking_state"] not in ENDS and not await self._db.fetchval(_SAME_ATTEMPT, row["id"], event_id, *around)
        return moves or (state == "delivered" == row["tracking_state"] and bool(self._said.collected_vnd))

    async def _noted(self, event_id: UUID, problem: Problem | None, freed: dict[UUID, tuple[UUID, ...]] | None = None) -> Noted:
        if problem is not None:
            await self._db.execute(_PROBLEM, event_id, problem)
        return Noted(True, problem, freed or {})

    async def _append(self, parcel: OpenParcel, state: CarrierState) -> tuple[Problem | None, dict[UUID, tuple[UUID, ...]]]:
        """The facts about every order whose parcels are all that far."""
        db, order_ids = self._db, [order.id for order, _ in parcel.orders]
        parts = defaultdict[UUID, list[tuple[str, str | None]]](list)
        for row in await db.fetch(_PARTS, order_ids):
            parts[row["order_id"]].append((row["state"], row["tracking_state"]))
        had = {row["order_id"]: set(row["kinds"]) for row in await db.fetch(_HAD, order_ids)}
        problem: Problem | None = None
        steps = defaultdict[UUID, list[Step]](list)
        for order, _ in parcel.orders:
            if not _is_all_there(state, parts[order.id]):
                problem = problem or ("parts_differ" if _are_all_over(parts[order.id]) else None)
                continue
            wanted = steps_for(state, had[order.id])
            steps[order.session_id] += [Step(order.id, kind, reason) for kind, reason in wanted]
            if not _is_told(state, had[order.id] | {kind for kind, _ in wanted}):
                problem = "step_refused"
        freed: dict[UUID, tuple[UUID, ...]] = {}
        for session_id in sorted(steps):
            result = await self._desk.append_in(db, session_id, steps[session_id])
            freed[session_id] = result.freed_offers
            for step, answer in zip(steps[session_id], result.answers, strict=True):
                if isinstance(answer, AppError):
                    problem = "step_refused"
                else:
                    await self._audit(
                        f"order.{step.kind}", step.order_id, {"reason": step.reason, "seq": answer.seq, "parcel": parcel.row["code"]}
                    )
        return problem, freed

    async def _collect(self, parcel: OpenParcel, collected_vnd: int, at: datetime) -> Problem | None:
        """Cash that the carrier took at the door pays what each order of the parcel owes, if it is just that much."""
        if collected_vnd != parcel.cod_vnd:
            return "amount_differs"
        for order, carries in parcel.orders:
            if not carries or order.owed_vnd <= 0:
                continue
            payment = ReceivedPayment(
                organisation_id=self._said.organisation_id,
                order_id=order.id,
                reference=f"COD-{parcel.row['code']}-{order.code}",
                amount_vnd=order.owed_vnd,
                received_at=at,
                source="collection",
            )
            booked = await book_payment(self._db, payment, call_seconds=self._call_seconds)
            if booked.is_new:
                await self._audit("payment.booked", booked.payment_id, {"amount_vnd": order.owed_vnd, "matter": booked.matter})
            if booked.is_new and booked.matter is not None:
                return "amount_differs"
        return None

    async def _audit(self, action: str, subject_id: UUID, about: dict[str, object]) -> None:
        said = self._said
        await insert_audit(
            self._db, organisation_id=said.organisation_id, user_id=said.by, action=action, subject_id=subject_id,
            details=about | {"by_carrier": said.source},
        )  # fmt: skip


def _is_all_there(state: CarrierState, parts: Sequence[tuple[str, str | None]]) -> bool:
    """Whether an order as a whole is that far: one box in vain is the order in vain, everything else wants all its boxes."""
    match state:
        case "failed":
            return True
        case "delivered" | "returned":
            return all(tracking == state for _, tracking in parts)
        case _:
            return all(stands == "handed_over" for stands, _ in parts)


def _are_all_over(parts: Sequence[tuple[str, str | None]]) -> bool:
    return all(tracking in ENDS for _, tracking in parts)


def _is_told(state: CarrierState, had: Collection[str]) -> bool:
    """Whether the ledger says by now what the carrier says."""
    match state:
        case "delivered":
            return "delivered" in had
        case "returned":
            return "returned" in had or not RELEASING_KINDS.isdisjoint(had)
        case "failed":
            return "delivery_failed" in had or "delivered" in had
        case _:
            return "handed_over" in had or "delivered" in had or not RELEASING_KINDS.isdisjoint(had)
