"""Setting freed units aside for the next in line, for a while, in order of joining. Nobody is called once the session is over.

All changes happen under the lock of the offer's row, so units that come back never reach the public while somebody waits. Lock order, as
everywhere: the session's ledger row (where the caller appends to it), pools by product, then offers in order of id. The session's state is
read without a lock: what ends while it is read is put right by the next look, a second later.

What is held for claims (`holds.py`) is set aside as well. What an offer sets aside its product's pool holds: neither the shelf nor another offer can sell it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from app.infra.clock import to_ms
from app.infra.database import RawConnection
from app.protocol.server_events import WaitlistCalled
from app.sessions.outbox import Told, event_to_tell

_LAPSE = "UPDATE waitlist_entries SET state = 'lapsed', called_until = NULL WHERE offer_id = $1 AND state = 'called' AND called_until <= $2"
_LEAVE = "UPDATE waitlist_entries SET state = 'left', called_until = NULL WHERE offer_id = $1 AND state IN ('waiting', 'called')"
_QUEUE = "SELECT id, quantity, state FROM waitlist_entries WHERE offer_id = $1 AND state IN ('waiting', 'called') ORDER BY place"
_OFFER = """
SELECT f.remaining, f.set_aside, s.state = 'live' AS is_live, t.units - t.sold - t.held AS pool_left,
  (SELECT coalesce(sum(h.quantity), 0)::int FROM unit_holds h WHERE h.offer_id = f.id AND h.state = 'held') AS claimed
FROM offers f JOIN sessions s ON s.id = f.session_id
LEFT JOIN session_stock t ON t.session_id = f.session_id AND t.product_id = f.product_id WHERE f.id = $1
"""
_CALL = "UPDATE waitlist_entries SET state = 'called', called_until = $2 WHERE id = ANY($1::uuid[])"
_SET_ASIDE = "UPDATE offers SET set_aside = $2 WHERE id = $1"
_HOLD = """
UPDATE session_stock t SET held = t.held + $2 FROM offers f
WHERE f.id = $1 AND t.session_id = f.session_id AND t.product_id = f.product_id
"""


@dataclass(frozen=True, slots=True)
class Calls:
    """Who was called for an offer and until when; to be told to the room after COMMIT."""

    offer_id: UUID
    entry_ids: tuple[UUID, ...]
    until: datetime

    @property
    def to_tell(self) -> Told:
        """For the outbox: entry ids that only the called know to be theirs."""
        return event_to_tell(WaitlistCalled(offer_id=self.offer_id, entry_ids=self.entry_ids, until_ms=to_ms(self.until) or 0))


async def call_next(db: RawConnection, offer_id: UUID, *, now: datetime, call_seconds: float) -> Calls | None:
    """Set free units aside for the next in line; the caller holds the locks of the pool and the offer and has put the units back.

    Strictly in order: when the first wants more than there is, the units wait for more rather than pass them by. When the session is
    not live everybody in line ends as `left`, nothing stays set aside, and None is returned.
    """
    offer = await db.fetchrow(_OFFER, offer_id)
    if offer is None:
        return None
    if not offer["is_live"]:
        await db.execute(_LEAVE, offer_id)
        await _set_aside(db, offer_id, offer, offer["claimed"])
        return None
    await db.execute(_LAPSE, offer_id, now)
    queue = await db.fetch(_QUEUE, offer_id)
    remaining = _within_reach(offer)
    set_aside = offer["claimed"] + sum(row["quantity"] for row in queue if row["state"] == "called")
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
    await _set_aside(db, offer_id, offer, set_aside)
    return Calls(offer_id, tuple(called), until) if called else None


def _within_reach(offer: asyncpg.Record) -> int:
    """Units that this offer can still sell or set aside: its own, as far as the pool has them."""
    remaining: int = offer["remaining"]
    return remaining if offer["pool_left"] is None else min(remaining, offer["set_aside"] + offer["pool_left"])


async def _set_aside(db: RawConnection, offer_id: UUID, offer: asyncpg.Record, units: int) -> None:
    if units == offer["set_aside"]:
        return
    await db.execute(_SET_ASIDE, offer_id, units)
    if offer["pool_left"] is not None:
        await db.execute(_HOLD, offer_id, units - offer["set_aside"])
