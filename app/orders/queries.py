"""Read-only SQL of offers and orders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.infra.bounded_pool import BoundedPool
from app.infra.clock import to_ms
from app.ledger.kinds import EntryKind, state_of
from app.orders.contacts import Pseudonyms
from app.orders.models import Offer, Order, OrderLineRow, StockPool
from app.protocol.server_events import OrderedLine, OrderReceipt
from app.protocol.views import OfferView

OFFERS_SHOWN = 200
ORDERS_SHOWN = 100
_PAYMENTS = text("SELECT id, payment FROM orders WHERE id = ANY(:order_ids)")
_KINDS = text(
    "SELECT order_id, array_agg(kind) AS kinds FROM ledger_entries WHERE session_id = :session_id AND order_id = ANY(:order_ids) GROUP BY order_id"
)
# To be joined to `orders o`: what all changes of an order added to its fee and total; the order's row says what it was placed with.
OF_CHANGES = """
CROSS JOIN LATERAL (
  SELECT coalesce(sum(x.shipping_vnd), 0)::bigint AS shipping_vnd, coalesce(sum(x.total_vnd), 0)::bigint AS total_vnd
  FROM order_changes x WHERE x.order_id = o.id
) AS changes
"""
_CHANGES = text(
    "SELECT order_id, sum(shipping_vnd)::bigint AS shipping_vnd, sum(total_vnd)::bigint AS total_vnd FROM order_changes "
    "WHERE order_id = ANY(:order_ids) GROUP BY order_id"
)
_HAS_ORDERED = "SELECT EXISTS (SELECT FROM orders WHERE session_id = $1 AND device_id = $2)"


async def has_ordered(pool: BoundedPool, session_id: UUID, device_id: UUID) -> bool:
    """Whether a device has ordered anything in a session, whatever became of it."""
    return bool(await pool.fetchval(_HAS_ORDERED, session_id, device_id))


def offer_view(offer: Offer) -> OfferView:
    return OfferView.model_validate(
        {
            "id": offer.id,
            "product_id": offer.product_id,
            "state": offer.state,
            "flash_price_vnd": offer.flash_price_vnd,
            "regular_price_vnd": offer.regular_price_vnd,
            "total_quantity": offer.total_quantity + offer.buffer_quantity,
            "remaining": offer.remaining,
            "per_viewer_limit": offer.per_viewer_limit,
            "hold_seconds": offer.hold_seconds,
            "starts_at_ms": to_ms(offer.starts_at),
            "ends_at_ms": to_ms(offer.ends_at),
        }
    )


async def offers_of(db: AsyncSession, session_id: UUID, *, within_pools: bool) -> list[OfferView]:
    """The newest offers of a session, oldest first, with what is left of each alone, or no more than the pool of its product has."""
    found = select(Offer, StockPool).outerjoin(
        StockPool, (StockPool.session_id == Offer.session_id) & (StockPool.product_id == Offer.product_id)
    )
    rows = await db.execute(found.where(Offer.session_id == session_id).order_by(Offer.created_at.desc()).limit(OFFERS_SHOWN))
    return [_within_pool(offer_view(offer), offer, pool if within_pools else None) for offer, pool in reversed(rows.all())]


def _within_pool(view: OfferView, offer: Offer, pool: StockPool | None) -> OfferView:
    """What is set aside for people called from the waitlist counts as left, as it does without a pool."""
    if pool is None:
        return view
    left = pool.units - pool.sold - pool.held + offer.set_aside
    return view if left >= view.remaining else view.model_copy(update={"remaining": left})


async def receipts_of(
    db: AsyncSession, pseudonyms: Pseudonyms, session_id: UUID, device_id: UUID, *, repeat: tuple[UUID, Sequence[bytes]] | None = None
) -> list[OrderReceipt]:
    """Receipts of one device in one session, newest first, each with what the order is about and costs by now.

    With `repeat` only the order with this key and one of these request digests, as it was placed.
    """
    wanted = select(Order).where(Order.session_id == session_id, Order.device_id == device_id)
    if repeat is not None:
        wanted = wanted.where(Order.client_key == repeat[0], Order.request_digest.in_(repeat[1]))
    orders = (await db.scalars(wanted.order_by(Order.seq.desc()).limit(ORDERS_SHOWN))).all()
    order_ids = [order.id for order in orders]
    found = (
        select(OrderLineRow, func.coalesce(OrderLineRow.product_id, Offer.product_id))
        .outerjoin(Offer, Offer.id == OrderLineRow.offer_id)
        .where(OrderLineRow.order_id.in_(order_ids))
        .order_by(OrderLineRow.order_id, OrderLineRow.line_number)
    )
    changes: dict[UUID, tuple[int, int]] = {}
    if repeat is not None:
        found = found.where(OrderLineRow.change_seq.is_(None))
    else:
        changes = {row.order_id: (row.shipping_vnd, row.total_vnd) for row in await db.execute(_CHANGES, {"order_ids": order_ids})}
    quantities: dict[UUID, Counter[tuple[UUID | None, UUID, int]]] = defaultdict(Counter)
    for line, product_id in await db.execute(found):
        quantities[line.order_id][line.offer_id, product_id, line.unit_price_vnd] += line.quantity
    return [
        OrderReceipt(
            order_id=order.id,
            key=order.client_key,
            number=order.seq,
            order_code=order.code or "",
            link_token=pseudonyms.link_token(session_id, device_id, order.client_key),
            lines=tuple(_ordered_lines(quantities[order.id])),
            shipping_vnd=order.shipping_vnd + changes.get(order.id, (0, 0))[0],
            total_vnd=order.total_vnd + changes.get(order.id, (0, 0))[1],
            placed_at_ms=to_ms(order.placed_at) or 0,
        )
        for order in orders
    ]


def _ordered_lines(quantities: Counter[tuple[UUID | None, UUID, int]]) -> Iterator[OrderedLine]:
    for (offer_id, product_id, price_vnd), quantity in quantities.items():
        if quantity:
            about = {"offer_id": offer_id, "product_id": product_id, "quantity": quantity, "unit_price_vnd": price_vnd}
            yield OrderedLine.model_validate(about | {"amount_vnd": quantity * price_vnd})


async def states_of(db: AsyncSession, session_id: UUID, order_ids: Collection[UUID]) -> dict[UUID, EntryKind]:
    """What has become of orders, by the ledger."""
    rows = await db.execute(_KINDS, {"session_id": session_id, "order_ids": list(order_ids)})
    return {row.order_id: state_of(row.kinds) for row in rows}


async def payments_of(db: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, Literal["cod", "transfer"]]:
    """How orders are paid."""
    rows = await db.execute(_PAYMENTS, {"order_ids": list(order_ids)})
    return {row.id: row.payment for row in rows}
