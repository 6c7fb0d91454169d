"""Folds of ledgers that this process keeps between requests: a reader goes on from where the last one stopped."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from app.infra.database import RawConnection
from app.ledger.chain import genesis_hash
from app.ledger.fold import Ladder
from app.reports import queries
from app.reports.folding import FoldedLedger, extend_fold

# An entry of a kept fold takes about a kilobyte.
KEPT_ENTRIES = 100_000


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    readers: int = 0


class KeptFolds:
    """At most `kept_entries` entries stay folded, of the sessions read last; the session read last always stays.

    Entries are never changed, so a kept fold only has to be extended. `rows_read` counts the entries read so far.
    """

    def __init__(self, *, kept_entries: int = KEPT_ENTRIES) -> None:
        self._kept_entries = kept_entries
        self._folds: OrderedDict[UUID, FoldedLedger] = OrderedDict()
        self._turns: dict[UUID, _Turn] = {}
        self.rows_read = 0

    @asynccontextmanager
    async def turn(self, session_id: UUID) -> AsyncIterator[None]:
        """One reader of a session at a time. Begin the transaction inside, or a kept fold may be ahead of what it sees."""
        turn = self._turns.setdefault(session_id, _Turn())
        turn.readers += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.readers -= 1
            if turn.readers == 0:
                del self._turns[session_id]

    async def read(self, db: RawConnection, session_id: UUID, *, counted_to: int) -> FoldedLedger:
        """The fold as of the caller's transaction, `counted` up to `counted_to`. Use it within the turn; it goes on changing."""
        # taken out meanwhile: what is cancelled half way is not kept
        folded = self._folds.pop(session_id, None)
        if folded is None or not await _still_fits(db, session_id, folded):
            folded = FoldedLedger(last_hash=genesis_hash(session_id))
        if folded.counted.last_seq > counted_to:
            # the figures were lost and are being counted again
            folded.counted = Ladder()
        after = min(folded.whole.last_seq, folded.counted.last_seq)
        self.rows_read += await extend_fold(folded, queries.ledger_rows(db, session_id, after=after), counted_to=counted_to)
        # a broken ledger is read anew each time, so that a repair shows
        if not folded.broken_at:
            self._keep(session_id, folded)
        return folded

    def _keep(self, session_id: UUID, folded: FoldedLedger) -> None:
        self._folds[session_id] = folded
        while len(self._folds) > 1 and sum(max(1, kept.entries) for kept in self._folds.values()) > self._kept_entries:
            self._folds.popitem(last=False)


async def _still_fits(db: RawConnection, session_id: UUID, folded: FoldedLedger) -> bool:
    """False when the database was put back to an earlier state, or its newest entry known here is another one."""
    if folded.entries == 0:
        return True
    return await queries.entry_hash(db, session_id, folded.whole.last_seq) == folded.last_hash
