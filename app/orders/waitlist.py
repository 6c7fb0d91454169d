"""The waitlist of a sold-out offer: freed units are set aside for the next in line, for a while, in order of joining.

All changes happen under the lock of the offer's row, so units that come back never reach the public while somebody waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.orders.errors import OfferNotFound, OfferNotOpen, OfferStillAvailable, WaitlistFull
from app.orders.sold_out import SoldOutMemory
from app.settings import OrderSettings

_LOCK_OFFER = """
SELECT f.remaining, f.set_aside, f.state, f.per_viewer_limit, s.state AS session_state
FROM offers f JOIN sessions s ON s.id = f.session_id WHERE f.id = $1 AND f.session_id = $2 FOR UPDATE OF f
"""
_JOIN = """
INSERT INTO waitlist_entries (id, session_id, offer_id, device_id, quantity, joined_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (offer_id, device_id) WHERE state IN ('waiting', 'called') DO UPDATE SET quantity = waitlist_entries.quantity
RETURNING id, place, called_until
"""
_IS_IN = "SELECT EXISTS (SELECT 1 FROM waitlist_entries WHERE offer_id = $1 AND device_id = $2 AND state IN ('waiting', 'called'))"
_PLACE = "SELECT count(*)::int FROM waitlist_entries WHERE offer_id = $1 AND state IN ('waiting', 'called') AND place <= $2"
_WAITING = "SELECT count(*)::int FROM waitlist_entries WHERE offer_id = $1 AND state IN ('waiting', 'called')"
_LAPSE = "UPDATE waitlist_entries SET state = 'lapsed', called_until = NULL WHERE offer_id = $1 AND state = 'called' AND called_until <= $2"
_QUEUE = "SELECT id, quantity, state FROM waitlist_entries WHERE offer_id = $1 AND state IN ('waiting', 'called') ORDER BY place"
_CALL = "UPDATE waitlist_entries SET state = 'called', called_until = $2 WHERE id = ANY($1::uuid[])"
_SET_ASIDE = "UPDATE offers SET set_aside = $2 WHERE id = $1"
_DUE = """
SELECT DISTINCT f.session_id, f.id FROM offers f JOIN waitlist_entries w ON w.offer_id = f.id
WHERE (w.state = 'called' AND w.called_until <= $1) OR (w.state = 'waiting' AND f.remaining > f.set_aside)
UNION SELECT session_id, id FROM offers f WHERE set_aside > 0 AND set_aside <>
  (SELECT coalesce(sum(quantity), 0) FROM waitlist_entries w WHERE w.offer_id = f.id AND w.state = 'called')
LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class WaitlistPlace:
    """Where somebody stands: `place` 1 is next. With `called_until` units are kept for it until then."""

    entry_id: UUID
    place: int
    called_until: datetime | None


@dataclass(frozen=True, slots=True)
class Calls:
    """Who was called for an offer and until when; to be told to the room after COMMIT."""

    offer_id: UUID
    entry_ids: tuple[UUID, ...]
    until: datetime


async def call_next(db: RawConnection, offer_id: UUID, *, now: datetime, call_seconds: float) -> Calls | None:
    """Set free units aside for the next in line; the caller holds the offer's lock and has already put the units back.

    Strictly in order: when the first wants more than there is, the units wait for more rather than pass them by.
    """
    await db.execute(_LAPSE, offer_id, now)
    queue = await db.fetch(_QUEUE, offer_id)
    remaining, before = await db.fetchrow("SELECT remaining, set_aside FROM offers WHERE id = $1", offer_id) or (0, 0)
    set_aside = sum(row["quantity"] for row in queue if row["state"] == "called")
    called: list[UUID] = []
    for row in queue:
        if row["state"] == "waiting":
            if set_aside + row["quantity"] > remaining:
                break
            set_aside += row["quantity"]
            called.append(row["id"])
    until = now + timedelta(seconds=call_seconds)
    if called:
        await db.execute(_CALL, called, until)
    waits_for_more = len(called) < sum(row["state"] == "waiting" for row in queue)
    set_aside = remaining if waits_for_more else min(set_aside, remaining)
    if set_aside != before:
        await db.execute(_SET_ASIDE, offer_id, set_aside)
    return Calls(offer_id, tuple(called), until) if called else None


class Waitlist:
    """Joining and the periodic call of the next in line."""

    def __init__(self, database: Database, *, sold_out: SoldOutMemory, settings: OrderSettings) -> None:
        self._pool: asyncpg.Pool[asyncpg.Record] = database.pool
        self._sold_out = sold_out
        self._settings = settings

    async def join(self, session_id: UUID, offer_id: UUID, device_id: UUID, quantity: int) -> WaitlistPlace:
        """Queue a device once per offer; joining again gives the same place, and says whether it was called. The quantity is capped by the limit per viewer.

        Raises `OfferNotFound`, `OfferNotOpen`, `OfferStillAvailable` while units can simply be ordered, `WaitlistFull`.
        """
        async with self._pool.acquire() as db, db.transaction():
            offer = await db.fetchrow(_LOCK_OFFER, offer_id, session_id)
            if offer is None:
                raise OfferNotFound(details={"offer_id": str(offer_id)})
            if offer["state"] != "open" or offer["session_state"] != "live":
                raise OfferNotOpen(details={"offer_id": str(offer_id), "state": offer["state"]})
            if offer["remaining"] - offer["set_aside"] > 0:
                raise OfferStillAvailable(details={"offer_id": str(offer_id), "remaining": offer["remaining"] - offer["set_aside"]})
            is_in = bool(await db.fetchval(_IS_IN, offer_id, device_id))
            if not is_in and int(await db.fetchval(_WAITING, offer_id) or 0) >= self._settings.waitlist_max:
                raise WaitlistFull(details={"offer_id": str(offer_id)})
            wanted = min(quantity, offer["per_viewer_limit"])
            entry = await db.fetchrow(_JOIN, uuid4(), session_id, offer_id, device_id, wanted, utc_now())
            assert entry is not None  # noqa: S101 - the upsert always returns its row
            place = WaitlistPlace(entry["id"], int(await db.fetchval(_PLACE, offer_id, entry["place"])), entry["called_until"])
        self._sold_out.never_refuse(offer_id, device_id)
        return place

    async def call_due(self) -> list[tuple[UUID, Calls]]:
        """Take back what called people let lapse, and call the next. Returns (session, calls) to tell. Run every second."""
        called: list[tuple[UUID, Calls]] = []
        for session_id, offer_id in await self._due():
            async with self._pool.acquire() as db, db.transaction():
                if await db.fetchrow(_LOCK_OFFER, offer_id, session_id) is None:
                    continue
                calls = await call_next(db, offer_id, now=utc_now(), call_seconds=self._settings.waitlist_call_seconds)
            if calls is not None:
                called.append((session_id, calls))
        return called

    async def _due(self) -> Sequence[tuple[UUID, UUID]]:
        return [(row["session_id"], row["id"]) for row in await self._pool.fetch(_DUE, utc_now())]
