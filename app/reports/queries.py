"""Read-only SQL of the report. Tables of other packages are read by name: a report looks at everything and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.accounts.permissions import Place
from app.infra.database import RawConnection

_SESSION = """
SELECT s.id, s.title, s.state, s.organisation_id, o.name AS organisation_name,
       CASE WHEN s.kind = 'booth' THEN '' ELSE u.display_name END AS host_name,
       s.started_at, s.ended_at, coalesce(l.last_seq, 0) AS last_seq, transaction_timestamp() AS as_of, s.host_id, s.ward_code, s.kind = 'booth' AS is_booth
FROM sessions s
JOIN organisations o ON o.id = s.organisation_id
JOIN users u ON u.id = s.host_id
LEFT JOIN ledgers l ON l.session_id = s.id
WHERE s.id = $1
"""

# Products of the run-down first, in its order; then those that were offered and taken off again.
_PRODUCTS = """
SELECT p.id, sp.code, p.name, p.unit, p.producer_id,
       count(f.id) AS offers, coalesce(sum(f.total_quantity + f.buffer_quantity), 0) AS units_offered,
       coalesce(sum(f.remaining), 0) AS units_remaining,
       t.units AS stock_units, t.units - t.sold - t.held AS stock_left
FROM products p
LEFT JOIN session_products sp ON sp.product_id = p.id AND sp.session_id = $1
LEFT JOIN offers f ON f.product_id = p.id AND f.session_id = $1 AND (f.state <> 'ended' OR f.starts_at IS NOT NULL)
LEFT JOIN session_stock t ON t.product_id = p.id AND t.session_id = $1
WHERE sp.product_id IS NOT NULL OR f.id IS NOT NULL OR t.product_id IS NOT NULL
GROUP BY p.id, sp.code, sp.position, t.units, t.sold, t.held
ORDER BY sp.position NULLS LAST, p.name
"""

# Producers of the products, and those an offer was made under: a product may change hands, its sales do not.
_PRODUCERS = """
SELECT id, name, kind, commune_code, commune_name, province_code, province_name FROM producers
WHERE id IN (SELECT p.producer_id FROM products p JOIN session_products sp ON sp.product_id = p.id AND sp.session_id = $1
             UNION SELECT p.producer_id FROM products p JOIN session_stock t ON t.product_id = p.id AND t.session_id = $1
             UNION SELECT producer_id FROM offers WHERE session_id = $1)
ORDER BY name
"""

_OFFERS = """
SELECT f.id, f.product_id, p.name AS product_name, f.producer_id, f.state, f.flash_price_vnd, f.regular_price_vnd,
       f.total_quantity + f.buffer_quantity AS units_offered,
       f.remaining, f.starts_at, f.ends_at
FROM offers f JOIN products p ON p.id = f.product_id
WHERE f.session_id = $1
ORDER BY f.created_at
"""

_PINS = """
SELECT a.happened_at, p.id AS product_id, p.name AS product_name
FROM audit_entries a JOIN products p ON p.id::text = a.details ->> 'product_id'
WHERE a.organisation_id = $1 AND a.action = 'session.pinned' AND a.subject_id = $2
ORDER BY a.id
"""

# A notice without words takes the one before away.
_NOTICES = """
SELECT a.happened_at, a.details ->> 'text' AS text
FROM audit_entries a
WHERE a.organisation_id = $1 AND a.action = 'notice.set' AND a.subject_id = $2 AND a.details ->> 'text' IS NOT NULL
ORDER BY a.id
"""

_ORDER_SUMS = """
SELECT count(*) AS orders, coalesce(sum(l.units), 0) AS units, coalesce(sum(l.amount_vnd), 0) AS amount_vnd,
       coalesce(sum(o.shipping_vnd), 0) AS shipping_vnd, coalesce(sum(o.total_vnd), 0) AS total_vnd
FROM orders o CROSS JOIN LATERAL (
  SELECT sum(quantity) AS units, sum(quantity * unit_price_vnd) AS amount_vnd FROM order_lines WHERE order_id = o.id AND change_seq IS NULL
) AS l
WHERE o.session_id = $1 AND o.seq > $2 AND o.seq <= $3
"""

_CHANGE_SUMS = """
SELECT coalesce(sum(l.units), 0) AS change_units, coalesce(sum(l.amount_vnd), 0) AS change_amount_vnd,
       coalesce(sum(c.shipping_vnd), 0) AS change_shipping_vnd, coalesce(sum(c.total_vnd), 0) AS change_total_vnd
FROM order_changes c CROSS JOIN LATERAL (
  SELECT sum(quantity) AS units, sum(quantity * unit_price_vnd) AS amount_vnd FROM order_lines
  WHERE order_id = c.order_id AND change_seq = c.seq
) AS l
WHERE c.session_id = $1 AND c.seq > $2 AND c.seq <= $3
"""

_STOCK = """
SELECT t.product_id AS id, p.name AS product_name, t.units, t.sold, t.held,
  coalesce((SELECT sum(f.set_aside) FROM offers f WHERE f.session_id = t.session_id AND f.product_id = t.product_id), 0)::int AS set_aside
FROM session_stock t JOIN products p ON p.id = t.product_id
WHERE t.session_id = $1
ORDER BY t.product_id
"""

_ENTRIES = "SELECT seq, body, hash, amount_vnd FROM ledger_entries WHERE session_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq"

_UNFINISHED = """
SELECT s.id, coalesce(l.last_seq, 0) AS last_seq
FROM sessions s
LEFT JOIN ledgers l ON l.session_id = s.id
LEFT JOIN session_totals t ON t.session_id = s.id
WHERE s.state IN ('ended', 'closed')
  AND s.ended_at <= now() - make_interval(secs => $1)
  AND (t.session_id IS NULL OR t.figures ->> 'state' <> 'final' OR (t.figures ->> 'ledger_seq')::bigint < l.last_seq)
ORDER BY s.ended_at DESC
LIMIT 200
"""

_FORGETTABLE = """
SELECT s.id FROM sessions s JOIN session_totals t ON t.session_id = s.id
WHERE s.state = 'closed' AND s.closed_at > now() - interval '1 day' AND t.figures ->> 'state' = 'final'
ORDER BY s.closed_at DESC
LIMIT 200
"""


_MODERATION = """
SELECT
  count(*) FILTER (WHERE h.hidden_by IS NOT NULL) AS hidden_by_staff,
  count(*) FILTER (WHERE h.hidden_by IS NULL AND h.reason <> 'muted') AS held_by_rules,
  count(*) FILTER (WHERE h.restored_at IS NOT NULL) AS restored,
  count(*) FILTER (WHERE h.hidden_by IS NULL AND h.reason = 'muted') AS said_unheard,
  (SELECT count(*) FROM speaker_restrictions r WHERE r.session_id = $1 AND r.kind = 'mute') AS mutes,
  (SELECT count(*) FROM speaker_restrictions r WHERE r.session_id = $1 AND r.kind = 'ban') AS bans,
  extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY h.hidden_at - c.posted_at)
    FILTER (WHERE h.hidden_by IS NOT NULL))::float8 AS median_seconds_to_hide
FROM comment_hidings h LEFT JOIN comments c ON c.id = h.comment_id
WHERE h.session_id = $1
"""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """The session a report is about, as of the transaction that read it."""

    id: UUID
    title: str
    state: str
    organisation_id: UUID
    organisation_name: str
    host_name: str
    started_at: datetime | None
    ended_at: datetime | None
    last_seq: int
    as_of: datetime
    host_id: UUID | None = None
    ward_code: int | None = None
    is_booth: bool = False

    @property
    def place(self) -> Place:
        return Place(self.id, self.host_id, self.ward_code)


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """One flash offer with its stock; `units_offered` counts the over-order buffer, as `remaining` does."""

    id: UUID
    product_id: UUID
    product_name: str
    producer_id: UUID
    state: str
    flash_price_vnd: int
    regular_price_vnd: int
    units_offered: int
    remaining: int
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class StockFacts:
    """The pool of one product, by its id. `set_aside` is what its offers keep for people called from waitlists, `held` what the pool does."""

    id: UUID
    product_name: str
    units: int
    sold: int
    held: int
    set_aside: int


async def session_facts(db: RawConnection, session_id: UUID) -> SessionFacts | None:
    """None when there is no such session."""
    row = await db.fetchrow(_SESSION, session_id)
    return None if row is None else SessionFacts(**row)


async def product_rows(db: RawConnection, session_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await db.fetch(_PRODUCTS, session_id)]


async def producer_rows(db: RawConnection, session_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await db.fetch(_PRODUCERS, session_id)]


async def offer_facts(db: RawConnection, session_id: UUID) -> list[OfferFacts]:
    return [OfferFacts(**row) for row in await db.fetch(_OFFERS, session_id)]


async def stock_facts(db: RawConnection, session_id: UUID) -> list[StockFacts]:
    return [StockFacts(**row) for row in await db.fetch(_STOCK, session_id)]


async def pin_rows(db: RawConnection, session: SessionFacts) -> list[dict[str, Any]]:
    """Products that were pinned, with the time, from the audit trail."""
    return [dict(row) for row in await db.fetch(_PINS, session.organisation_id, str(session.id))]


async def notice_rows(db: RawConnection, session: SessionFacts) -> list[dict[str, Any]]:
    """Notices that were shown above the comments, with the time, from the audit trail."""
    return [dict(row) for row in await db.fetch(_NOTICES, session.organisation_id, str(session.id))]


async def moderation_figures(db: RawConnection, session_id: UUID) -> Mapping[str, Any]:
    """How many comments were hidden, by whom or by what, and how soon."""
    return dict(await db.fetchrow(_MODERATION, session_id) or {})


async def order_sums(db: RawConnection, session_id: UUID, *, after: int, to: int) -> Mapping[str, int]:
    """Orders, units, amount of goods, shipping fees and totals by the order rows themselves, of the orders placed by the entries after one
    and up to another; and the same of the rows of their changes."""
    placed = await db.fetchrow(_ORDER_SUMS, session_id, after, to)
    changed = await db.fetchrow(_CHANGE_SUMS, session_id, after, to)
    return {name: int(amount) for row in (placed, changed) for name, amount in (row or {}).items()}


async def ledger_rows(db: RawConnection, session_id: UUID, *, after: int, to: int) -> list[tuple[int, str, bytes, int]]:
    """Entries (seq, body, hash, amount) after a seq and up to another, in order."""
    return [(row["seq"], row["body"], row["hash"], row["amount_vnd"]) for row in await db.fetch(_ENTRIES, session_id, after, to)]


async def unfinished_sessions(db: RawConnection, *, settle_seconds: float) -> list[tuple[UUID, int]]:
    """Sessions over for `settle_seconds` whose final figures are missing or older than their ledger, with its last seq."""
    return [(row["id"], row["last_seq"]) for row in await db.fetch(_UNFINISHED, settle_seconds)]


async def forgettable_sessions(db: RawConnection) -> list[UUID]:
    """Sessions closed lately whose figures are final: Redis need not keep them."""
    return [row["id"] for row in await db.fetch(_FORGETTABLE)]
