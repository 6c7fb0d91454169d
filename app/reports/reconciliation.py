"""Counts every fact twice and says where two counts differ: ledger, order rows, figures, stock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from app.ledger.fold import Ladder
from app.ledger.kinds import KINDS, figure_names
from app.metrics.service import SessionStats
from app.reports.folding import FoldedLedger
from app.reports.queries import OfferFacts, StockFacts
from app.reports.schemas import Check, Reconciliation

_LABELS = {
    "ledger_entries": ("Sổ ghi không thiếu bút toán nào", "The ledger has no gap"),
    "ledger_chain": ("Chuỗi băm của sổ còn nguyên (0 = không đứt)", "The ledger's hash chain is whole (0 = no break)"),
    "order_rows": ("Số đơn trong sổ và trong bảng đơn", "Orders in the ledger and in the table of orders"),
    "order_units": ("Số sản phẩm trong sổ và trong bảng đơn", "Units in the ledger and in the table of orders"),
    "order_amount_vnd": ("Giá trị trong sổ và trong bảng đơn", "Value in the ledger and in the table of orders"),
    "order_shipping_vnd": ("Phí giao hàng trong sổ và trong bảng đơn", "Shipping fees in the ledger and in the table of orders"),
    "order_total_vnd": ("Hàng và phí giao hàng = tổng các đơn", "Goods and shipping fees = totals of the orders"),
    "change_units": ("Số sản phẩm đổi thêm, bớt trong sổ và trong bảng đơn", "Units changed in the ledger and in the table of orders"),
    "change_amount_vnd": ("Giá trị đổi thêm, bớt trong sổ và trong bảng đơn", "Value changed in the ledger and in the table of orders"),
    "change_shipping_vnd": ("Phí giao hàng đổi trong sổ và trong bảng đơn", "Fees changed in the ledger and in the table of orders"),
    "change_total_vnd": ("Hàng và phí đổi thêm, bớt = tổng các lần đổi", "Goods and fees changed = totals of the changes"),
    "orders_placed": ("Số đơn trong sổ và trong số liệu", "Orders in the ledger and in the figures"),
    "units_placed": ("Số sản phẩm trong sổ và trong số liệu", "Units in the ledger and in the figures"),
    "revenue_placed_vnd": ("Giá trị đặt trong sổ và trong số liệu", "Value placed in the ledger and in the figures"),
    "shipping_placed_vnd": ("Phí giao hàng trong sổ và trong số liệu", "Shipping fees in the ledger and in the figures"),
    "buyers": ("Người mua trong sổ và trong số liệu", "Buyers in the ledger and in the figures"),
    "offer_stock": ("Số lượng mở bán = còn lại + đã đặt theo sổ", "Units offered = remaining + taken by the ledger"),
    "stock_sold": ("Kho của phiên: đã bán theo sổ và theo kho", "Pool of the session: sold by the ledger and by the pool"),
    "stock_held": ("Kho của phiên: đang giữ cho người chờ", "Pool of the session: held for people called from waitlists"),
    "stock_within": ("Kho của phiên: không bán quá số có (0 = không)", "Pool of the session: units beyond what there is (0 = none)"),
    "offer_taken": ("Số lượng đã đặt trong sổ và trong số liệu", "Units taken in the ledger and in the figures"),
}


def reconcile(
    folded: FoldedLedger,
    counted: Ladder,
    stats: SessionStats,
    *,
    last_seq: int,
    offers: Sequence[OfferFacts],
    stock: Sequence[StockFacts],
) -> Reconciliation:
    """All checks of a session. `counted` is the ledger up to the entry that the figures include. The figures are compared with the ledger up to the entry they include, so also a live session agrees."""
    checks = (
        *_ledger_checks(folded, last_seq),
        *_figure_checks(counted, stats),
        *_offer_checks(folded, counted, stats, offers),
        *_stock_checks(folded, stock),
    )
    return Reconciliation(
        ok=all(check.ok for check in checks), ledger_last_seq=last_seq, figures_ledger_seq=stats.ledger_seq, checks=checks
    )


def _check(name: str, expected: int, found: int, about: OfferFacts | StockFacts | None = None) -> Check:
    label_vi, label_en = _LABELS[name]
    return Check(
        name=name,
        label_vi=label_vi,
        label_en=label_en,
        subject_id=about.id if about else None,
        subject=about.product_name if about else None,
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
    yield _check("order_shipping_vnd", totals["shipping_placed_vnd"], orders["shipping_vnd"])
    yield _check("order_total_vnd", orders["amount_vnd"] + orders["shipping_vnd"], orders["total_vnd"])
    yield _check("change_units", totals["units_changed"], orders["change_units"])
    yield _check("change_amount_vnd", totals["revenue_changed_vnd"], orders["change_amount_vnd"])
    yield _check("change_shipping_vnd", totals["shipping_changed_vnd"], orders["change_shipping_vnd"])
    yield _check("change_total_vnd", orders["change_amount_vnd"] + orders["change_shipping_vnd"], orders["change_total_vnd"])


def _figure_checks(counted: Ladder, stats: SessionStats) -> Iterator[Check]:
    totals = counted.totals
    yield _check("orders_placed", totals["orders_placed"], stats.totals.orders_placed)
    yield _check("units_placed", totals["units_placed"], stats.totals.units_placed)
    yield _check("revenue_placed_vnd", totals["revenue_placed_vnd"], stats.totals.revenue_placed_vnd)
    yield _check("shipping_placed_vnd", totals["shipping_placed_vnd"], stats.totals.shipping_placed_vnd)
    yield _check("buyers", counted.buyer_count, stats.totals.buyers)


def _offer_checks(folded: FoldedLedger, counted: Ladder, stats: SessionStats, offers: Sequence[OfferFacts]) -> Iterator[Check]:
    for offer in offers:
        yield _check("offer_stock", offer.units_offered, offer.remaining + folded.whole.taken[str(offer.id)], offer)
        yield _check("offer_taken", counted.taken[str(offer.id)], stats.taken.get(offer.id, 0), offer)


def _stock_checks(folded: FoldedLedger, stock: Sequence[StockFacts]) -> Iterator[Check]:
    for pool in stock:
        figures = folded.whole.products.get(str(pool.id), Counter[str]())
        sold = sum(kind.units_taken * figures[figure_names(name).units] for name, kind in KINDS.items())
        yield _check("stock_sold", sold, pool.sold, pool)
        yield _check("stock_held", pool.set_aside, pool.held, pool)
        yield _check("stock_within", 0, max(0, pool.sold + pool.held - pool.units), pool)
