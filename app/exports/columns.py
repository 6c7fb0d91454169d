"""Columns as tables name them, each with its definition; those of figures take it from `app/metrics/definitions.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.exports.tables import Column, Kind, Row, Source, Table, Words, at_once
from app.metrics.formula_words import formula_vi, window_vi
from app.metrics.service import definition_of

_VND: Final = ("đồng", "VND")
_KINDS: Final[dict[str, Kind]] = {"vnd": "vnd", "percent": "percent", "seconds": "decimal", "vnd_per_1000_views": "decimal"}
_UNITS: Final[dict[str, Words]] = {
    "vnd": _VND,
    "percent": ("%", "%"),
    "seconds": ("giây", "s"),
    "vnd_per_1000_views": ("đồng mỗi 1.000 lượt xem", "VND per 1,000 views"),
}
SALES_FIGURES: Final = (
    *("orders_placed", "units_placed", "revenue_placed_vnd", "units_changed", "units_cancelled", "units_expired", "units_delivered"),
    *("units_returned", "units_restocked", "revenue_changed_vnd", "revenue_cancelled_vnd", "revenue_expired_vnd", "revenue_delivered_vnd"),
    "revenue_returned_vnd",
)


def text(key: str, label: Words, definition: Words, *, source: Source = "text") -> Column:
    return Column(key=key, label=label, kind="text", definition=definition, source=source)


def time(key: str, label: Words, definition: Words, *, source: Source = "text") -> Column:
    return Column(key=key, label=label, kind="time", definition=definition, source=source, unit=("giờ Việt Nam", "Vietnam time"))


def count(key: str, label: Words, definition: Words, *, source: Source = "ledger") -> Column:
    return Column(key=key, label=label, kind="count", definition=definition, source=source)


def money(key: str, label: Words, definition: Words, *, source: Source = "ledger") -> Column:
    return Column(key=key, label=label, kind="vnd", definition=definition, source=source, unit=_VND)


def figure(name: str) -> Column:
    """A column for a figure of `app/metrics/definitions.py`, with its definition."""
    meaning = definition_of(name)
    is_average = name == "viewers_average"
    return Column(
        key=name,
        label=(meaning.label_vi, meaning.label_en),
        kind="decimal" if is_average else _KINDS.get(meaning.unit, "count"),
        definition=(meaning.definition_vi, meaning.definition_en),
        unit=_UNITS.get(meaning.unit, ("", "")),
        source=meaning.source,
        formula=(formula_vi(meaning), meaning.formula),
        window=(window_vi(meaning), meaning.window),
    )


def table_of(name: str, title: Words, about: Words, columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    return Table(name=name, title=title, about=about, columns=tuple(columns), rows=at_once(rows), rows_expected=len(rows))
