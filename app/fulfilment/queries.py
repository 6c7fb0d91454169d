"""Read-only SQL of the order desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from app.fulfilment.schemas import ComplaintView, DeskOrder, EntryItem, OrderedItem, OrderEntry, OrderWithContact, Receiver, WorkListItem
from app.infra.clock import to_ms
from app.infra.database import RawConnection
from app.infra.sealing import DataKey, Envelopes
from app.ledger.chain import Entry, entry_of
from app.ledger.course import Course, course_of, good_of
from app.ledger.kinds import KINDS, state_of
from app.orders.contacts import CONTACT_COLUMNS, Contact, Pseudonyms, contact_of, data_key_of, open_words
from app.orders.queries import OF_CHANGES

_ORDERS = f"""
SELECT o.id, o.seq, o.code, o.payment, o.placed_at, o.due_at, {CONTACT_COLUMNS},
  o.shipping_vnd + changes.shipping_vnd AS shipping_vnd, o.total_vnd + changes.total_vnd AS total_vnd,
  (SELECT count(*)::int FROM complaints p WHERE p.order_id = o.id AND p.answered_at IS NULL) AS complaints_waiting,
  (SELECT sum(l.quantity)::int FROM order_lines l WHERE l.order_id = o.id) AS units,
  (SELECT array_agg(e.kind) FROM ledger_entries e WHERE e.order_id = o.id) AS kinds
FROM orders o JOIN order_contacts c ON c.order_id = o.id {OF_CHANGES}
"""  # noqa: S608 - names of our own columns
_LIST = _ORDERS + "WHERE o.session_id = $1 AND ($2::bigint IS NULL OR o.seq < $2) ORDER BY o.seq DESC LIMIT $3"
_BY_CODE = _ORDERS + "WHERE o.session_id = $1 AND o.code = $2"
_BY_PHONE = _ORDERS + "WHERE o.session_id = $1 AND (c.phone_digest = ANY($2::bytea[]) OR c.phone = $3) ORDER BY o.seq DESC LIMIT $4"
_SOME = _ORDERS + "WHERE o.id = ANY($1::uuid[])"
_ONE = _ORDERS + "WHERE o.session_id = $1 AND o.id = $2"
# A line and what changes made of it are one; what fell away altogether is none.
LINES = """
SELECT l.order_id, l.offer_id, p.id AS product_id, p.name AS product_name, p.unit, l.unit_price_vnd, sum(l.quantity)::int AS quantity,
  (sum(l.quantity) * l.unit_price_vnd)::bigint AS amount_vnd
FROM order_lines l LEFT JOIN offers f ON f.id = l.offer_id JOIN products p ON p.id = coalesce(l.product_id, f.product_id)
WHERE l.order_id = ANY($1::uuid[])
GROUP BY l.order_id, l.offer_id, p.id, l.unit_price_vnd HAVING sum(l.quantity) <> 0 ORDER BY l.order_id, min(l.line_number)
"""
_ENTRIES = "SELECT body FROM ledger_entries WHERE order_id = $1 ORDER BY seq"
_NAMES = "SELECT id, name, unit FROM products WHERE id = ANY($1::uuid[])"
_COMPLAINTS = """
SELECT id, words, sealed_words, made_at, answer, sealed_answer, answered_at FROM complaints WHERE order_id = $1 ORDER BY made_at, id
"""
_WORK = """
SELECT id, order_id, matter, reference, amount_vnd, received_at FROM payments
WHERE organisation_id = $1 AND matter IS NOT NULL AND settled_at IS NULL ORDER BY received_at LIMIT 500
"""


async def list_orders(db: RawConnection, envelopes: Envelopes, session_id: UUID, *, before: int | None, limit: int) -> list[DeskOrder]:
    rows = await db.fetch(_LIST, session_id, before, limit)
    return [DeskOrder(**_fields(row, contact_of(envelopes, row))) for row in rows]


async def orders_by_id(db: RawConnection, envelopes: Envelopes, order_ids: Sequence[UUID]) -> dict[UUID, DeskOrder]:
    """Those of these orders that exist, whatever their session."""
    return {row["id"]: DeskOrder(**_fields(row, contact_of(envelopes, row))) for row in await db.fetch(_SOME, order_ids)}


async def find_by_code(db: RawConnection, envelopes: Envelopes, session_id: UUID, code: str) -> list[DeskOrder]:
    return [DeskOrder(**_fields(row, contact_of(envelopes, row))) for row in await db.fetch(_BY_CODE, session_id, code)]


async def find_by_phone(
    db: RawConnection, envelopes: Envelopes, pseudonyms: Pseudonyms, session_id: UUID, phone: str, *, limit: int
) -> list[DeskOrder]:
    """The newest orders of a session whose receiver has this number, in E.164, now: by its digest, for numbers are sealed."""
    digests = [pseudonyms.phone_digest(phone), *pseudonyms.other_phone_digests(phone)]
    rows = await db.fetch(_BY_PHONE, session_id, digests, phone, limit)
    return [DeskOrder(**_fields(row, contact_of(envelopes, row))) for row in rows]


async def read_order(db: RawConnection, envelopes: Envelopes, session_id: UUID, order_id: UUID) -> OrderWithContact | None:
    row = await db.fetchrow(_ONE, session_id, order_id)
    if row is None:
        return None
    contact = contact_of(envelopes, row)
    history = await history_of(db, order_id)
    course = course_of(history)
    return OrderWithContact(
        **_fields(row, contact),
        receiver=masked_receiver(contact),
        receiver_changed_at_ms=to_ms(row["changed_at"]),
        lines=await lines_of(db, order_id, course),
        entries=await entries_of(db, history),
        owed_vnd=course.owed.total_vnd,
        refundable_vnd=course.refundable.total_vnd,
        complaints=await complaints_of(db, data_key_of(envelopes, row), order_id),
    )


async def read_receiver(db: RawConnection, envelopes: Envelopes, session_id: UUID, order_id: UUID) -> Receiver | None:
    """All null once the person is erased; None when there is no such order."""
    row = await db.fetchrow(_ONE, session_id, order_id)
    if row is None:
        return None
    contact = contact_of(envelopes, row)
    return Receiver(**{name: getattr(contact, name, None) for name in Receiver.model_fields})


async def lines_of(db: RawConnection, order_id: UUID, course: Course) -> list[OrderedItem]:
    """What the order is about by now, and how much of it has come back."""
    returned = {(good.offer_id, good.product_id, good.unit_price_vnd): quantity for good, quantity in course.units_back.items()}
    return [
        item_of(row, returned=returned.get((row["offer_id"], row["product_id"], row["unit_price_vnd"]), 0))
        for row in await db.fetch(LINES, [order_id])
    ]


def item_of(row: asyncpg.Record, *, returned: int = 0) -> OrderedItem:
    """A row of `LINES`."""
    return OrderedItem(**{name: value for name, value in row.items() if name != "order_id"}, returned=returned)


async def history_of(db: RawConnection, order_id: UUID) -> list[Entry]:
    return [entry_of(row["body"]) for row in await db.fetch(_ENTRIES, order_id)]


async def entries_of(db: RawConnection, history: Sequence[Entry]) -> list[OrderEntry]:
    """The order's course, oldest fact first; where a fact is about a part of the order, with that part."""
    products = {line.product_id for entry in history if _is_of_a_part(entry) for line in entry.lines}
    names = {row["id"]: row for row in await db.fetch(_NAMES, list(products))} if products else {}
    course, entries = Course(), []
    for entry in history:
        items = []
        for line in entry.lines if _is_of_a_part(entry) else ():
            before = course.ordered[good_of(line)] if entry.kind == "changed" else None
            of = names[line.product_id]
            items.append(EntryItem(product_name=of["name"], unit=of["unit"], quantity=line.quantity, before=before))
        entries.append(entry_view(entry, items))
        course.add(entry)
    return entries


def entry_view(entry: Entry, items: Sequence[EntryItem] = ()) -> OrderEntry:
    return OrderEntry(
        seq=entry.seq,
        kind=entry.kind,
        reason=entry.reason,
        happened_at_ms=entry.happened_at_ms,
        amount_vnd=entry.total_vnd,
        items=list(items),
    )


def _is_of_a_part(entry: Entry) -> bool:
    return KINDS[entry.kind].by == "content" or entry.kind == "returned"


async def complaints_of(db: RawConnection, key: DataKey | None, order_id: UUID) -> list[ComplaintView]:
    """With the words that the order's key still opens."""
    return [
        ComplaintView(
            complaint_id=each["id"],
            words=open_words(key, each["id"], each["sealed_words"], each["words"]),
            made_at_ms=to_ms(each["made_at"]) or 0,
            answer=open_words(key, each["id"], each["sealed_answer"], each["answer"]),
            answered_at_ms=to_ms(each["answered_at"]),
        )
        for each in await db.fetch(_COMPLAINTS, order_id)
    ]


async def work_list(db: RawConnection, organisation_id: UUID) -> Sequence[WorkListItem]:
    rows = await db.fetch(_WORK, organisation_id)
    return [WorkListItem(payment_id=row["id"], **{name: value for name, value in row.items() if name != "id"}) for row in rows]


def masked(phone: str | None) -> str | None:
    """`+84912345678` → `•••678`."""
    return None if phone is None else f"•••{phone[-3:]}"


def masked_receiver(contact: Contact | None) -> Receiver:
    """As much as tells two orders apart: initials, three digits, ward and province."""
    if contact is None:
        return Receiver(name=None, phone=None, street=None, ward_name=None, province_name=None, note=None)
    initials = " ".join(f"{part[0]}." for part in contact.name.split())
    return Receiver(
        name=initials,
        phone=masked(contact.phone),
        street=None,
        ward_name=contact.ward_name,
        province_name=contact.province_name,
        note=None,
    )


def _fields(row: asyncpg.Record, contact: Contact | None) -> dict[str, Any]:
    return {
        "order_id": row["id"],
        "number": row["seq"],
        "code": row["code"] or "",
        "complaints_waiting": row["complaints_waiting"],
        "state": state_of(row["kinds"]),
        "payment": row["payment"],
        "shipping_vnd": row["shipping_vnd"],
        "total_vnd": row["total_vnd"],
        "units": row["units"],
        "placed_at_ms": to_ms(row["placed_at"]),
        "due_at_ms": to_ms(row["due_at"]),
        "phone_masked": masked(None if contact is None else contact.phone),
    }
