"""What an order would cost: the prices and the shipping fee that hold now. Reads only."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from app.infra.database import Database
from app.orders.errors import NotOnShelf, OfferNotFound
from app.orders.schemas import Quote, QuotedLine, QuoteRequest
from app.protocol.client_commands import OrderLine
from app.protocol.shipping import FREE_SHIPPING
from app.sessions.lookup import SessionLookup

_OFFERS = """
SELECT f.id, f.id AS offer_id, f.product_id, f.flash_price_vnd AS unit_price_vnd, p.weight_grams
FROM offers f JOIN products p ON p.id = f.product_id WHERE f.session_id = $1 AND f.id = ANY($2::uuid[])
"""
_PRODUCTS = """
SELECT p.id, NULL::uuid AS offer_id, p.id AS product_id, p.price_vnd AS unit_price_vnd, p.weight_grams
FROM session_stock t JOIN products p ON p.id = t.product_id
JOIN session_products r ON r.session_id = t.session_id AND r.product_id = t.product_id
WHERE t.session_id = $1 AND t.on_shelf AND NOT p.is_alcohol AND t.product_id = ANY($2::uuid[])
"""


class QuoteService:
    """The same sums as a batch of orders makes (`batch.py`), without its locks."""

    def __init__(self, database: Database, *, sessions: SessionLookup) -> None:
        self._database = database
        self._sessions = sessions

    async def quote(self, session_id: UUID, request: QuoteRequest) -> Quote:
        """Raises `SessionNotFound`, `OfferNotFound`, `NotOnShelf`."""
        rule = (await self._sessions.facts(session_id)).view.shipping or FREE_SHIPPING
        found = await self._prices(session_id, request)
        lines, grams = [], 0
        for line in request.lines:
            row = found.get(line.offer_id if isinstance(line, OrderLine) else line.product_id)
            if row is None and isinstance(line, OrderLine):
                raise OfferNotFound(details={"offer_id": str(line.offer_id)})
            if row is None:
                raise NotOnShelf(details={"product_id": str(line.product_id)} if not isinstance(line, OrderLine) else {})
            grams += line.quantity * row["weight_grams"]
            lines.append(
                QuotedLine(
                    offer_id=row["offer_id"],
                    product_id=row["product_id"],
                    quantity=line.quantity,
                    unit_price_vnd=row["unit_price_vnd"],
                    amount_vnd=line.quantity * row["unit_price_vnd"],
                )
            )
        goods_vnd = sum(line.amount_vnd for line in lines)
        fee_vnd = rule.fee_vnd(goods_vnd=goods_vnd, grams=grams)
        return Quote(lines=lines, goods_vnd=goods_vnd, shipping_vnd=fee_vnd, total_vnd=goods_vnd + fee_vnd)

    async def _prices(self, session_id: UUID, request: QuoteRequest) -> dict[UUID, asyncpg.Record]:
        offers = [line.offer_id for line in request.lines if isinstance(line, OrderLine)]
        products = [line.product_id for line in request.lines if not isinstance(line, OrderLine)]
        pool = self._database.pool
        rows = [*(await pool.fetch(_OFFERS, session_id, offers)), *(await pool.fetch(_PRODUCTS, session_id, products))]
        return {row["id"]: row for row in rows}
