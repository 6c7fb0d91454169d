"""Reads a session's ledger once and folds it into everything the report says about sales."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

from app.ledger.chain import Entry, chain, entry_of, genesis_hash
from app.ledger.fold import Ladder, delta_of
from app.reports.ladder import RevenueLadder


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
        self.entries += 1
        self.whole.add(entry)
        self.steps.add(entry)
        delta = delta_of(entry)
        self.minutes[delta.minute].update(delta.totals)
        if entry.seq <= counted_to:
            self.counted.add(entry)


async def fold_ledger(session_id: UUID, rows: AsyncIterator[tuple[int, str, bytes, int]], *, counted_to: int) -> FoldedLedger:
    """Fold rows (seq, body, hash, amount) in order of seq, checking on the way that nothing is missing or altered."""
    folded = FoldedLedger()
    previous = genesis_hash(session_id)
    async for seq, body, stored_hash, amount_vnd in rows:
        entry = entry_of(body)
        previous = chain(previous, body)
        fits = entry.seq == seq == folded.entries + 1 and previous == stored_hash and entry.amount_vnd == amount_vnd
        if not fits and folded.broken_at == 0:
            folded.broken_at = seq
        folded.add(entry, counted_to=counted_to)
    folded.last_hash = previous
    return folded
