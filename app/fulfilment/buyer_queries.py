"""SQL of the buyer's side of orders."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import asyncpg

from app.fulfilment import queries
from app.fulfilment.buyer_schemas import BuyersReceiver, MyOrder, OrderPage, Seller
from app.fulfilment.consents import consents_of
from app.fulfilment.schemas import OrderedItem
from app.fulfilment.transfers import is_transfer_awaited, transfer_for
from app.infra.clock import to_ms
from app.infra.database import RawConnection
from app.infra.sealing import Envelopes
from app.ledger.course import course_of
from app.ledger.kinds import buyer_may_act, state_of
from app.orders.contacts import CONTACT_COLUMNS, Pseudonyms, contact_of, data_key_of
from app.orders.queries import OF_CHANGES

MY_ORDERS_SHOWN = 100

_FIND = "SELECT id, session_id, device_id, client_key FROM orders WHERE code = $1"
_PAGE = f"""
SELECT o.code, o.payment, o.shipping_vnd + changes.shipping_vnd AS shipping_vnd, o.total_vnd + changes.total_vnd AS total_vnd, o.placed_at, o.due_at, o.session_id, s.title AS session_title, s.state AS session_state,
  g.name AS organisation_name, g.contact_phone, CASE WHEN s.kind = 'booth' THEN '' ELSE u.display_name END AS host_name,
  {CONTACT_COLUMNS}
FROM orders o JOIN sessions s ON s.id = o.session_id JOIN organisations g ON g.id = s.organisation_id
JOIN users u ON u.id = s.host_id JOIN order_contacts c ON c.order_id = o.id {OF_CHANGES} WHERE o.id = $1
"""  # noqa: S608 - names of our own columns
# One look per session into the index that finds repeats: another one, by device alone, would cost every order its share.
_MINE = f"""
SELECT o.id, o.code, o.client_key, o.payment, o.placed_at, o.session_id, s.title AS session_title,
  o.shipping_vnd + changes.shipping_vnd AS shipping_vnd, o.total_vnd + changes.total_vnd AS total_vnd,
  (SELECT array_agg(e.kind) FROM ledger_entries e WHERE e.order_id = o.id) AS kinds,
  (SELECT count(*)::int FROM complaints p WHERE p.order_id = o.id AND p.answered_at IS NOT NULL) AS answers
FROM (SELECT id, title FROM sessions ORDER BY created_at DESC LIMIT 2000) AS s CROSS JOIN LATERAL (
  SELECT id, code, client_key, payment, shipping_vnd, total_vnd, placed_at, session_id, seq FROM orders
  WHERE session_id = s.id AND device_id = $1 LIMIT $2
) AS o {OF_CHANGES} ORDER BY o.placed_at DESC, o.seq DESC LIMIT $2
"""  # noqa: S608 - a constant of our own
# One statement, whether the code, the phone or neither fits: it takes the same way each time.
_LOOKUP = """
SELECT array_agg(e.kind) AS kinds FROM orders o JOIN order_contacts c ON c.order_id = o.id AND (c.phone_digest = ANY($2) OR c.phone = $3)
JOIN ledger_entries e ON e.order_id = o.id WHERE o.code = $1
"""
_RECEIVER = ("name", "phone", "street", "ward_code", "ward_name", "province_code", "province_name", "note")


async def find_by_link(db: RawConnection, pseudonyms: Pseudonyms, code: str, link_token: str) -> tuple[UUID, UUID] | None:
    """Session and order that a link opens; None when the code or the token is wrong, and nobody learns which."""
    row = await db.fetchrow(_FIND, code)
    if row is None or not pseudonyms.is_link_token(link_token, row["session_id"], row["device_id"], row["client_key"]):
        return None
    return row["session_id"], row["id"]


async def order_page(db: RawConnection, envelopes: Envelopes, order_id: UUID) -> OrderPage:
    """The page of an order that is known to exist."""
    row = (await db.fetch(_PAGE, order_id))[0]
    contact = contact_of(envelopes, row)
    history = await queries.history_of(db, order_id)
    course = course_of(history)
    had = course.had
    return OrderPage(
        code=row["code"],
        state=state_of(had),
        may_change=buyer_may_act(had) and contact is not None,
        payment=row["payment"],
        is_paid="paid" in had and course.owed.total_vnd <= 0,
        owed_vnd=max(0, course.owed.total_vnd),
        shipping_vnd=row["shipping_vnd"],
        total_vnd=row["total_vnd"],
        placed_at_ms=to_ms(row["placed_at"]) or 0,
        due_at_ms=to_ms(row["due_at"]) or 0,
        lines=await queries.lines_of(db, order_id, course),
        entries=await queries.entries_of(db, history),
        receiver=BuyersReceiver(**{name: getattr(contact, name, None) for name in _RECEIVER}),
        receiver_changed_at_ms=to_ms(row["changed_at"]),
        complaints=await queries.complaints_of(db, data_key_of(envelopes, row), order_id),
        consents=await consents_of(db, order_id),
        transfer=await transfer_for(db, order_id, row["code"], course.owed.total_vnd)
        if is_transfer_awaited(had, row["payment"], course.owed.total_vnd)
        else None,
        seller=Seller(
            organisation_name=row["organisation_name"],
            host_name=row["host_name"],
            phone=row["contact_phone"],
            session_id=row["session_id"],
            session_title=row["session_title"],
            session_state=row["session_state"],
        ),
    )


async def orders_of_device(db: RawConnection, pseudonyms: Pseudonyms, device_id: UUID) -> list[MyOrder]:
    """The newest orders of a device over all sessions, newest first."""
    rows = await db.fetch(_MINE, device_id, MY_ORDERS_SHOWN)
    lines: dict[UUID, list[OrderedItem]] = defaultdict(list)
    for line in await db.fetch(queries.LINES, [row["id"] for row in rows]):
        lines[line["order_id"]].append(queries.item_of(line))
    return [_my_order(row, lines[row["id"]], pseudonyms.link_token(row["session_id"], device_id, row["client_key"])) for row in rows]


async def state_by_phone_and_code(db: RawConnection, pseudonyms: Pseudonyms, code: str, phone: str) -> str | None:
    digests = [pseudonyms.phone_digest(phone), *pseudonyms.other_phone_digests(phone)]
    kinds = await db.fetchval(_LOOKUP, code, digests, phone)
    return None if kinds is None else state_of(kinds)


def _my_order(row: asyncpg.Record, lines: list[OrderedItem], link_token: str) -> MyOrder:
    return MyOrder(
        code=row["code"],
        link_token=link_token,
        state=state_of(row["kinds"]),
        payment=row["payment"],
        shipping_vnd=row["shipping_vnd"],
        total_vnd=row["total_vnd"],
        placed_at_ms=to_ms(row["placed_at"]) or 0,
        session_id=row["session_id"],
        session_title=row["session_title"],
        lines=lines,
        answers=row["answers"],
    )
