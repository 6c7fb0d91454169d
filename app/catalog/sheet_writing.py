"""Writes products as a table that Vietnamese Excel opens rightly: what is text stays text, whatever it looks like."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font

from app.catalog.schemas import ProductDetails
from app.catalog.sheet_columns import COLUMNS, NEEDED

# Excel guesses a local 8-bit encoding unless the file begins with this mark.
_MARK = "\ufeff"
# Where the comma is the decimal sign, a list is separated by semicolons.
_SEPARATOR = ";"
# What a spreadsheet would turn into a number, a day, a time, or a formula: 00123, 1E5, 3-10, 1/2, SEP2, =cmd, +84, -5, @x, 12:30, TRUE.
_LOOKS_LIKE_MORE = re.compile(
    r"\s*(?:[=+\-@\t\uff1d\uff0b\uff0d\uff20].*|[\d.,\s]+(?:[eE][+\-]?\d+|%)?|\d+\s*[/\-.:]\s*[\w./\-:]+"
    r"|[A-Za-z]{3,9}[\s\-./]*\d{1,4}|true|false)\s*",
    re.DOTALL | re.IGNORECASE,
)


def products_csv(products: Sequence[ProductDetails]) -> bytes:
    """UTF-8 with a mark, `;`, CRLF. Texts that look like more are written as `="…"`, which Excel shows as the text."""
    text = io.StringIO()
    text.write(_MARK)
    writer = csv.writer(text, delimiter=_SEPARATOR, lineterminator="\r\n")
    writer.writerow([column.head for column in COLUMNS])
    writer.writerows([_csv_cell(column.written(product)) for column in COLUMNS] for product in products)
    return text.getvalue().encode()


def products_xlsx(products: Sequence[ProductDetails]) -> bytes:
    """One sheet; every text cell is of the kind text, formatted as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("San pham")
    sheet.freeze_panes = "A2"
    for place, column in enumerate(COLUMNS, 1):
        sheet.column_dimensions[_letter(place)].width = column.width
    heads = []
    for column in COLUMNS:
        head = WriteOnlyCell(sheet, value=column.head)
        head.font = Font(bold=True, color="B3261E" if column.field in NEEDED else "1B211C")
        heads.append(head)
    sheet.append(heads)
    for product in products:
        sheet.append([_xlsx_cell(sheet, column.written(product)) for column in COLUMNS])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _csv_cell(value: str | int) -> str | int:
    if isinstance(value, str) and value and _LOOKS_LIKE_MORE.fullmatch(value):
        doubled = value.replace('"', '""')
        return f'="{doubled}"'
    return value


def _xlsx_cell(sheet: object, value: str | int) -> Cell:
    cell = WriteOnlyCell(sheet, value=value)  # type: ignore[arg-type]  # the stubs know no write-only sheet
    if isinstance(value, str):
        # Or "=…" would be a formula.
        cell.data_type = "s"
        cell.number_format = "@"
    return cell


def _letter(place: int) -> str:
    first, second = divmod(place - 1, 26)
    return (chr(64 + first) if first else "") + chr(65 + second)
