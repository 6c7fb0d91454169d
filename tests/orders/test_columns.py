"""Rows are handed to the database by the names of their columns; it must know each by that name and type."""

from __future__ import annotations

from typing import Any, NamedTuple, TypedDict
from uuid import UUID, uuid4

import pytest

from app.infra.database import Database
from app.infra.table_columns import TableColumns, names, rows_of
from app.ledger.append import ENTRIES
from app.orders import batch_sql, shelf_sql
from app.orders.models import OrderLineRow

WRITTEN = [ENTRIES, batch_sql.ORDERS, batch_sql.LINES, batch_sql.CONTACTS]
COMPARED = [batch_sql.ASKED_KEYS, batch_sql.ASKED_OFFERS, batch_sql.STOCK_LEFT, shelf_sql.ASKED_PRODUCTS, shelf_sql.POOL_LEFT]

_COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull AND NOT atthasdef AS is_needed
FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
"""


@pytest.mark.parametrize("columns", [*WRITTEN, *COMPARED], ids=lambda columns: f"{columns.table}: {', '.join(columns.names)}")
async def test_columns_have_the_types_of_the_migrated_database(database: Database, columns: TableColumns[Any]) -> None:
    there = {row["attname"]: row["type"] for row in await database.pool.fetch(_COLUMNS, columns.table)}

    assert dict(zip(columns.names, map(str.lower, columns.types), strict=True)) == {name: there[name] for name in columns.names}


@pytest.mark.parametrize("columns", WRITTEN, ids=lambda columns: columns.table)
async def test_what_is_written_fills_every_column_that_must_be_filled(database: Database, columns: TableColumns[Any]) -> None:
    needed = {row["attname"] for row in await database.pool.fetch(_COLUMNS, columns.table) if row["is_needed"]}

    assert needed <= set(columns.names)


def test_a_name_that_is_no_column_is_refused_when_the_module_is_loaded() -> None:
    class Misspelt(TypedDict):
        order_idd: list[str]

    with pytest.raises(KeyError, match="order_idd"):
        TableColumns(OrderLineRow, Misspelt)


def test_parameters_follow_the_names_whatever_order_they_are_given_in() -> None:
    first, second = uuid4(), uuid4()
    given = batch_sql.StockLeft(set_aside=[2, 4], remaining=[1, 3], id=[first, second])

    assert batch_sql.STOCK_LEFT.parameters(given) == [[first, second], [1, 3], [2, 4]]
    assert batch_sql.STOCK_LEFT.unnest("t", first=2) == "unnest($2::UUID[], $3::INTEGER[], $4::INTEGER[]) AS t(id, remaining, set_aside)"


class Number(NamedTuple):
    """What the next test asks for."""

    kept: int
    id: UUID


async def test_rows_are_read_by_name(database: Database) -> None:
    there = uuid4()

    rows = rows_of(Number, await database.pool.fetch(f"SELECT {names(Number)} FROM (SELECT $1::uuid AS id, 7 AS kept) AS n", there))  # noqa: S608 - our own names

    assert rows == [Number(id=there, kept=7)]
