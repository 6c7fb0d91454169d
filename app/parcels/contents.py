"""What orders are about, owe and where they go, as far as parcels need it: read in a few statements for many orders at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from app.desk.queues import Facts, queue_of
from app.infra.database import RawConnection
from app.infra.sealing import Envelopes
from app.ledger.chain import entry_of
from app.ledger.course import course_of
from app.ledger.kinds import RELEASING_KINDS, REPEATABLE_KINDS
from app.orders.contacts import CONTACT_COLUMNS, Contact, contact_of
from app.orders.queries import OF_CHANGES

_ORDERS = f"""
SELECT o.id, o.session_id, s.organisation_id, s.is_rehearsal, s.title AS session_title, o.code, o.payment, o.placed_at,
  o.total_vnd + changes.total_vnd AS total_vnd,
  (SELECT array_agg(DISTINCT e.kind) FROM ledger_entries e WHERE e.order_id = o.id) AS kinds
FROM orders o JOIN sessions s ON s.id = o.session_id {OF_CHANGES} WHERE o.id = ANY($1::uuid[])
"""  # noqa: S608 - a constant of our own
_LINES = """
SELECT l.order_id, coalesce(l.offer_id, l.product_id) AS sold_by, p.id AS product_id, p.producer_id, p.weight_grams, l.unit_price_vnd,
  sum(l.quantity)::int AS quantity
FROM order_lines l LEFT JOIN offers f ON f.id = l.offer_id JOIN products p ON p.id = coalesce(l.product_id, f.product_id)
WHERE l.order_id = ANY($1::uuid[])
GROUP BY l.order_id, coalesce(l.offer_id, l.product_id), p.id, l.unit_price_vnd HAVING sum(l.quantity) > 0
ORDER BY l.order_id, min(l.line_number)
"""
_ENTRIES = "SELECT order_id, body FROM ledger_entries WHERE order_id = ANY($1::uuid[]) ORDER BY order_id, seq"
_CONTACTS = f"SELECT {CONTACT_COLUMNS} FROM order_contacts c WHERE c.order_id = ANY($1::uuid[]) ORDER BY c.order_id"  # noqa: S608 - ours
# Whoever puts units of an order into parcels, or takes them out, holds this row. Not that of `orders`: nobody may change it.
_LOCK = _CONTACTS + " FOR NO KEY UPDATE OF c"


class OrderLine(NamedTuple):
    """What an order is about by now, changes included: units of one product at one price, sold by an offer or by themselves."""

    sold_by: UUID
    product_id: UUID
    producer_id: UUID
    weight_grams: int
    unit_price_vnd: int
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as parcels see it. `owed_vnd`: what is still to be paid for it, never less than 0."""

    id: UUID
    session_id: UUID
    organisation_id: UUID
    is_rehearsal: bool
    session_title: str
    code: str
    payment: str
    placed_at: datetime
    kinds: frozenset[str]
    owed_vnd: int
    lines: tuple[OrderLine, ...] = field(default=())

    @property
    def is_over(self) -> bool:
        """Cancelled or expired: nothing of it leaves."""
        return not RELEASING_KINDS.isdisjoint(self.kinds)

    @property
    def is_gone(self) -> bool:
        """A carrier has it; what came in addition afterwards may still be packed."""
        return "handed_over" in self.kinds

    @property
    def is_ready(self) -> bool:
        """Agreed with the buyer, or paid, and not delivered yet."""
        return not self.is_rehearsal and queue_of(Facts(self.kinds, self.payment)) in {"pack", "sent"}


async def read_orders(db: RawConnection, order_ids: Collection[UUID]) -> dict[UUID, OrderFacts]:
    """Those of these orders that exist, of whatever organisation."""
    rows = await db.fetch(_ORDERS, list(order_ids))
    lines = defaultdict[UUID, list[OrderLine]](list)
    for row in await db.fetch(_LINES, list(order_ids)):
        lines[row["order_id"]].append(OrderLine(**{name: row[name] for name in OrderLine._fields}))
    owed = await _owed(db, rows)
    return {
        row["id"]: OrderFacts(
            id=row["id"],
            session_id=row["session_id"],
            organisation_id=row["organisation_id"],
            is_rehearsal=row["is_rehearsal"],
            session_title=row["session_title"],
            code=row["code"] or "",
            payment=row["payment"],
            placed_at=row["placed_at"],
            kinds=frozenset(row["kinds"] or ()),
            owed_vnd=owed[row["id"]],
            lines=tuple(lines[row["id"]]),
        )
        for row in rows
    }


async def _owed(db: RawConnection, rows: Sequence[asyncpg.Record]) -> dict[UUID, int]:
    """Without a payment it is all that the order costs; otherwise its entries say what is left."""
    owed: dict[UUID, int] = {}
    to_fold: list[UUID] = []
    for row in rows:
        kinds = set(row["kinds"] or ())
        if not RELEASING_KINDS.isdisjoint(kinds):
            owed[row["id"]] = 0
        elif kinds.isdisjoint(REPEATABLE_KINDS):
            owed[row["id"]] = row["total_vnd"]
        else:
            owed[row["id"]] = 0
            to_fold.append(row["id"])
    if to_fold:
        entries = await db.fetch(_ENTRIES, to_fold)
        owed |= await asyncio.to_thread(_folded, entries)
    return owed


def _folded(rows: Iterable[asyncpg.Record]) -> dict[UUID, int]:
    bodies = defaultdict[UUID, list[str]](list)
    for row in rows:
        bodies[row["order_id"]].append(row["body"])
    return {order_id: max(0, course_of(map(entry_of, each)).owed.total_vnd) for order_id, each in bodies.items()}


class Address(NamedTuple):
    """Who gets it, and where: two orders with the same may go in one box."""

    phone: str
    province_code: int
    ward_code: int
    street: str


def address_of(contact: Contact) -> Address:
    """However the street was spelt: capitals, blanks and commas make no other place."""
    street = " ".join(contact.street.casefold().replace(",", " ").split())
    return Address(contact.phone, contact.province_code, contact.ward_code, street)


async def lock_orders(db: RawConnection, envelopes: Envelopes, order_ids: Collection[UUID]) -> dict[UUID, Contact | None]:
    """Hold these orders' contents still until the transaction ends, in the order of their ids; before any parcel is locked.

    Returns their receivers in the clear, None where the person is erased.
    """
    return await _open(envelopes, await db.fetch(_LOCK, sorted(order_ids)))


async def receivers_of(db: RawConnection, envelopes: Envelopes, order_ids: Collection[UUID]) -> dict[UUID, Contact | None]:
    """The same without holding anything."""
    return await _open(envelopes, await db.fetch(_CONTACTS, list(order_ids)))


async def _open(envelopes: Envelopes, rows: Sequence[asyncpg.Record]) -> dict[UUID, Contact | None]:
    # hundreds of seals take longer than the loop may be held
    return await asyncio.to_thread(_opened, envelopes, rows)


def _opened(envelopes: Envelopes, rows: Sequence[asyncpg.Record]) -> dict[UUID, Contact | None]:
    return {row["order_id"]: contact_of(envelopes, row) for row in rows}


def together(contacts: Mapping[UUID, Contact]) -> list[list[UUID]]:
    """These orders by who gets them and where, in the order in which they are given."""
    groups = defaultdict[Address, list[UUID]](list)
    for order_id, contact in contacts.items():
        groups[address_of(contact)].append(order_id)
    return list(groups.values())
