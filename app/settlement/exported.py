"""Agreed settlements as exports read them: piece by piece, those that cover some sessions, as they stood at one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from app.infra.database import Database
from app.settlement.chain import Settled, settlements_of
from app.settlement.lines import SettledOrder, line_of

LINES_AT_ONCE: Final = 1_000

_PRODUCERS: Final = """
SELECT h.producer_id FROM settlement_heads h WHERE h.organisation_id = $1 AND EXISTS (
  SELECT FROM settlement_lines l WHERE l.producer_id = h.producer_id AND l.session_id = ANY($2::uuid[]))
ORDER BY h.producer_id
"""
_FACTS: Final = """
SELECT f.number, f.kind, f.settlement, f.amount_vnd, f.body, f.hash, f.made_at FROM settlement_facts f
WHERE f.producer_id = $1 AND f.made_at <= $2 ORDER BY f.number
"""
_CHARGES: Final = """
SELECT c.kind, c.amount_vnd, c.reason, o.code FROM settlement_charges c LEFT JOIN orders o ON o.id = c.order_id
WHERE c.producer_id = $1 AND c.settlement = $2 AND c.withdrawn_at IS NULL ORDER BY c.made_at, c.id
"""
_LINES: Final = """
SELECT l.place, l.body, s.title FROM settlement_lines l JOIN sessions s ON s.id = l.session_id
WHERE l.producer_id = $1 AND l.settlement = $2 AND l.place > $3 AND l.session_id = ANY($4::uuid[]) ORDER BY l.place LIMIT $5
"""
_EXPECTED: Final = """
SELECT count(*) FROM settlement_lines l JOIN settlement_heads h ON h.producer_id = l.producer_id
WHERE h.organisation_id = $1 AND l.session_id = ANY($2::uuid[])
"""
_NAMES: Final = "SELECT id, name, unit FROM products WHERE id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class ExportedLine:
    """A line with what people call its session and its goods: name and unit by product."""

    settled: Settled
    session_title: str
    line: SettledOrder
    goods: dict[UUID, tuple[str, str]]


class SettledInSessions:
    """Each piece is read on a connection of its own. What is agreed or paid after `until` is in none."""

    def __init__(self, database: Database, organisation_id: UUID, session_ids: Collection[UUID], *, until: datetime) -> None:
        self._database = database
        self._organisation_id = organisation_id
        self._session_ids = list(session_ids)
        self._until = until

    async def expected(self) -> int:
        """About how many lines there are, for progress."""
        async with self._database.reading.acquire() as db:
            found: int = await db.fetchval(_EXPECTED, self._organisation_id, self._session_ids)
        return found

    async def settlements(self) -> AsyncIterator[Settled]:
        """By producer, the oldest first; whole, though they may cover other sessions too."""
        covered = {str(session_id) for session_id in self._session_ids}
        async with self._database.reading.acquire() as db:
            producers = await db.fetch(_PRODUCERS, self._organisation_id, self._session_ids)
        for row in producers:
            async with self._database.reading.acquire() as db:
                facts = await db.fetch(_FACTS, row["producer_id"], self._until)
            for settled in settlements_of(facts):
                if any(each["session"] in covered for each in settled.content["sessions"]):
                    yield settled

    async def charges(self, settled: Settled) -> list[asyncpg.Record]:
        """Amounts by hand of a settlement."""
        async with self._database.reading.acquire() as db:
            return await db.fetch(_CHARGES, producer_of(settled), settled.number)

    async def lines(self) -> AsyncIterator[list[ExportedLine]]:
        """Lines about orders of these sessions, in pieces."""
        async for settled in self.settlements():
            producer_id, place = producer_of(settled), 0
            while True:
                async with self._database.reading.acquire() as db:
                    rows = await db.fetch(_LINES, producer_id, settled.number, place, self._session_ids, LINES_AT_ONCE)
                    lines = [line_of(row["body"], producer_id) for row in rows]
                    wanted = {good.product_id for line in lines for good in line.news.vnd}
                    goods = {row["id"]: (row["name"], row["unit"]) for row in await db.fetch(_NAMES, list(wanted))}
                if not rows:
                    break
                yield [ExportedLine(settled, row["title"], line, goods) for row, line in zip(rows, lines, strict=True)]
                place = rows[-1]["place"]


def producer_of(settled: Settled) -> UUID:
    return UUID(settled.content["producer"]["id"])
