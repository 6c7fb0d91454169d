"""A fold as text, to be stored: compact JSON, a few kilobytes however many orders it is over."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from app.ledger.fold import Ladder
from app.reports.folding import FoldedLedger
from app.reports.ladder import LadderSums, RevenueLadder

_COUNTERS = ("orders", "units", "amounts", "shipping", "waiting_orders", "waiting_amounts", "beside")


def fold_text(folded: FoldedLedger) -> str:
    """Everything but the buyers' tokens and the courses of single orders, of which only counts are kept."""
    whole, sums = folded.whole, folded.steps.sums
    return json.dumps(
        {
            "totals": whole.totals,
            "products": whole.products,
            "producers": whole.producers,
            "taken": whole.taken,
            "reasons": [[*key, count] for key, count in sorted(whole.reasons.items())],
            "buyers": whole.buyer_count,
            "minutes": folded.minutes,
            "offers": folded.offers,
            "sources": folded.sources,
            "order_rows": folded.order_rows,
            "entries": folded.entries,
            "broken_at": folded.broken_at,
            "ladder": {
                "placed_vnd": sums.placed_vnd,
                **{name: getattr(sums, name) for name in _COUNTERS},
                "lost": [[*key, count, sums.lost_amounts[key]] for key, count in sorted(sums.lost_orders.items())],
            },
        },
        separators=(",", ":"),
    )


def fold_from(text: str, *, seq: int, last_hash: bytes) -> FoldedLedger:
    """The fold that `fold_text` wrote, as of entry `seq`, whose stored hash is `last_hash`."""
    fields = json.loads(text)
    ladder = fields["ladder"]
    sums = LadderSums(ladder["placed_vnd"], **{name: Counter(ladder[name]) for name in _COUNTERS})
    for at, kind, reason, orders, amount_vnd in ladder["lost"]:
        sums.lost_orders[at, kind, reason] = orders
        sums.lost_amounts[at, kind, reason] = amount_vnd
    return FoldedLedger(
        whole=Ladder(
            totals=Counter(fields["totals"]),
            products=_nested(fields["products"]),
            producers=_nested(fields["producers"]),
            taken=Counter(fields["taken"]),
            reasons=Counter({(kind, reason): count for kind, reason, count in fields["reasons"]}),
            buyers_before=fields["buyers"],
            last_seq=seq,
        ),
        steps=RevenueLadder(sums),
        minutes=defaultdict(Counter, {int(minute): Counter(figures) for minute, figures in fields["minutes"].items()}),
        offers=_nested(fields["offers"]),
        sources=_nested(fields["sources"]),
        order_rows=Counter(fields["order_rows"]),
        base_seq=seq,
        entries=fields["entries"],
        broken_at=fields["broken_at"],
        last_hash=last_hash,
    )


def _nested(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, Counter[str]]:
    return defaultdict(Counter, {key: Counter(counts) for key, counts in figures.items()})
