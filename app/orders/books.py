"""What a batch of orders works on: orders as they come, the locked state, and the rows that both become. `batch.py` decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from app.ledger.append import OpenLedger
from app.ledger.chain import Entry
from app.orders import batch_sql as sql
from app.orders.contacts import SealedContact
from app.orders.shelf import SHELF_HOLD_SECONDS, Pool, ShelfWant, Terms
from app.protocol.server_events import OrderReceipt

OrderIdentity = tuple[UUID, UUID]
# The source of an order that was placed on a page of ours.
PAGE = "page"


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """A checked order on its way into the ledger, its contact sealed before it waits for any lock. `wanted` maps offer to quantity: lines of one offer are summed. `shelf` are the products
    at their normal price; `shipping_fee_vnd` is the fee that was shown, if the client says it.

    `source`: where it was placed, `page` or `comment`. `hold_id`: units that are set aside for it (`holds.py`); without them it is refused.

    `link_token` opens the order's page for whoever has the receipt. A COD order must be confirmed within `confirm_within`; an unpaid transfer keeps its units for the offers' hold time.
    """

    session_id: UUID
    device_id: UUID
    key: UUID
    wanted: dict[UUID, int]
    payment: str
    order_id: UUID
    contact: SealedContact
    phone_digest: bytes
    buyer_token: str
    request_digest: bytes
    link_token: str
    received_at: datetime
    confirm_within: timedelta
    shelf: dict[UUID, ShelfWant] = field(default_factory=dict)
    source: str = PAGE
    hold_id: UUID | None = None
    shipping_fee_vnd: int | None = None
    other_phone_digests: tuple[bytes, ...] = ()
    other_request_digests: tuple[bytes, ...] = ()

    @property
    def identity(self) -> OrderIdentity:
        """The key belongs to the device; another device's equal key is another order."""
        return self.device_id, self.key

    @property
    def phone_digests(self) -> tuple[bytes, ...]:
        """The number as this and the other secrets that are kept have hashed it."""
        return (self.phone_digest, *self.other_phone_digests)


@dataclass(slots=True)
class OfferInBatch(sql.LockedOffer):
    """`held`: units that a device or a phone number has already; both count against the limit. `calls`: who was called, by device.

    `held_for`: units set aside, by the hold they belong to.
    """

    held: Counter[UUID | bytes] = field(default_factory=Counter)
    calls: dict[UUID, sql.CalledDevice] = field(default_factory=dict)
    pool: Pool | None = None
    held_for: dict[UUID | None, int] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Units that anybody may take."""
        left = self.remaining - self.set_aside
        return left if self.pool is None else min(left, self.pool.left)

    def is_open(self, at: datetime, *, now: datetime) -> bool:
        """By the time the order reached us: one that waited in the queue past the end was still in time.

        An offer that has ended although its end is yet to come was ended before the clock was set back; it stays ended.
        """
        if self.state == "ended" and self.ends_at is not None and now < self.ends_at:
            return False
        return self.starts_at is not None and self.starts_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(slots=True)
class Books:
    """The locked state that a batch works on; written back at the end."""

    ledger: OpenLedger
    offers: dict[UUID, OfferInBatch]
    repeats: dict[OrderIdentity, tuple[bytes, OrderReceipt]]
    codes: list[str]
    terms: Terms
    accepted: list[tuple[WantedOrder, Entry, str]] = field(default_factory=list)
    served: list[UUID] = field(default_factory=list)
    emptied: list[UUID] = field(default_factory=list)
    holds: set[UUID] = field(default_factory=set)
    used_holds: list[UUID] = field(default_factory=list)

    def use_hold(self, hold_id: UUID) -> None:
        """All that was set aside under it is free now; the order has taken what it wanted of that."""
        self.holds.discard(hold_id)
        self.used_holds.append(hold_id)
        for offer in self.offers.values():
            offer.set_aside -= offer.held_for.pop(hold_id, 0)
        for pool in self.terms.pools.values():
            pool.held -= pool.held_for.pop(hold_id, 0)


def order_rows(books: Books) -> sql.OrderColumns:
    accepted = books.accepted
    return sql.OrderColumns(
        id=[entry.order_id for _, entry, _ in accepted],
        session_id=[books.ledger.session_id] * len(accepted),
        seq=[entry.seq for _, entry, _ in accepted],
        device_id=[order.device_id for order, _, _ in accepted],
        client_key=[order.key for order, _, _ in accepted],
        request_digest=[order.request_digest for order, _, _ in accepted],
        phone_digest=[order.phone_digest for order, _, _ in accepted],
        payment=[order.payment for order, _, _ in accepted],
        shipping_vnd=[entry.shipping_vnd for _, entry, _ in accepted],
        total_vnd=[entry.total_vnd for _, entry, _ in accepted],
        placed_at=[books.ledger.now] * len(accepted),
        due_at=[_due_at(books, order) for order, _, _ in accepted],
        code=[code for _, _, code in accepted],
        source=[order.source for order, _, _ in accepted],
    )


def _due_at(books: Books, order: WantedOrder) -> datetime:
    if order.payment == "cod":
        return books.ledger.now + order.confirm_within
    held = (books.offers[offer_id].hold_seconds for offer_id in order.wanted)
    return books.ledger.now + timedelta(seconds=min(held, default=SHELF_HOLD_SECONDS))


def line_rows(books: Books) -> sql.LineColumns:
    lines = [(order, entry, number, line) for order, entry, _ in books.accepted for number, line in enumerate(entry.lines, start=1)]
    return sql.LineColumns(
        order_id=[entry.order_id for _, entry, _, _ in lines],
        line_number=[number for _, _, number, _ in lines],
        offer_id=[line.offer_id for _, _, _, line in lines],
        product_id=[line.product_id if line.offer_id is None else None for _, _, _, line in lines],
        device_id=[order.device_id for order, _, _, _ in lines],
        phone_digest=[order.phone_digest for order, _, _, _ in lines],
        quantity=[line.quantity for _, _, _, line in lines],
        unit_price_vnd=[line.unit_price_vnd for _, _, _, line in lines],
    )


def contact_rows(books: Books) -> sql.ContactColumns:
    contacts = [order.contact for order, _, _ in books.accepted]
    return sql.ContactColumns(
        order_id=[entry.order_id for _, entry, _ in books.accepted],
        key_id=[contact.key_id for contact in contacts],
        wrapped_key=[contact.wrapped_key for contact in contacts],
        sealed=[contact.sealed for contact in contacts],
        phone_digest=[order.phone_digest for order, _, _ in books.accepted],
    )


def stock_left(books: Books) -> sql.StockLeft:
    return sql.StockLeft(
        id=list(books.offers),
        remaining=[offer.remaining for offer in books.offers.values()],
        set_aside=[offer.set_aside for offer in books.offers.values()],
    )
