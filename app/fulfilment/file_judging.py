"""What the rows of a file would do, asked of the database in a few questions and of nobody's locks: for a look before anything is booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import asyncpg

from app.fulfilment.memos import bare_codes_in, codes_in
from app.fulfilment.money_kinds import CellProblem, Matter, RowFate
from app.fulfilment.payments import BY_BANK, SAME_TRANSFER_WITHIN, matter_of
from app.fulfilment.transitions import read_courses
from app.infra.database import RawConnection

_ORDERS = """
SELECT o.id, o.code, o.session_id FROM orders o JOIN sessions s ON s.id = o.session_id WHERE o.code = ANY($2::text[]) AND s.organisation_id = $1
"""
_REFERENCES = """
SELECT reference, twin_reference, amount_vnd FROM payments WHERE organisation_id = $1 AND (reference = ANY($2::text[]) OR twin_reference = ANY($2::text[]))
"""
_OTHERS = """
SELECT order_id, amount_vnd, received_at, source, twin_reference FROM payments WHERE organisation_id = $1 AND order_id = ANY($2::uuid[])
"""


class Row(Protocol):
    """A row that was read."""

    @property
    def line(self) -> int: ...
    @property
    def words(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def amount_vnd(self) -> int: ...
    @property
    def fee_vnd(self) -> int | None: ...
    @property
    def received_at(self) -> datetime | None: ...
    @property
    def problem(self) -> CellProblem | None: ...


@dataclass(frozen=True, slots=True)
class JudgedRow:
    read: Row
    fate: RowFate
    order_code: str | None = None


class Judge:
    """Judges rows of an organisation's file. What several rows of one file do to one order is taken into account."""

    def __init__(self, db: RawConnection, organisation_id: UUID, kind: str) -> None:
        self._db = db
        self._organisation_id = organisation_id
        self._kind = kind
        self._orders: dict[str, asyncpg.Record] = {}
        self._had: dict[UUID, set[str]] = {}
        self._owed: dict[UUID, int] = {}
        self._references: set[tuple[str, int]] = set()
        self._twins: list[asyncpg.Record] = []

    async def judged(self, rows: Iterable[Row]) -> list[JudgedRow]:
        everything = list(rows)
        await self._learn(everything)
        return [self._judge(row) for row in everything]

    async def _learn(self, rows: Sequence[Row]) -> None:
        codes = {code for row in rows for code in (*codes_in(row.words), *bare_codes_in(row.words))}
        orders = await self._db.fetch(_ORDERS, self._organisation_id, list(codes))
        self._orders = {row["code"]: row for row in orders}
        by_session: dict[UUID, list[UUID]] = defaultdict(list)
        for row in orders:
            by_session[row["session_id"]].append(row["id"])
        for session_id, order_ids in by_session.items():
            for order_id, course in (await read_courses(self._db, session_id, order_ids)).items():
                self._had[order_id], self._owed[order_id] = set(course.had), course.owed.total_vnd
        references = [row.reference for row in rows if row.reference]
        for row in await self._db.fetch(_REFERENCES, self._organisation_id, references):
            self._references |= {(each, row["amount_vnd"]) for each in (row["reference"], row["twin_reference"]) if each}
        self._twins = list(await self._db.fetch(_OTHERS, self._organisation_id, [row["id"] for row in orders]))

    def _judge(self, row: Row) -> JudgedRow:
        if row.problem is not None:
            return JudgedRow(row, "bad")
        if row.amount_vnd < 0:
            return JudgedRow(row, "outgoing")
        order = self._order_of(row)
        code = None if order is None else order["code"]
        if (row.reference, row.amount_vnd) in self._references or (order is not None and self._takes_twin(row, order["id"])):
            return JudgedRow(row, "known", code)
        self._references.add((row.reference, row.amount_vnd))
        if order is None:
            return JudgedRow(row, "unmatched")
        had = self._had[order["id"]]
        matter = matter_of(had, self._owed[order["id"]], row.amount_vnd)
        if matter in (None, "over"):
            self._owed[order["id"]] = 0
        if matter is None and self._kind == "collection" and "delivered" not in had:
            return JudgedRow(row, "not_delivered", code)
        return JudgedRow(row, fate_of(matter), code)

    def _order_of(self, row: Row) -> asyncpg.Record | None:
        """By the same rules as `order_of_words`; a courier's list names an order by its code alone."""
        marked = [self._orders[code] for code in codes_in(row.words) if code in self._orders]
        if codes_in(row.words):
            return marked[0] if len(marked) == 1 else None
        bare = [self._orders[code] for code in bare_codes_in(row.words) if code in self._orders]
        if self._kind != "collection":
            bare = [order for order in bare if self._owed[order["id"]] == row.amount_vnd]
        return bare[0] if len(bare) == 1 else None

    def _takes_twin(self, row: Row, order_id: UUID) -> bool:
        """Whether another way has told of it already; each telling is the twin of one."""
        for twin in self._twins:
            if twin["order_id"] != order_id or twin["amount_vnd"] != row.amount_vnd or row.received_at is None:
                continue
            if self._kind == "collection":
                is_same = twin["source"] == "collection"
            else:
                is_near = abs(twin["received_at"] - row.received_at) <= SAME_TRANSFER_WITHIN
                is_same = is_near and twin["source"] in BY_BANK and twin["source"] != "statement" and twin["twin_reference"] is None
            if is_same:
                self._twins.remove(twin)
                return True
        return False


def fate_of(matter: Matter | None) -> RowFate:
    """What a row's payment is called in a file's outcome; the balances of changed orders are no rows."""
    match matter:
        case None | "to_collect" | "to_refund":
            return "fits"
        case _:
            return matter
