"""SQL of settlements: what a producer's orders have had, what is known beside the ledgers, what was settled before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from app.infra.database import RawConnection
from app.settlement.sharing import shared
from app.settlement.standing import Beside

_PRODUCER = """
SELECT p.id, p.organisation_id, p.name, p.kind, p.tax_code, p.commune_name, p.province_name, o.name AS organisation_name
FROM producers p JOIN organisations o ON o.id = p.organisation_id WHERE p.id = $1 AND p.organisation_id = $2
"""
# Wherever goods of theirs may have been sold; what a rehearsal sells is nobody's money.
_SESSIONS = """
SELECT s.id, s.title, s.started_at, l.last_seq FROM sessions s JOIN ledgers l ON l.session_id = s.id
WHERE s.organisation_id = $2 AND l.last_seq > 0 AND NOT s.is_rehearsal AND (
  EXISTS (SELECT FROM offers f WHERE f.session_id = s.id AND f.producer_id = $1)
  OR EXISTS (SELECT FROM session_stock k JOIN products p ON p.id = k.product_id WHERE k.session_id = s.id AND p.producer_id = $1))
ORDER BY s.started_at NULLS LAST, s.id
"""
_ORDERS = """
SELECT o.id, o.code FROM orders o WHERE o.session_id = $1 AND EXISTS (
  SELECT FROM order_lines l LEFT JOIN offers f ON f.id = l.offer_id LEFT JOIN products p ON p.id = l.product_id
  WHERE l.order_id = o.id AND coalesce(f.producer_id, p.producer_id) = $2)
ORDER BY o.seq
"""
_MOVED = "SELECT DISTINCT order_id FROM ledger_entries WHERE session_id = $1 AND seq > $2 AND seq <= $3 AND order_id = ANY($4::uuid[])"
_ENTRIES = "SELECT order_id, body FROM ledger_entries WHERE session_id = $1 AND seq <= $2 AND order_id = ANY($3::uuid[]) ORDER BY seq"
_HASH = "SELECT hash FROM ledger_entries WHERE session_id = $1 AND seq = $2"
# What couriers kept, as they reported it with the cash.
_KEPT_FEES = """
SELECT order_id, sum(fee_vnd)::bigint AS fee_vnd FROM payments
WHERE order_id = ANY($1::uuid[]) AND fee_vnd IS NOT NULL AND matter IS DISTINCT FROM 'repeated' GROUP BY order_id
"""
# What a carrier asks for a parcel that it has; a parcel may hold several orders.
_PARCEL_FEES = """
SELECT c.parcel_id, c.fee_vnd, l.order_id, sum(l.unit_price_vnd * l.quantity)::bigint AS value_vnd
FROM carrier_orders c JOIN parcel_lines l ON l.parcel_id = c.parcel_id
WHERE c.state = 'taken' AND c.fee_vnd > 0
  AND c.parcel_id IN (SELECT parcel_id FROM parcel_lines WHERE order_id = ANY($1::uuid[]))
GROUP BY c.parcel_id, c.fee_vnd, l.order_id ORDER BY c.parcel_id, l.order_id
"""
# By bank, while the producer had an account of their own; what a courier collected is never theirs before it is settled.
_DIRECT = """
SELECT p.order_id, sum(p.amount_vnd)::bigint AS direct_vnd FROM payments p
WHERE p.order_id = ANY($1::uuid[]) AND p.source <> 'collection'
  AND (p.matter IS NULL OR p.matter = 'over' OR (p.matter IN ('under', 'unmatched') AND p.settled_at IS NOT NULL))
  AND EXISTS (SELECT FROM bank_accounts a WHERE a.organisation_id = p.organisation_id AND a.producer_id = $2
    AND a.named_at <= p.received_at AND (a.replaced_at IS NULL OR a.replaced_at > p.received_at))
GROUP BY p.order_id
"""
_SETTLED = "SELECT settlement, body FROM settlement_lines WHERE producer_id = $1 AND order_id = ANY($2::uuid[]) ORDER BY settlement, place"
_FACTS = """
SELECT f.number, f.kind, f.settlement, f.amount_vnd, f.body, f.hash, f.made_at, u.display_name FROM settlement_facts f
JOIN users u ON u.id = f.made_by WHERE f.producer_id = $1 ORDER BY f.number
"""
_CHARGES = """
SELECT c.id, c.kind, c.amount_vnd, c.reason, c.order_id, o.code, c.made_at, u.display_name FROM settlement_charges c
JOIN users u ON u.id = c.made_by LEFT JOIN orders o ON o.id = c.order_id
WHERE c.producer_id = $1 AND c.withdrawn_at IS NULL AND c.settlement IS NOT DISTINCT FROM $2::int ORDER BY c.made_at, c.id
"""


@dataclass(frozen=True, slots=True)
class ProducerFacts:
    """Who gets the money, as it stands on the sheet, and which organisation settles."""

    id: UUID
    organisation_id: UUID
    name: str
    kind: str
    tax_code: str
    place: str
    organisation_name: str


@dataclass(frozen=True, slots=True)
class SoldIn:
    """A session in which goods of the producer may have been sold, and how far its ledger goes."""

    session_id: UUID
    title: str
    started_at: datetime | None
    last_seq: int


async def producer_facts(db: RawConnection, producer_id: UUID, organisation_id: UUID) -> ProducerFacts | None:
    row = await db.fetchrow(_PRODUCER, producer_id, organisation_id)
    if row is None:
        return None
    place = f"{row['commune_name']}, {row['province_name']}"
    return ProducerFacts(
        row["id"], row["organisation_id"], row["name"], row["kind"], row["tax_code"] or "", place, row["organisation_name"]
    )


async def sessions_of(db: RawConnection, producer: ProducerFacts) -> list[SoldIn]:
    rows = await db.fetch(_SESSIONS, producer.id, producer.organisation_id)
    return [SoldIn(row["id"], row["title"], row["started_at"], row["last_seq"]) for row in rows]


async def orders_of(db: RawConnection, session_id: UUID, producer_id: UUID) -> dict[UUID, str]:
    """Orders of a session with goods of the producer, in the order in which they were placed, with their codes."""
    return {row["id"]: row["code"] for row in await db.fetch(_ORDERS, session_id, producer_id)}


async def moved_orders(db: RawConnection, session_id: UUID, after: int, to: int, order_ids: Collection[UUID]) -> set[UUID]:
    """Those of them that have an entry in (after, to]."""
    return {row["order_id"] for row in await db.fetch(_MOVED, session_id, after, to, list(order_ids))}


async def bodies_by_order(db: RawConnection, session_id: UUID, to: int, order_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Everything the ledger says about these orders up to an entry."""
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in await db.fetch(_ENTRIES, session_id, to, list(order_ids)):
        found[row["order_id"]].append(row["body"])
    return found


async def hash_of_entry(db: RawConnection, session_id: UUID, seq: int) -> bytes:
    found: bytes = await db.fetchval(_HASH, session_id, seq)
    return found


async def beside_ledgers(db: RawConnection, producer_id: UUID, order_ids: Collection[UUID]) -> dict[UUID, Beside]:
    """What is known of these orders beside their ledgers; those of which nothing is are missing.

    A carrier's fee is what couriers kept of an order; of an order of which no courier has reported, its share of what carriers ask for its
    parcels, by the value of what is in them.
    """
    ids = list(order_ids)
    kept = {row["order_id"]: row["fee_vnd"] for row in await db.fetch(_KEPT_FEES, ids)}
    asked = Counter[UUID]()
    parcels: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in await db.fetch(_PARCEL_FEES, ids):
        parcels[row["parcel_id"]].append(row)
    for rows in parcels.values():
        for row, share_vnd in zip(rows, shared(rows[0]["fee_vnd"], [row["value_vnd"] for row in rows]), strict=True):
            asked[row["order_id"]] += share_vnd
    direct = {row["order_id"]: row["direct_vnd"] for row in await db.fetch(_DIRECT, ids, producer_id)}
    known = {*kept, *asked, *direct}
    return {each: Beside(kept.get(each, asked[each]), direct.get(each, 0)) for each in ids if each in known}


async def settled_rows(db: RawConnection, producer_id: UUID, order_ids: Collection[UUID]) -> Sequence[asyncpg.Record]:
    """Lines of settlements that were agreed about these orders, with the number of each, the earliest first."""
    return await db.fetch(_SETTLED, producer_id, list(order_ids))


async def fact_rows(db: RawConnection, producer_id: UUID) -> list[asyncpg.Record]:
    """The producer's chain, oldest first."""
    return await db.fetch(_FACTS, producer_id)


async def charge_rows(db: RawConnection, producer_id: UUID, settlement: int | None) -> list[asyncpg.Record]:
    """Amounts by hand in a settlement, or (None) those that wait for the next; never those that were taken back."""
    return await db.fetch(_CHARGES, producer_id, settlement)


_PRODUCT_NAMES = "SELECT id, name, unit FROM products WHERE id = ANY($1::uuid[])"
_SESSION_TITLES = "SELECT id, title FROM sessions WHERE id = ANY($1::uuid[])"


async def product_names(db: RawConnection, product_ids: Collection[UUID]) -> Mapping[UUID, tuple[str, str]]:
    """Name and unit of each."""
    return {row["id"]: (row["name"], row["unit"]) for row in await db.fetch(_PRODUCT_NAMES, list(product_ids))}


async def session_titles(db: RawConnection, session_ids: Collection[UUID]) -> Mapping[UUID, str]:
    return {row["id"]: row["title"] for row in await db.fetch(_SESSION_TITLES, list(session_ids))}
