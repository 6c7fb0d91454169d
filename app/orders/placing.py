"""The door to placing orders: check the form, refuse what cannot be, queue the rest for the group commit."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app.catalog.errors import InvalidAddress
from app.errors import AppError
from app.infra.bounded_pool import BoundedPool
from app.infra.clock import monotonic, utc_now
from app.infra.database import Database
from app.infra.gathering import Gathering
from app.infra.key_ring import KeyRing
from app.infra.right_of_way import RightOfWay
from app.infra.sealing import Envelopes
from app.infra.tasks import TaskOwner
from app.ledger.projector import Projector
from app.orders.batch import BatchResult
from app.orders.books import WantedOrder
from app.orders.contacts import Pseudonyms, checked_contact, normalise_phone, seal_contact
from app.orders.counters import ANSWERS, ORDER_SECONDS, PLACED
from app.orders.errors import Busy, SoldOut
from app.orders.group_commit import PlacingQueues
from app.orders.queries import payments_of, receipts_of, states_of
from app.orders.schemas import OwnOrder
from app.orders.shelf import ShelfWant
from app.orders.sold_out import SoldOutMemory
from app.orders.stock import StockService
from app.orders.writer_client import WriterClient
from app.protocol.client_commands import OrderContent, OrderLine
from app.protocol.server_events import OrderReceipt
from app.sessions.errors import SessionNotFound
from app.sessions.telling import RoomTeller
from app.settings import OrderSettings

_KNOWN_MAX = 10_000
_ASKED_AT_ONCE = 1_000
_WAITING_MAX = 20_000
_FIND = "SELECT id FROM sessions WHERE id = ANY($1::uuid[])"


class KnownSessions:
    """Asks once per session, because sessions are never deleted; whoever asks at once is answered by one query.

    It uses a connection of placing, at most one: orders for invented sessions cost the others nothing.
    """

    def __init__(self, pool: BoundedPool, *, seconds: float) -> None:
        self._pool = pool
        self._known: set[UUID] = set()
        self._asking: Gathering[UUID, bool] = Gathering(
            "known_sessions",
            self._find,
            busy=lambda: Busy(retry_after_seconds=2),
            seconds=seconds,
            most=_ASKED_AT_ONCE,
            queue_max=_WAITING_MAX,
        )

    async def require(self, session_id: UUID) -> None:
        """Raises `SessionNotFound`, or `Busy` when the database does not say in time."""
        if session_id not in self._known:
            await self._asking.ask(session_id)
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            self._known.add(session_id)

    async def close(self) -> None:
        await self._asking.close()

    async def _find(self, session_ids: Sequence[UUID]) -> list[bool | AppError]:
        found = {row["id"] for row in await self._pool.fetch(_FIND, list(set(session_ids)))}
        return [True if session_id in found else SessionNotFound() for session_id in session_ids]


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """Whose order it is, and the hold that it uses up."""

    hold_id: UUID
    device_id: UUID
    held_at: datetime


class OrderPlacing:
    """Places orders. An answer means COMMIT; no answer means: ask again with the same key."""

    def __init__(  # noqa: PLR0913 - who must hear of an order
        self,
        database: Database,
        *,
        teller: RoomTeller,
        stock: StockService,
        sold_out: SoldOutMemory,
        projector: Projector,
        settings: OrderSettings,
        ring: KeyRing,
    ) -> None:
        self._database = database
        self._teller = teller
        self._stock = stock
        self._sold_out = sold_out
        self._projector = projector
        self._pseudonyms = Pseudonyms(ring)
        self._envelopes = Envelopes(ring)
        self._confirm_within = timedelta(hours=settings.cod_confirm_hours)
        self._known = KnownSessions(database.placing, seconds=settings.place_deadline_seconds)
        self._writer = WriterClient(settings.writer_socket) if settings.writer_socket else None
        self._queues = PlacingQueues(database.placing, settings, self._after_commit, elsewhere=self._writer)
        self._tasks = TaskOwner("orders")
        # Held while an order is in hand; arrivals and rounds of this worker stand back for it.
        self.way = RightOfWay()

    async def place(
        self, device_id: UUID, session_id: UUID, content: OrderContent, *, refused_with: AppError | None = None
    ) -> OrderReceipt:
        """Place an order, or repeat one: the same key and content give the same receipt for ever. Answered within the deadline of
        `place_deadline_seconds`, whatever hangs. `refused_with`: nothing new is placed, only a repeat is answered.

        Raises `refused_with`, `SessionNotFound`, `InvalidPhone`, `InvalidAddress`, `SessionNotLive`, `OfferNotFound`, `OfferNotOpen`, `NotOnShelf`,
        `SoldOut`, `ViewerLimitReached`, `PriceChanged`, `ShippingFeeChanged`, `AmountTooLarge`, `OrderCannotBeWritten`, `KeyReused`, `Busy`, `OutcomeUnknown`.
        """
        with self.way.held(), _counted():
            return await self._answer(device_id, session_id, content, refused_with)

    async def _answer(self, device_id: UUID, session_id: UUID, content: OrderContent, refused_with: AppError | None) -> OrderReceipt:
        asked_at = monotonic()
        await self._known.require(session_id)
        if refused_with is not None:
            if (receipt := await self._receipt_of_repeat(device_id, session_id, content)) is None:
                raise refused_with
            return receipt
        # Before the form is checked: in a burst on an empty shelf this is nearly all there is to do.
        if (offer_id := self._sold_out.refuses(device_id, content.key, _offer_ids(content))) is not None:
            raise SoldOut(details={"offer_id": str(offer_id), "remaining": 0})
        try:
            wanted = self._wanted(device_id, session_id, content)
        except InvalidAddress:
            if (receipt := await self._receipt_of_repeat(device_id, session_id, content)) is None:
                raise
            return receipt
        return await self._queues.place(wanted, since=asked_at)

    async def place_held(self, hold: HeldOrder, session_id: UUID, content: OrderContent) -> OrderReceipt:
        """Place the order for units that are set aside (`holds.py`), as of the moment when they were; the same promises as `place`.

        Raises what `place` raises, and `HoldOver` when they are free again.
        """
        with self.way.held(), _counted():
            asked_at = monotonic()
            await self._known.require(session_id)
            wanted = self._wanted(hold.device_id, session_id, content)
            wanted = replace(wanted, hold_id=hold.hold_id, source="comment", received_at=hold.held_at)
            return await self._queues.place(wanted, since=asked_at)

    async def own_orders(self, device_id: UUID, session_id: UUID) -> list[OwnOrder]:
        """Orders of this device in this session, newest first."""
        async with self._database.transactions() as db:
            receipts = await receipts_of(db, self._pseudonyms, session_id, device_id)
            order_ids = [receipt.order_id for receipt in receipts]
            states, payments = await states_of(db, session_id, order_ids), await payments_of(db, order_ids)
        return [OwnOrder(**dict(each), state=states[each.order_id], payment=payments[each.order_id]) for each in receipts]

    async def close(self) -> None:
        """Finish the queues, then stop. Call it when no socket or request can place an order any more."""
        await self._known.close()
        await self._queues.close()
        if self._writer is not None:
            await self._writer.close()
        await self._tasks.close()

    def _wanted(self, device_id: UUID, session_id: UUID, content: OrderContent) -> WantedOrder:
        contact, order_id = checked_contact(content.buyer), uuid4()
        wanted, shelf = _quantities(content)
        described = _content_of(content, contact.phone)
        return WantedOrder(
            session_id=session_id,
            device_id=device_id,
            key=content.key,
            wanted=wanted,
            shelf=shelf,
            shipping_fee_vnd=content.shipping_fee_vnd,
            payment=content.payment,
            order_id=order_id,
            contact=seal_contact(self._envelopes.new_key(), order_id, contact),
            phone_digest=self._pseudonyms.phone_digest(contact.phone),
            other_phone_digests=self._pseudonyms.other_phone_digests(contact.phone),
            buyer_token=self._pseudonyms.buyer_token(session_id, device_id),
            request_digest=self._pseudonyms.request_digest(described),
            other_request_digests=self._pseudonyms.other_request_digests(described),
            link_token=self._pseudonyms.link_token(session_id, device_id, content.key),
            received_at=utc_now(),
            confirm_within=self._confirm_within,
        )

    async def _receipt_of_repeat(self, device_id: UUID, session_id: UUID, content: OrderContent) -> OrderReceipt | None:
        """The receipt of an order that was written before its ward ended or got another code."""
        described = _content_of(content, normalise_phone(content.buyer.phone))
        digests = (self._pseudonyms.request_digest(described), *self._pseudonyms.other_request_digests(described))
        async with self._database.transactions() as db:
            return next(iter(await receipts_of(db, self._pseudonyms, session_id, device_id, repeat=(content.key, digests))), None)

    async def _after_commit(self, session_id: UUID, result: BatchResult) -> None:
        """Everything that follows a commit; nothing here may hold up the next batch."""
        self._projector.kick(session_id)
        for offer_id in result.sold_out:
            if self._sold_out.is_due(offer_id):
                self._tasks.spawn(f"remember sold out {offer_id}", self._sold_out.remember(offer_id, session_id))
        if result.emptied_pools:
            self._tasks.spawn(f"tell emptied pools {session_id}", self._stock.tell_emptied(session_id, result.emptied_pools))
        if result.newly_sold_out:
            self._teller.kick(session_id)


def _offer_ids(content: OrderContent) -> list[UUID]:
    return [line.offer_id for line in content.lines if isinstance(line, OrderLine)]


def _quantities(content: OrderContent) -> tuple[dict[UUID, int], dict[UUID, ShelfWant]]:
    """By offer, and by product: lines of the same are summed. Of two prices shown for one product the lower one counts, so nobody pays more than either."""
    wanted: dict[UUID, int] = {}
    shelf: dict[UUID, ShelfWant] = {}
    for line in content.lines:
        if isinstance(line, OrderLine):
            wanted[line.offer_id] = wanted.get(line.offer_id, 0) + line.quantity
        else:
            before = shelf.get(line.product_id, ShelfWant(0, line.unit_price_vnd))
            price_vnd = min(before.unit_price_vnd, line.unit_price_vnd)
            shelf[line.product_id] = ShelfWant(before.quantity + line.quantity, price_vnd)
    return wanted, shelf


def _content_of(content: OrderContent, phone: str) -> str:
    """What makes two requests with one key the same order: lines, receiver, payment. Spelling of the phone does not count.

    An order for flash offers alone has the same text as before there was a shelf.
    """
    buyer = content.buyer
    wanted, shelf = _quantities(content)
    parts = [f"{offer_id}={quantity}" for offer_id, quantity in sorted(wanted.items())]
    parts += [f"shelf {product_id}={want.quantity}@{want.unit_price_vnd}" for product_id, want in sorted(shelf.items())]
    if content.shipping_fee_vnd is not None:
        parts.append(f"shipping={content.shipping_fee_vnd}")
    parts += [
        buyer.name,
        phone,
        str(buyer.address.province_code),
        str(buyer.address.ward_code),
        buyer.address.street,
        buyer.note,
        content.payment,
    ]
    return "\0".join(parts)


@contextmanager
def _counted() -> Iterator[None]:
    """Around what answers one order."""
    began, answer = monotonic(), "failed"
    try:
        yield
        answer = PLACED
    except AppError as error:
        answer = error.code
        raise
    except CancelledError:
        answer = "left"
        raise
    finally:
        ANSWERS.labels(answer).inc()
        ORDER_SECONDS.observe(monotonic() - began)
