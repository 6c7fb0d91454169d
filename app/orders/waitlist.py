"""The waitlist of a sold-out offer: joining it, and the job that calls the next in line (`app/orders/calling.py`).

Joins that come together are one transaction per offer, so a crowd that joins costs the database as much as a few.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

import structlog

from app.errors import AppError
from app.infra.clock import utc_now
from app.infra.committing import CommitUnknown, NotCommitted, commit
from app.infra.database import Database, RawConnection
from app.infra.gathering import Gathering
from app.orders.calling import Calls, call_next
from app.orders.errors import Busy, OfferNotFound, OfferNotOpen, OfferStillAvailable, WaitlistFull
from app.orders.pools import lock_pool_of_offer
from app.orders.sold_out import SoldOutMemory
from app.sessions.outbox import tell_room_raw
from app.sessions.telling import RoomTeller
from app.settings import OrderSettings

log = structlog.get_logger(__name__)

JOINS_AT_ONCE = 500
_RETRY_AFTER_SECONDS = 2

_LOCK_OFFER = """
SELECT least(f.remaining - f.set_aside, t.units - t.sold - t.held) AS left, f.state, f.per_viewer_limit, s.state AS session_state
FROM offers f JOIN sessions s ON s.id = f.session_id
LEFT JOIN session_stock t ON t.session_id = f.session_id AND t.product_id = f.product_id WHERE f.id = $1 AND f.session_id = $2 FOR UPDATE OF f
"""
_IN_LINE = """
SELECT id, device_id, called_until FROM waitlist_entries WHERE offer_id = $1 AND state IN ('waiting', 'called') ORDER BY place
"""
# The rows get their places in the order of the arrays.
_JOIN = """
INSERT INTO waitlist_entries (id, session_id, offer_id, device_id, quantity, joined_at)
SELECT j.id, $1, $2, j.device_id, j.quantity, $3
FROM unnest($4::uuid[], $5::uuid[], $6::int[]) WITH ORDINALITY AS j(id, device_id, quantity, number) ORDER BY j.number
"""
_DUE = """
SELECT DISTINCT f.session_id, f.id FROM offers f JOIN waitlist_entries w ON w.offer_id = f.id JOIN sessions s ON s.id = f.session_id
LEFT JOIN session_stock t ON t.session_id = f.session_id AND t.product_id = f.product_id
WHERE (w.state = 'called' AND w.called_until <= $1)
  OR (w.state = 'waiting' AND least(f.remaining - f.set_aside, t.units - t.sold - t.held) > 0)
  OR (w.state IN ('waiting', 'called') AND s.state <> 'live')
UNION SELECT session_id, id FROM offers f WHERE set_aside > 0 AND set_aside <>
  (SELECT coalesce(sum(quantity), 0) FROM waitlist_entries w WHERE w.offer_id = f.id AND w.state = 'called')
  + (SELECT coalesce(sum(quantity), 0) FROM unit_holds h WHERE h.offer_id = f.id AND h.state = 'held')
LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class WaitlistPlace:
    """Where somebody stands: `place` 1 is next. With `called_until` units are kept for it until then."""

    entry_id: UUID
    place: int
    called_until: datetime | None


@dataclass(frozen=True, slots=True)
class Join:
    """Somebody who wants to stand in line."""

    session_id: UUID
    offer_id: UUID
    device_id: UUID
    quantity: int


JoinOffer = Callable[[UUID, UUID, Sequence[Join], int, RawConnection], Awaitable[list[WaitlistPlace | AppError]]]


async def join_offer(
    session_id: UUID, offer_id: UUID, joins: Sequence[Join], waitlist_max: int, db: RawConnection
) -> list[WaitlistPlace | AppError]:
    """The place of each in order of arrival; the line is read whole, it is short."""
    offer = await db.fetchrow(_LOCK_OFFER, offer_id, session_id)
    if offer is None:
        return [OfferNotFound(details={"offer_id": str(offer_id)}) for _ in joins]
    if offer["state"] != "open" or offer["session_state"] != "live":
        return [OfferNotOpen(details={"offer_id": str(offer_id), "state": offer["state"]}) for _ in joins]
    if (left := offer["left"]) > 0:
        return [OfferStillAvailable(details={"offer_id": str(offer_id), "remaining": left}) for _ in joins]
    line = {
        row["device_id"]: WaitlistPlace(row["id"], number, row["called_until"])
        for number, row in enumerate(await db.fetch(_IN_LINE, offer_id), start=1)
    }
    new: list[tuple[UUID, UUID, int]] = []
    answers: list[WaitlistPlace | AppError] = []
    for join in joins:
        if join.device_id not in line:
            if len(line) >= waitlist_max:
                answers.append(WaitlistFull(details={"offer_id": str(offer_id)}))
                continue
            line[join.device_id] = WaitlistPlace(uuid4(), len(line) + 1, None)
            new.append((line[join.device_id].entry_id, join.device_id, min(join.quantity, offer["per_viewer_limit"])))
        answers.append(line[join.device_id])
    if new:
        await db.execute(_JOIN, session_id, offer_id, utc_now(), *(list(column) for column in zip(*new, strict=True)))
    return answers


class Waitlist:
    """Joining and the periodic call of the next in line. Joins of an offer are written by `write_joins`, so many at once."""

    def __init__(
        self,
        database: Database,
        *,
        sold_out: SoldOutMemory,
        teller: RoomTeller,
        settings: OrderSettings,
        write_joins: JoinOffer = join_offer,
        joins_at_once: int = JOINS_AT_ONCE,
    ) -> None:
        self._pool = database.pool
        self._write_joins = write_joins
        self._teller = teller
        self._sold_out = sold_out
        self._settings = settings
        self._joining: Gathering[Join, WaitlistPlace] = Gathering(
            "waitlist",
            self._join_all,
            busy=_busy,
            seconds=settings.place_deadline_seconds,
            most=joins_at_once,
            queue_max=settings.queue_max_orders,
        )

    async def join(self, session_id: UUID, offer_id: UUID, device_id: UUID, quantity: int) -> WaitlistPlace:
        """Queue a device once per offer; joining again gives the same place, and says whether it was called. The quantity is capped by the
        limit per viewer.

        Raises `OfferNotFound`, `OfferNotOpen`, `OfferStillAvailable` while units can simply be ordered, `WaitlistFull`, and `Busy` when the
        database does not answer in time: then ask again.
        """
        place = await self._joining.ask(Join(session_id, offer_id, device_id, quantity))
        self._sold_out.never_refuse(offer_id, device_id)
        return place

    async def close(self) -> None:
        await self._joining.close()

    async def call_due(self) -> list[Calls]:
        """Take back what called people let lapse, call the next, and have their rooms told. Run every second."""
        called: list[Calls] = []
        for session_id, offer_id in await self._due():
            async with self._pool.acquire() as db, db.transaction():
                await lock_pool_of_offer(db, session_id, offer_id)
                if await db.fetchrow(_LOCK_OFFER, offer_id, session_id) is None:
                    continue
                calls = await call_next(db, offer_id, now=utc_now(), call_seconds=self._settings.waitlist_call_seconds)
                if calls is not None:
                    await tell_room_raw(db, session_id, [calls.to_tell])
            if calls is not None:
                self._teller.kick(session_id)
                called.append(calls)
        return called

    async def _due(self) -> Sequence[tuple[UUID, UUID]]:
        return [(row["session_id"], row["id"]) for row in await self._pool.fetch(_DUE, utc_now())]

    async def _join_all(self, joins: Sequence[Join]) -> list[WaitlistPlace | AppError]:
        """One transaction per offer. One that fails, whose offer is locked for too long for instance, does not take the others with it."""
        answers: dict[Join, WaitlistPlace | AppError] = {}
        of_offers: dict[tuple[UUID, UUID], list[Join]] = {}
        for join in joins:
            of_offers.setdefault((join.session_id, join.offer_id), []).append(join)
        for (session_id, offer_id), together in of_offers.items():
            try:
                places = await commit(self._pool, partial(self._write_joins, session_id, offer_id, together, self._settings.waitlist_max))
            except (NotCommitted, CommitUnknown) as failure:
                # A join that was written after all is found by joining again.
                log.warning("waitlist_not_joined", offer=str(offer_id), joins=len(together), error=str(failure))
                answers.update((join, _busy()) for join in together)
            else:
                answers.update(zip(together, places, strict=True))
        return [answers[join] for join in joins]


def _busy() -> Busy:
    return Busy("The waitlist could not be reached in time, please ask again.", retry_after_seconds=_RETRY_AFTER_SECONDS)
