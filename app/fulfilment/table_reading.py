"""Reads a bank's statement or a courier's list into rows of plain text: XLSX, or CSV in whatever encoding banks still use.

Runs in a process of its own (`python -m app.fulfilment.table_reading`) for `money_files.py`, as tables of goods do.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata

from app.catalog.sheet_reading import CELL_MAX_CHARACTERS, COLUMNS_MAX, Rows, Unreadable, csv_cell, read_sheet
from app.infra.child_limits import limit_this_process

ROWS_MAX = 5_000
_LOOKED_AT = 4_096
_SEPARATORS = ";,\t|"
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_table(content: bytes) -> Rows:
    """All rows as they stand, also those above the heads. Raises `Unreadable`."""
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return read_sheet(content, rows_max=ROWS_MAX)
    text = decoded(content)
    separator = max(_SEPARATORS, key=text[: 64 * 1024].count)
    csv.field_size_limit(100_000)
    rows: Rows = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            if len(rows) > ROWS_MAX:
                raise Unreadable("too_many_rows")
            rows.append([csv_cell(cell)[:CELL_MAX_CHARACTERS] for cell in row[:COLUMNS_MAX]])
    except csv.Error as error:
        raise Unreadable("not_a_table") from error
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise Unreadable("not_a_table")
    return rows


def decoded(content: bytes) -> str:
    """UTF-8, UTF-16 with and without its mark, else Windows' Vietnamese code page; composed. Raises `Unreadable`."""
    encoding = next((name for mark, name in _BOMS.items() if content.startswith(mark)), None) or _without_mark(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("encoding") from error
    if "\0" in text:
        raise Unreadable("not_a_table")
    return unicodedata.normalize("NFC", text)


def _without_mark(content: bytes) -> str:
    head = content[:_LOOKED_AT]
    # Latin letters in UTF-16 have a zero as every second byte.
    if head[1::2].count(0) > len(head) // 6:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 6:
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1258"
    return "utf-8"


def main() -> None:
    limit_this_process()
    try:
        answer: dict[str, object] = {"rows": read_table(sys.stdin.buffer.read())}
    except Unreadable as refusal:
        answer = {"unreadable": refusal.reason}
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
