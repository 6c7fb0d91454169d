"""Parcels are handed over by hand: to a carrier that reports nothing by itself, at the post office, many at once or one scan after the other.

The parcel is gone from that moment, and what is collected with it is fixed. Its orders' ledgers, which take nothing back, are told a minute
later by the same way as carriers' own reports, unless somebody has taken it back before or a carrier has said more meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog

from app.accounts.audit import insert_audit_each
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.carriers.errors import TrackingCodeTaken
from app.carriers.events import CarrierEvents, Said
from app.carriers.from_parcels import open_some
from app.carriers.schemas import HandedOver, HandOver, HandOverProblem, HandOverScan, HandOversUndone, ParcelHandedOver
from app.desk.errors import TooLateToUndo
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database, RawConnection
from app.infra.sealing import Envelopes
from app.parcels.errors import ParcelNeedsLook, ParcelNotFound, ParcelStateUnfit
from app.parcels.reading import ParcelReach, id_by_code, id_by_order_code, ids_in_reach
from app.parcels.refreshing import hold_parcels, refresh
from app.parcels.states import read_code
from app.protocol.order_codes import read_order_code

log = structlog.get_logger(__name__)

TOLD_AT_ONCE = 200
_AGAIN_AFTER = timedelta(seconds=30)

_STATES = "SELECT id, code, state, looks_at FROM parcels WHERE organisation_id = $1 AND id = ANY($2::uuid[]) AND state <> 'dissolved'"
_BY_MARK = "SELECT parcel_id, due_at FROM parcel_handovers WHERE mark = $1"
_KEEP = """
INSERT INTO parcel_handovers (parcel_id, mark, carrier_before, tracking_code_before, handed_by, due_at)
SELECT id, $1, carrier, tracking_code, $2, $3 FROM parcels WHERE id = ANY($4::uuid[])
"""
_GONE = """
UPDATE parcels p SET state = 'handed_over', handed_over_at = $1, cod_vnd = coalesce(p.cod_vnd, t.cod_vnd), carrier = coalesce($2, p.carrier),
  tracking_code = coalesce($3, p.tracking_code) FROM unnest($4::uuid[], $5::bigint[]) AS t(id, cod_vnd) WHERE p.id = t.id
"""
_TAKEN_BY = """
SELECT code FROM parcels WHERE organisation_id = $1 AND tracking_code = $2 AND id <> $3 AND state <> 'dissolved' LIMIT 1
"""
_OF_MARK = """
SELECT h.parcel_id FROM parcel_handovers h JOIN parcels p ON p.id = h.parcel_id WHERE h.mark = $1 AND p.organisation_id = $2
"""
_TAKE_BACK = "DELETE FROM parcel_handovers WHERE mark = $1 AND told_at IS NULL AND due_at > $2 RETURNING *"
_BACK = """
UPDATE parcels p SET state = 'packed', handed_over_at = NULL, cod_vnd = NULL, carrier = t.carrier, tracking_code = t.tracking_code
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS t(id, carrier, tracking_code) WHERE p.id = t.id
"""
_DUE = """
SELECT h.parcel_id, h.handed_by, p.organisation_id, p.code FROM parcel_handovers h JOIN parcels p ON p.id = h.parcel_id
WHERE h.told_at IS NULL AND h.due_at <= $1 ORDER BY h.due_at LIMIT $2
"""
_LATER = "UPDATE parcel_handovers SET due_at = $2 WHERE parcel_id = $1 AND told_at IS NULL"


class HandingOver:
    """Staff hand parcels over; `tell_due` is for the clock."""

    def __init__(self, database: Database, envelopes: Envelopes, events: CarrierEvents, *, undo_seconds: float) -> None:
        self._database = database
        self._envelopes = envelopes
        self._events = events
        self._undo = timedelta(seconds=undo_seconds)

    async def preview(self, user: CurrentUser, wanted: HandOver) -> HandedOver:
        """Which of these would go, and why the others would not. Changes nothing."""
        async with self._database.pool.acquire() as db:
            return _answer(await _judged(db, user, wanted.parcel_ids))

    async def hand_over(self, user: CurrentUser, wanted: HandOver, intention: Intention | None) -> HandedOver:
        """Those that fit go, in one transaction; the others are named with the reason. The same key again changes nothing."""
        async with self._database.pool.acquire() as db, db.transaction():
            claim = await claim_intention_raw(db, user.id, intention, uuid4())
            if not claim.is_first:
                return await self._as_it_is(db, user, wanted.parcel_ids, claim.subject_id)
            return await self._go(db, user, wanted.parcel_ids, claim.subject_id, wanted.carrier)

    async def scan(self, user: CurrentUser, scan: HandOverScan, intention: Intention | None) -> HandedOver:
        """The parcel of a label goes. Raises `ParcelNotFound`, `ParcelStateUnfit`, `ParcelNeedsLook`, `TrackingCodeTaken`."""
        async with self._database.pool.acquire() as db, db.transaction():
            claim = await claim_intention_raw(db, user.id, intention, uuid4())
            parcel_id = await _scanned(db, user, scan.code)
            if not claim.is_first:
                return await self._as_it_is(db, user, [parcel_id], claim.subject_id)
            if scan.tracking_code is not None:
                other = await db.fetchval(_TAKEN_BY, user.organisation_id, scan.tracking_code, parcel_id)
                if other is not None:
                    raise TrackingCodeTaken(details={"code": other})
            done = await self._go(db, user, [parcel_id], claim.subject_id, scan.carrier, scan.tracking_code)
            (parcel,) = done.parcels
            if parcel.problem is not None:
                # leaves the transaction: the key of what was refused stays free
                raise _refusal(parcel)
            return done

    async def undo(self, user: CurrentUser, mark: UUID, intention: Intention | None) -> HandOversUndone:
        """Take back what one command handed over, as far as the ledgers were not told yet. Raises `TooLateToUndo`."""
        async with self._database.pool.acquire() as db, db.transaction():
            is_first = (await claim_intention_raw(db, user.id, intention, mark)).is_first
            parcel_ids = [row["parcel_id"] for row in await db.fetch(_OF_MARK, mark, user.organisation_id)]
            if not is_first:
                return HandOversUndone(undone=0, too_late=len(parcel_ids))
            await hold_parcels(db, self._envelopes, parcel_ids)
            rows = await db.fetch(_TAKE_BACK, mark, utc_now()) if parcel_ids else []
            if not rows:
                raise TooLateToUndo
            ids = [row["parcel_id"] for row in rows]
            await db.execute(_BACK, ids, [row["carrier_before"] for row in rows], [row["tracking_code_before"] for row in rows])
            await refresh(db, await hold_parcels(db, self._envelopes, ids))
            await _audit(db, user, "parcel.handing_over_undone", [(each, {"mark": str(mark)}) for each in ids])
            return HandOversUndone(undone=len(rows), too_late=len(parcel_ids) - len(rows))

    async def tell_due(self) -> int:
        """Tell the ledgers of those that nobody took back; returns how many were told. Run every second, and safe on two nodes."""
        told = 0
        for row in await self._database.pool.fetch(_DUE, utc_now(), TOLD_AT_ONCE):
            try:
                said = Said(
                    organisation_id=row["organisation_id"], source="hand", parcel_id=row["parcel_id"], parcel_code=row["code"],
                    tracking_code="", words="", state="handed_over", by=row["handed_by"],
                )  # fmt: skip
                told += (await self._events.note(said)).is_new
            except Exception as error:  # noqa: BLE001 - a ledger may be locked for too long; the others come all the same, this one later
                log.warning("handing_over_not_told", parcel=str(row["parcel_id"]), error=repr(error))
                await self._database.pool.execute(_LATER, row["parcel_id"], utc_now() + _AGAIN_AFTER)
        return told

    async def _go(
        self,
        db: RawConnection,
        user: CurrentUser,
        parcel_ids: Collection[UUID],
        mark: UUID,
        carrier: str | None,
        tracking_code: str | None = None,
    ) -> HandedOver:
        own = await ids_in_reach(db, ParcelReach(user.organisation_id), parcel_ids)
        await refresh(db, await hold_parcels(db, self._envelopes, own))
        judged = await _judged(db, user, parcel_ids)
        going = [each.parcel_id for each in judged if each.problem is None]
        if not going:
            return _answer(judged)
        now = utc_now()
        opened = await open_some(db, self._envelopes, going)
        await db.execute(_KEEP, mark, user.id, now + self._undo, going)
        await db.execute(_GONE, now, carrier, tracking_code, [each.row["id"] for each in opened], [each.cod_vnd for each in opened])
        about: list[tuple[UUID, dict[str, object]]] = [
            (each.row["id"], {"code": each.row["code"], "carrier": carrier or "", "cod_vnd": each.cod_vnd}) for each in opened
        ]
        await _audit(db, user, "parcel.handed_over", about)
        return _answer(judged, mark=mark, until_ms=to_ms(now + self._undo))

    async def _as_it_is(self, db: RawConnection, user: CurrentUser, parcel_ids: Sequence[UUID], mark: UUID) -> HandedOver:
        """What the same command did the first time, as far as nobody has taken it back."""
        rows: dict[UUID, asyncpg.Record] = {row["parcel_id"]: row for row in await db.fetch(_BY_MARK, mark)}
        judged = [
            each.model_copy(update={"problem": None}) if each.parcel_id in rows else each for each in await _judged(db, user, parcel_ids)
        ]
        until = min((row["due_at"] for row in rows.values()), default=None)
        return _answer(judged, mark=mark if rows else None, until_ms=to_ms(until))


async def _scanned(db: RawConnection, user: CurrentUser, typed: str) -> UUID:
    reach, code, order_code = ParcelReach(user.organisation_id), read_code(typed), read_order_code(typed)
    found = None if code is None else await id_by_code(db, reach, code)
    if found is None and order_code is not None:
        found = await id_by_order_code(db, reach, order_code)
    if found is None:
        raise ParcelNotFound
    return found


async def _judged(db: RawConnection, user: CurrentUser, parcel_ids: Collection[UUID]) -> list[ParcelHandedOver]:
    rows = {row["id"]: row for row in await db.fetch(_STATES, user.organisation_id, list(parcel_ids))}
    return [_judge(each, rows.get(each)) for each in dict.fromkeys(parcel_ids)]


def _judge(parcel_id: UUID, row: asyncpg.Record | None) -> ParcelHandedOver:
    problem: HandOverProblem | None = None
    if row is None:
        problem = "not_found"
    elif row["state"] == "handed_over":
        problem = "gone"
    elif row["state"] != "packed":
        problem = "not_packed"
    elif row["looks_at"] is not None:
        problem = "needs_look"
    return ParcelHandedOver(parcel_id=parcel_id, code="" if row is None else row["code"], problem=problem)


def _refusal(parcel: ParcelHandedOver) -> Exception:
    match parcel.problem:
        case "needs_look":
            return ParcelNeedsLook(details={"code": parcel.code})
        case "gone":
            return ParcelStateUnfit(details={"state": "handed_over"})
        case "not_packed":
            return ParcelStateUnfit(details={"state": "open"})
        case _:
            return ParcelNotFound()


def _answer(judged: list[ParcelHandedOver], *, mark: UUID | None = None, until_ms: int | None = None) -> HandedOver:
    return HandedOver(parcels=judged, fits=sum(each.problem is None for each in judged), mark=mark, until_ms=until_ms)


async def _audit(db: RawConnection, user: CurrentUser, action: str, about: Sequence[tuple[UUID, dict[str, object]]]) -> None:
    await insert_audit_each(db, organisation_id=user.organisation_id, user_id=user.id, action=action, about=about)
