"""Figures as a fold over ledger entries: the same code feeds live statistics and reports.

Every kind of entry has its own figures (`app/ledger/kinds.py` names them). An entry never edits an earlier one. Where a kind may come
again, the totals count its order once, by the entry's `turn`; those of a product or producer count every entry that names it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from app.ledger.chain import Entry
from app.ledger.kinds import KINDS, EntryKind, figure_names
from app.metrics.service import LedgerDelta

_NAMES = {kind: figure_names(kind) for kind in KINDS}


def _figures(kind: EntryKind, *, orders: int, units: int, amount_vnd: int) -> dict[str, int]:
    names = _NAMES[kind]
    return {names.orders: orders, names.units: units, names.revenue_vnd: amount_vnd}


def delta_of(entry: Entry) -> LedgerDelta:
    """What one entry adds to the statistics of its session."""
    products: dict[str, Counter[str]] = defaultdict(Counter)
    taken: Counter[str] = Counter()
    units_taken = KINDS[entry.kind].units_taken
    for line in entry.lines:
        counted = products[str(line.product_id)]
        # an order with two offers of one product is one order of that product
        counted.update(_figures(entry.kind, orders=0 if counted else 1, units=line.quantity, amount_vnd=line.amount_vnd))
        if units_taken:
            # what is sold without an offer is counted under its product
            taken[str(line.offer_id or line.product_id)] += units_taken * line.quantity
    totals = _figures(entry.kind, orders=1 if entry.turn == 1 else 0, units=entry.units, amount_vnd=entry.amount_vnd)
    if entry.shipping_vnd:
        totals[_NAMES[entry.kind].shipping_vnd] = entry.shipping_vnd
    return LedgerDelta(
        seq=entry.seq,
        minute=entry.happened_at_ms // 60_000,
        totals=totals,
        products=products,
        taken=taken,
        buyer_token=entry.buyer_token if entry.kind == "placed" else None,
    )


@dataclass(slots=True)
class Ladder:
    """Sums over a ledger: totals, per product, per producer, units taken per offer (or product without one), distinct buyers.

    A ladder that goes on from stored sums has counted `buyers_before` buyers already; of those it need only know the ones that come
    again (`known_buyers`). `buyers` are the new ones, each with the seq of the first order.
    """

    totals: Counter[str] = field(default_factory=Counter)
    products: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    producers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    taken: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    buyers: dict[str, int] = field(default_factory=dict)
    buyers_before: int = 0
    known_buyers: frozenset[str] = frozenset()
    last_seq: int = 0

    @property
    def buyer_count(self) -> int:
        return self.buyers_before + len(self.buyers)

    def plain_sums(self) -> Ladder:
        """Totals, units taken and the count of buyers as they are now, untouched by what is added later."""
        return Ladder(totals=self.totals.copy(), taken=self.taken.copy(), buyers_before=self.buyer_count, last_seq=self.last_seq)

    def add(self, entry: Entry) -> None:
        delta = delta_of(entry)
        self.totals.update(delta.totals)
        for product_id, figures in delta.products.items():
            self.products[product_id].update(figures)
        for producer_id in {line.producer_id for line in entry.lines}:
            self.producers[str(producer_id)].update(_producer_figures(entry, producer_id))
        self.taken.update(delta.taken)
        if delta.buyer_token is not None and delta.buyer_token not in self.known_buyers:
            self.buyers.setdefault(delta.buyer_token, entry.seq)
        if entry.reason:
            self.reasons[entry.kind, entry.reason] += 1
        self.last_seq = entry.seq


def _producer_figures(entry: Entry, producer_id: UUID) -> dict[str, int]:
    lines = [line for line in entry.lines if line.producer_id == producer_id]
    return _figures(entry.kind, orders=1, units=sum(line.quantity for line in lines), amount_vnd=sum(line.amount_vnd for line in lines))


def fold(entries: Iterable[Entry]) -> Ladder:
    """All figures of a session from its ledger alone."""
    ladder = Ladder()
    for entry in entries:
        ladder.add(entry)
    return ladder
