"""The statements of a batch of orders, in the order in which `app/orders/batch.py` runs them, and what they read and write.

Every SELECT lists the fields of the row it is read into, every INSERT and `unnest` the columns that are handed to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypedDict
from uuid import UUID

from app.infra.clock import to_ms
from app.infra.table_columns import TableColumns, names
from app.ledger.append import ADVANCE_HEAD, ENTRIES
from app.ledger.kinds import RELEASING_KINDS, sql_list
from app.orders.models import Offer, Order, OrderContact, OrderLineRow
from app.protocol.server_events import OrderedLine, OrderReceipt


@dataclass(slots=True)
class LockedOffer:
    """An offer as it is when its lock is taken; the batch counts `remaining` and `set_aside` down."""

    id: UUID
    product_id: UUID
    producer_id: UUID
    flash_price_vnd: int
    remaining: int
    set_aside: int
    per_viewer_limit: int
    hold_seconds: int
    starts_at: datetime | None
    ends_at: datetime | None
    state: str


LOCK_OFFERS = f"SELECT {names(LockedOffer)} FROM offers WHERE session_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE"  # noqa: S608


# A few hundred at a time, before any lock is taken: codes that no order got are never missed.
NEXT_CODES = "SELECT next_order_codes($1)"


class AskedKeys(TypedDict):
    """The devices and the keys that they sent with their orders."""

    device_id: list[UUID]
    client_key: list[UUID]


ASKED_KEYS = TableColumns(Order, AskedKeys)


class PlacedOrder(NamedTuple):
    """An order that was committed before under such a key."""

    id: UUID
    seq: int
    device_id: UUID
    client_key: UUID
    request_digest: bytes
    shipping_vnd: int
    total_vnd: int
    placed_at: datetime
    code: str

    @property
    def identity(self) -> tuple[UUID, UUID]:
        """As `WantedOrder.identity`."""
        return self.device_id, self.client_key

    def receipt(self, lines: Sequence[OrderedLine], link_token: str) -> OrderReceipt:
        """What its buyer was told then."""
        return OrderReceipt(
            order_id=self.id,
            key=self.client_key,
            number=self.seq,
            order_code=self.code,
            link_token=link_token,
            lines=tuple(lines),
            shipping_vnd=self.shipping_vnd,
            total_vnd=self.total_vnd,
            placed_at_ms=to_ms(self.placed_at) or 0,
        )


# LATERAL with LIMIT or an aggregate keeps it to one look into the index per order, whatever the planner believes about a table that
# has just begun to grow: a plain join was seen to read the session's whole history for every batch.
FIND_REPEATS = f"""
SELECT o.* FROM {ASKED_KEYS.unnest("asked", first=2)} CROSS JOIN LATERAL (
  SELECT {names(PlacedOrder)}
  FROM orders WHERE session_id = $1 AND device_id = asked.device_id AND client_key = asked.client_key LIMIT 1
) AS o
"""  # noqa: S608 - names of our own columns


class PlacedLine(NamedTuple):
    """A line of such an order as it was placed, with its product or that of its offer."""

    order_id: UUID
    offer_id: UUID | None
    product_id: UUID
    quantity: int
    unit_price_vnd: int


FIND_LINES = f"""
SELECT {names(PlacedLine)} FROM (
  SELECT l.order_id, l.line_number, l.offer_id, coalesce(l.product_id, f.product_id) AS product_id, l.quantity, l.unit_price_vnd
  FROM order_lines l LEFT JOIN offers f ON f.id = l.offer_id WHERE l.order_id = ANY($1::uuid[]) AND l.change_seq IS NULL
) AS lines ORDER BY order_id, line_number
"""  # noqa: S608 - names of our own columns


class AskedOffers(TypedDict):
    """Offers that are wanted, each with who wants it."""

    offer_id: list[UUID]
    device_id: list[UUID]
    phone_digest: list[bytes]


ASKED_OFFERS = TableColumns(OrderLineRow, AskedOffers)


class HeldUnits(NamedTuple):
    """Units of an offer that a device, and a phone, has ordered already."""

    offer_id: UUID
    device_id: UUID
    phone_digest: bytes
    by_device: int
    by_phone: int


# Units that an order gave back no longer count against the limit.
NOT_RELEASED = f"NOT EXISTS (SELECT FROM ledger_entries e WHERE e.order_id = l.order_id AND e.kind IN {sql_list(RELEASING_KINDS)})"

TAKEN = f"""
SELECT {names(HeldUnits)}
FROM {ASKED_OFFERS.unnest("asked")}
CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0)::int AS by_device FROM order_lines l
  WHERE l.offer_id = asked.offer_id AND l.device_id = asked.device_id AND {NOT_RELEASED}
) AS of_device CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0)::int AS by_phone FROM order_lines l
  WHERE l.offer_id = asked.offer_id AND l.phone_digest = asked.phone_digest AND {NOT_RELEASED}
) AS of_phone
"""  # noqa: S608 - a constant of this module, names of our own columns


class CalledDevice(NamedTuple):
    """Units of an offer that are set aside for a device from the waitlist."""

    id: UUID
    offer_id: UUID
    device_id: UUID
    quantity: int


CALLED_FROM_WAITLIST = f"""
SELECT {names(CalledDevice)} FROM waitlist_entries
WHERE offer_id = ANY($1::uuid[]) AND device_id = ANY($2::uuid[]) AND state = 'called' AND called_until > $3
"""  # noqa: S608 - names of our own columns


class OrderColumns(TypedDict):
    """Rows of `orders`."""

    id: list[UUID]
    session_id: list[UUID]
    seq: list[int]
    device_id: list[UUID]
    client_key: list[UUID]
    request_digest: list[bytes]
    phone_digest: list[bytes]
    payment: list[str]
    shipping_vnd: list[int]
    total_vnd: list[int]
    placed_at: list[datetime]
    due_at: list[datetime]
    code: list[str]
    source: list[str]


class LineColumns(TypedDict):
    """Rows of `order_lines`."""

    order_id: list[UUID]
    line_number: list[int]
    offer_id: list[UUID | None]
    product_id: list[UUID | None]
    device_id: list[UUID]
    phone_digest: list[bytes]
    quantity: list[int]
    unit_price_vnd: list[int]


class ContactColumns(TypedDict):
    """Rows of `order_contacts`."""

    order_id: list[UUID]
    key_id: list[str]
    wrapped_key: list[bytes]
    sealed: list[bytes]
    phone_digest: list[bytes]


ORDERS = TableColumns(Order, OrderColumns)
LINES = TableColumns(OrderLineRow, LineColumns)
CONTACTS = TableColumns(OrderContact, ContactColumns)


def _write_few() -> str:
    """All rows of some orders and the ledger's new head at once; the parameters are those of its parts, one after the other."""
    first, parts = 4, []
    for columns in (ENTRIES, ORDERS, LINES, CONTACTS):
        parts.append(f"{columns.table}_in AS ({columns.insert(first=first)})")
        first += len(columns.names)
    return f"WITH head AS ({ADVANCE_HEAD}), {', '.join(parts)} SELECT 1"


WRITE_FEW = _write_few()


class StockLeft(TypedDict):
    """What a batch leaves of its offers."""

    id: list[UUID]
    remaining: list[int]
    set_aside: list[int]


STOCK_LEFT = TableColumns(Offer, StockLeft)

TAKE_STOCK = f"""
UPDATE offers SET remaining = t.remaining, set_aside = t.set_aside
FROM {STOCK_LEFT.unnest("t")} WHERE offers.id = t.id
"""  # noqa: S608 - names of our own columns

SERVE_WAITING = "UPDATE waitlist_entries SET state = 'served', called_until = NULL WHERE id = ANY($1::uuid[])"

USE_HOLDS = "UPDATE unit_holds SET state = 'ordered' WHERE hold_id = ANY($1::uuid[]) AND state = 'held'"
