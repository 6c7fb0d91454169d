"""Folds a session's ledger into everything the report says about sales, in steps that leave the event loop free in between."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from app.ledger.chain import Entry, chain, entry_of, genesis_hash
from app.ledger.fold import Ladder, delta_of
from app.ledger.kinds import figure_names
from app.reports.ladder import RevenueLadder

# Raise it whenever the same ledger would give another fold: stored folds of other versions are not read, and built anew.
FOLD_VERSION = 4
# Less than a millisecond of work: sockets and orders of the same process go on in between.
ENTRIES_PER_STEP = 8
SHELF = "shelf"

Row: TypeAlias = tuple[int, str, bytes, int]
"""Seq, body, hash and amount of a ledger entry, as they are stored."""


@dataclass(slots=True)
class FoldedLedger:
    """A ledger's sums up to one entry. `broken_at` is the first entry that did not fit; `last_hash` is the stored hash of the last one.

    `order_rows` are orders, units and amount by the rows of the orders themselves, whose entries are in the fold. `offers` has the sales of
    every flash offer and, under `SHELF`, of what was sold without one; `sources` those of all orders by where they came from, each order in
    one only. `sources_of` says so for the orders of the entries that come next; without it an entry's own lines do. `base_seq` is
    the entry of the stored fold that this one went on from, 0 for none.
    """

    whole: Ladder = field(default_factory=Ladder)
    steps: RevenueLadder = field(default_factory=RevenueLadder)
    minutes: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    order_rows: Counter[str] = field(default_factory=Counter)
    offers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    sources: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    sources_of: dict[UUID, str] = field(default_factory=dict)
    base_seq: int = 0
    entries: int = 0
    broken_at: int = 0
    last_hash: bytes = b""

    def add(self, row: Row) -> None:
        """One more entry; checks that it follows the last one and is what its hash says."""
        seq, body, stored_hash, amount_vnd = row
        entry = entry_of(body)
        fits = entry.seq == seq == self.entries + 1 and chain(self.last_hash, body) == stored_hash and entry.amount_vnd == amount_vnd
        if not fits and self.broken_at == 0:
            self.broken_at = seq
        self.last_hash = stored_hash
        self.entries += 1
        self._count(entry)

    def _count(self, entry: Entry) -> None:
        self.whole.add(entry)
        self.steps.add(entry)
        delta = delta_of(entry)
        self.minutes[delta.minute].update(delta.totals)
        self.sources[self.sources_of.get(entry.order_id) or _source_of(entry)].update(delta.totals)
        for offer_id in {line.offer_id for line in entry.lines}:
            lines = [line for line in entry.lines if line.offer_id == offer_id]
            names = figure_names(entry.kind)
            self.offers[SHELF if offer_id is None else str(offer_id)].update(
                {
                    names.orders: 1,
                    names.units: sum(line.quantity for line in lines),
                    names.revenue_vnd: sum(line.amount_vnd for line in lines),
                }
            )


def _source_of(entry: Entry) -> str:
    return entry.source or ("flash" if any(line.offer_id is not None for line in entry.lines) else SHELF)


def empty_fold(session_id: UUID) -> FoldedLedger:
    """The fold of a ledger without entries."""
    return FoldedLedger(last_hash=genesis_hash(session_id))


async def extend_fold(folded: FoldedLedger, rows: Sequence[Row]) -> None:
    """Go on with a fold over the entries that follow, letting others run after every few."""
    for number, row in enumerate(rows, start=1):
        folded.add(row)
        if number % ENTRIES_PER_STEP == 0:
            await asyncio.sleep(0)


async def extend_ladder(ladder: Ladder, rows: Sequence[Row]) -> None:
    """The same for the plain sums alone."""
    for number, (_, body, _, _) in enumerate(rows, start=1):
        ladder.add(entry_of(body))
        if number % ENTRIES_PER_STEP == 0:
            await asyncio.sleep(0)
