"""Folds a session's ledger into everything the report says about sales, in steps that leave the event loop free in between."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

from app.ledger.chain import Entry, chain, entry_of, genesis_hash
from app.ledger.fold import Ladder, delta_of
from app.reports.ladder import RevenueLadder

# About 4 ms of work: sockets and orders of the same process go on in between.
ENTRIES_PER_STEP = 50


@dataclass(slots=True)
class FoldedLedger:
    """`whole` is over all entries, `counted` over those that the figures include; `broken_at` is the first entry that does not fit."""

    whole: Ladder = field(default_factory=Ladder)
    counted: Ladder = field(default_factory=Ladder)
    steps: RevenueLadder = field(default_factory=RevenueLadder)
    minutes: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    entries: int = 0
    broken_at: int = 0
    last_hash: bytes = b""

    def add(self, entry: Entry, *, counted_to: int) -> None:
        if entry.seq > self.whole.last_seq:
            self.entries += 1
            self.whole.add(entry)
            self.steps.add(entry)
            delta = delta_of(entry)
            self.minutes[delta.minute].update(delta.totals)
        if self.counted.last_seq < entry.seq <= counted_to:
            self.counted.add(entry)


async def fold_ledger(session_id: UUID, rows: AsyncIterator[tuple[int, str, bytes, int]], *, counted_to: int) -> FoldedLedger:
    """Fold rows (seq, body, hash, amount) in order of seq, checking on the way that nothing is missing or altered."""
    folded = FoldedLedger(last_hash=genesis_hash(session_id))
    await extend_fold(folded, rows, counted_to=counted_to)
    return folded


async def extend_fold(folded: FoldedLedger, rows: AsyncIterator[tuple[int, str, bytes, int]], *, counted_to: int) -> int:
    """Go on with a fold; rows that it has already only count towards `counted`. Returns how many rows were read."""
    read = 0
    async for seq, body, stored_hash, amount_vnd in rows:
        entry = entry_of(body)
        if seq > folded.whole.last_seq:
            folded.last_hash = chain(folded.last_hash, body)
            fits = entry.seq == seq == folded.entries + 1 and folded.last_hash == stored_hash and entry.amount_vnd == amount_vnd
            if not fits and folded.broken_at == 0:
                folded.broken_at = seq
        folded.add(entry, counted_to=counted_to)
        read += 1
        if read % ENTRIES_PER_STEP == 0:
            await asyncio.sleep(0)
    return read
