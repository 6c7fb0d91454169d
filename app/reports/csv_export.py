"""CSV that spreadsheets read rightly: UTF-8 with a mark, CRLF, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta, timezone
from typing import Literal

from app.metrics.service import definition_of
from app.reports.schemas import Report

Language = Literal["vi", "en"]
Cell = str | int | float | None

# Vietnam keeps one offset all year.
_VIETNAM = timezone(timedelta(hours=7))
# Excel guesses a local 8-bit encoding unless the file begins with this mark.
_MARK = "\ufeff"
# Also the full-width forms, which some spreadsheets take for the plain ones.
_FORMULA_STARTS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")

_MINUTE_FIGURES = (
    *("viewers_peak", "viewers_average", "views", "views_10s", "likes", "comments"),
    *("orders_placed", "units_placed", "revenue_placed_vnd"),
)
_PRODUCT_SALES = (
    *("orders_placed", "units_placed", "revenue_placed_vnd", "units_changed", "units_cancelled", "units_expired", "units_delivered"),
    *("units_returned", "units_restocked", "revenue_changed_vnd", "revenue_cancelled_vnd", "revenue_expired_vnd", "revenue_delivered_vnd"),
    "revenue_returned_vnd",
)
_MINUTE_HEADS = {"vi": ("Phút (giờ Việt Nam)",), "en": ("Minute (Vietnam time)",)}
_SHIPPING_NAME = {"vi": "Phí giao hàng", "en": "Shipping fees"}
_PRODUCT_HEADS = {
    "vi": ("Mã", "Sản phẩm", "Đơn vị tính", "Cơ sở", "Số ưu đãi", "Số lượng mở bán", "Số lượng còn lại"),
    "en": ("Code", "Product", "Unit", "Producer", "Offers", "Units offered", "Units remaining"),
}


def minutes_csv(report: Report, language: Language) -> str:
    """One row per minute of the broadcast."""
    rows = (
        (minute.minute_at.astimezone(_VIETNAM).strftime("%Y-%m-%d %H:%M"), *(getattr(minute, name) for name in _MINUTE_FIGURES))
        for minute in report.minutes
    )
    return _csv((*_MINUTE_HEADS[language], *_labels(_MINUTE_FIGURES, language)), rows)


def products_csv(report: Report, language: Language) -> str:
    """One row per product of the run-down, and one for shipping fees, which are nobody's goods: its amounts stand where those of goods do."""
    rows: list[Sequence[Cell]] = [
        (
            *(product.code, product.name, product.unit, product.producer_name),
            *(product.offers, product.units_offered, product.units_remaining),
            *(getattr(product.sales, name) for name in _PRODUCT_SALES),
        )
        for product in report.products
    ]
    if any(report.shipping.model_dump().values()):
        fees = (getattr(report.shipping, name.replace("revenue_", "shipping_"), None) for name in _PRODUCT_SALES)
        rows.append((None, _SHIPPING_NAME[language], *(None for _ in _PRODUCT_HEADS[language][2:]), *fees))
    return _csv((*_PRODUCT_HEADS[language], *_labels(_PRODUCT_SALES, language)), rows)


def _labels(names: Sequence[str], language: Language) -> list[str]:
    """Labels by the definitions, with the unit where it is money."""
    found = []
    for name in names:
        meaning = definition_of(name)
        label = meaning.label_vi if language == "vi" else meaning.label_en
        found.append(f"{label} (VND)" if meaning.unit == "vnd" else label)
    return found


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    text.write(_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def safe_cell(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front; numbers are ours and stay numbers."""
    if isinstance(cell, str) and cell.lstrip(" ")[:1] in _FORMULA_STARTS and cell.strip(" "):
        return "'" + cell
    return cell
