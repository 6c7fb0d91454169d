"""Parquet for data tools: one file per table, its columns typed, the dictionary in the schema. Needs the extra `parquet`."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app.exports.definitions import dictionary
from app.exports.errors import ParquetNotInstalled
from app.exports.json_text import FORMAT, moment
from app.exports.tables import Document, Kind, Row, Table

_TYPES: Final[dict[Kind, str]] = {
    "text": "string",
    "phone": "string",
    "count": "int64",
    "vnd": "int64",
    "decimal": "float64",
    "percent": "float64",
}


def require_parquet() -> None:
    """Raises `ParquetNotInstalled`."""
    if importlib.util.find_spec("pyarrow") is None:
        raise ParquetNotInstalled


class ParquetFile:
    """One table's file while it is written; rows go out a piece at a time. Raises `ParquetNotInstalled`."""

    def __init__(self, path: Path, document: Document, table: Table) -> None:
        require_parquet()
        self._arrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
        meaning = next(each for each in dictionary(document) if each["table"] == table.name)
        about = {"format": FORMAT, "title": document.title, "organisation": document.organisation, "as_of": moment(document.as_of)}
        fields = [
            self._arrow.field(column.key, self._type(column.kind), metadata={"definition_vi": column.definition[0], "unit": column.unit[1]})
            for column in table.columns
        ]
        self._schema = self._arrow.schema(fields, metadata={"ocop": json.dumps(about | {"dictionary": meaning}, ensure_ascii=False)})
        self._writer = parquet.ParquetWriter(str(path), self._schema, compression="zstd")

    def _type(self, kind: Kind) -> Any:  # noqa: ANN401 - the library ships no types
        if kind == "time":
            return self._arrow.timestamp("ms", tz="UTC")
        return self._arrow.bool_() if kind == "yes" else getattr(self._arrow, _TYPES[kind])()

    def add(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        arrays = [self._arrow.array(cells, type=field.type) for cells, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(self._arrow.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
