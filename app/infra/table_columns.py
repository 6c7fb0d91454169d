"""Reading and writing many rows by the names of their columns, with few round trips.

While a transaction holds a lock, each round trip makes everybody behind it wait. asyncpg's COPY takes three for each table, but costs
less per row; INSERT from arrays takes one for as many tables as one likes. What is written is gathered column by column: `unnest` takes
it so, and building an object for every row was seen to cost a sixth of a batch's time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar, cast

import asyncpg
from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import NullType

from app.infra.database import Base, RawConnection

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped

# A TypedDict of lists, one per column and all of one length.
Columns = TypeVar("Columns", bound=Mapping[str, object])
SomeRow = TypeVar("SomeRow", bound=NamedTuple)


class TableColumns(Generic[Columns]):
    """Some columns of a table, to be written or compared with: a TypedDict names them, the model knows their SQL types.

    Raises `KeyError` for a name that is no column.
    """

    def __init__(self, model: type[Base], columns: type[Columns]) -> None:
        known = model.__table__.c
        self.table = str(model.__tablename__)
        self.names = tuple(columns.__annotations__)
        self.types = tuple(_type_of(known[name]) for name in self.names)

    def unnest(self, alias: str, *, first: int = 1) -> str:
        """The rows as a table `alias`, from `parameters` that begin at `$first`."""
        return f"unnest({self._arrays(first)}) AS {alias}({', '.join(self.names)})"

    def insert(self, *, first: int = 1) -> str:
        """An INSERT of all rows, from `parameters` that begin at `$first`."""
        return f"INSERT INTO {self.table} ({', '.join(self.names)}) SELECT * FROM unnest({self._arrays(first)})"  # noqa: S608 - our own names

    def parameters(self, columns: Columns) -> list[Sequence[object]]:
        """What `insert` and `unnest` are run with: one array per column."""
        lists = cast("Mapping[str, Sequence[object]]", columns)
        return [lists[name] for name in self.names]

    async def copy(self, db: RawConnection, columns: Columns) -> None:
        """COPY all rows into the table."""
        await db.copy_records_to_table(self.table, records=zip(*self.parameters(columns), strict=True), columns=self.names)

    def _arrays(self, first: int) -> str:
        return ", ".join(f"${first + place}::{kind}[]" for place, kind in enumerate(self.types))


def _type_of(column: ColumnElement[object]) -> str:
    # A key that points into another package's table has no type before that table is loaded; all our keys are UUIDs.
    return "UUID" if isinstance(column.type, NullType) else column.type.compile(_DIALECT)


def names(row: type) -> str:
    """The fields of a row (a NamedTuple or a dataclass of its own) as SELECT lists them."""
    return ", ".join(row.__annotations__)


def rows_of(row: type[SomeRow], records: Iterable[asyncpg.Record]) -> list[SomeRow]:
    """What a SELECT of `names(row)` has found."""
    return list(map(row._make, records))
