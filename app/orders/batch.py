"""One transaction that writes a batch of orders of one session: lock, drop repeats, check, insert, append to the ledger.

Lock order, everywhere: the session's ledger row, pools of units by product (`shelf.py`), offers by id. Nothing here talks to Redis or to
viewers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from uuid import UUID

from app.errors import AppError
from app.infra.clock import utc_now
from app.infra.database import RawConnection
from app.infra.table_columns import rows_of
from app.ledger.append import ENTRIES, OpenLedger, open_ledger
from app.ledger.chain import Entry, EntryLine
from app.orders import batch_sql as sql
from app.orders.books import PAGE, Books, OfferInBatch, OrderIdentity, WantedOrder, contact_rows, line_rows, order_rows, stock_left
from app.orders.errors import AmountTooLarge, HoldOver, KeyReused, OfferNotFound, OfferNotOpen, SoldOut, SpoiltOrder, ViewerLimitReached
from app.orders.holds import find_holds
from app.orders.shelf import Terms, open_terms, unknown_here
from app.protocol.amounts import VND_MAX
from app.protocol.server_events import OfferSoldOut, OrderedLine, OrderReceipt
from app.sessions.errors import SessionNotLive
from app.sessions.outbox import event_to_tell, tell_room_raw

# Up to so many orders a batch is written by one INSERT, see `app/infra/table_columns.py`.
FEW_ORDERS = 100
# Orders' codes are fetched for so many at once.
CODES_AT_ONCE = 256


@dataclass(slots=True)
class BatchResult:
    """What to tell each order, and which offers have nothing left. Valid only once the transaction has committed.

    `newly_sold_out`: those whose last unit this batch took. As the ledger's lock orders all batches, each time an offer becomes sold out
    exactly one batch of all nodes says so, in the outbox that commits with it. `emptied_pools`: the
    products whose last unit it took.
    """

    answers: list[OrderReceipt | AppError]
    sold_out: list[UUID]
    last_seq: int
    newly_sold_out: list[UUID] = field(default_factory=list)
    emptied_pools: list[UUID] = field(default_factory=list)


class BatchWriter:
    """Decides and writes batches. Its steps come in this order; each keeps other nodes, or repeats, away from what the batch works on.

    A race test takes a step away by a class of its own, and shows that it is missed.
    """

    def __init__(self, *, few_orders: int = FEW_ORDERS) -> None:
        self._few_orders = few_orders

    async def __call__(
        self, db: RawConnection, session_id: UUID, orders: Sequence[WantedOrder], codes: list[str] | None = None
    ) -> BatchResult:
        """Decide and write all orders of a batch; must run inside a transaction of the caller, who commits before telling anyone.

        `codes` are the codes that the caller has in store for orders: they are taken from it, and fetched when there are too few.
        A session without a ledger has never had an offer nor a pool: then every order gets `OfferNotFound`, or `NotOnShelf`.
        """
        codes = [] if codes is None else codes
        if len(codes) < len(orders):
            codes.extend(row[0] for row in await db.fetch(sql.NEXT_CODES, max(len(orders), CODES_AT_ONCE)))
        ledger = await self.lock_ledger(db, session_id)
        if ledger is None:
            return BatchResult([unknown_here(order) for order in orders], [], 0)
        books = await self._open_books(db, ledger, orders, codes)
        answers = _decide_all(books, orders)
        if books.accepted:
            await self.write_orders(db, books)
            await self.take_stock(db, books)
        sold_out = [offer_id for offer_id, offer in books.offers.items() if offer.left == 0 and offer.set_aside == 0]
        return BatchResult(answers, sold_out, ledger.last_seq, books.emptied, books.terms.emptied() if books.terms.apply else [])

    async def lock_ledger(self, db: RawConnection, session_id: UUID) -> OpenLedger | None:
        """First of all: batches of one session come one after the other."""
        return await open_ledger(db, session_id, utc_now())

    async def lock_pools(self, db: RawConnection, ledger: OpenLedger, offer_ids: Sequence[UUID], orders: Sequence[WantedOrder]) -> Terms:
        """The pools behind these offers and orders."""
        return await open_terms(db, ledger, offer_ids, orders)

    async def lock_offers(self, db: RawConnection, ledger: OpenLedger, offer_ids: Sequence[UUID]) -> dict[UUID, OfferInBatch]:
        """Those of the offers that the session has."""
        return {row["id"]: OfferInBatch(**row) for row in await db.fetch(sql.LOCK_OFFERS, ledger.session_id, offer_ids)}

    async def find_repeats(
        self, db: RawConnection, session_id: UUID, orders: Sequence[WantedOrder]
    ) -> dict[OrderIdentity, tuple[bytes, OrderReceipt]]:
        """Orders that were committed before under the same keys: what they asked for, and their receipts."""
        asked = sql.AskedKeys(device_id=[order.device_id for order in orders], client_key=[order.key for order in orders])
        placed = rows_of(sql.PlacedOrder, await db.fetch(sql.FIND_REPEATS, session_id, *sql.ASKED_KEYS.parameters(asked)))
        if not placed:
            return {}
        lines: dict[UUID, list[OrderedLine]] = {}
        for line in rows_of(sql.PlacedLine, await db.fetch(sql.FIND_LINES, [row.id for row in placed])):
            lines.setdefault(line.order_id, []).append(_ordered(line))
        links = {order.identity: order.link_token for order in orders}
        return {row.identity: (row.request_digest, row.receipt(lines[row.id], links[row.identity])) for row in placed}

    async def write_orders(self, db: RawConnection, books: Books) -> None:
        """The rows of the orders and their entries, with the ledger's new head."""
        ledger = books.ledger
        orders, lines, contacts = order_rows(books), line_rows(books), contact_rows(books)
        if len(books.accepted) <= self._few_orders and (entries := ledger.take()) is not None:
            head = (ledger.session_id, ledger.last_seq, ledger.last_hash)
            of_orders = chain(sql.ORDERS.parameters(orders), sql.LINES.parameters(lines), sql.CONTACTS.parameters(contacts))
            await db.execute(sql.WRITE_FEW, *head, *ENTRIES.parameters(entries), *of_orders)
        else:
            await ledger.write(db)
            await sql.ORDERS.copy(db, orders)
            await sql.LINES.copy(db, lines)
            await sql.CONTACTS.copy(db, contacts)

    async def take_stock(self, db: RawConnection, books: Books) -> None:
        """Units out of offers, pools and what was set aside; the room is told of offers that are empty now."""
        session_id = books.ledger.session_id
        await db.execute(sql.TAKE_STOCK, *sql.STOCK_LEFT.parameters(stock_left(books)))
        if books.terms.apply:
            await books.terms.write(db, session_id)
        if books.served:
            await db.execute(sql.SERVE_WAITING, books.served)
        if books.used_holds:
            await db.execute(sql.USE_HOLDS, books.used_holds)
        if books.emptied:
            await tell_room_raw(db, session_id, [event_to_tell(OfferSoldOut(offer_id=offer_id)) for offer_id in books.emptied])

    async def _open_books(self, db: RawConnection, ledger: OpenLedger, orders: Sequence[WantedOrder], codes: list[str]) -> Books:
        asked = sorted({offer_id for order in orders for offer_id in order.wanted})
        terms = await self.lock_pools(db, ledger, asked, orders) if ledger.has_stock or ledger.shipping_rule else Terms()
        offers = await self.lock_offers(db, ledger, asked)
        if terms.apply:
            await terms.find_weights(db, offers)
        repeats = await self.find_repeats(db, ledger.session_id, orders)
        await _find_held(db, offers, orders)
        await _find_calls(db, ledger.now, offers, orders)
        books = Books(ledger, offers, repeats, codes, terms)
        if asked_holds := [order.hold_id for order in orders if order.hold_id is not None]:
            await find_holds(db, books, asked_holds)
        return books


write_batch = BatchWriter()


def _ordered(line: sql.PlacedLine | EntryLine) -> OrderedLine:
    return OrderedLine(
        offer_id=line.offer_id,
        product_id=line.product_id,
        quantity=line.quantity,
        unit_price_vnd=line.unit_price_vnd,
        amount_vnd=line.quantity * line.unit_price_vnd,
    )


async def _find_held(db: RawConnection, offers: dict[UUID, OfferInBatch], orders: Sequence[WantedOrder]) -> None:
    by_order = [(offer_id, order) for order in orders for offer_id in order.wanted if offer_id in offers]
    wanted = [(offer_id, order.device_id, digest) for offer_id, order in by_order for digest in order.phone_digests]
    if wanted:
        offer_ids, device_ids, digests = map(list, zip(*wanted, strict=True))
        asked = sql.AskedOffers(offer_id=offer_ids, device_id=device_ids, phone_digest=digests)
        for row in rows_of(sql.HeldUnits, await db.fetch(sql.TAKEN, *sql.ASKED_OFFERS.parameters(asked))):
            held = offers[row.offer_id].held
            held[row.device_id], held[row.phone_digest] = row.by_device, row.by_phone


async def _find_calls(db: RawConnection, now: datetime, offers: dict[UUID, OfferInBatch], orders: Sequence[WantedOrder]) -> None:
    with_waitlist = [offer_id for offer_id, offer in offers.items() if offer.set_aside]
    if with_waitlist:
        found = await db.fetch(sql.CALLED_FROM_WAITLIST, with_waitlist, [order.device_id for order in orders], now)
        for call in rows_of(sql.CalledDevice, found):
            offers[call.offer_id].calls[call.device_id] = call


def _decide_all(books: Books, orders: Sequence[WantedOrder]) -> list[OrderReceipt | AppError]:
    """Each order's answer, in order of arrival. Raises `SpoiltOrder`: what fails here was never sent to the database."""
    answers: list[OrderReceipt | AppError] = []
    for index, order in enumerate(orders):
        try:
            answers.append(_decide(books, order))
        except Exception as error:
            raise SpoiltOrder(index) from error
    return answers


def _decide(books: Books, order: WantedOrder) -> OrderReceipt | AppError:
    """Accept one order into the books, or say why not. Orders before it in the batch count."""
    if (repeat := books.repeats.get(order.identity)) is not None:
        digest, receipt = repeat
        return receipt if digest == order.request_digest or digest in order.other_request_digests else KeyReused()
    if (refusal := _refusal(books, order)) is not None:
        return refusal
    receipt = _accept(books, order)
    books.repeats[order.identity] = (order.request_digest, receipt)
    return receipt


def _refusal(books: Books, order: WantedOrder) -> AppError | None:
    if order.hold_id is not None and order.hold_id not in books.holds:
        return HoldOver()
    # What was held while it was live may still be ordered until the books are closed.
    if books.ledger.session_state != "live" and not (order.hold_id is not None and books.ledger.session_state == "ended"):
        return SessionNotLive(details={"state": books.ledger.session_state})
    for offer_id, quantity in order.wanted.items():
        offer = books.offers.get(offer_id)
        if offer is None:
            return OfferNotFound(details={"offer_id": str(offer_id)})
        call = offer.calls.get(order.device_id) if offer.calls else None
        if call is None and not offer.is_open(order.received_at, now=books.ledger.now):
            return OfferNotOpen(details={"offer_id": str(offer_id)})
        left = offer.left + (call.quantity if call else 0) + offer.held_for.get(order.hold_id, 0)
        if left < quantity:
            return SoldOut(details={"offer_id": str(offer_id), "remaining": left})
        held = max(offer.held[order.device_id], sum(offer.held[digest] for digest in order.phone_digests))
        if held + quantity > offer.per_viewer_limit:
            return ViewerLimitReached(details={"offer_id": str(offer_id), "limit": offer.per_viewer_limit, "already_ordered": held})
    if books.terms.apply or order.shelf or order.shipping_fee_vnd is not None:
        return books.terms.refusal(books.offers, order)
    # All prices are known by now: every offer was found above.
    total_vnd = sum(quantity * books.offers[offer_id].flash_price_vnd for offer_id, quantity in order.wanted.items())
    if total_vnd > VND_MAX:
        return AmountTooLarge(details={"total_vnd": total_vnd, "limit_vnd": VND_MAX})
    return None


def _accept(books: Books, order: WantedOrder) -> OrderReceipt:
    lines: list[EntryLine] = []
    served: dict[UUID, int] = {}
    for offer_id, quantity in order.wanted.items():
        offer = books.offers[offer_id]
        offer.remaining -= quantity
        if offer.remaining == 0:
            books.emptied.append(offer_id)
        if offer.calls and (call := offer.calls.pop(order.device_id, None)) is not None:
            # what the caller leaves of it stays set aside until the next in line is called
            served[offer_id] = min(quantity, call.quantity)
            offer.set_aside -= served[offer_id]
            books.served.append(call.id)
        offer.held[order.device_id] += quantity
        offer.held[order.phone_digest] += quantity
        offer.set_aside -= offer.held_for.pop(order.hold_id, 0)
        lines.append(EntryLine(offer_id, offer.product_id, offer.producer_id, quantity, offer.flash_price_vnd))
    fee_vnd = 0
    if books.terms.apply:
        from_shelf, fee_vnd = books.terms.take(books.offers, order, served)
        lines += from_shelf
    if order.hold_id is not None:
        books.use_hold(order.hold_id)
    source = "" if order.source == PAGE else order.source
    entry = books.ledger.append("placed", order.order_id, buyer_token=order.buyer_token, lines=lines, shipping_vnd=fee_vnd, source=source)
    code = books.codes.pop()
    books.accepted.append((order, entry, code))
    return _new_receipt(order, entry, code)


def _new_receipt(order: WantedOrder, entry: Entry, code: str) -> OrderReceipt:
    return OrderReceipt(
        order_id=entry.order_id,
        key=order.key,
        number=entry.seq,
        order_code=code,
        link_token=order.link_token,
        lines=tuple(map(_ordered, entry.lines)),
        shipping_vnd=entry.shipping_vnd,
        total_vnd=entry.total_vnd,
        placed_at_ms=entry.happened_at_ms,
    )
