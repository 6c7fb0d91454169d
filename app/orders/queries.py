"""Read-only SQL of offers and orders."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
_KINDS = text(
    "SELECT order_id, array_agg(kind) AS kinds FROM ledger_entries WHERE session_id = :session_id AND order_id = ANY(:order_ids) GROUP BY order_id"
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
    """Receipts of one device in one session, newest first; with `repeat` only the order with this key and one of these request digests."""
    wanted = select(Order).where(Order.session_id == session_id, Order.device_id == device_id)
    if repeat is not None:
        wanted = wanted.where(Order.client_key == repeat[0], Order.request_digest.in_(repeat[1]))
    orders = (await db.scalars(wanted.order_by(Order.seq.desc()).limit(ORDERS_SHOWN))).all()
    lines = await db.execute(
        select(OrderLineRow, func.coalesce(OrderLineRow.product_id, Offer.product_id))
        .outerjoin(Offer, Offer.id == OrderLineRow.offer_id)
        .where(OrderLineRow.order_id.in_([order.id for order in orders]))
        .order_by(OrderLineRow.order_id, OrderLineRow.line_number)
    )
    lines_of: dict[UUID, list[OrderedLine]] = {}
    for line, product_id in lines:
        lines_of.setdefault(line.order_id, []).append(
            OrderedLine(
                offer_id=line.offer_id,
                product_id=product_id,
                quantity=line.quantity,
                unit_price_vnd=line.unit_price_vnd,
                amount_vnd=line.quantity * line.unit_price_vnd,
            )
        )
    return [
        OrderReceipt(
            order_id=order.id,
            key=order.client_key,
            number=order.seq,
            order_code=order.code or "",
            link_token=pseudonyms.link_token(session_id, device_id, order.client_key),
            lines=tuple(lines_of[order.id]),
            shipping_vnd=order.shipping_vnd,
            total_vnd=order.total_vnd,
            placed_at_ms=to_ms(order.placed_at) or 0,
        )
        for order in orders
    ]


async def states_of(db: AsyncSession, session_id: UUID, order_ids: Collection[UUID]) -> dict[UUID, EntryKind]:
    """What has become of orders, by the ledger."""
    rows = await db.execute(_KINDS, {"session_id": session_id, "order_ids": list(order_ids)})
    return {row.order_id: state_of(row.kinds) for row in rows}
