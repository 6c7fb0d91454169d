"""A table of products comes in and goes out: what each row would do, row by row; then all of them at once, or none.

A product is known by its code, so the same table a second time changes nothing. Columns that a table does not have stay as they are.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention
from app.accounts.service import CurrentUser
from app.catalog.errors import InvalidVideoUrl, SheetHasProblems, SheetUnreadable
from app.catalog.models import Producer, Product
from app.catalog.queries import ProductRow, product_rows
from app.catalog.reach import producers_in_reach, products_in_reach
from app.catalog.schemas import ProductContent, ProductDetails
from app.catalog.service import CatalogService
from app.catalog.sheet_columns import COLUMN_BY_FIELD, COLUMNS, NEEDED, CellProblem, Column, Value
from app.catalog.sheet_reading import FORMULA
from app.catalog.sheet_schemas import ImportOutcome, ImportPreview, RowOutcome, RowPreview, RowProblem
from app.catalog.video import parse_video_url
from app.catalog.views import product_details
from app.infra.child_work import ChildWork, WorkFailed
from app.infra.database import Database

_FIELDS_OF_ROW = frozenset(ProductContent.model_fields) - {"pictures", "producer_id"}


@dataclass(frozen=True, slots=True)
class _Known:
    """What is there before a table comes in: whose names and codes these are."""

    producers: Mapping[str, tuple[UUID, ...]]
    products: Mapping[str, ProductDetails]
    codes_of_others: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row judged: `content` for a new product, `given` for changes of an existing one."""

    preview: RowPreview
    product_id: UUID | None = None
    content: ProductContent | None = None
    given: Mapping[str, Any] | None = None


class GoodsImport:
    """Staff bring in and take out the products of their organisation, a producer their own."""

    def __init__(self, database: Database, catalog: CatalogService) -> None:
        self._transactions = database.transactions
        self._catalog = catalog
        self._reading = ChildWork("app.catalog.sheet_reading", at_once=1, waiting_max=10, seconds=60.0, answer_max_bytes=64 * 1024 * 1024)

    async def products_of(self, user: CurrentUser) -> list[ProductDetails]:
        """Everything that a table of the user's products holds, by name."""
        async with self._transactions() as db:
            rows = await product_rows(db, await products_in_reach(db, user))
        return await self._details(rows)

    async def _details(self, rows: Sequence[ProductRow]) -> list[ProductDetails]:
        """In a thread: for a thousand products the loop would be held a tenth of a second."""
        today = self._catalog.today()
        return await asyncio.to_thread(lambda: [product_details(row, today=today) for row in rows])

    async def preview(self, user: CurrentUser, content: bytes) -> ImportPreview:
        """What each row would do; nothing is changed. Raises `SheetUnreadable`, `Unavailable`."""
        table = _Table(await self._read(content))
        async with self._transactions() as db:
            rows = await table.judged(await self._known(db, user))
        return ImportPreview(
            rows=[row.preview for row in rows],
            counts=_counts(rows),
            unknown_columns=table.unknown,
            columns=[each.head for each in table.columns],
        )

    async def bring_in(
        self, user: CurrentUser, content: bytes, *, only_right_rows: bool, intention: Intention | None = None
    ) -> ImportOutcome:
        """Everything in one transaction. Raises `SheetHasProblems` when a row is not right and nobody said to take the others."""
        table = _Table(await self._read(content))
        async with self._transactions.begin() as db:
            # Judged in the transaction that writes: what the preview said may be of minutes ago.
            rows = await table.judged(await self._known(db, user))
            counts = _counts(rows)
            if counts["bad"] and not only_right_rows:
                raise SheetHasProblems(details={"problems": counts["bad"]})
            if (await claim_intention(db, user.id, intention, uuid4())).is_first:
                for row in rows:
                    await self._write(db, user, row)
                record_audit(
                    db,
                    organisation_id=user.organisation_id,
                    user_id=user.id,
                    action="products.imported",
                    details={str(outcome): count for outcome, count in counts.items()},
                )
        return ImportOutcome(counts=counts)

    async def _write(self, db: AsyncSession, user: CurrentUser, row: _Row) -> None:
        if row.content is not None:
            await self._catalog.add_product(db, user, uuid4(), row.content)
        elif row.given is not None and row.product_id is not None:
            await self._catalog.change_product(db, user, row.product_id, dict(row.given))

    async def _read(self, content: bytes) -> list[list[str]]:
        try:
            answer = json.loads(await self._reading.run(content))
        except WorkFailed:
            raise SheetUnreadable(details={"reason": "too_large"}) from None
        if "unreadable" in answer:
            raise SheetUnreadable(details={"reason": answer["unreadable"]})
        rows: list[list[str]] = answer["rows"]
        return rows

    async def _known(self, db: AsyncSession, user: CurrentUser) -> _Known:
        producers: dict[str, tuple[UUID, ...]] = {}
        for producer in await db.scalars(select(Producer).where(*await producers_in_reach(db, user))):
            name = _folded(producer.name)
            producers[name] = (*producers.get(name, ()), producer.id)
        rows = await product_rows(db, await products_in_reach(db, user))
        products = {product.code or "": product for product in await self._details(rows)}
        all_codes = await db.scalars(select(Product.code).where(Product.organisation_id == user.organisation_id))
        return _Known(producers, products, frozenset(code for code in all_codes if code is not None) - products.keys())


class _Table:
    """The rows of a file under their columns. Raises `SheetUnreadable` when a needed column is missing."""

    def __init__(self, rows: Sequence[Sequence[str]]) -> None:
        by_head = {_folded(each.head): each for each in COLUMNS} | {each.field: each for each in COLUMNS}
        heads = [by_head.get(_folded(head)) for head in rows[0]]
        self.columns = [column for column in heads if column is not None]
        self.unknown = [head for head, column in zip(rows[0], heads, strict=True) if column is None and head.strip()]
        self._places = {column.field: place for place, column in enumerate(heads) if column is not None}
        self._rows = rows[1:]
        if missing := [COLUMN_BY_FIELD[field].head for field in NEEDED if field not in self._places]:
            raise SheetUnreadable(details={"reason": "missing_columns", "columns": missing})

    async def judged(self, known: _Known) -> list[_Row]:
        """Every row that is not empty, with its line in the file; in a thread, for it takes long."""
        return await asyncio.to_thread(self._judged, known)

    def _judged(self, known: _Known) -> list[_Row]:
        seen: Counter[str] = Counter()
        judged = []
        for line, row in enumerate(self._rows, 2):
            if any(cell.strip() for cell in row):
                judged.append(self._judge(line, row, known, seen))
        return judged

    def _judge(self, line: int, row: Sequence[str], known: _Known, seen: Counter[str]) -> _Row:
        values, problems = self._values(row)
        code, name = self._cell(row, "code"), self._cell(row, "name")
        producer_id = _the_producer(known, self._cell(row, "producer"), problems)
        seen[code] += 1
        if seen[code] > 1 and code:
            problems.append(_problem("code", "duplicate_code"))
        if code in known.codes_of_others:
            problems.append(_problem("code", "code_taken"))
        before = known.products.get(code)
        content = None if problems else _content(values, before, producer_id, problems)
        if content is None:
            return _Row(RowPreview(line=line, code=code, name=name, outcome="bad", changes=[], problems=problems))
        if before is None:
            return _Row(RowPreview(line=line, code=code, name=name, outcome="new", changes=[], problems=[]), content=content)
        changed = _changed(before, content)
        outcome: RowOutcome = "changed" if changed else "same"
        heads = [COLUMN_BY_FIELD[field].head for field in changed]
        preview = RowPreview(line=line, code=code, name=name, outcome=outcome, changes=heads, problems=[])
        given = _given(content) if changed else None
        return _Row(preview, product_id=before.id, given=given)

    def _values(self, row: Sequence[str]) -> tuple[dict[str, Value], list[RowProblem]]:
        values: dict[str, Value] = {}
        problems: list[RowProblem] = []
        for column in self.columns:
            cell = self._cell(row, column.field)
            try:
                values[column.field] = _parsed(column, cell)
            except CellProblem as problem:
                problems.append(_problem(column.field, problem.code, cell))
        return values, problems

    def _cell(self, row: Sequence[str], field: str) -> str:
        place = self._places[field]
        return row[place].strip(" \t\r\n\u00a0") if place < len(row) else ""


def _parsed(column: Column, cell: str) -> Value:
    if cell.startswith(FORMULA):
        raise CellProblem("formula")
    if cell == "" and column.field in NEEDED:
        raise CellProblem("needed")
    return column.parse(cell)


def _the_producer(known: _Known, name: str, problems: list[RowProblem]) -> UUID | None:
    found = known.producers.get(_folded(name), ())
    if len(found) == 1:
        return found[0]
    if name and not name.startswith(FORMULA):
        problems.append(_problem("producer", "producer_ambiguous" if found else "producer_unknown", name))
    return None


def _content(
    values: Mapping[str, Value], before: ProductDetails | None, producer_id: UUID | None, problems: list[RowProblem]
) -> ProductContent | None:
    """The product as it would be; None when it breaks a rule, which is then among the problems."""
    whole: dict[str, Any] = {} if before is None else before.model_dump(include=set(_FIELDS_OF_ROW))
    label = dict(whole.get("label", {}))
    for field, value in values.items():
        if field.startswith("label."):
            label[field.removeprefix("label.")] = value
        elif field != "producer":
            whole[field] = value
    try:
        content = ProductContent.model_validate(whole | {"label": label, "producer_id": producer_id})
        if content.story_video_url is not None:
            parse_video_url(content.story_video_url)
    except ValidationError as error:
        problems += [_problem(_field_at(each["loc"]), "not_valid", each["msg"].removeprefix("Value error, ")) for each in error.errors()]
        return None
    except InvalidVideoUrl:
        problems.append(_problem("story_video_url", "video"))
        return None
    return content


def _field_at(place: tuple[str | int, ...]) -> str:
    """The column behind a place of a content; rules over several fields are about the certificate."""
    field = ".".join(str(part) for part in place)
    return field if field in COLUMN_BY_FIELD else "certificate_number"


def _changed(before: ProductDetails, content: ProductContent) -> list[str]:
    """Fields of columns that differ, in the order of the columns."""
    after = _given(content)
    old = before.model_dump(include=set(after))
    differing = [field for field in after if field not in {"label", "producer_id"} and old[field] != after[field]]
    if before.producer_id != content.producer_id:
        differing.append("producer")
    differing += [f"label.{name}" for name, fact in after["label"].items() if old["label"][name] != fact]
    return [column.field for column in COLUMNS if column.field in differing]


def _given(content: ProductContent) -> dict[str, Any]:
    """Fields to change, as they will be stored."""
    video = None if content.story_video_url is None else parse_video_url(content.story_video_url).url
    fields = content.model_dump(exclude={"pictures"})
    return fields | {"certificate_expires_on": content.certificate_end, "story_video_url": video}


def _problem(field: str, code: str, found: str = "") -> RowProblem:
    return RowProblem(column=COLUMN_BY_FIELD[field].head, code=code, found=found.removeprefix("\0")[:120])


def _counts(rows: Sequence[_Row]) -> dict[RowOutcome, int]:
    counts: dict[RowOutcome, int] = {"new": 0, "changed": 0, "same": 0, "bad": 0}
    for row in rows:
        counts[row.preview.outcome] += 1
    return counts


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
