"""The statements of a batch that has to do with pools of units, in the order in which `app/orders/shelf.py` runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypedDict
from uuid import UUID

from app.infra.table_columns import TableColumns, names
from app.orders.batch_sql import NOT_RELEASED
from app.orders.models import OrderLineRow, StockPool


@dataclass(slots=True)
class LockedPool:
    """A pool as it is when its lock is taken, with its product as it is now; the batch counts `sold` up."""

    product_id: UUID
    producer_id: UUID
    price_vnd: int
    units: int
    sold: int
    held: int
    per_viewer_limit: int
    is_listed: bool


# Products of the shelf's lines, and those of the offers that are ordered.
LOCK_POOLS = f"""
SELECT {names(LockedPool)} FROM (
  SELECT t.*, p.producer_id, p.price_vnd,
    t.on_shelf AND NOT p.is_alcohol
      AND EXISTS (SELECT FROM session_products r WHERE r.session_id = t.session_id AND r.product_id = t.product_id) AS is_listed
  FROM session_stock t JOIN products p ON p.id = t.product_id
  WHERE t.session_id = $1
    AND (t.product_id = ANY($2::uuid[]) OR t.product_id IN (SELECT f.product_id FROM offers f WHERE f.id = ANY($3::uuid[])))
  ORDER BY t.product_id FOR UPDATE OF t
) AS pools
"""  # noqa: S608 - names of our own columns


class AskedProducts(TypedDict):
    """Products that are wanted at their normal price, each with who wants it."""

    product_id: list[UUID]
    device_id: list[UUID]
    phone_digest: list[bytes]


ASKED_PRODUCTS = TableColumns(OrderLineRow, AskedProducts)


class TakenUnits(NamedTuple):
    """Units of a product that a device, and a phone, has ordered already from the shelf of the session."""

    product_id: UUID
    device_id: UUID
    phone_digest: bytes
    by_device: int
    by_phone: int


_OF_SESSION = "JOIN orders o ON o.id = l.order_id AND o.session_id = $1"

TAKEN = f"""
SELECT {names(TakenUnits)}
FROM {ASKED_PRODUCTS.unnest("asked", first=2)}
CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0)::int AS by_device FROM order_lines l {_OF_SESSION}
  WHERE l.product_id = asked.product_id AND l.device_id = asked.device_id AND {NOT_RELEASED}
) AS of_device CROSS JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0)::int AS by_phone FROM order_lines l {_OF_SESSION}
  WHERE l.product_id = asked.product_id AND l.phone_digest = asked.phone_digest AND {NOT_RELEASED}
) AS of_phone
"""  # noqa: S608 - constants of our own, names of our own columns

WEIGHTS = "SELECT id, weight_grams FROM products WHERE id = ANY($1::uuid[])"


class PoolLeft(TypedDict):
    """What a batch leaves of its pools."""

    product_id: list[UUID]
    sold: list[int]
    held: list[int]


POOL_LEFT = TableColumns(StockPool, PoolLeft)

TAKE_POOLS = f"""
UPDATE session_stock SET sold = t.sold, held = t.held
FROM {POOL_LEFT.unnest("t", first=2)} WHERE session_stock.session_id = $1 AND session_stock.product_id = t.product_id
"""  # noqa: S608 - names of our own columns
