"""The one description of what is exported: tables of columns that say what they mean, with rows that come piece by piece.

Every format is written from this alone (`workbook.py`, `separated.py`, `json_text.py`, `parquet.py`), so that none can say something else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Language = Literal["vi", "en"]
Words = tuple[str, str]
"""Vietnamese, English."""
Cell = str | int | float | bool | datetime | None
Row = Sequence[Cell]
Kind = Literal["text", "phone", "count", "decimal", "percent", "vnd", "time", "yes"]
"""How a column is written: `text` and `phone` never as a number, `vnd` whole, `percent` as the figure before the sign, `time` with a zone,
`yes` true or empty."""
Source = Literal["measured", "imported", "derived", "ledger", "text"]

SOURCES: dict[Source, Words] = {
    "measured": ("Đo trực tiếp", "measured"),
    "imported": ("Nhập từ nơi khác", "imported"),
    "derived": ("Tính từ số khác", "derived"),
    "ledger": ("Sổ đơn", "the ledger of orders"),
    "text": ("Ghi lúc làm phiên", "entered with the session"),
}
# Excel's own limit, heads included.
ROWS_OF_SHEET = 1_048_576


def chosen(words: Words, language: Language) -> str:
    return words[0] if language == "vi" else words[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `unit` is empty where there is none; `formula` and `window` are words for people, empty where the definition says all."""

    key: str
    label: Words
    kind: Kind
    definition: Words
    unit: Words = ("", "")
    source: Source = "text"
    formula: Words = ("", "")
    window: Words = ("", "")

    def head(self, language: Language) -> str:
        """The label, with the unit where the cells do not carry it."""
        unit = chosen(self.unit, language)
        return f"{chosen(self.label, language)} ({unit})" if unit else chosen(self.label, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table. `rows` begins anew each time; it yields pieces of at most a few thousand rows, each as long as `columns`.

    `rows_expected` is for progress only.
    """

    name: str
    title: Words
    about: Words
    columns: tuple[Column, ...]
    rows: Callable[[], AsyncIterator[list[Row]]]
    rows_expected: int = 0

    def place_of(self, key: str) -> int:
        return next(place for place, column in enumerate(self.columns) if column.key == key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one file says: about which session (or other `subject`), as of when, and its tables. `facts` are shown on top, in this order."""

    title: str
    subject: Words = ("Phiên", "Session")
    organisation: str
    as_of: datetime
    file_stem: str
    licence: str = ""
    facts: tuple[tuple[Words, str | datetime], ...] = ()
    tables: tuple[Table, ...] = field(default=())

    @property
    def rows_expected(self) -> int:
        return sum(table.rows_expected for table in self.tables)


def at_once(rows: Sequence[Row]) -> Callable[[], AsyncIterator[list[Row]]]:
    """Rows that are in memory already, as a table wants them."""

    async def pieces() -> AsyncIterator[list[Row]]:
        if rows:
            yield list(rows)

    return pieces
