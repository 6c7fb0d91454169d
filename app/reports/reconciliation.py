"""Counts every fact twice and says where two counts differ: ledger, order rows, figures, stock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.ledger.fold import Ladder
from app.metrics.service import SessionStats
from app.reports.folding import FoldedLedger
from app.reports.queries import OfferFacts
from app.reports.schemas import Check, Reconciliation

_LABELS = {
    "ledger_entries": ("Sổ ghi không thiếu bút toán nào", "The ledger has no gap"),
    "ledger_chain": ("Chuỗi băm của sổ còn nguyên (0 = không đứt)", "The ledger's hash chain is whole (0 = no break)"),
    "order_rows": ("Số đơn trong sổ và trong bảng đơn", "Orders in the ledger and in the table of orders"),
    "order_units": ("Số sản phẩm trong sổ và trong bảng đơn", "Units in the ledger and in the table of orders"),
    "order_amount_vnd": ("Giá trị trong sổ và trong bảng đơn", "Value in the ledger and in the table of orders"),
    "orders_placed": ("Số đơn trong sổ và trong số liệu", "Orders in the ledger and in the figures"),
    "units_placed": ("Số sản phẩm trong sổ và trong số liệu", "Units in the ledger and in the figures"),
    "revenue_placed_vnd": ("Giá trị đặt trong sổ và trong số liệu", "Value placed in the ledger and in the figures"),
    "buyers": ("Người mua trong sổ và trong số liệu", "Buyers in the ledger and in the figures"),
    "offer_stock": ("Số lượng mở bán = còn lại + đã đặt theo sổ", "Units offered = remaining + taken by the ledger"),
    "offer_taken": ("Số lượng đã đặt trong sổ và trong số liệu", "Units taken in the ledger and in the figures"),
}


def reconcile(folded: FoldedLedger, counted: Ladder, stats: SessionStats, *, last_seq: int, offers: Sequence[OfferFacts]) -> Reconciliation:
    """All checks of a session. `counted` is the ledger up to the entry that the figures include. The figures are compared with the ledger up to the entry they include, so also a live session agrees."""
    checks = (*_ledger_checks(folded, last_seq), *_figure_checks(counted, stats), *_offer_checks(folded, counted, stats, offers))
    return Reconciliation(
        ok=all(check.ok for check in checks), ledger_last_seq=last_seq, figures_ledger_seq=stats.ledger_seq, checks=checks
    )


def _check(name: str, expected: int, found: int, offer: OfferFacts | None = None) -> Check:
    label_vi, label_en = _LABELS[name]
    return Check(
        name=name,
        label_vi=label_vi,
        label_en=label_en,
        subject_id=offer.id if offer else None,
        subject=offer.product_name if offer else None,
        expected=expected,
        found=found,
        ok=expected == found,
    )


def _ledger_checks(folded: FoldedLedger, last_seq: int) -> Iterator[Check]:
    totals, orders = folded.whole.totals, folded.order_rows
    yield _check("ledger_entries", last_seq, folded.entries)
    yield _check("ledger_chain", 0, folded.broken_at)
    yield _check("order_rows", totals["orders_placed"], orders["orders"])
    yield _check("order_units", totals["units_placed"], orders["units"])
    yield _check("order_amount_vnd", totals["revenue_placed_vnd"], orders["amount_vnd"])


def _figure_checks(counted: Ladder, stats: SessionStats) -> Iterator[Check]:
    totals = counted.totals
    yield _check("orders_placed", totals["orders_placed"], stats.totals.orders_placed)
    yield _check("units_placed", totals["units_placed"], stats.totals.units_placed)
    yield _check("revenue_placed_vnd", totals["revenue_placed_vnd"], stats.totals.revenue_placed_vnd)
    yield _check("buyers", counted.buyer_count, stats.totals.buyers)


def _offer_checks(folded: FoldedLedger, counted: Ladder, stats: SessionStats, offers: Sequence[OfferFacts]) -> Iterator[Check]:
    for offer in offers:
        yield _check("offer_stock", offer.units_offered, offer.remaining + folded.whole.taken[str(offer.id)], offer)
        yield _check("offer_taken", counted.taken[str(offer.id)], stats.taken.get(offer.id, 0), offer)
