"""CSV for the reader's spreadsheet: UTF-8 with a mark, CRLF, separator and decimals as their language writes them.

Text stays text: what a spreadsheet would run as a formula gets an apostrophe in front, and what it would turn into a number or a date is
written `="…"`, which every spreadsheet shows as it is. Programs had better read the JSON.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from app.exports.definitions import HEADS, definition_rows
from app.exports.tables import Cell, Document, Kind, Language, Row, Table, chosen
from app.infra.clock import VIETNAM_TIME
from app.reports.csv_export import safe_cell

if TYPE_CHECKING:
    from _csv import Writer

MARK: Final = "\ufeff"
_SEPARATORS: Final[dict[Language, str]] = {"vi": ";", "en": ","}
_YES: Final = {"vi": "có", "en": "yes"}
# All that a number, a time or a date can be written with; only such text is put between the quotes.
_LIKE_A_NUMBER: Final = re.compile(r"[+\-]?[ (]*[.,]?\d[\d.,:/\-+() eE%]*")
_LIKE_A_WORD: Final = re.compile(
    r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[\-/ .]?\d{1,4}|\d{1,4}[\-/ .]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}|true|false)",
    re.IGNORECASE,
)


class SeparatedText:
    """One table as text, piece by piece."""

    def __init__(self, table: Table, language: Language) -> None:
        self._kinds = [column.kind for column in table.columns]
        self._language = language
        self._text = io.StringIO()
        self._writer = _writer(self._text, language)
        self._text.write(MARK)
        self._writer.writerow([column.head(language) for column in table.columns])

    def add(self, rows: Sequence[Row]) -> None:
        self._writer.writerows([shown(cell, kind, self._language) for cell, kind in zip(row, self._kinds, strict=True)] for row in rows)

    def take(self) -> bytes:
        """What is written so far and was not taken yet."""
        written = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return written


def _writer(text: io.StringIO, language: Language) -> Writer:
    return csv.writer(text, delimiter=_SEPARATORS[language], lineterminator="\r\n")


def definitions_text(document: Document, language: Language) -> bytes:
    """The dictionary as one more file."""
    text = io.StringIO()
    text.write(MARK)
    writer = _writer(text, language)
    writer.writerow([chosen(head, language) for head in HEADS])
    writer.writerows([shown(cell, "text", language) for cell in row] for row in definition_rows(document, language))
    return text.getvalue().encode()


def shown(cell: Cell, kind: Kind, language: Language) -> str:
    """A cell as it stands in the file."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _text(cell)
    if isinstance(cell, bool):
        return _YES[language] if cell else ""
    if isinstance(cell, (int, float)):
        return _number(cell, kind, language)
    return cell.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M:%S" if language == "vi" else "%Y-%m-%d %H:%M:%S")


def _number(cell: float, kind: Kind, language: Language) -> str:
    plain = str(cell) if isinstance(cell, int) or kind in {"count", "vnd"} else f"{cell:.6f}".rstrip("0").rstrip(".")
    return plain.replace(".", ",") if language == "vi" else plain


def _text(cell: str) -> str:
    cell = cell.replace("\0", "")
    bare = cell.strip()
    if bare and (_LIKE_A_NUMBER.fullmatch(bare) or _LIKE_A_WORD.fullmatch(bare)) and len(cell) <= 255:
        return f'="{cell}"'
    return str(safe_cell(cell))
