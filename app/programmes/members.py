"""Read-only SQL: the sessions of a programme and their stored sums. As many statements for one session as for thousands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from app.infra.database import RawConnection
from app.programmes.errors import ProgrammeTooLarge
from app.programmes.reaching import Reach
from app.programmes.schemas import MEMBERS_MAX
from app.programmes.summing import SUMS_VERSION

MemberRow: TypeAlias = dict[str, Any]
"""A session or booth, its commune and unit, its measured figures and how far its sums go: the columns of `_COLUMNS`."""

_COLUMNS = """
SELECT s.id, s.title, s.kind, s.state, s.started_at, s.ended_at, coalesce(s.ward_code, p.commune_code) AS ward_code, s.producer_id,
  n.unit_id, un.name AS unit_name, u.views, u.unique_viewers, u.viewers_peak, u.watch_seconds, u.comments, u.measured_at,
  u.closed_at, u.updated_at AS summed_at, u.session_id IS NOT NULL AND u.ledger_seq >= coalesce(l.last_seq, 0) AS is_current
FROM sessions s
LEFT JOIN ledgers l ON l.session_id = s.id
LEFT JOIN producers p ON p.id = s.producer_id
LEFT JOIN session_sums u ON u.session_id = s.id AND u.version = $1
LEFT JOIN session_units n ON n.session_id = s.id
LEFT JOIN union_units un ON un.id = n.unit_id
"""
_WITHIN = """
  AND CASE WHEN s.kind = 'stream' THEN (s.started_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date BETWEEN $3 AND $4
    ELSE (s.started_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= $4
      AND (s.ended_at IS NULL OR (s.ended_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date >= $3) END
"""
# The commune of a booth is its producer's where nobody said another.
_MEMBERS = f"""
{_COLUMNS}
WHERE s.organisation_id = $2 AND s.started_at IS NOT NULL AND NOT s.is_rehearsal
  {_WITHIN}
  AND ($5::int[] IS NULL OR coalesce(s.ward_code, p.commune_code) = ANY($5))
  AND ($6::uuid IS NULL OR EXISTS (SELECT FROM programme_sessions c WHERE c.programme_id = $6 AND c.session_id = s.id))
ORDER BY s.started_at DESC, s.id DESC LIMIT $7
"""
_CHOSEN = f"{_COLUMNS} WHERE s.id = ANY($2::uuid[]) AND s.organisation_id = $3 AND s.started_at IS NOT NULL AND NOT s.is_rehearsal"

SALES = (
    *("orders_placed", "units_placed", "placed_vnd", "confirmed_orders", "confirmed_vnd", "delivered_orders", "delivered_vnd"),
    *("paid_orders", "paid_vnd", "net_orders", "net_vnd", "lost_orders", "returned_orders"),
)
CLOSING = ("orders_placed", "placed_vnd", "confirmed_vnd", "delivered_vnd", "paid_vnd", "net_vnd")
PRODUCER_SALES = ("orders_placed", "units_placed", "placed_vnd", "kept_vnd", "lost_orders", "delivered_orders", "returned_orders")
_FEW = """CASE WHEN bool_or(few_buyers IS NULL) THEN NULL
  ELSE coalesce(string_agg(array_to_string(few_buyers, ' '), ' '), '') END AS few"""
# Weeks reach over the ends of months, so what is read is as fine as both together.
_SUMS = f"""
SELECT session_id, date_trunc('month', day)::date AS month, date_trunc('week', day)::date AS week, {_FEW}, sum(buyers)::int AS session_buyers,
  {", ".join(f"sum({name})::bigint AS {name}" for name in SALES)},
  {", ".join(f"sum(closing_{name})::bigint AS closing_{name}" for name in CLOSING)}
FROM session_day_sums WHERE session_id = ANY($1::uuid[]) AND day BETWEEN $2 AND $3
GROUP BY session_id, 2, 3
"""  # noqa: S608 - our own words
_PRODUCERS = f"""
SELECT session_id, producer_id, {_FEW}, {", ".join(f"sum({name})::bigint AS {name}" for name in PRODUCER_SALES)},
  coalesce(sum(closing_placed_vnd), 0)::bigint AS closing_placed_vnd, coalesce(sum(closing_kept_vnd), 0)::bigint AS closing_kept_vnd,
  coalesce(sum(kept_vnd) FILTER (WHERE closing_kept_vnd IS NOT NULL), 0)::bigint AS closed_kept_vnd
FROM session_producer_sums WHERE session_id = ANY($1::uuid[]) AND day BETWEEN $2 AND $3
GROUP BY session_id, producer_id
"""  # noqa: S608 - our own words
_LATE = """
SELECT happened_on, kind, count(DISTINCT session_id)::int AS sessions, sum(orders)::int AS orders, sum(amount_vnd)::bigint AS amount_vnd
FROM session_late_sums WHERE session_id = ANY($1::uuid[]) AND day BETWEEN $2 AND $3
GROUP BY happened_on, kind ORDER BY happened_on DESC, kind
"""
_LATE_OF_EACH = """
SELECT session_id, happened_on, kind, 1 AS sessions, sum(orders)::int AS orders, sum(amount_vnd)::bigint AS amount_vnd
FROM session_late_sums WHERE session_id = ANY($1::uuid[]) GROUP BY session_id, happened_on, kind ORDER BY happened_on DESC, kind
"""
_SKETCHES = """
SELECT decode(figures -> 'sketches' ->> 'unique_viewers', 'base64') AS sketch FROM session_totals
WHERE session_id = ANY($1::uuid[]) AND (figures ->> 'unique_viewers')::bigint > 0
"""
_NAMES = "SELECT id, name, kind, commune_name FROM producers WHERE id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Period:
    """Days in Vietnam, both included."""

    first_day: date
    last_day: date


async def member_rows(db: RawConnection, reach: Reach, period: Period, *, chosen_by: UUID | None) -> list[MemberRow]:
    """Sessions and booths of the period in somebody's reach, the newest first; rehearsals and what never began are left out. Raises
    `ProgrammeTooLarge`."""
    wards = None if reach.ward_codes is None else list(reach.ward_codes)
    days = (period.first_day, period.last_day)
    rows = await db.fetch(_MEMBERS, SUMS_VERSION, reach.organisation_id, *days, wards, chosen_by, MEMBERS_MAX + 1)
    if len(rows) > MEMBERS_MAX:
        raise ProgrammeTooLarge(details={"most": MEMBERS_MAX})
    return [dict(row) for row in rows]


async def session_rows(db: RawConnection, organisation_id: UUID, session_ids: Sequence[UUID]) -> list[MemberRow]:
    """The same columns of these sessions, in no order."""
    return [dict(row) for row in await db.fetch(_CHOSEN, SUMS_VERSION, list(session_ids), organisation_id)]


async def sum_rows(db: RawConnection, session_ids: Sequence[UUID], period: Period) -> list[dict[str, Any]]:
    """Sums per session, month and week; `few` is null where the buyers are many, else the beginnings of their digests."""
    return [dict(row) for row in await db.fetch(_SUMS, list(session_ids), period.first_day, period.last_day)]


async def producer_rows(db: RawConnection, session_ids: Sequence[UUID], period: Period) -> list[dict[str, Any]]:
    """Sums per session and producer."""
    return [dict(row) for row in await db.fetch(_PRODUCERS, list(session_ids), period.first_day, period.last_day)]


async def producer_names(db: RawConnection, producer_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    return {row["id"]: dict(row) for row in await db.fetch(_NAMES, list(producer_ids))}


async def late_rows(db: RawConnection, session_ids: Sequence[UUID], period: Period) -> list[dict[str, Any]]:
    """What came after the closing statements, the newest day first."""
    return [dict(row) for row in await db.fetch(_LATE, list(session_ids), period.first_day, period.last_day)]


async def late_rows_of_each(db: RawConnection, session_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The same over all days, session by session."""
    return [dict(row) for row in await db.fetch(_LATE_OF_EACH, list(session_ids))]


async def viewer_sketches(db: RawConnection, session_ids: Sequence[UUID]) -> list[bytes | None]:
    """What tells the viewers of these sessions apart, of those that had any; null where it was not kept."""
    return [row["sketch"] for row in await db.fetch(_SKETCHES, list(session_ids))]


async def chosen_ids(db: RawConnection, programme_id: UUID) -> set[UUID]:
    return {row["session_id"] for row in await db.fetch("SELECT session_id FROM programme_sessions WHERE programme_id = $1", programme_id)}
