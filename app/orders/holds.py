"""Units set aside for one buyer for a while, before there is an order: taken and given back under the locks of an order.

Lock order, as everywhere: the session's ledger row (the caller has it), pools by product, offers by id; then holds. What an offer holds is
part of its `set_aside`, what a pool holds of its `held`, so batches, waitlists and the shelf see it as gone. The batch that writes the
order uses the hold up; whoever comes second, the clock or the order, finds it over.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from app.infra.database import RawConnection
from app.ledger.append import OpenLedger
from app.orders.batch_sql import NOT_RELEASED
from app.orders.books import Books
from app.orders.calling import Calls, call_next
from app.sessions.outbox import Told, tell_room_raw

Outcome = Literal["held", "sold_out", "limit", "not_sold"]

_POOLS = """
SELECT t.product_id, t.units - t.sold - t.held AS left, t.per_viewer_limit, p.price_vnd,
  t.on_shelf AND NOT p.is_alcohol
    AND EXISTS (SELECT FROM session_products r WHERE r.session_id = t.session_id AND r.product_id = t.product_id) AS is_listed
FROM session_stock t JOIN products p ON p.id = t.product_id
WHERE t.session_id = $1 AND t.product_id = ANY($2::uuid[]) ORDER BY t.product_id FOR UPDATE OF t
"""
_OFFERS = """
SELECT id, product_id, flash_price_vnd, remaining - set_aside AS left, per_viewer_limit FROM offers
WHERE session_id = $1 AND product_id = ANY($2::uuid[]) AND state = 'open' AND starts_at <= $3 AND (ends_at IS NULL OR ends_at > $3)
ORDER BY id FOR UPDATE
"""
_OF_DEVICE = f"""
SELECT coalesce(sum(l.quantity), 0)::int
  + (SELECT coalesce(sum(h.quantity), 0)::int FROM unit_holds h
     WHERE h.session_id = $1 AND h.device_id = $3 AND h.state = 'held' AND h.product_id = $2 AND h.offer_id IS NOT DISTINCT FROM $4)
FROM order_lines l JOIN orders o ON o.id = l.order_id AND o.session_id = $1
WHERE l.device_id = $3 AND (CASE WHEN $4::uuid IS NULL THEN l.product_id = $2 ELSE l.offer_id = $4 END) AND {NOT_RELEASED}
"""  # noqa: S608 - constants of our own
_ASIDE_OFFER = "UPDATE offers SET set_aside = set_aside + $2 WHERE id = $1"
_ASIDE_POOL = "UPDATE session_stock SET held = held + $3 WHERE session_id = $1 AND product_id = $2"
_INSERT = """
INSERT INTO unit_holds (hold_id, product_id, session_id, offer_id, device_id, quantity, unit_price_vnd, held_at, until_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_LINES = "SELECT hold_id, product_id, offer_id, quantity FROM unit_holds WHERE hold_id = ANY($1::uuid[]) AND state = 'held'"
_LOCK_POOLS = "SELECT product_id FROM session_stock WHERE session_id = $1 AND product_id = ANY($2::uuid[]) ORDER BY product_id FOR UPDATE"
_LOCK_OFFERS = "SELECT id FROM offers WHERE session_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE"
_WAITED_FOR = """
SELECT f.id FROM offers f WHERE f.session_id = $1 AND f.product_id = ANY($2::uuid[])
  AND EXISTS (SELECT FROM waitlist_entries w WHERE w.offer_id = f.id AND w.state IN ('waiting', 'called'))
"""
_RELEASE = "UPDATE unit_holds SET state = 'released' WHERE hold_id = ANY($1::uuid[]) AND state = 'held'"
_EXTEND = "UPDATE unit_holds SET until_at = $2 WHERE hold_id = $1 AND state = 'held'"
_FOR_BATCH = """
SELECT hold_id, product_id, offer_id, quantity FROM unit_holds
WHERE hold_id = ANY($1::uuid[]) AND session_id = $2 AND state = 'held' AND until_at > $3
"""


@dataclass(frozen=True, slots=True)
class WantedUnits:
    """Units of one product of a session."""

    product_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class HeldLine:
    """What became of one wish. `offer_id`: at that offer's price; otherwise at the normal one, 0 while nothing is held. `left`: units that anybody may take."""

    product_id: UUID
    quantity: int
    outcome: Outcome
    offer_id: UUID | None = None
    unit_price_vnd: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Whose hold it is and until when."""

    hold_id: UUID
    device_id: UUID
    until: datetime


async def hold_units(db: RawConnection, ledger: OpenLedger, request: HoldRequest, wanted: Sequence[WantedUnits]) -> list[HeldLine]:
    """Set units aside, each product from its open offer or else from the shelf; the ledger's lock is held. A line that cannot be is left out.

    Limits per viewer count what the device has ordered and holds already; the phone number is counted when it is ordered.
    """
    products = [each.product_id for each in wanted]
    pools = {row["product_id"]: row for row in await db.fetch(_POOLS, ledger.session_id, products)} if ledger.has_stock else {}
    offers: dict[UUID, list[asyncpg.Record]] = {}
    for row in await db.fetch(_OFFERS, ledger.session_id, products, ledger.now):
        offers.setdefault(row["product_id"], []).append(row)
    lines = []
    for each in wanted:
        line = await _hold_one(db, ledger, request, each, offers.get(each.product_id, []), pools.get(each.product_id))
        lines.append(line)
    told = [Told("stock", line.product_id) for line in lines if line.outcome == "held" and line.product_id in pools]
    await tell_room_raw(db, ledger.session_id, told)
    return lines


async def _hold_one(
    db: RawConnection,
    ledger: OpenLedger,
    request: HoldRequest,
    want: WantedUnits,
    offers: Sequence[asyncpg.Record],
    pool: asyncpg.Record | None,
) -> HeldLine:
    refused = HeldLine(want.product_id, want.quantity, "not_sold")
    choices = [(offer["id"], offer["flash_price_vnd"], offer) for offer in offers]
    if pool is not None and pool["is_listed"]:
        choices.append((None, pool["price_vnd"], pool))
    for offer_id, price_vnd, source in choices:
        left = source["left"] if pool is None else min(source["left"], pool["left"])
        if left < want.quantity:
            refused = HeldLine(want.product_id, want.quantity, "sold_out", left=max(left, 0))
            continue
        has = await db.fetchval(_OF_DEVICE, ledger.session_id, want.product_id, request.device_id, offer_id)
        if has + want.quantity > source["per_viewer_limit"]:
            refused = HeldLine(want.product_id, want.quantity, "limit", left=left)
            continue
        if offer_id is not None:
            await db.execute(_ASIDE_OFFER, offer_id, want.quantity)
        if pool is not None:
            await db.execute(_ASIDE_POOL, ledger.session_id, want.product_id, want.quantity)
        who = (ledger.session_id, offer_id, request.device_id)
        await db.execute(_INSERT, request.hold_id, want.product_id, *who, want.quantity, price_vnd, ledger.now, request.until)
        return HeldLine(want.product_id, want.quantity, "held", offer_id, price_vnd, left - want.quantity)
    return refused


async def release_holds(db: RawConnection, ledger: OpenLedger, hold_ids: Collection[UUID], *, call_seconds: float | None) -> list[Calls]:
    """Give back what these still hold; whoever waits for it is called first. What was ordered or released before stays as it is.

    `call_seconds`: how long those have who are called; None calls nobody, where the units are about to be held again.
    """
    rows = await db.fetch(_LINES, list(hold_ids))
    if not rows:
        return []
    products = sorted({row["product_id"] for row in rows})
    pooled = {row["product_id"] for row in await db.fetch(_LOCK_POOLS, ledger.session_id, products)}
    waited_for = {row["id"] for row in await db.fetch(_WAITED_FOR, ledger.session_id, products)}
    offers = sorted({row["offer_id"] for row in rows if row["offer_id"] is not None} | waited_for)
    await db.fetch(_LOCK_OFFERS, ledger.session_id, offers)
    for row in rows:
        if row["offer_id"] is not None:
            await db.execute(_ASIDE_OFFER, row["offer_id"], -row["quantity"])
        if row["product_id"] in pooled:
            await db.execute(_ASIDE_POOL, ledger.session_id, row["product_id"], -row["quantity"])
    await db.execute(_RELEASE, list(hold_ids))
    calls = [] if call_seconds is None else [await call_next(db, each, now=ledger.now, call_seconds=call_seconds) for each in offers]
    called = [each for each in calls if each is not None]
    await tell_room_raw(db, ledger.session_id, [*(each.to_tell for each in called), *(Told("stock", each) for each in sorted(pooled))])
    return called


async def extend_holds(db: RawConnection, hold_id: UUID, until: datetime) -> None:
    """What this still holds it holds until then, at the prices that were promised; the ledger's lock is held."""
    await db.execute(_EXTEND, hold_id, until)


async def find_holds(db: RawConnection, books: Books, hold_ids: Sequence[UUID]) -> None:
    """Let a batch know what is set aside for its orders and not over. Its pools and offers are locked."""
    rows = await db.fetch(_FOR_BATCH, list(hold_ids), books.ledger.session_id, books.ledger.now)
    # A hold is used up as a whole: an order that asks for another product than it holds gets none of it.
    strange = {
        row["hold_id"]
        for row in rows
        if row["offer_id"] not in books.offers and (row["offer_id"] or row["product_id"] not in books.terms.pools)
    }
    for row in rows:
        hold_id = row["hold_id"]
        if hold_id in strange:
            continue
        books.holds.add(hold_id)
        if (offer := books.offers.get(row["offer_id"])) is not None:
            offer.held_for[hold_id] = row["quantity"]
        if (pool := books.terms.pools.get(row["product_id"])) is not None:
            pool.held_for[hold_id] = row["quantity"]
