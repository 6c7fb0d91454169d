"""One parcel in somebody's hands: found by a scan, counted full unit by unit, closed, opened again; weighed, split, merged, dissolved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from app.accounts.audit import insert_audit
from app.accounts.intentions import Claim, Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.fulfilment.sealed_rows import SealedRows
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.parcels import reading
from app.parcels.contents import address_of
from app.parcels.errors import (
    AlreadyAllIn,
    BuyersDiffer,
    NotAllIn,
    NothingPacked,
    ParcelNotFound,
    ParcelStateUnfit,
    ProducersDiffer,
    SplitUnfit,
    WrongProduct,
)
from app.parcels.making import insert_parcels
from app.parcels.reaching import ParcelReaches
from app.parcels.reading import ParcelReach
from app.parcels.refreshing import Held, hold_parcels, refresh, tidy
from app.parcels.schemas import ParcelScan, ParcelSizes, ParcelView, Split, SplitResult
from app.parcels.states import read_code
from app.protocol.order_codes import read_order_code

_LINES = "SELECT * FROM parcel_lines WHERE parcel_id = $1 ORDER BY order_id, sold_by, part"
_PRODUCT_BY_CODE = "SELECT id, name FROM products WHERE organisation_id = $1 AND upper(code) = upper($2)"
_CODES = "SELECT id AS product_id, code AS product_code FROM products WHERE id = ANY($1::uuid[])"
_PRODUCT = "SELECT id, name FROM products WHERE organisation_id = $1 AND id = $2"
_COUNT = "UPDATE parcel_lines SET packed = packed + $4 WHERE order_id = $1 AND sold_by = $2 AND part = $3"
_ALL_IN = "UPDATE parcel_lines SET packed = quantity WHERE parcel_id = $1"
_CLOSE = "UPDATE parcels SET state = 'packed', packed_at = $2, packed_by = $3, looks_at = NULL WHERE id = $1"
_REOPEN = "UPDATE parcels SET state = 'open', packed_at = NULL, packed_by = NULL, looks_at = NULL WHERE id = $1"
_LOOKED = "UPDATE parcels SET looks_at = NULL WHERE id = $1"
_MEASURE = "UPDATE parcels SET weight_grams = $2, length_cm = $3, width_cm = $4, height_cm = $5 WHERE id = $1"
_MOVE = "UPDATE parcel_lines SET parcel_id = $4 WHERE order_id = $1 AND sold_by = $2 AND part = $3"
_MOVE_ALL = "UPDATE parcel_lines SET parcel_id = $2 WHERE parcel_id = $1"
_LESS = """
UPDATE parcel_lines SET quantity = quantity - $4, packed = packed - $5 WHERE order_id = $1 AND sold_by = $2 AND part = $3
"""
_NEXT_PART = "SELECT max(part) + 1 FROM parcel_lines WHERE order_id = $1 AND sold_by = $2"
_ADD = """
INSERT INTO parcel_lines (order_id, sold_by, part, parcel_id, product_id, unit_price_vnd, quantity, packed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_JOIN = "INSERT INTO parcel_orders (parcel_id, order_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING"
_IS_DISSOLVED = "SELECT EXISTS (SELECT FROM parcels WHERE id = $1 AND organisation_id = $2 AND state = 'dissolved')"
_DROP_LINES = "DELETE FROM parcel_lines WHERE parcel_id = $1"


@dataclass(slots=True)
class _Open:
    """A transaction on one parcel: it, its orders and their other parcels are locked and up to date."""

    db: RawConnection
    user: CurrentUser
    held: Held
    row: asyncpg.Record
    claim: Claim

    @property
    def is_first(self) -> bool:
        return self.claim.is_first

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found

    def require(self, *states: str) -> None:
        if self.row["state"] not in states:
            raise ParcelStateUnfit(details={"state": self.row["state"]})

    async def audit(self, action: str, details: dict[str, object] | None = None) -> None:
        about = {"code": self.row["code"], **(details or {})}
        await insert_audit(
            self.db, organisation_id=self.user.organisation_id, user_id=self.user.id, action=action, subject_id=self.id, details=about
        )


class Packing:
    """What colleagues and producers do with a parcel. Every command may come twice with its key; two at one box come one after the other."""

    def __init__(self, database: Database, *, rows: SealedRows, reaches: ParcelReaches) -> None:
        self._database = database
        self._rows = rows
        self._reaches = reaches

    async def find(self, user: CurrentUser, typed: str) -> ParcelView:
        """The parcel of a label or slip that was scanned or typed, or of an order's code. Changes nothing. Raises `ParcelNotFound`."""
        reach = await self._reaches.of(user)
        code, order_code = read_code(typed), read_order_code(typed)
        async with self._database.pool.acquire() as db:
            parcel_id = None if code is None else await reading.id_by_code(db, reach, code)
            if parcel_id is None and order_code is not None:
                parcel_id = await reading.id_by_order_code(db, reach, order_code)
            if parcel_id is None:
                raise ParcelNotFound
            return await self._view(db, parcel_id)

    async def scan(self, user: CurrentUser, parcel_id: UUID, scan: ParcelScan, intention: Intention | None) -> ParcelView:
        """Count one unit of a product into the box, or out of it; with the last one that is missing the parcel is packed.

        Raises `WrongProduct`, `AlreadyAllIn`, `NothingPacked`, `ParcelStateUnfit`.
        """
        async with self._open(user, parcel_id, intention) as opened:
            # the label that opened the box, scanned once more, counts nothing
            is_label = scan.code is not None and read_code(scan.code) == opened.row["code"]
            if opened.is_first and not is_label:
                opened.require("open")
                lines = await opened.db.fetch(_LINES, parcel_id)
                product_id = await _product(opened, scan, lines)
                own = [line for line in lines if line["product_id"] == product_id]
                fits = [line for line in own if (line["packed"] > 0 if scan.take_out else line["packed"] < line["quantity"])]
                if not fits:
                    raise NothingPacked if scan.take_out else AlreadyAllIn(details={"quantity": sum(line["quantity"] for line in own)})
                # what is too much of one line comes out first
                line = max(fits, key=lambda each: each["packed"] - each["quantity"]) if scan.take_out else fits[0]
                await opened.db.execute(_COUNT, line["order_id"], line["sold_by"], line["part"], -1 if scan.take_out else 1)
                await opened.audit("parcel.unit_out" if scan.take_out else "parcel.unit_in", {"product_id": str(product_id)})
                missing, surplus = await _difference(opened)
                if not missing and not surplus:
                    await self._close(opened)
            return await self._view(opened.db, parcel_id)

    async def close(self, user: CurrentUser, parcel_id: UUID, intention: Intention | None, *, all_in: bool) -> ParcelView:
        """The box is closed; `all_in`: without counting, somebody says that everything is in. Raises `NotAllIn`, `ParcelStateUnfit`."""
        async with self._open(user, parcel_id, intention) as opened:
            if opened.is_first:
                opened.require("open")
                if all_in:
                    await opened.db.execute(_ALL_IN, parcel_id)
                missing, surplus = await _difference(opened)
                if missing or surplus:
                    raise NotAllIn(details={"missing": missing, "surplus": surplus})
                await self._close(opened, uncounted=all_in)
            return await self._view(opened.db, parcel_id)

    async def reopen(self, user: CurrentUser, parcel_id: UUID, intention: Intention | None) -> ParcelView:
        """Open a packed box again; it follows its orders from then on, and may be dissolved by that. Raises `ParcelStateUnfit`."""
        async with self._open(user, parcel_id, intention) as opened:
            if opened.is_first:
                opened.require("packed")
                await opened.db.execute(_REOPEN, parcel_id)
                await opened.audit("parcel.reopened")
                again = await hold_parcels(opened.db, self._rows.envelopes, [parcel_id])
                await refresh(opened.db, again)
            return await self._view(opened.db, parcel_id)

    async def looked(self, user: CurrentUser, parcel_id: UUID, intention: Intention | None) -> ParcelView:
        """Somebody has looked at what changed. What is still wrong with a packed parcel is marked again by the next step of its orders."""
        async with self._open(user, parcel_id, intention) as opened:
            if opened.is_first:
                await opened.db.execute(_LOOKED, parcel_id)
                await opened.audit("parcel.looked_at", {"was": opened.row["looks_at"]})
            return await self._view(opened.db, parcel_id)

    async def measure(self, user: CurrentUser, parcel_id: UUID, sizes: ParcelSizes) -> ParcelView:
        """Say what the box weighs and measures. Raises `ParcelStateUnfit` once it is handed over."""
        async with self._open(user, parcel_id, None) as opened:
            opened.require("open", "packed")
            await opened.db.execute(_MEASURE, parcel_id, sizes.weight_grams, sizes.length_cm, sizes.width_cm, sizes.height_cm)
            await opened.audit("parcel.measured", sizes.model_dump())
            return await self._view(opened.db, parcel_id)

    async def split(self, user: CurrentUser, parcel_id: UUID, split: Split, intention: Intention | None) -> SplitResult:
        """Put some of it into a box of its own, made by this. What was counted in stays counted. Raises `SplitUnfit`, `ParcelStateUnfit`."""
        async with self._open(user, parcel_id, intention, subject_id=(other := uuid4())) as opened:
            if not opened.is_first:
                # the box that was made the first time is found by the batch that it is alone in
                (made,) = await reading.ids_of_batch(opened.db, ParcelReach(user.organisation_id), opened.claim.subject_id)
                return SplitResult(parcel=await self._view(opened.db, parcel_id), other=await self._view(opened.db, made))
            opened.require("open")
            (made,) = await insert_parcels(opened.db, user, other, [opened.row["producer_id"]])
            await _move(opened, split, made)
            await tidy(opened.db, [parcel_id, made], opened.held.facts)
            await opened.audit("parcel.split", {"into": str(made), "lines": len(split.lines)})
            return SplitResult(parcel=await self._view(opened.db, parcel_id), other=await self._view(opened.db, made))

    async def merge(self, user: CurrentUser, parcel_id: UUID, other_id: UUID, intention: Intention | None) -> ParcelView:
        """Empty another open box of the same buyer into this one. Raises `BuyersDiffer`, `ProducersDiffer`, `ParcelStateUnfit`."""
        async with self._open(user, parcel_id, intention, beside=other_id) as opened:
            if opened.is_first:
                opened.require("open")
                other = opened.held.parcels.get(other_id)
                if other is None or other_id == parcel_id or other["organisation_id"] != user.organisation_id:
                    raise ParcelNotFound(details={"parcel_id": str(other_id)})
                if other["state"] != "open":
                    raise ParcelStateUnfit(details={"state": other["state"]})
                if other["producer_id"] != opened.row["producer_id"]:
                    raise ProducersDiffer
                moved = await _orders_of(opened.db, other_id)
                both = {*moved, *await _orders_of(opened.db, parcel_id)}
                if len({address_of(contact) for each in both if (contact := opened.held.contacts.get(each)) is not None}) > 1:
                    raise BuyersDiffer(details={"orders": [opened.held.facts[each].code for each in sorted(both)]})
                await opened.db.execute(_JOIN, parcel_id, list(moved))
                await opened.db.execute(_MOVE_ALL, other_id, parcel_id)
                await tidy(opened.db, [parcel_id, other_id], opened.held.facts)
                await opened.audit("parcel.merged", {"from": other["code"]})
            return await self._view(opened.db, parcel_id)

    async def dissolve(self, user: CurrentUser, parcel_id: UUID) -> None:
        """Nothing leaves in it: its orders wait for a parcel again. Raises `ParcelStateUnfit` unless it is open."""
        if await self._database.pool.fetchval(_IS_DISSOLVED, parcel_id, user.organisation_id):
            return
        async with self._open(user, parcel_id, None) as opened:
            opened.require("open")
            await opened.db.execute(_DROP_LINES, parcel_id)
            await tidy(opened.db, [parcel_id], opened.held.facts, by=user.id)

    async def _close(self, opened: _Open, *, uncounted: bool = False) -> None:
        await opened.db.execute(_CLOSE, opened.id, utc_now(), opened.user.id)
        await opened.audit("parcel.packed", {"counted": not uncounted})

    @asynccontextmanager
    async def _open(
        self,
        user: CurrentUser,
        parcel_id: UUID,
        intention: Intention | None,
        *,
        beside: UUID | None = None,
        subject_id: UUID | None = None,
    ) -> AsyncIterator[_Open]:
        reach = await self._reaches.of(user)
        async with self._database.pool.acquire() as db, db.transaction():
            claim = await claim_intention_raw(db, user.id, intention, subject_id or parcel_id)
            wanted = [each for each in (parcel_id, beside) if each is not None]
            held = await hold_parcels(db, self._rows.envelopes, await reading.ids_in_reach(db, reach, wanted))
            if claim.is_first:
                await refresh(db, held)
            row = held.parcels.get(parcel_id)
            if row is None or row["organisation_id"] != user.organisation_id:
                raise ParcelNotFound(details={"parcel_id": str(parcel_id)})
            yield _Open(db, user, held, row, claim)

    async def _view(self, db: RawConnection, parcel_id: UUID) -> ParcelView:
        (found,) = await reading.open_parcels(db, self._rows.envelopes, [parcel_id])
        return reading.view_of(found)


async def _product(opened: _Open, scan: ParcelScan, lines: Sequence[asyncpg.Record]) -> UUID:
    """Which of the parcel's products was scanned or tapped. Raises `WrongProduct` with the name of what it is, if it is known."""
    inside = {line["product_id"] for line in lines}
    organisation_id = opened.user.organisation_id
    if scan.product_id is not None:
        if scan.product_id in inside:
            return scan.product_id
        known = await opened.db.fetchrow(_PRODUCT, organisation_id, scan.product_id)
    else:
        typed = (scan.code or "").upper()
        for row in await opened.db.fetch(_CODES, list(inside)):
            if typed == reading.product_code(row).upper():
                found: UUID = row["product_id"]
                return found
        known = await opened.db.fetchrow(_PRODUCT_BY_CODE, organisation_id, typed)
    raise WrongProduct(details={"product": "" if known is None else known["name"]})


async def _difference(opened: _Open) -> tuple[int, int]:
    """Units that are missing in the box, and units that are too many."""
    lines = await opened.db.fetch(_LINES, opened.id)
    missing = sum(max(0, line["quantity"] - line["packed"]) for line in lines)
    return missing, sum(max(0, line["packed"] - line["quantity"]) for line in lines)


async def _orders_of(db: RawConnection, parcel_id: UUID) -> set[UUID]:
    return {line["order_id"] for line in await db.fetch(_LINES, parcel_id)}


async def _move(opened: _Open, split: Split, into: UUID) -> None:
    """Move units into another box, first those that are not counted in yet."""
    parts = defaultdict[tuple[UUID, UUID], list[asyncpg.Record]](list)
    for line in await opened.db.fetch(_LINES, opened.id):
        parts[line["order_id"], line["sold_by"]].append(line)
    wanted = defaultdict[tuple[UUID, UUID], int](int)
    for each in split.lines:
        wanted[each.order_id, each.sold_by] += each.quantity
    there = sum(line["quantity"] for own in parts.values() for line in own)
    too_many = any(quantity > sum(line["quantity"] for line in parts.get(key, ())) for key, quantity in wanted.items())
    if too_many or sum(wanted.values()) >= there:
        raise SplitUnfit
    for key, quantity in wanted.items():
        left = quantity
        for line in parts[key]:
            if moved := min(left, line["quantity"]):
                await _move_part(opened.db, line, moved, into)
                left -= moved
    await opened.db.execute(_JOIN, into, list({order_id for order_id, _ in wanted}))


async def _move_part(db: RawConnection, line: asyncpg.Record, moved: int, into: UUID) -> None:
    key = (line["order_id"], line["sold_by"])
    if moved == line["quantity"]:
        await db.execute(_MOVE, *key, line["part"], into)
        return
    packed = max(0, line["packed"] - (line["quantity"] - moved))
    await db.execute(_LESS, *key, line["part"], moved, packed)
    part = await db.fetchval(_NEXT_PART, *key)
    await db.execute(_ADD, *key, part, into, line["product_id"], line["unit_price_vnd"], moved, packed)
