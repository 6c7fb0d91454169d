"""The sales of a fold, broken down. What is told by lines of goods sums to the goods of the totals; `order_sources` to all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args
from uuid import UUID

from app.metrics.service import Sales, SessionStats, definition_of
from app.reports.breakdown_schemas import (
    BuyerFigures,
    CommuneRow,
    FunnelName,
    FunnelStep,
    OfferRow,
    OrderSource,
    SourceRow,
    WaitFigures,
    WithoutGoods,
)
from app.reports.folding import SHELF, FoldedLedger
from app.reports.queries import OfferFacts

_SOURCES: dict[OrderSource, tuple[str, str]] = {
    "flash": ("Ưu đãi chớp nhoáng", "Flash offers"),
    "shelf": ("Giá thường trên kệ", "The shelf, normal prices"),
    "comment": ("Bình luận chốt đơn", "Comments"),
    "booth": ("Gian hàng", "Booth"),
}


def sales_of(figures: Mapping[str, int]) -> Sales:
    """The sales among a counter's figures."""
    return Sales(**{name: amount for name, amount in figures.items() if name in Sales.model_fields})


def commune_rows(producers: Iterable[Mapping[str, Any]], folded: FoldedLedger) -> tuple[CommuneRow, ...]:
    """One row per commune of the producers, by name."""
    sums: dict[int, Counter[str]] = {}
    members: dict[int, list[Mapping[str, Any]]] = {}
    for producer in producers:
        code = producer["commune_code"]
        members.setdefault(code, []).append(producer)
        sums.setdefault(code, Counter()).update(folded.whole.producers.get(str(producer["id"]), {}))
    rows = (
        CommuneRow(
            commune_code=code,
            name=found[0]["commune_name"],
            province_code=found[0]["province_code"],
            province_name=found[0]["province_name"],
            producers=len(found),
            sales=sales_of(sums[code]),
        )
        for code, found in members.items()
    )
    return tuple(sorted(rows, key=lambda row: (row.name, row.commune_code)))


def offer_rows(offers: Sequence[OfferFacts], folded: FoldedLedger, waited: Mapping[UUID, Mapping[str, int]]) -> tuple[OfferRow, ...]:
    """Offers that had begun, in the order in which they were made, then the shelf where it sold something."""
    rows = [
        OfferRow(
            offer_id=offer.id,
            product_id=offer.product_id,
            product_name=offer.product_name,
            producer_id=offer.producer_id,
            state=offer.state,
            flash_price_vnd=offer.flash_price_vnd,
            regular_price_vnd=offer.regular_price_vnd,
            units_offered=offer.units_offered,
            units_remaining=offer.remaining,
            starts_at=offer.starts_at,
            ends_at=offer.ends_at,
            sales=sales_of(folded.offers.get(str(offer.id), {})),
            waited=WaitFigures(**waited.get(offer.id, {})),
        )
        for offer in offers
        if offer.state != "scheduled" and offer.starts_at is not None
    ]
    if SHELF in folded.offers:
        nothing = dict.fromkeys(name for name in OfferRow.model_fields if name not in {"sales", "waited"})
        rows.append(OfferRow(**nothing, sales=sales_of(folded.offers[SHELF])))
    return tuple(rows)


def source_rows(folded: FoldedLedger, *, is_booth: bool) -> tuple[SourceRow, ...]:
    """Where orders came from. At a booth everything that was no comment is the booth's."""
    sums: dict[OrderSource, Counter[str]] = {}
    for source in _SOURCES:
        if figures := folded.sources.get(source):
            sums.setdefault("booth" if is_booth and source != "comment" else source, Counter()).update(figures)
    return tuple(
        SourceRow(source=source, label_vi=_SOURCES[source][0], label_en=_SOURCES[source][1], sales=sales_of(sums[source]))
        for source in get_args(OrderSource)
        if source in sums
    )


def without_goods(folded: FoldedLedger) -> WithoutGoods:
    """What of the totals no line of goods tells."""
    names = WithoutGoods.model_fields
    return WithoutGoods(**{name: folded.whole.totals[name] - sum(figures[name] for figures in folded.offers.values()) for name in names})


def funnel(shown: SessionStats) -> tuple[FunnelStep, ...]:
    """From views to delivery."""
    figures: dict[str, Any] = shown.totals.model_dump()
    names: tuple[FunnelName, ...] = get_args(FunnelName)
    before: dict[FunnelName, FunnelName] = {later: earlier for earlier, later in pairwise(names)}
    return tuple(_step(name, before.get(name), figures) for name in names)


def _step(name: FunnelName, before: FunnelName | None, figures: Mapping[str, int | None]) -> FunnelStep:
    meaning = definition_of(name)
    count, whole = figures.get(name), figures.get(before) if before else None
    return FunnelStep(
        name=name,
        label_vi=meaning.label_vi,
        label_en=meaning.label_en,
        definition_vi=meaning.definition_vi,
        definition_en=meaning.definition_en,
        source="derived" if meaning.source == "derived" else "measured",
        count=count,
        per_step=before,
        percent=round(count * 100 / whole, 2) if count is not None and whole else None,
    )


def buyer_figures(folded: FoldedLedger, *, new: int, returning: int) -> BuyerFigures:
    """Buyers by their history; whoever is neither is unknown."""
    buyers = folded.whole.buyer_count
    return BuyerFigures(buyers=buyers, new=new, returning=returning, unknown=max(0, buyers - new - returning))
