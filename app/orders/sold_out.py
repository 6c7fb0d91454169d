"""Memory of sold-out offers, so that a burst on an empty shelf never reaches the database, and a repeat still gets the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.infra.clock import monotonic
from app.protocol.server_events import OfferChanged, RoomEvent, WaitlistCalled

TRUSTED_SECONDS = 2.0  # then one order asks the database again: units may have come back on another node
# Where no viewer holds the room open nobody hears who is called: shorter than a call takes to its buyer and the order back.
UNHEARD_SECONDS = 0.25
OFFERS_REMEMBERED = 1_000
DEVICES_WAITING = 50_000

_BUYERS = """
SELECT o.device_id, o.client_key FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.offer_id = $1
UNION ALL SELECT device_id, NULL FROM waitlist_entries WHERE offer_id = $1 AND state IN ('waiting', 'called')
"""


@dataclass(frozen=True, slots=True)
class _Empty:
    session_id: UUID
    read_at: float
    # whether calls since then came to `hear`
    was_heard: bool
    placed: frozenset[tuple[UUID, UUID]]
    # also those who joined the line at another worker: they may be called at any time
    in_line: frozenset[UUID]


class SoldOutMemory:
    """Offers with nothing left, each with the keys of its committed orders (at most as many as it had units).

    `hears_room`: whether what the session's room is told comes to `hear`; asked anew each time, as rooms open and close.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool
        self.hears_room: Callable[[UUID], bool] = lambda _: True
        self._offers: dict[UUID, _Empty] = {}
        self._waiting: set[tuple[UUID, UUID]] = set()
        # Which reading counts: one that units came back during does not.
        self._reading: dict[UUID, object] = {}

    def is_due(self, offer_id: UUID) -> bool:
        """Whether this offer is to be remembered, for the first time or again, and nobody does so already."""
        if offer_id in self._reading:
            return False
        empty = self._offers.get(offer_id)
        return empty is None or not self._is_trusted(empty)

    async def remember(self, offer_id: UUID, session_id: UUID) -> None:
        """Call it after a commit that left nothing. The keys are read after the stock was seen empty, so none is missing."""
        this = self._reading[offer_id] = object()
        was_heard = self.hears_room(session_id)
        try:
            rows = await self._pool.fetch(_BUYERS, offer_id)
        finally:
            counts = self._reading.get(offer_id) is this
            if counts:
                del self._reading[offer_id]
        if not counts:
            return
        if len(self._offers) >= OFFERS_REMEMBERED:
            self._offers.clear()
        placed = frozenset((row["device_id"], row["client_key"]) for row in rows if row["client_key"] is not None)
        in_line = frozenset(row["device_id"] for row in rows if row["client_key"] is None)
        self._offers[offer_id] = _Empty(session_id, monotonic(), was_heard, placed, in_line)

    def forget(self, offer_ids: Iterable[UUID]) -> None:
        """Units of these offers came back."""
        for offer_id in offer_ids:
            self._offers.pop(offer_id, None)
            self._reading.pop(offer_id, None)

    def hear(self, event: RoomEvent) -> None:
        """What a room of this worker is about to be told: whoever is called there must find here what was kept for them."""
        match event:
            case WaitlistCalled():
                self.forget([event.offer_id])
            case OfferChanged():
                self.forget([event.offer.id])
            case _:
                pass

    def never_refuse(self, offer_id: UUID, device_id: UUID) -> None:
        """This device waits for the offer and may be called at any time: the database decides about its orders."""
        if len(self._waiting) >= DEVICES_WAITING:
            self._waiting.clear()
        self._waiting.add((offer_id, device_id))

    def refuses(self, device_id: UUID, key: UUID, offer_ids: Iterable[UUID]) -> UUID | None:
        """The sold-out offer for which this order can be refused without asking, or None when the database must decide."""
        for offer_id in offer_ids:
            empty = self._offers.get(offer_id)
            if empty is None or not self._is_trusted(empty):
                continue
            if (device_id, key) not in empty.placed and device_id not in empty.in_line and (offer_id, device_id) not in self._waiting:
                return offer_id
        return None

    def _is_trusted(self, empty: _Empty) -> bool:
        is_heard = empty.was_heard and self.hears_room(empty.session_id)
        return monotonic() < empty.read_at + (TRUSTED_SECONDS if is_heard else UNHEARD_SECONDS)
