"""Writes a carrier's file, XLSX or CSV: numbers are numbers, everything else is text, and no text of a person becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Literal

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from app.carriers.mapping import FileColumns
from app.carriers.parcels_to_send import ParcelToSend, value_of

Form = Literal["xlsx", "csv"]
MEDIA_TYPES: dict[Form, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
# Excel guesses a local 8-bit encoding unless the file begins with this mark.
_MARK = "\ufeff"
# What a spreadsheet may take for a formula, also after spaces that people do not see.
_FORMULA = re.compile(r"[\s\u00a0\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_WIDTH = 18


def plain_text(text: str) -> str:
    """One line without controls that no spreadsheet takes for a formula: an apostrophe stands before what begins like one."""
    line = _CONTROLS.sub(" ", text).strip()
    return f"'{line}" if _FORMULA.match(line) else line


def rows_of(mapping: FileColumns, parcels: Sequence[ParcelToSend]) -> list[list[str | int]]:
    """Heads first, then one row per parcel."""
    rows: list[list[str | int]] = [[plain_text(column.head) for column in mapping.columns]]
    for parcel in parcels:
        values = (value_of(parcel, column.field, column.fixed) for column in mapping.columns)
        rows.append([plain_text(value) if isinstance(value, str) else value for value in values])
    return rows


def written(form: Form, rows: Sequence[Sequence[str | int]]) -> bytes:
    return _xlsx(rows) if form == "xlsx" else _csv(rows)


def _csv(rows: Sequence[Sequence[str | int]]) -> bytes:
    """UTF-8 with a mark, commas, CRLF, as importers of carriers read it."""
    text = io.StringIO()
    text.write(_MARK)
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _xlsx(rows: Sequence[Sequence[str | int]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Don hang")
    sheet.freeze_panes = "A2"
    for place in range(1, len(rows[0]) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTH
    for number, row in enumerate(rows):
        cells = [_cell(sheet, value) for value in row]
        if number == 0:
            for cell in cells:
                cell.font = Font(bold=True)
        sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(sheet: object, value: str | int) -> Cell:
    cell = WriteOnlyCell(sheet, value=value)  # type: ignore[arg-type]  # the stubs know no write-only sheet
    if isinstance(value, str):
        # Or digits would become a number without its zero.
        cell.data_type = "s"
        cell.number_format = "@"
    return cell
