"""Rows of a worksheet as XML, written at once: XlsxWriter by itself takes five times as long over a million comments.

It is also stricter: XlsxWriter takes a text that looks like its own rich text (`<r>…</r>`) for that, here it stays what somebody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name

from app.exports.tables import Kind, Row
from app.infra.clock import VIETNAM_TIME

# What a cell of Excel holds.
_CELL_MOST: Final = 32_767
_DAY_ZERO: Final = datetime(1899, 12, 30, tzinfo=VIETNAM_TIME)
_DAY_SECONDS: Final = 86_400
# What XML knows nothing of is written as `_xHHHH_`, so what looks like that already is written twice so.
_NOT_PLAIN: Final = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

Writer = Callable[[str, Any], str]


class SheetRows:
    """Turns rows into XML; `styles` are XlsxWriter's numbers of the columns' formats."""

    def __init__(self, kinds: Sequence[Kind], styles: Sequence[int]) -> None:
        self._columns = [
            (f'<c r="{xl_col_to_name(place)}', _writer(kind, f'" s="{style}"'))
            for place, (kind, style) in enumerate(zip(kinds, styles, strict=True))
        ]

    def xml(self, rows: Sequence[Row], first: int) -> str:
        """The rows, the first of which stands on this line of the sheet, counted from 1."""
        written: list[str] = []
        for number, row in enumerate(rows, start=first):
            written.append(f'<row r="{number}">')
            written += [
                f"{begin}{write(str(number), cell)}" for (begin, write), cell in zip(self._columns, row, strict=True) if cell is not None
            ]
            written.append("</row>")
        return "".join(written)


def head_xml(heads: Sequence[str], style: int, height: int) -> str:
    """The first line of a sheet."""
    end = f'" s="{style}"'
    cells = "".join(f'<c r="{xl_col_to_name(place)}{text_xml("1", end, head)}' for place, head in enumerate(heads))
    return f'<row r="1" ht="{height}" customHeight="1">{cells}</row>'


def serial(moment: datetime) -> float:
    """A spreadsheet counts days since 1900 and knows no zones: the time on a clock in Vietnam."""
    return (moment - _DAY_ZERO).total_seconds() / _DAY_SECONDS


def text_xml(number: str, style: str, text: str) -> str:
    """A cell of text from its line number on; never a formula, a link, or a number."""
    text = text[:_CELL_MOST]
    space = "" if text == text.strip() else ' xml:space="preserve"'
    if _NOT_PLAIN.search(text):
        text = _NOT_PLAIN.sub(_written, text)
    return f'{number}{style} t="inlineStr"><is><t{space}>{text}</t></is></c>'


def _written(found: re.Match[str]) -> str:
    sign = found.group()
    return "_x005F_" if sign == "_" else _NAMED.get(sign) or f"_x{ord(sign):04X}_"


def _writer(kind: Kind, style: str) -> Writer:
    if kind in {"text", "phone"}:
        return lambda number, cell: text_xml(number, style, cell)
    if kind == "time":
        return lambda number, cell: f"{number}{style}><v>{serial(cell):.9f}</v></c>"
    if kind == "yes":
        return lambda number, cell: f'{number}{style} t="b"><v>{int(cell)}</v></c>'
    return lambda number, cell: f"{number}{style}><v>{cell!r}</v></c>"
