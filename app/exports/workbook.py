"""A workbook for Excel and LibreOffice: a sheet per table, curves and ladder as charts, every definition on a sheet of its own.

Memory stays small whatever the length: rows go to a file next to the result as they come. Text is always written as text, so nothing that
somebody wrote becomes a formula, a link or a number; a table longer than a sheet goes on in the next.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.chart import Chart
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.exports.definitions import HEADS, definition_rows, facts_of
from app.exports.sheet_rows import SheetRows, head_xml, serial
from app.exports.tables import ROWS_OF_SHEET, Document, Kind, Language, Row, Table, Words, chosen

Progress = Callable[[int], Awaitable[None]]

# What a cell of Excel holds.
_CELL_MOST: Final = 32_767
# XML has no sign for these, and a file with one of them does not open.
_NOT_IN_XML: Final = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")
_WIDTHS: Final[dict[Kind, int]] = {"text": 22, "phone": 16, "count": 13, "decimal": 15, "percent": 12, "vnd": 17, "time": 19, "yes": 9}
_WIDE: Final = {
    "text": 70,
    "goods": 60,
    "formula": 44,
    "definition_vi": 70,
    "definition_en": 70,
    "name": 42,
    "label_vi": 48,
    "label_en": 48,
}
_FORMATS: Final[dict[Kind, dict[str, Any]]] = {
    "count": {"num_format": "#,##0"},
    "decimal": {"num_format": "#,##0.##"},
    "percent": {"num_format": '0.0" %"'},
    "vnd": {"num_format": '#,##0" ₫"'},
    "time": {"num_format": "dd/mm/yyyy hh:mm:ss", "align": "left"},
    "phone": {"num_format": "@"},
    "text": {"num_format": "@"},
    "yes": {"align": "center"},
}
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_A4: Final = 9
_PAGE: Final[Words] = ("Trang", "Page")
# Widths of columns that a landscape A4 page takes in letters that can be read.
_WIDTH_OF_PAGE: Final = 230
_HEAD_HEIGHT: Final = 48
_LINE_HEIGHT: Final = 15
_DEFINITION_WIDTHS: Final = (20, 34, 30, 14, 18, 70, 44, 44)
_SOURCE_WORDS: Final[Words] = (
    "Nguồn số liệu: sổ đơn của phiên và bộ đếm của hệ thống.",
    "Source: the session's ledger and the service's counters.",
)


async def write_workbook(
    path: Path, document: Document, language: Language, progress: Progress, *, rows_of_sheet: int = ROWS_OF_SHEET
) -> None:
    """Write the file at `path`; `progress` is told rows written so far, and may raise to stop it. Nothing is left open then."""
    book = _Book(path, language, rows_of_sheet)
    written = 0
    try:
        book.facts(document)
        for table in document.tables:
            book.begin(table)
            async for rows in table.rows():
                # some milliseconds of pure work each: the loop, which keeps the job's lease, has its turn in between
                await asyncio.to_thread(book.add, rows)
                written += len(rows)
                await progress(written)
            book.end()
        book.charts()
        book.definitions(document)
    finally:
        await asyncio.to_thread(book.close)


class _Book:
    """The workbook while it is written, sheet after sheet."""

    def __init__(self, path: Path, language: Language, rows_of_sheet: int) -> None:
        self._book = Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
        self._language = language
        self._rows_of_sheet = rows_of_sheet
        self._formats = {kind: self._book.add_format(form) for kind, form in _FORMATS.items()}
        self._head = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EEF2EC"})
        self._title = self._book.add_format({"bold": True, "font_size": 16})
        self._wrap = self._book.add_format({"text_wrap": True, "valign": "top"})
        # a piece of work that nobody waits for any more still ends before the book is closed
        self._turn = threading.Lock()
        self._sheet: Any = None
        self._table: Table | None = None
        self._row = 0
        self._part = 1
        self._rows = SheetRows((), ())
        # name of sheet and last row of what charts are drawn of
        self._ranges: dict[str, tuple[str, int, Table]] = {}

    def facts(self, document: Document) -> None:
        """The first sheet: what this is about, as of when."""
        sheet = self._added(chosen(("Thông tin", "About"), self._language))
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 70)
        sheet.write_string(0, 0, _plain(document.title), self._title)
        row = 2
        for words, value in facts_of(document, self._language):
            sheet.write_string(row, 0, words)
            self._fact(sheet, row, value)
            row += 1
        sheet.write_string(row + 1, 0, chosen(_SOURCE_WORDS, self._language))
        for number, table in enumerate(document.tables):
            sheet.write_string(row + 3 + number, 0, chosen(table.title, self._language))
            sheet.write_string(row + 3 + number, 1, chosen(table.about, self._language))

    def _fact(self, sheet: Worksheet, row: int, value: str | datetime) -> None:
        if isinstance(value, str):
            sheet.write_string(row, 1, _plain(value))
        else:
            sheet.write_number(row, 1, serial(value), self._formats["time"])

    def begin(self, table: Table) -> None:
        self._table, self._part = table, 1
        self._new_sheet()

    def _added(self, name: str) -> Worksheet:
        """A sheet that prints as wide as an A4 page, the number of the page below."""
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&C&A&R{chosen(_PAGE, self._language)} &P / &N")
        return sheet

    def _new_sheet(self) -> None:
        table = self._require()
        title = chosen(table.title, self._language)
        self._sheet = self._added(title if self._part == 1 else f"{title} {self._part}")
        self._sheet.repeat_rows(0)
        widths = [_WIDE.get(each.key, _WIDTHS[each.kind]) if each.kind == "text" else _WIDTHS[each.kind] for each in table.columns]
        for place, width in enumerate(widths):
            self._sheet.set_column(place, place, width)
        if (pages := -(-sum(widths) // _WIDTH_OF_PAGE)) > 1:
            # what a row is about stands on each of the pages beside each other
            self._sheet.fit_to_pages(pages, 0)
            self._sheet.repeat_columns(0, 1)
        self._sheet.freeze_panes(1, 0)
        heads = [column.head(self._language) for column in table.columns]
        self._sheet.row_data_fh.write(head_xml(heads, _number_of(self._head), _HEAD_HEIGHT))
        kinds = [column.kind for column in table.columns]
        self._rows = SheetRows(kinds, [_number_of(self._formats[kind]) for kind in kinds])
        self._row = 1

    def _require(self) -> Table:
        if self._table is None:
            raise RuntimeError("no table was begun")
        return self._table

    def add(self, rows: Sequence[Row]) -> None:
        with self._turn:
            while rows:
                if self._row >= self._rows_of_sheet:
                    self._end_sheet()
                    self._part += 1
                    self._new_sheet()
                fitting, rows = rows[: self._rows_of_sheet - self._row], rows[self._rows_of_sheet - self._row :]
                self._sheet.row_data_fh.write(self._rows.xml(fitting, self._row + 1))
                self._row += len(fitting)

    def _end_sheet(self) -> None:
        table = self._require()
        # what XlsxWriter would have noted cell by cell
        self._sheet.dim_rowmin, self._sheet.dim_rowmax = 0, self._row - 1
        self._sheet.dim_colmin, self._sheet.dim_colmax = 0, len(table.columns) - 1
        if self._row > 1:
            self._sheet.autofilter(0, 0, self._row - 1, len(table.columns) - 1)

    def end(self) -> None:
        table = self._require()
        self._end_sheet()
        if self._part == 1 and self._row > 1:
            self._ranges[table.name] = (self._sheet.get_name(), self._row - 1, table)

    def charts(self) -> None:
        """Curves of the minutes, and the ladder, where there is something to draw."""
        drawn = [
            chart
            for chart in (self._curve("viewers_peak", "orders_placed"), self._curve("comments", "revenue_placed_vnd"), self._steps())
            if chart
        ]
        if not drawn:
            return
        sheet = self._added(chosen(("Biểu đồ", "Charts"), self._language))
        sheet.fit_to_pages(1, 1)
        for number, chart in enumerate(drawn):
            chart.set_size({"width": 1040, "height": 380})
            sheet.insert_chart(1 + number * 20, 0, chart)

    def _curve(self, left: str, right: str) -> Chart | None:
        if "minutes" not in self._ranges:
            return None
        name, last, table = self._ranges["minutes"]
        chart = self._book.add_chart({"type": "line"})
        when = [name, 1, table.place_of("minute_at"), last, table.place_of("minute_at")]
        other = self._book.add_chart({"type": "line"})
        for of, key, colour in ((chart, left, "#1F7A4D"), (other, right, "#B5531C")):
            place = table.place_of(key)
            of.add_series({
                "name": [name, 0, place], "categories": when, "values": [name, 1, place, last, place], "y2_axis": of is other,
                "line": {"color": colour, "width": 1.75},
            })  # fmt: skip
        chart.combine(other)
        chart.set_title({"name": " · ".join(self._head_of(table, key) for key in (left, right)), "name_font": {"size": 12}})
        chart.set_x_axis({"num_format": "hh:mm", "interval_unit": max(1, last // 12), "text_axis": True})
        chart.set_y_axis(
            {
                "name": self._head_of(table, left),
                "num_format": "#,##0",
                "min": 0,
                "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}},
            }
        )
        other.set_y2_axis({"name": self._head_of(table, right), "num_format": "#,##0", "min": 0})
        chart.set_legend({"position": "bottom"})
        return chart

    def _steps(self) -> Chart | None:
        if "ladder" not in self._ranges:
            return None
        name, last, table = self._ranges["ladder"]
        label, amount = table.place_of(f"label_{self._language}"), table.place_of("amount_vnd")
        chart = self._book.add_chart({"type": "bar"})
        chart.add_series({
            "name": [name, 0, amount], "categories": [name, 1, label, last, label], "values": [name, 1, amount, last, amount],
            "fill": {"color": "#1F7A4D"}, "gap": 40, "data_labels": {"value": True, "num_format": "#,##0"},
        })  # fmt: skip
        chart.set_title({"name": chosen(table.title, self._language), "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"num_format": "#,##0", "min": 0, "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}}})
        chart.set_legend({"none": True})
        return chart

    def _head_of(self, table: Table, key: str) -> str:
        return table.columns[table.place_of(key)].head(self._language)

    def definitions(self, document: Document) -> None:
        """The last sheet: what every column of every table means."""
        sheet = self._added(chosen(("Định nghĩa", "Definitions"), self._language))
        for place, (words, width) in enumerate(zip(HEADS, _DEFINITION_WIDTHS, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, chosen(words, self._language), self._head)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        for row, cells in enumerate(definition_rows(document, self._language), start=1):
            lines = max(-(-len(cell) // width) for cell, width in zip(cells, _DEFINITION_WIDTHS, strict=True))
            sheet.set_row(row, _LINE_HEIGHT * max(1, lines))
            for place, cell in enumerate(cells):
                sheet.write_string(row, place, _plain(cell), self._wrap)

    def close(self) -> None:
        with self._turn:
            self._book.close()


def _plain(text: str) -> str:
    return text.translate(_NOT_IN_XML)[:_CELL_MOST]


def _number_of(form: Format) -> int:
    """The number by which cells name a format; XlsxWriter gives it to a format when it is first used."""
    number: int = form._get_xf_index()  # noqa: SLF001 - there is no other way, and its version is pinned
    return number
