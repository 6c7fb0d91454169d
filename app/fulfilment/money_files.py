"""Files of money: a bank's statement, a courier's list of cash collected. First what each row would do, then the rows, each once.

A row is known again by the bank's reference, or by what it says and where it stands, so the same file a second time books nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.accounts.service import CurrentUser
from app.catalog.errors import SheetUnreadable
from app.fulfilment.bank_lines import BankLine, BankLines
from app.fulfilment.file_cells import amount_of, find_head, guess_columns, is_formula, moment_of
from app.fulfilment.file_judging import Judge, JudgedRow, fate_of
from app.fulfilment.money_kinds import WORDS, CellProblem, RowFate
from app.fulfilment.money_schemas import CollectedSums, FileColumns, FileOutcome, FilePreview, FileRow
from app.fulfilment.payments import spelt_reference
from app.infra.child_work import ChildWork, WorkFailed
from app.infra.clock import monotonic, to_ms, utc_now
from app.infra.database import Database
from app.protocol.text import clean_text

FileKind = Literal["statement", "collection"]
FILE_MAX_BYTES = 4 * 1024 * 1024
ROWS_SHOWN = 300
_SUMS = """
SELECT count(*)::int AS rows, coalesce(sum(amount_vnd), 0)::bigint AS collected_vnd, coalesce(sum(fee_vnd), 0)::bigint AS fees_vnd
FROM payments WHERE organisation_id = $1 AND source = 'collection' AND (matter IS NULL OR matter = 'over')
"""
# Of one request; the rest is for the next one, with the same file.
WORKS_SECONDS = 8.0
_FIRST: dict[RowFate, int] = {"bad": 0, "unmatched": 1, "under": 2, "over": 3, "late": 4, "repeated": 5, "not_delivered": 6, "fits": 7}


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that says something. `line` counts as the file does, from 1; without `problem` amount and time are there."""

    line: int
    words: str
    reference: str
    amount_vnd: int = 0
    fee_vnd: int | None = None
    received_at: datetime | None = None
    problem: CellProblem | None = None


class MoneyFiles:
    """Staff bring in statements and lists of their organisation."""

    def __init__(self, database: Database, lines: BankLines) -> None:
        self._database = database
        self._lines = lines
        self._reading = ChildWork(
            "app.fulfilment.table_reading", at_once=1, waiting_max=10, seconds=60.0, answer_max_bytes=64 * 1024 * 1024
        )

    async def preview(self, user: CurrentUser, kind: FileKind, content: bytes, columns: FileColumns) -> FilePreview:
        """What each row would do; nothing is changed. Columns that are not chosen are guessed by their heads. Raises `SheetUnreadable`."""
        table = _Table(kind, await self._read(content), columns, content)
        async with self._database.pool.acquire() as db:
            judged = await Judge(db, user.organisation_id, kind).judged(table.rows())
        counts = Counter(row.fate for row in judged)
        shown = sorted(judged, key=lambda row: (_FIRST.get(row.fate, 9), row.read.line))[:ROWS_SHOWN]
        return FilePreview(heads=table.heads, columns=table.columns, counts=dict(counts), rows=[_view(row) for row in shown])

    async def bring_in(
        self, user: CurrentUser, kind: FileKind, content: bytes, columns: FileColumns, *, is_delivered: bool = False
    ) -> FileOutcome:
        """Book every row that can be read; what fits no order waits on the work list. Again changes nothing. Raises `SheetUnreadable`."""
        table = _Table(kind, await self._read(content), columns, content)
        rows = list(table.rows())
        async with self._database.pool.acquire() as db:
            judged = await Judge(db, user.organisation_id, kind).judged(rows)
        counts: Counter[RowFate] = Counter()
        collected = fees = 0
        ends_at = monotonic() + WORKS_SECONDS
        for done, row in enumerate(judged):
            if monotonic() > ends_at and any(each.fate not in ("known", "bad", "outgoing") for each in judged[done:]):
                return FileOutcome(counts=dict(counts), is_whole=False, collected_vnd=collected, fees_vnd=fees)
            counts[fate := await self._take(user, kind, row, is_delivered=is_delivered)] += 1
            if kind == "collection" and fate in ("fits", "over"):
                collected, fees = collected + row.read.amount_vnd, fees + (row.read.fee_vnd or 0)
        return FileOutcome(counts=dict(counts), is_whole=True, collected_vnd=collected, fees_vnd=fees)

    async def sums(self, user: CurrentUser) -> CollectedSums:
        """Cash that was booked for orders out of couriers' lists, and what was kept of it."""
        async with self._database.pool.acquire() as db:
            row = (await db.fetch(_SUMS, user.organisation_id))[0]
        return CollectedSums(**row)

    async def _take(self, user: CurrentUser, kind: FileKind, row: JudgedRow, *, is_delivered: bool) -> RowFate:
        read = row.read
        if row.fate in ("known", "bad", "outgoing") or read.received_at is None:
            return row.fate
        line = BankLine(kind, read.amount_vnd, read.received_at, read.words, read.reference, fee_vnd=read.fee_vnd)
        booked = await self._lines.book(user.organisation_id, line, by=user.id, is_delivered=is_delivered)
        if booked.fate == "known" or booked.payment is None:
            return "known"
        return fate_of(booked.payment.matter)

    async def _read(self, content: bytes) -> list[list[str]]:
        try:
            answer = json.loads(await self._reading.run(content))
        except WorkFailed:
            raise SheetUnreadable(details={"reason": "too_large"}) from None
        if "unreadable" in answer:
            raise SheetUnreadable(details={"reason": answer["unreadable"]})
        rows: list[list[str]] = answer["rows"]
        return rows


class _Table:
    """The rows of a file below its heads. Raises `SheetUnreadable` when nothing says how much, or what for."""

    def __init__(self, kind: FileKind, rows: Sequence[Sequence[str]], chosen: FileColumns, content: bytes) -> None:
        self._kind = kind
        self._head = find_head(rows)
        self.heads = [clean_text(cell)[:80] for cell in rows[self._head]]
        guessed = guess_columns(self.heads)
        self.columns = guessed.model_copy(update=chosen.model_dump(exclude_none=True))
        self._rows = rows[self._head + 1 :]
        self._digest = hashlib.sha256(content).hexdigest()[:16].upper()
        needed = {"amount": self.columns.amount, "words": self.columns.words}
        if kind == "statement":
            needed["date"] = self.columns.date
        if missing := [name for name, place in needed.items() if place is None]:
            raise SheetUnreadable(details={"reason": "missing_money_columns", "columns": missing, "heads": self.heads})

    def rows(self) -> Iterator[ReadRow]:
        """Those that say something; sums at the end and lines of explanation have no amount and no day, and are passed by."""
        same: Counter[tuple[str, ...]] = Counter()
        for line, row in enumerate(self._rows, self._head + 2):
            if (read := self._read(line, row, same)) is not None:
                yield read

    def _read(self, line: int, row: Sequence[str], same: Counter[tuple[str, ...]]) -> ReadRow | None:
        columns = self.columns
        amount_text, debit_text = self._cell(row, columns.amount), self._cell(row, columns.debit)
        day_text, words = self._cell(row, columns.date), clean_text(self._cell(row, columns.words))[: WORDS.most]
        if not amount_text and not debit_text:
            return None
        if any(map(is_formula, row)):
            return ReadRow(line, words, "", problem="formula")
        try:
            amount = self._amount(amount_text, debit_text)
            fee = abs(amount_of(fee_text)) if (fee_text := self._cell(row, columns.fee)) and self._kind == "collection" else None
        except ValueError:
            # The sum at the end, a note: nothing of a bank's line but words where amounts stand.
            return ReadRow(line, words, "", problem="amount") if day_text or self._kind == "collection" else None
        if amount == 0:
            return None
        try:
            received_at = moment_of(day_text) if day_text or self._kind == "statement" else utc_now()
        except ValueError:
            return ReadRow(line, words, "", amount, fee, problem="date") if day_text else None
        key = (day_text, str(amount), words)
        same[key] += 1
        return ReadRow(line, words, self._reference(line, row, key, same[key]), amount, fee, received_at)

    @staticmethod
    def _amount(amount_text: str, debit_text: str) -> int:
        credit = amount_of(amount_text) if amount_text else 0
        debit = abs(amount_of(debit_text)) if debit_text else 0
        return credit or -debit

    def _reference(self, line: int, row: Sequence[str], key: tuple[str, ...], occurrence: int) -> str:
        if self._kind == "collection":
            return f"COD-{self._digest}-{line}"
        if reference := spelt_reference(clean_text(self._cell(row, self.columns.reference)))[:80]:
            return reference
        # The same line in an overlapping export is the same; two equal lines in one file are two.
        digest = hashlib.sha256("\0".join((*key, str(occurrence))).encode("utf-8", "replace")).hexdigest()
        return f"SAOKE-{digest[:20].upper()}"

    @staticmethod
    def _cell(row: Sequence[str], place: int | None) -> str:
        return row[place].strip(" \t\r\n\u00a0") if place is not None and place < len(row) else ""


def _view(row: JudgedRow) -> FileRow:
    read = row.read
    return FileRow(
        line=read.line,
        fate=row.fate,
        order_code=row.order_code,
        amount_vnd=None if read.problem == "amount" else read.amount_vnd,
        fee_vnd=read.fee_vnd,
        received_at_ms=to_ms(read.received_at),
        words=read.words,
        problem=read.problem,
    )
