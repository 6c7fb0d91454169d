"""Reads an uploaded table into rows of plain text, XLSX or CSV by its content, within bounds.

Runs in a process of its own (`python -m app.catalog.sheet_reading`) for `importing.py`: a table is a zip of XML, and both can explode.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from openpyxl import DEFUSEDXML, load_workbook

from app.infra.child_limits import limit_this_process

ROWS_MAX = 1_000
COLUMNS_MAX = 60
CELL_MAX_CHARACTERS = 5_000
UNPACKED_MAX_BYTES = 30 * 1024 * 1024
PARTS_MAX = 200
# Put before a formula, so that nobody takes it for a text; no cell holds this sign otherwise (`_plain` drops it).
FORMULA = "\0="

Rows = list[list[str]]


class Unreadable(Exception):
    """Why a file as a whole is no use: `reason` is one of `not_a_table`, `too_large`, `too_many_rows`, `old_excel`, `encoding`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_sheet(content: bytes, *, rows_max: int = ROWS_MAX) -> Rows:
    """The rows of the first sheet, the head first, every cell a text; formulas begin with `FORMULA`. Raises `Unreadable`."""
    if content.startswith(b"PK\x03\x04"):
        rows = _xlsx(content, rows_max)
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("old_excel")
    elif b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("not_a_table")
    else:
        rows = _csv(content)
    found: Rows = []
    for row in rows:
        if len(found) > rows_max:
            raise Unreadable("too_many_rows")
        if any(cell.strip() for cell in row) or found:
            found.append([cell[:CELL_MAX_CHARACTERS] for cell in row[:COLUMNS_MAX]])
    while found and not any(cell.strip() for cell in found[-1]):
        found.pop()
    if not found:
        raise Unreadable("not_a_table")
    return found


def _xlsx(content: bytes, rows_max: int) -> Iterator[list[str]]:
    if not DEFUSEDXML:
        raise RuntimeError("openpyxl does not use defusedxml: entities would be expanded")
    try:
        _look_at_parts(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        # What a sheet says of its own size is not believed either; one row more than allowed shows that there are too many.
        for row in sheet.iter_rows(max_row=rows_max + 2, max_col=COLUMNS_MAX):
            yield _without_tail([_cell_text(cell.value, cell.data_type) for cell in row])
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable("not_a_table") from error


def _look_at_parts(content: bytes) -> None:
    """Raises `Unreadable`. Python unpacks no more of a part than its head says, so the heads can be believed."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = package.infolist()
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX_BYTES:
        raise Unreadable("too_large")


def _without_tail(row: list[str]) -> list[str]:
    while row and row[-1] == "":
        row.pop()
    return row


def _cell_text(value: Any, kind: str | None) -> str:  # noqa: ANN401 - whatever a cell holds
    match value:
        case None:
            return ""
        case _ if kind == "f":
            return FORMULA + str(getattr(value, "text", value)).removeprefix("=")
        case bool():
            return "có" if value else "không"
        case datetime() | date():
            return value.strftime("%d/%m/%Y")
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return _plain(str(value))


def _csv(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    first = text.split("\n", 1)[0]
    separator = max(";,\t", key=first.count)
    csv.field_size_limit(100_000)
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            yield [csv_cell(cell) for cell in row]
    except csv.Error as error:
        raise Unreadable("not_a_table") from error


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("encoding") from error


def csv_cell(cell: str) -> str:
    """`="00123"` is how a text is kept from being taken for a number, by our own export, too."""
    if cell.startswith('="') and cell.endswith('"') and len(cell) > 2:
        return _plain(cell[2:-1].replace('""', '"'))
    if cell[:1] == "=":
        return FORMULA + cell[1:]
    return _plain(cell)


def _plain(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n")


def main() -> None:
    limit_this_process()
    try:
        answer: dict[str, object] = {"rows": read_sheet(sys.stdin.buffer.read())}
    except Unreadable as refusal:
        answer = {"unreadable": refusal.reason}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
