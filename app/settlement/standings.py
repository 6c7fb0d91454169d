"""What of each producer's goods was collected in a session, kept by every worker for the list of producers and brought up to date by seq.

Of entries that came since, only the orders that they are about are folded again. A worker that starts anew folds a session once.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app.infra.bounded_pool import BoundedPool
from app.infra.clock import monotonic
from app.infra.database import RawConnection
from app.ledger.chain import entry_of
from app.settlement.errors import SettlementsBeingSummed
from app.settlement.reading import bodies_by_order
from app.settlement.standing import standings_of

SESSIONS_KEPT: Final = 1_000
_ENTRIES_PER_KEEP: Final = 5_000
_ORDERS_PER_READ: Final = 1_000
_ORDERS_PER_STEP: Final = 20
_TOUCHED = "SELECT DISTINCT order_id FROM ledger_entries WHERE session_id = $1 AND seq > $2 AND seq <= $3"
_LEDGERS = """
SELECT l.session_id, l.last_seq FROM ledgers l JOIN sessions s ON s.id = l.session_id
WHERE s.organisation_id = $1 AND l.last_seq > 0 AND NOT s.is_rehearsal ORDER BY l.session_id
"""


@dataclass(slots=True)
class SessionStanding:
    """Sums of `net`, `waiting` and `shipping` by producer, over a session's ledger up to `seq`."""

    seq: int = 0
    sums: dict[UUID, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


class Standings:
    """Keeps them. One at a time on a worker: a long ledger takes seconds of its core the first time.

    Whoever waits for another's folding holds no connection meanwhile, and for no longer than a use of one may take.
    """

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool
        self._kept: OrderedDict[UUID, SessionStanding] = OrderedDict()
        self._lock = asyncio.Lock()

    async def of_organisation(self, organisation_id: UUID) -> Mapping[UUID, Counter[str]]:
        """Sums over all sessions of an organisation, as of now. Raises `SettlementsBeingSummed` when it takes too long; ask again."""
        found: dict[UUID, Counter[str]] = defaultdict(Counter)
        async with self._pool.acquire() as db:
            rows = await db.fetch(_LEDGERS, organisation_id)
        ends = monotonic() + self._pool.use_seconds
        try:
            async with asyncio.timeout(self._pool.use_seconds):
                await self._lock.acquire()
        except TimeoutError:
            raise SettlementsBeingSummed(retry_after_seconds=2) from None
        try:
            for row in rows:
                for producer_id, figures in (await self._at(row["session_id"], row["last_seq"], ends)).sums.items():
                    found[producer_id].update(figures)
        finally:
            self._lock.release()
        return found

    async def _at(self, session_id: UUID, to: int, ends: float) -> SessionStanding:
        kept = self._kept.get(session_id) or SessionStanding()
        while kept.seq < to:
            if monotonic() > ends:
                raise SettlementsBeingSummed(retry_after_seconds=2)
            async with self._pool.acquire() as db:
                kept = await _advanced(db, session_id, kept, min(to, kept.seq + _ENTRIES_PER_KEEP))
            # Whoever asks again after a limit of time goes on from here.
            self._kept[session_id] = kept
        self._kept[session_id] = kept
        self._kept.move_to_end(session_id)
        while len(self._kept) > SESSIONS_KEPT:
            self._kept.popitem(last=False)
        return kept


async def _advanced(db: RawConnection, session_id: UUID, before: SessionStanding, to: int) -> SessionStanding:
    """A new one, so that what fails half-way leaves the old one as it was."""
    after = SessionStanding(to)
    for producer_id, figures in before.sums.items():
        after.sums[producer_id].update(figures)
    touched = [row["order_id"] for row in await db.fetch(_TOUCHED, session_id, before.seq, to)]
    for start in range(0, len(touched), _ORDERS_PER_READ):
        bodies = await bodies_by_order(db, session_id, to, touched[start : start + _ORDERS_PER_READ])
        for number, texts in enumerate(bodies.values(), start=1):
            entries = [entry_of(text) for text in texts]
            for sign, known in ((-1, [entry for entry in entries if entry.seq <= before.seq]), (1, entries)):
                for producer_id, standing in standings_of(known).items():
                    sums = after.sums[producer_id]
                    sums["shipping"] += sign * standing.of_order["shipping"]
                    for figures in standing.vnd.values():
                        sums["net"] += sign * figures["net"]
                        sums["waiting"] += sign * figures["waiting"]
            if number % _ORDERS_PER_STEP == 0:
                await asyncio.sleep(0)
    return after
