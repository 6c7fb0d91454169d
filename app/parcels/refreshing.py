"""Brings parcels to what their orders say now. Whoever calls it is inside a transaction.

Locks in this order: the orders' contacts by id, then parcels by id. Facts are read after the locks by statements of their own, so whatever
was committed while we waited is seen. No ledger is locked, and whoever locks one takes it after these, never before.

What is open follows its orders by itself: units that fell away leave, units that came in addition join the box that is open. What is packed
or gone is never touched, only marked for somebody to look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from app.accounts.audit import insert_audit
from app.infra.database import RawConnection
from app.infra.sealing import Envelopes
from app.orders.contacts import Contact
from app.parcels.contents import OrderFacts, OrderLine, lock_orders, read_orders
from app.parcels.states import Look

_ORDERS_OF = "SELECT DISTINCT order_id FROM parcel_orders WHERE parcel_id = ANY($1::uuid[])"
_LOCK = """
SELECT p.* FROM parcels p WHERE p.state <> 'dissolved' AND (p.id = ANY($1::uuid[])
  OR p.id IN (SELECT parcel_id FROM parcel_orders WHERE order_id = ANY($2::uuid[]))) ORDER BY p.id FOR NO KEY UPDATE OF p
"""
_LINES = "SELECT * FROM parcel_lines WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, sold_by, part"
_SET_QUANTITY = "UPDATE parcel_lines SET quantity = $4 WHERE order_id = $1 AND sold_by = $2 AND part = $3"
_REMOVE = "DELETE FROM parcel_lines WHERE order_id = $1 AND sold_by = $2 AND part = $3"
ADD_LINE = """
INSERT INTO parcel_lines (order_id, sold_by, part, parcel_id, product_id, unit_price_vnd, quantity) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_MARK = "UPDATE parcels SET looks_at = $2 WHERE id = $1 AND looks_at IS DISTINCT FROM $2"
_EMPTY_ORDERS = """
DELETE FROM parcel_orders o WHERE o.parcel_id = ANY($1::uuid[])
  AND NOT EXISTS (SELECT FROM parcel_lines l WHERE l.parcel_id = o.parcel_id AND l.order_id = o.order_id) RETURNING o.order_id
"""
_DISSOLVE_EMPTY = """
UPDATE parcels p SET state = 'dissolved', looks_at = NULL WHERE p.id = ANY($1::uuid[])
  AND NOT EXISTS (SELECT FROM parcel_lines l WHERE l.parcel_id = p.id) RETURNING p.id, p.organisation_id, p.code
"""
# The first parcel of an order that has not left yet collects for it, unless one does already.
_CARRY_COD = """
UPDATE parcel_orders SET carries_cod = true WHERE (parcel_id, order_id) IN (
  SELECT DISTINCT ON (o.order_id) o.parcel_id, o.order_id FROM parcel_orders o JOIN parcels p ON p.id = o.parcel_id
  WHERE o.order_id = ANY($1::uuid[]) AND p.state IN ('open', 'packed')
    AND NOT EXISTS (SELECT FROM parcel_orders c WHERE c.order_id = o.order_id AND c.carries_cod)
  ORDER BY o.order_id, p.made_at, p.id)
"""


@dataclass(slots=True)
class Held:
    """Orders and all their parcels, locked until the transaction ends."""

    contacts: dict[UUID, Contact | None]
    parcels: dict[UUID, asyncpg.Record]
    facts: dict[UUID, OrderFacts] = field(default_factory=dict)


async def hold_parcels(db: RawConnection, envelopes: Envelopes, parcel_ids: Collection[UUID]) -> Held:
    """Lock these parcels, their orders, and every other parcel that has something of those orders."""
    order_ids = {row["order_id"] for row in await db.fetch(_ORDERS_OF, list(parcel_ids))}
    while True:
        savepoint = db.transaction()
        await savepoint.start()
        held = await hold_orders(db, envelopes, order_ids, parcel_ids)
        now_in_them = {row["order_id"] for row in await db.fetch(_ORDERS_OF, list(parcel_ids))}
        if now_in_them <= order_ids:
            await savepoint.commit()
            return held
        # While we waited, another box was emptied into one of these. All locks are given back: a further order is locked in its turn by
        # id, never while one behind it is held, or two would wait for each other.
        await savepoint.rollback()
        order_ids |= now_in_them


async def hold_orders(db: RawConnection, envelopes: Envelopes, order_ids: Collection[UUID], parcel_ids: Collection[UUID] = ()) -> Held:
    """Lock these orders and every parcel that has something of them."""
    contacts = await lock_orders(db, envelopes, order_ids)
    parcels = {row["id"]: row for row in await db.fetch(_LOCK, list(parcel_ids), list(order_ids))}
    return Held(contacts, parcels, await read_orders(db, order_ids))


async def refresh(db: RawConnection, held: Held) -> None:
    """Bring the held parcels to what the held orders are about now, and read them again."""
    if not held.facts:
        return
    lines = defaultdict[UUID, dict[UUID, list[asyncpg.Record]]](dict)
    for row in await db.fetch(_LINES, list(held.facts)):
        lines[row["order_id"]].setdefault(row["sold_by"], []).append(row)
    looks: dict[UUID, Look] = {}
    changed: set[UUID] = set()
    for order in held.facts.values():
        there = {line.sold_by: line for line in order.lines} if not order.is_over else {}
        boxed = lines[order.id]
        for sold_by in [*there, *(boxed.keys() - there.keys())]:
            parts = boxed.get(sold_by, [])
            wanted = there[sold_by].quantity if sold_by in there else 0
            difference = wanted - sum(part["quantity"] for part in parts)
            if difference:
                touched, is_left = await _follow(db, held, order, there.get(sold_by), parts, difference)
                changed |= touched
                for parcel_id in is_left:
                    looks[parcel_id] = "order_over" if order.is_over else looks.get(parcel_id, "order_changed")
    for parcel_id, look in looks.items():
        await db.execute(_MARK, parcel_id, look)
    if changed:
        await tidy(db, changed, held.facts)
    await _read_again(db, held)


async def _follow(
    db: RawConnection,
    held: Held,
    order: OrderFacts,
    line: OrderLine | None,
    parts: list[asyncpg.Record],
    difference: int,
) -> tuple[set[UUID], set[UUID]]:
    """Move a difference into open parcels or out of them. Returns those that were changed, and those to be looked at."""
    is_open = {parcel_id for parcel_id, row in held.parcels.items() if row["state"] == "open"}
    touched: set[UUID] = set()
    looks: set[UUID] = set()
    if difference > 0 and line is not None:
        parcel_id = await _box_for(db, held, order.id, line, parts)
        if parcel_id is None:
            # an order that has no parcel at all waits to be packed; one that is packed already is for somebody to look at
            return touched, {row["parcel_id"] for row in await db.fetch(_PACKED_OF, order.id)}
        own = next((part for part in parts if part["parcel_id"] == parcel_id), None)
        if own is not None:
            await db.execute(_SET_QUANTITY, order.id, line.sold_by, own["part"], own["quantity"] + difference)
        else:
            part_number = max((part["part"] for part in parts), default=-1) + 1
            await db.execute(ADD_LINE, order.id, line.sold_by, part_number, parcel_id, line.product_id, line.unit_price_vnd, difference)
        return {parcel_id}, looks
    for part in reversed(parts):
        if difference < 0 and part["parcel_id"] in is_open:
            taken = min(-difference, part["quantity"])
            difference += taken
            touched.add(part["parcel_id"])
            if part["packed"] > part["quantity"] - taken:
                looks.add(part["parcel_id"])
            await _lower(db, part, part["quantity"] - taken)
    if difference < 0:
        looks |= {part["parcel_id"] for part in parts if part["parcel_id"] not in is_open}
    return touched, looks


async def _lower(db: RawConnection, part: asyncpg.Record, left: int) -> None:
    key = (part["order_id"], part["sold_by"], part["part"])
    if left:
        await db.execute(_SET_QUANTITY, *key, left)
    else:
        await db.execute(_REMOVE, *key)


_PACKED_OF = "SELECT o.parcel_id FROM parcel_orders o JOIN parcels p ON p.id = o.parcel_id WHERE o.order_id = $1 AND p.state = 'packed'"
_BOXES = """
SELECT o.parcel_id FROM parcel_orders o JOIN parcels p ON p.id = o.parcel_id
WHERE o.order_id = $1 AND p.state = 'open' AND (p.producer_id IS NULL OR p.producer_id = $2) ORDER BY p.made_at, p.id LIMIT 1
"""


async def _box_for(db: RawConnection, held: Held, order_id: UUID, line: OrderLine, parts: list[asyncpg.Record]) -> UUID | None:
    """The open parcel that more of this line belongs into: where some of it is already, or another of its order."""
    for part in parts:
        if held.parcels[part["parcel_id"]]["state"] == "open":
            found: UUID = part["parcel_id"]
            return found
    other: UUID | None = await db.fetchval(_BOXES, order_id, line.producer_id)
    return other


async def tidy(db: RawConnection, parcel_ids: Iterable[UUID], order_ids: Collection[UUID], *, by: UUID | None = None) -> None:
    """After lines were moved: orders that have nothing left in a parcel leave it, empty parcels are dissolved, COD stays on one of them."""
    ids = list(parcel_ids)
    await db.execute(_EMPTY_ORDERS, ids)
    for row in await db.fetch(_DISSOLVE_EMPTY, ids):
        await insert_audit(
            db,
            organisation_id=row["organisation_id"],
            user_id=by,
            action="parcel.dissolved",
            subject_id=row["id"],
            details={"code": row["code"]},
        )
    await db.execute(_CARRY_COD, list(order_ids))


async def _read_again(db: RawConnection, held: Held) -> None:
    held.parcels = {row["id"]: row for row in await db.fetch(_LOCK, list(held.parcels), [])}
