"""Changing an order before it is delivered: more or less of a line, a product that comes in addition or falls away.

The ledger gets the difference, so units and amount of the order are the fold over its entries; the rows of the order get lines with the
same difference, by which limits go on counting. Units that fall away go back to offer and pool and to whoever waits, those that come in
addition are taken or refused. Same lock order as placing: the ledger's head, pools by product, offers by id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from app.errors import AppError
from app.fulfilment.balances import keep_balance
from app.fulfilment.errors import (
    NothingToChange,
    OrderChangedMeanwhile,
    OrderNotFound,
    OrderWouldBeEmpty,
    TooManyLines,
    TooManyParts,
)
from app.fulfilment.transitions import PARTS_MOST, append_content, not_reachable, read_courses
from app.infra.clock import utc_now
from app.infra.database import RawConnection
from app.infra.table_columns import names
from app.ledger.append import OpenLedger, open_ledger
from app.ledger.chain import Entry
from app.ledger.course import Content, Course, Good, lines_of
from app.ledger.kinds import buyer_may_act, may_follow
from app.orders import batch_sql, shelf_sql
from app.orders.calling import Calls, call_next
from app.orders.errors import AmountTooLarge, NotOnShelf, OfferNotFound, OfferNotOpen, PriceChanged, SoldOut, ViewerLimitReached
from app.orders.pools import offers_of_pools
from app.orders.shelf import Pool
from app.protocol.amounts import VND_MAX
from app.protocol.server_events import OfferSoldOut
from app.protocol.shipping import FEE_MAX_VND, ShippingRule
from app.sessions.outbox import Told, event_to_tell, tell_room_raw

# As many as an order may have when it is placed.
LINES_MOST = 10

_ORDER = "SELECT device_id, phone_digest FROM orders WHERE session_id = $1 AND id = $2"
_LOCK_OFFERS = f"""
SELECT {names(batch_sql.LockedOffer)} FROM offers f WHERE f.session_id = $1 AND (f.id = ANY($2::uuid[]) OR (f.product_id = ANY($3::uuid[])
  AND EXISTS (SELECT FROM waitlist_entries w WHERE w.offer_id = f.id AND w.state IN ('waiting', 'called'))))
ORDER BY f.id FOR UPDATE
"""  # noqa: S608 - names of our own columns
_TAKE_FROM_OFFERS = """
UPDATE offers SET remaining = remaining - t.quantity FROM unnest($1::uuid[], $2::int[]) AS t(id, quantity) WHERE offers.id = t.id
"""
_TAKE_FROM_POOLS = """
UPDATE session_stock SET sold = sold + t.quantity FROM unnest($2::uuid[], $3::int[]) AS t(product_id, quantity)
WHERE session_stock.session_id = $1 AND session_stock.product_id = t.product_id
"""
_WRITE_LINES = """
INSERT INTO order_lines (order_id, line_number, offer_id, product_id, device_id, phone_digest, quantity, unit_price_vnd, change_seq)
SELECT $1, (SELECT max(line_number) FROM order_lines WHERE order_id = $1) + t.number, t.offer_id, t.product_id, $2, $3, t.quantity,
  t.unit_price_vnd, $4
FROM unnest($5::uuid[], $6::uuid[], $7::int[], $8::bigint[]) WITH ORDINALITY AS t(offer_id, product_id, quantity, unit_price_vnd, number)
"""
_WRITE_CHANGE = "INSERT INTO order_changes (session_id, seq, order_id, shipping_vnd, total_vnd) VALUES ($1, $2, $3, $4, $5)"


@dataclass(frozen=True, slots=True)
class WantedLine:
    """How many units of it the order shall have: of an offer, or of a product at its normal price. 0 takes it out.

    `unit_price_vnd`: the price that was shown for something that comes in addition, if the client says it.
    """

    quantity: int
    offer_id: UUID | None = None
    product_id: UUID | None = None
    unit_price_vnd: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an order shall be like; lines that are not named stay as they are.

    `seen_seq`: the last entry of the order that the person has seen. `by_buyer`: the buyer asks, for what is in the order already.
    """

    order_id: UUID
    lines: Sequence[WantedLine]
    seen_seq: int | None = None
    reason: str = ""
    by_buyer: bool = False


@dataclass(slots=True)
class ChangeResult:
    """Valid once the transaction has committed. `touched_offers`: what is left of them is another number now."""

    entry: Entry
    calls: list[Calls] = field(default_factory=list)
    touched_offers: tuple[UUID, ...] = ()


@dataclass(slots=True)
class _Stock:
    """What a change takes from and gives back to, locked."""

    pools: dict[UUID, Pool]
    offers: dict[UUID, batch_sql.LockedOffer]


class OrderChanges:
    """Decides and writes one change. Its steps come in this order; a race test takes one away by a class of its own (`tests/races`)."""

    async def __call__(self, db: RawConnection, session_id: UUID, change: Change, *, call_seconds: float) -> ChangeResult:
        """Append the change; must run inside a transaction of the caller, who rolls back what is raised.

        Raises `OrderNotFound`, `StateNotReachable`, `OrderChangedMeanwhile`, `TooManyParts`, `NothingToChange`, `OrderWouldBeEmpty`,
        `TooManyLines`, `AmountTooLarge`, and what an order is refused for: `SoldOut`, `ViewerLimitReached`, `OfferNotFound`,
        `OfferNotOpen`, `NotOnShelf`, `PriceChanged`.
        """
        ledger = await self.lock_ledger(db, session_id)
        course = None if ledger is None else (await read_courses(db, session_id, [change.order_id])).get(change.order_id)
        if ledger is None or course is None:
            raise OrderNotFound(details={"order_id": str(change.order_id)})
        _require_changeable(course, change)
        stock = await self._lock_stock(db, ledger, course, change)
        difference = _difference(ledger, course, stock, change)
        await self._require_units(db, ledger, course, stock, difference, change)
        entry = await self._append(db, ledger, course, difference, change)
        await self._write_rows(db, entry)
        calls = await self._move_units(db, ledger, stock, difference, call_seconds)
        await ledger.write(db)
        await db.execute(_WRITE_CHANGE, session_id, entry.seq, entry.order_id, entry.shipping_vnd, entry.total_vnd)
        await keep_balance(db, change.order_id, course, begin=True)
        return ChangeResult(entry, calls, (*stock.offers, *await offers_of_pools(db, session_id, stock.pools)))

    async def lock_ledger(self, db: RawConnection, session_id: UUID) -> OpenLedger | None:
        """First of all: changes of a session's orders, and everything else that happens to them, come one after the other."""
        return await open_ledger(db, session_id, utc_now())

    async def lock_pools(
        self, db: RawConnection, ledger: OpenLedger, product_ids: Collection[UUID], offer_ids: Collection[UUID]
    ) -> dict[UUID, Pool]:
        """The pools of these products and of those of these offers, in order of product."""
        if not ledger.has_stock:
            return {}
        rows = await db.fetch(shelf_sql.LOCK_POOLS, ledger.session_id, list(product_ids), list(offer_ids))
        return {row["product_id"]: Pool(**row) for row in rows}

    async def lock_offers(
        self, db: RawConnection, ledger: OpenLedger, offer_ids: Collection[UUID], product_ids: Collection[UUID]
    ) -> dict[UUID, batch_sql.LockedOffer]:
        """These offers, and those of these products that somebody waits for, in order of id."""
        rows = await db.fetch(_LOCK_OFFERS, ledger.session_id, list(offer_ids), list(product_ids))
        return {row["id"]: batch_sql.LockedOffer(**row) for row in rows}

    async def _lock_stock(self, db: RawConnection, ledger: OpenLedger, course: Course, change: Change) -> _Stock:
        named = [good for line in change.lines if (good := course.find(_sold_by(line))) is not None]
        products = {good.product_id for good in named} | {line.product_id for line in change.lines if line.product_id is not None}
        offers = {line.offer_id for line in change.lines if line.offer_id is not None}
        pools = await self.lock_pools(db, ledger, products, offers)
        return _Stock(pools, await self.lock_offers(db, ledger, offers, list(pools)))

    async def _require_units(
        self, db: RawConnection, ledger: OpenLedger, course: Course, stock: _Stock, difference: Counter[Good], change: Change
    ) -> None:
        """Raise unless what comes in addition is there and within the buyer's limit."""
        needed = _by_product(difference)
        for good, quantity in difference.items():
            if quantity <= 0:
                continue
            offer = stock.offers.get(good.offer_id) if good.offer_id else None
            if offer is not None and offer.remaining - offer.set_aside < quantity:
                raise SoldOut(details={"offer_id": str(offer.id), "remaining": offer.remaining - offer.set_aside})
            pool = stock.pools.get(good.product_id)
            if pool is not None and pool.left < needed[good.product_id]:
                raise SoldOut(details={"product_id": str(pool.product_id), "remaining": max(0, pool.left)})
            await self._require_limit(db, ledger, stock, change, good, quantity)

    async def _require_limit(self, db: RawConnection, ledger: OpenLedger, stock: _Stock, change: Change, good: Good, quantity: int) -> None:
        order = await db.fetchrow(_ORDER, ledger.session_id, change.order_id)
        if order is None:
            raise OrderNotFound(details={"order_id": str(change.order_id)})
        who = ([order["device_id"]], [order["phone_digest"]])
        if good.offer_id is not None:
            limit = stock.offers[good.offer_id].per_viewer_limit
            rows = await db.fetch(batch_sql.TAKEN, [good.offer_id], *who)
        else:
            limit = stock.pools[good.product_id].per_viewer_limit
            rows = await db.fetch(shelf_sql.TAKEN, ledger.session_id, [good.product_id], *who)
        ordered = max(rows[0]["by_device"], rows[0]["by_phone"])
        if ordered + quantity > limit:
            about = "product_id" if good.offer_id is None else "offer_id"
            raise ViewerLimitReached(details={about: str(good.sold_by), "limit": limit, "already_ordered": ordered})

    async def _append(self, db: RawConnection, ledger: OpenLedger, course: Course, difference: Counter[Good], change: Change) -> Entry:
        after = course.ordered.copy()
        after.update(difference)
        left = {good: quantity for good, quantity in after.items() if quantity}
        if not left:
            raise OrderWouldBeEmpty
        if len(left) > LINES_MOST:
            raise TooManyLines(details={"limit": LINES_MOST})
        fee_vnd = await _fee_difference(db, ledger, course, left)
        total_vnd = sum(quantity * good.unit_price_vnd for good, quantity in left.items()) + course.shipping_vnd + fee_vnd
        if total_vnd > VND_MAX:
            raise AmountTooLarge(details={"total_vnd": total_vnd, "limit_vnd": VND_MAX})
        content = Content(lines_of(difference), fee_vnd)
        return append_content(ledger, course, "changed", change.order_id, content, change.reason)

    async def _write_rows(self, db: RawConnection, entry: Entry) -> None:
        order = await db.fetchrow(_ORDER, entry.session_id, entry.order_id)
        if order is None:
            raise OrderNotFound(details={"order_id": str(entry.order_id)})
        await db.execute(
            _WRITE_LINES,
            *(entry.order_id, order["device_id"], order["phone_digest"], entry.seq),
            [line.offer_id for line in entry.lines],
            [line.product_id if line.offer_id is None else None for line in entry.lines],
            [line.quantity for line in entry.lines],
            [line.unit_price_vnd for line in entry.lines],
        )

    async def _move_units(
        self, db: RawConnection, ledger: OpenLedger, stock: _Stock, difference: Counter[Good], call_seconds: float
    ) -> list[Calls]:
        """Take and give back, call whoever waits for what came back, and tell the room."""
        by_offer = Counter[UUID]()
        for good, quantity in difference.items():
            if good.offer_id is not None:
                by_offer[good.offer_id] += quantity
        by_pool = {product_id: quantity for product_id, quantity in _by_product(difference).items() if product_id in stock.pools}
        await db.execute(_TAKE_FROM_POOLS, ledger.session_id, list(by_pool), list(by_pool.values()))
        await db.execute(_TAKE_FROM_OFFERS, list(by_offer), list(by_offer.values()))
        freed = {offer_id for offer_id, quantity in by_offer.items() if quantity < 0}
        freed_pools = {product_id for product_id, quantity in by_pool.items() if quantity < 0}
        waited_for = sorted(offer.id for offer in stock.offers.values() if offer.id in freed or offer.product_id in freed_pools)
        called = [await call_next(db, offer_id, now=ledger.now, call_seconds=call_seconds) for offer_id in waited_for]
        calls = [each for each in called if each is not None]
        emptied = [offer_id for offer_id, quantity in by_offer.items() if quantity > 0 and stock.offers[offer_id].remaining == quantity]
        news = [*(each.to_tell for each in calls), *(Told("offer", offer_id) for offer_id in by_offer)]
        news += [*(event_to_tell(OfferSoldOut(offer_id=offer_id)) for offer_id in emptied), *(Told("stock", each) for each in by_pool)]
        await tell_room_raw(db, ledger.session_id, news)
        return calls


append_change = OrderChanges()


def _sold_by(line: WantedLine) -> UUID:
    sold_by = line.offer_id or line.product_id
    if sold_by is None:
        raise ValueError("a line is of an offer or of a product")
    return sold_by


def _require_changeable(course: Course, change: Change) -> None:
    if not may_follow("changed", course.had) or (change.by_buyer and not buyer_may_act(course.had)):
        raise not_reachable("changed", course)
    if change.seen_seq is not None and change.seen_seq < course.last_seq:
        raise OrderChangedMeanwhile(details={"seen_seq": change.seen_seq, "last_seq": course.last_seq})
    if course.turns["changed"] >= PARTS_MOST:
        raise TooManyParts(details={"limit": PARTS_MOST})


def _difference(ledger: OpenLedger, course: Course, stock: _Stock, change: Change) -> Counter[Good]:
    """Units that come in addition to the order, or fall away, by what they are of."""
    difference = Counter[Good]()
    for line in change.lines:
        good = course.find(_sold_by(line))
        if good is None and line.quantity:
            good = _added(ledger, stock, change, line)
        if good is not None:
            if line.unit_price_vnd not in {None, good.unit_price_vnd}:
                raise PriceChanged(details={"product_id": str(good.product_id), "unit_price_vnd": good.unit_price_vnd})
            if more := line.quantity - course.ordered[good]:
                difference[good] = more
    if not difference:
        raise NothingToChange
    return difference


def _added(ledger: OpenLedger, stock: _Stock, change: Change, line: WantedLine) -> Good:
    """What comes in addition is sold as it is to everybody: an offer that is open, a product that is on the shelf, at their price now."""
    if change.by_buyer:
        raise not_in_order(line)
    if line.offer_id is not None:
        offer = stock.offers.get(line.offer_id)
        if offer is None:
            raise OfferNotFound(details={"offer_id": str(line.offer_id)})
        if offer.state != "open" or offer.ends_at is None or ledger.now >= offer.ends_at:
            raise OfferNotOpen(details={"offer_id": str(line.offer_id)})
        return Good(offer.id, offer.product_id, offer.producer_id, offer.flash_price_vnd)
    pool = None if line.product_id is None else stock.pools.get(line.product_id)
    if pool is None or not pool.is_listed:
        raise not_in_order(line)
    return Good(None, pool.product_id, pool.producer_id, pool.price_vnd)


def not_in_order(line: WantedLine) -> AppError:
    if line.offer_id is not None:
        return OfferNotFound(details={"offer_id": str(line.offer_id)})
    return NotOnShelf(details={"product_id": str(line.product_id)})


def _by_product(difference: Counter[Good]) -> Counter[UUID]:
    needed = Counter[UUID]()
    for good, quantity in difference.items():
        needed[good.product_id] += quantity
    return needed


async def _fee_difference(db: RawConnection, ledger: OpenLedger, course: Course, left: dict[Good, int]) -> int:
    """How much more, or less, the delivery costs by the rule that holds now. What was charged for the rest stays, whatever rule it was by."""
    if ledger.shipping_rule is None:
        return 0
    rule = ShippingRule.model_validate_json(ledger.shipping_rule)
    grams: dict[UUID, int] = {}
    if rule.steps:
        products = {good.product_id for good in (*left, *course.ordered)}
        rows: list[asyncpg.Record] = await db.fetch(shelf_sql.WEIGHTS, list(products))
        grams = {row["id"]: row["weight_grams"] for row in rows}

    def fee_vnd(quantities: dict[Good, int]) -> int:
        goods_vnd = sum(quantity * good.unit_price_vnd for good, quantity in quantities.items())
        weight = sum(quantity * grams.get(good.product_id, 0) for good, quantity in quantities.items())
        return rule.fee_vnd(goods_vnd=goods_vnd, grams=weight)

    after = course.shipping_vnd + fee_vnd(left) - fee_vnd(dict(course.ordered))
    return min(max(0, after), FEE_MAX_VND) - course.shipping_vnd
