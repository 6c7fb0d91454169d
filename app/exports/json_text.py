"""JSON for programs: what it is about, a dictionary of every column, then the tables row by row, written as they are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app.exports.definitions import dictionary
from app.exports.tables import Document, Row, Table

FORMAT: Final = "ocop-live export 1"


class JsonText:
    """The file, piece by piece: `begin`, then for each table `open`, `add` …, `close`, then `end`."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._tables = 0
        self._rows = 0
        self._keys: list[str] = []

    def begin(self) -> bytes:
        about = {
            "format": FORMAT,
            "title": self._document.title,
            "organisation": self._document.organisation,
            "as_of": moment(self._document.as_of),
            "licence": self._document.licence or None,
            "facts": [
                {"label_vi": words[0], "label_en": words[1], "value": value if isinstance(value, str) else moment(value)}
                for words, value in self._document.facts
            ],
            "dictionary": dictionary(self._document),
        }
        return (json.dumps(about, ensure_ascii=False)[:-1] + ', "tables": {').encode()

    def open(self, table: Table) -> bytes:
        self._keys, self._rows = [column.key for column in table.columns], 0
        self._tables += 1
        return f"{',' if self._tables > 1 else ''}\n{json.dumps(table.name)}: [".encode()

    def add(self, rows: Sequence[Row]) -> bytes:
        written = []
        for row in rows:
            written.append("," if self._rows else "")
            written.append("\n" + json.dumps(dict(zip(self._keys, map(_value, row), strict=True)), ensure_ascii=False))
            self._rows += 1
        return "".join(written).encode()

    def close(self) -> bytes:
        return b"]"

    def end(self) -> bytes:
        return b"}}\n"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _value(cell: Any) -> Any:  # noqa: ANN401 - whatever JSON knows already
    return moment(cell) if isinstance(cell, datetime) else cell
