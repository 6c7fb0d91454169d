"""Writing rows with few round trips: while a transaction holds a lock, each one makes everybody behind it wait.

asyncpg's COPY takes three for each table, but costs less per row; INSERT from arrays takes one for as many tables as one likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Up to so many orders a batch is written by one INSERT.
FEW_ORDERS = 100


def insert_from_arrays(table: str, columns: Mapping[str, str], *, first: int = 1) -> str:
    """An INSERT whose parameters, from `$first` on, are one array per column. `columns`: names with their types."""
    arrays = ", ".join(f"${first + index}::{kind}[]" for index, kind in enumerate(columns.values()))
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays})"  # noqa: S608 - names of our own tables


def as_columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    """Rows to columns, as `unnest` takes them. There must be at least one row."""
    return [list(column) for column in zip(*rows, strict=True)]
