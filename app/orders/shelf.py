"""What a batch of orders does with pools of units and shipping fees: it locks the pools, says whether an order may be, and takes.

A pool limits both the shelf, which sells at the normal price, and the flash offers of its product. Entered by batches of sessions that
have pools or a fee, and by orders for the shelf; a batch of flash offers alone passes by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from app.errors import AppError
from app.infra.database import RawConnection
from app.infra.table_columns import rows_of
from app.ledger.append import OpenLedger
from app.ledger.chain import EntryLine
from app.orders import shelf_sql as sql
from app.orders.batch_sql import CalledDevice
from app.orders.errors import AmountTooLarge, NotOnShelf, OfferNotFound, PriceChanged, ShippingFeeChanged, SoldOut, ViewerLimitReached
from app.protocol.amounts import VND_MAX
from app.protocol.shipping import ShippingRule

# How long an unpaid transfer keeps units of the shelf; that of a flash offer is its own.
SHELF_HOLD_SECONDS = 900


@dataclass(frozen=True, slots=True)
class ShelfWant:
    """Units of one product at its normal price, and the price that was shown."""

    quantity: int
    unit_price_vnd: int


class _Wanted(Protocol):
    """The part of `WantedOrder` that matters here."""

    @property
    def device_id(self) -> UUID: ...
    @property
    def phone_digests(self) -> Sequence[bytes]: ...
    @property
    def wanted(self) -> Mapping[UUID, int]: ...
    @property
    def shelf(self) -> Mapping[UUID, ShelfWant]: ...
    @property
    def shipping_fee_vnd(self) -> int | None: ...
    @property
    def hold_id(self) -> UUID | None: ...


class PooledOffer(Protocol):
    """The part of a locked offer that matters here."""

    product_id: UUID
    flash_price_vnd: int
    calls: dict[UUID, CalledDevice]
    pool: Pool | None


@dataclass(slots=True)
class Pool(sql.LockedPool):
    """`taken`: units that a device or a phone number has already from the shelf; both count against the limit.

    `held_for`: units set aside, by the hold they belong to, those of the product's offers among them.
    """

    taken: Counter[UUID | bytes] = field(default_factory=Counter)
    held_for: dict[UUID | None, int] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Units that anybody may take; those held for people called from waitlists are not among them."""
        return self.units - self.sold - self.held


@dataclass(slots=True)
class Terms:
    """What a session has beyond its flash offers, as a batch works on it: pools by product, and the shipping rule with weights in grams.

    `apply` is False where it has neither. `filled`: pools that had something left when they were locked.
    """

    apply: bool = False
    pools: dict[UUID, Pool] = field(default_factory=dict)
    filled: list[UUID] = field(default_factory=list)
    rule: ShippingRule | None = None
    grams: dict[UUID, int] = field(default_factory=dict)

    async def find_weights(self, db: RawConnection, offers: Mapping[UUID, PooledOffer]) -> None:
        """Read what a unit of each product weighs, where the fee depends on it; and let the offers know their pools."""
        for offer in offers.values():
            offer.pool = self.pools.get(offer.product_id)
        if self.rule is not None and self.rule.steps:
            asked = list({*self.pools, *(offer.product_id for offer in offers.values())})
            self.grams = {row["id"]: row["weight_grams"] for row in await db.fetch(sql.WEIGHTS, asked)}

    def refusal(self, offers: Mapping[UUID, PooledOffer], order: _Wanted) -> AppError | None:
        """Why an order whose offers all agree may not be; None when it may."""
        refused = self._refusal_by_shelf(order) or self._refusal_by_pools(offers, order)
        if refused is not None:
            return refused
        fee_vnd = self._fee_vnd(offers, order)
        if order.shipping_fee_vnd not in {None, fee_vnd}:
            return ShippingFeeChanged(details={"shipping_vnd": fee_vnd})
        if (total_vnd := _goods_vnd(offers, order) + fee_vnd) > VND_MAX:
            return AmountTooLarge(details={"total_vnd": total_vnd, "limit_vnd": VND_MAX})
        return None

    def take(self, offers: Mapping[UUID, PooledOffer], order: _Wanted, served: Mapping[UUID, int]) -> tuple[list[EntryLine], int]:
        """Take an order's units from the pools; `refusal` had nothing against it. `served`: how many of an offer's were set aside for it.

        Returns the lines of the shelf and the shipping fee.
        """
        for offer_id, quantity in order.wanted.items():
            if (pool := offers[offer_id].pool) is not None:
                pool.sold += quantity
                pool.held -= served.get(offer_id, 0)
        lines = []
        for product_id, want in order.shelf.items():
            pool = self.pools[product_id]
            pool.sold += want.quantity
            pool.taken[order.device_id] += want.quantity
            pool.taken[order.phone_digests[0]] += want.quantity
            lines.append(EntryLine(None, product_id, pool.producer_id, want.quantity, pool.price_vnd))
        return lines, self._fee_vnd(offers, order)

    def emptied(self) -> list[UUID]:
        """Pools whose last unit the batch took."""
        return [product_id for product_id in self.filled if self.pools[product_id].left == 0]

    async def write(self, db: RawConnection, session_id: UUID) -> None:
        """Write the pools back."""
        if self.pools:
            pools = self.pools.values()
            left = sql.PoolLeft(product_id=list(self.pools), sold=[pool.sold for pool in pools], held=[pool.held for pool in pools])
            await db.execute(sql.TAKE_POOLS, session_id, *sql.POOL_LEFT.parameters(left))

    def _refusal_by_shelf(self, order: _Wanted) -> AppError | None:
        for product_id, want in order.shelf.items():
            pool = self.pools.get(product_id)
            if pool is None or not pool.is_listed:
                return NotOnShelf(details={"product_id": str(product_id)})
            if want.unit_price_vnd != pool.price_vnd:
                return PriceChanged(details={"product_id": str(product_id), "unit_price_vnd": pool.price_vnd})
            if want.quantity > pool.left + pool.held_for.get(order.hold_id, 0):
                return SoldOut(details={"product_id": str(product_id), "remaining": pool.left})
            had = max(pool.taken[order.device_id], sum(pool.taken[digest] for digest in order.phone_digests))
            if had + want.quantity > pool.per_viewer_limit:
                about = {"product_id": str(product_id), "limit": pool.per_viewer_limit, "already_ordered": had}
                return ViewerLimitReached(details=about)
        return None

    def _refusal_by_pools(self, offers: Mapping[UUID, PooledOffer], order: _Wanted) -> AppError | None:
        """Each line alone may fit and all of one product together not."""
        needed = Counter({product_id: want.quantity for product_id, want in order.shelf.items()})
        for offer_id, quantity in order.wanted.items():
            offer = offers[offer_id]
            call = offer.calls.get(order.device_id)
            needed[offer.product_id] += quantity - (min(quantity, call.quantity) if call else 0)
        for product_id, quantity in needed.items():
            if (pool := self.pools.get(product_id)) is not None and pool.left + pool.held_for.get(order.hold_id, 0) < quantity:
                return SoldOut(details={"product_id": str(product_id), "remaining": pool.left})
        return None

    def _fee_vnd(self, offers: Mapping[UUID, PooledOffer], order: _Wanted) -> int:
        if self.rule is None:
            return 0
        grams = sum(quantity * self.grams.get(offers[offer_id].product_id, 0) for offer_id, quantity in order.wanted.items())
        grams += sum(want.quantity * self.grams.get(product_id, 0) for product_id, want in order.shelf.items())
        return self.rule.fee_vnd(goods_vnd=_goods_vnd(offers, order), grams=grams)


def unknown_here(order: _Wanted) -> AppError:
    """The answer to an order in a session that has never had an offer nor a pool."""
    return OfferNotFound() if order.wanted else NotOnShelf()


def _goods_vnd(offers: Mapping[UUID, PooledOffer], order: _Wanted) -> int:
    by_offers = sum(quantity * offers[offer_id].flash_price_vnd for offer_id, quantity in order.wanted.items())
    return by_offers + sum(want.quantity * want.unit_price_vnd for want in order.shelf.values())


async def open_terms(db: RawConnection, ledger: OpenLedger, offer_ids: Sequence[UUID], orders: Sequence[_Wanted]) -> Terms:
    """The terms of a session with the pools behind these offers and orders, locked in order of product. Before any offer is locked."""
    rule = ShippingRule.model_validate_json(ledger.shipping_rule) if ledger.shipping_rule else None
    if not ledger.has_stock:
        return Terms(apply=True, rule=rule)
    products = {product_id for order in orders for product_id in order.shelf}
    rows = await db.fetch(sql.LOCK_POOLS, ledger.session_id, list(products), offer_ids)
    pools = {row["product_id"]: Pool(**row) for row in rows}
    by_order = [(product_id, order) for order in orders for product_id in order.shelf if product_id in pools]
    wanted = [(product_id, order.device_id, digest) for product_id, order in by_order for digest in order.phone_digests]
    if wanted:
        product_ids, device_ids, digests = map(list, zip(*wanted, strict=True))
        asked = sql.AskedProducts(product_id=product_ids, device_id=device_ids, phone_digest=digests)
        for row in rows_of(sql.TakenUnits, await db.fetch(sql.TAKEN, ledger.session_id, *sql.ASKED_PRODUCTS.parameters(asked))):
            taken = pools[row.product_id].taken
            taken[row.device_id], taken[row.phone_digest] = row.by_device, row.by_phone
    return Terms(True, pools, [product_id for product_id, pool in pools.items() if pool.left > 0], rule)
