"""One transaction that writes a batch of orders of one session: lock, drop repeats, check, insert, append to the ledger.

Lock order, everywhere: the session's ledger row, then offers in order of id. Nothing here talks to Redis or to viewers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from app.errors import AppError
from app.infra.clock import to_ms, utc_now
from app.infra.database import RawConnection
from app.live.errors import SessionNotLive
from app.orders import batch_sql as sql
from app.orders.contacts import Contact
from app.orders.errors import KeyReused, OfferNotFound, OfferNotOpen, SoldOut, ViewerLimitReached
from app.orders.ledger import Entry, EntryLine, body_of, chain
from app.protocol.events import OrderedLine, OrderReceipt

@dataclass(frozen=True, slots=True)
class WantedOrder:
    """A checked order on its way into the ledger. `wanted` maps offer to quantity: lines of one offer are summed."""

    session_id: UUID
    device_id: UUID
    key: UUID
    wanted: dict[UUID, int]
    payment: str
    contact: Contact
    phone_digest: bytes
    buyer_token: str
    request_digest: bytes
    received_at: datetime

    @property
    def identity(self) -> tuple[UUID, UUID]:
        """The key belongs to the device; another device's equal key is another order."""
        return self.device_id, self.key


@dataclass(slots=True)
class BatchResult:
    """What to tell each order, and which offers have nothing left. Valid only once the transaction has committed."""

    answers: list[OrderReceipt | AppError]
    sold_out: list[UUID]
    last_seq: int


@dataclass(slots=True)
class _Offer:
    id: UUID
    product_id: UUID
    producer_id: UUID
    price_vnd: int
    remaining: int
    per_viewer_limit: int
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(slots=True)
class _Accepted:
    order: WantedOrder
    order_id: UUID
    entry: Entry
    body: str
    hash: bytes


@dataclass(slots=True)
class _Books:
    """The locked state that a batch works on; written back at the end."""

    last_seq: int
    last_hash: bytes
    session_state: str
    offers: dict[UUID, _Offer]
    repeats: dict[tuple[UUID, UUID], tuple[bytes, OrderReceipt]]
    held: Counter[tuple[UUID, UUID | bytes]]
    now: datetime
    accepted: list[_Accepted] = field(default_factory=list)


async def write_batch(db: RawConnection, session_id: UUID, orders: Sequence[WantedOrder]) -> BatchResult:
    """Decide and write all orders of a batch; must run inside a transaction of the caller, who commits before telling anyone.

    A session without a ledger has never had an offer: then every order gets `OfferNotFound`.
    """
    head = await db.fetchrow(sql.LOCK_LEDGER, session_id)
    if head is None:
        return BatchResult([OfferNotFound() for _ in orders], [], 0)
    books = await _open_books(db, head, orders)
    answers = [_decide(books, order) for order in orders]
    await _write(db, session_id, books)
    sold_out = [offer.id for offer in books.offers.values() if offer.remaining == 0]
    return BatchResult(answers, sold_out, books.last_seq)


async def _open_books(db: RawConnection, head: Any, orders: Sequence[WantedOrder]) -> _Books:
    session_id = orders[0].session_id
    asked = sorted({offer_id for order in orders for offer_id in order.wanted})
    offers = {row["id"]: _Offer(*row) for row in await db.fetch(sql.LOCK_OFFERS, session_id, asked)}
    repeats = await _find_repeats(db, session_id, orders)
    held = await _find_held(db, orders)
    return _Books(head["last_seq"], head["last_hash"], head["state"], offers, repeats, held, utc_now())


async def _find_repeats(
    db: RawConnection, session_id: UUID, orders: Sequence[WantedOrder]
) -> dict[tuple[UUID, UUID], tuple[bytes, OrderReceipt]]:
    rows = await db.fetch(sql.FIND_REPEATS, session_id, [order.device_id for order in orders], [order.key for order in orders])
    if not rows:
        return {}
    lines: dict[UUID, list[OrderedLine]] = {}
    for line in await db.fetch(sql.FIND_LINES, [row["id"] for row in rows]):
        lines.setdefault(line["order_id"], []).append(
            OrderedLine(
                offer_id=line["offer_id"],
                product_id=line["product_id"],
                quantity=line["quantity"],
                unit_price_vnd=line["unit_price_vnd"],
                amount_vnd=line["quantity"] * line["unit_price_vnd"],
            )
        )
    return {(row["device_id"], row["client_key"]): (row["request_digest"], _stored_receipt(row, lines[row["id"]])) for row in rows}


def _stored_receipt(row: Any, lines: Sequence[OrderedLine]) -> OrderReceipt:
    return OrderReceipt(
        order_id=row["id"],
        key=row["client_key"],
        number=row["seq"],
        lines=tuple(lines),
        total_vnd=row["total_vnd"],
        placed_at_ms=to_ms(row["placed_at"]) or 0,
    )


async def _find_held(db: RawConnection, orders: Sequence[WantedOrder]) -> Counter[tuple[UUID, UUID | bytes]]:
    """Units of each offer that a device or a phone number has already; both count against the limit."""
    pairs = [(offer_id, order) for order in orders for offer_id in order.wanted]
    offer_ids = [offer_id for offer_id, _ in pairs]
    held: Counter[tuple[UUID, UUID | bytes]] = Counter()
    for statement, holders in (
        (sql.TAKEN_BY_DEVICE, [order.device_id for _, order in pairs]),
        (sql.TAKEN_BY_PHONE, [order.phone_digest for _, order in pairs]),
    ):
        unique = sorted(set(zip(offer_ids, holders, strict=True)), key=str)
        for row in await db.fetch(statement, [pair[0] for pair in unique], [pair[1] for pair in unique]):
            held[row["offer_id"], row["holder"]] = row["quantity"]
    return held


def _decide(books: _Books, order: WantedOrder) -> OrderReceipt | AppError:
    """Accept one order into the books, or say why not. Orders before it in the batch count."""
    if (repeat := books.repeats.get(order.identity)) is not None:
        digest, receipt = repeat
        return receipt if digest == order.request_digest else KeyReused()
    if (refusal := _refusal(books, order)) is not None:
        return refusal
    receipt = _accept(books, order)
    books.repeats[order.identity] = (order.request_digest, receipt)
    return receipt


def _refusal(books: _Books, order: WantedOrder) -> AppError | None:
    if books.session_state != "live":
        return SessionNotLive(details={"state": books.session_state})
    for offer_id, quantity in order.wanted.items():
        offer = books.offers.get(offer_id)
        if offer is None:
            return OfferNotFound(details={"offer_id": str(offer_id)})
        if not _is_open(offer, order.received_at):
            return OfferNotOpen(details={"offer_id": str(offer_id)})
        if offer.remaining < quantity:
            return SoldOut(details={"offer_id": str(offer_id), "remaining": offer.remaining})
        held = max(books.held[offer_id, order.device_id], books.held[offer_id, order.phone_digest])
        if held + quantity > offer.per_viewer_limit:
            return ViewerLimitReached(details={"offer_id": str(offer_id), "limit": offer.per_viewer_limit, "already_ordered": held})
    return None


def _is_open(offer: _Offer, at: datetime) -> bool:
    """By the time the order reached us: one that waited in the queue past the end was still in time."""
    return offer.starts_at is not None and offer.starts_at <= at and (offer.ends_at is None or at < offer.ends_at)


def _accept(books: _Books, order: WantedOrder) -> OrderReceipt:
    lines: list[EntryLine] = []
    for offer_id, quantity in order.wanted.items():
        offer = books.offers[offer_id]
        offer.remaining -= quantity
        for holder in (order.device_id, order.phone_digest):
            books.held[offer_id, holder] += quantity
        lines.append(EntryLine(offer_id, offer.product_id, offer.producer_id, quantity, offer.price_vnd))
    entry = Entry(
        session_id=order.session_id,
        seq=books.last_seq + 1,
        kind="placed",
        order_id=uuid4(),
        buyer_token=order.buyer_token,
        happened_at_ms=to_ms(books.now) or 0,
        lines=tuple(lines),
    )
    body = body_of(entry)
    books.last_seq, books.last_hash = entry.seq, chain(books.last_hash, body)
    books.accepted.append(_Accepted(order, entry.order_id, entry, body, books.last_hash))
    return _new_receipt(order, entry)


def _new_receipt(order: WantedOrder, entry: Entry) -> OrderReceipt:
    return OrderReceipt(
        order_id=entry.order_id,
        key=order.key,
        number=entry.seq,
        lines=tuple(
            OrderedLine(
                offer_id=line.offer_id,
                product_id=line.product_id,
                quantity=line.quantity,
                unit_price_vnd=line.unit_price_vnd,
                amount_vnd=line.amount_vnd,
            )
            for line in entry.lines
        ),
        total_vnd=entry.amount_vnd,
        placed_at_ms=entry.happened_at_ms,
    )


async def _write(db: RawConnection, session_id: UUID, books: _Books) -> None:
    if not books.accepted:
        return
    await db.execute(sql.INSERT_ENTRIES, session_id, *_columns(_entry_row(new, books.now) for new in books.accepted))
    await db.execute(sql.INSERT_ORDERS, session_id, *_columns(_order_row(new, books.now) for new in books.accepted))
    await db.execute(sql.INSERT_LINES, *_columns(row for new in books.accepted for row in _line_rows(new)))
    await db.execute(sql.INSERT_CONTACTS, *_columns(_contact_row(new) for new in books.accepted))
    taken: Counter[UUID] = Counter()
    for new in books.accepted:
        taken.update(new.order.wanted)
    await db.execute(sql.TAKE_STOCK, list(taken), list(taken.values()))
    await db.execute(sql.ADVANCE_LEDGER, session_id, books.last_seq, books.last_hash)


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    """Rows to columns, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]


def _entry_row(new: _Accepted, now: datetime) -> tuple[object, ...]:
    entry = new.entry
    return entry.seq, entry.kind, entry.order_id, now, entry.amount_vnd, entry.units, new.body, new.hash


def _order_row(new: _Accepted, now: datetime) -> tuple[object, ...]:
    order = new.order
    return (
        new.order_id, new.entry.seq, order.device_id, order.key, order.request_digest, order.phone_digest,
        order.payment, new.entry.amount_vnd, now,
    )  # fmt: skip


def _line_rows(new: _Accepted) -> Iterable[tuple[object, ...]]:
    for number, line in enumerate(new.entry.lines, start=1):
        yield new.order_id, number, line.offer_id, new.order.device_id, new.order.phone_digest, line.quantity, line.unit_price_vnd


def _contact_row(new: _Accepted) -> tuple[object, ...]:
    contact = new.order.contact
    return (
        new.order_id, contact.name, contact.phone, contact.province_code, contact.province_name,
        contact.ward_code, contact.ward_name, contact.street, contact.note,
    )  # fmt: skip
