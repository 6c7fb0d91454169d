"""Stored sums of sessions: what programmes and comparisons are added up from. A job makes them; no page ever folds a ledger for them.

Everything follows from ledger, figures and statements alone, and a session's rows are written together in one transaction, of one session one
after the other. Whatever is thrown away comes back.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import structlog

from app.infra.clock import vietnam_day
from app.infra.database import Database, RawConnection
from app.ledger.chain import entry_of
from app.ledger.fold import Ladder
from app.ledger.kinds import RELEASING_KINDS, RUNGS, EntryKind
from app.reports.errors import ReportBeingPrepared
from app.reports.folding import ENTRIES_PER_STEP, FOLD_VERSION
from app.reports.ladder import RevenueLadder
from app.reports.summaries import read_fold

log = structlog.get_logger(__name__)

# Raise the first number whenever the same fold would give other sums: rows of other versions, or of another fold, are made anew.
SUMS_VERSION = 1 * 1_000 + FOLD_VERSION
# Groups with fewer buyers are small; of those the digests are kept, so that groups of sessions can be counted without counting twice.
FEW = 5
# Of whose sums the columns are, in their order.
_STEPS: tuple[EntryKind | Literal["net"], ...] = (*RUNGS, "net")
_BEHIND = """
SELECT s.id FROM sessions s
LEFT JOIN ledgers l ON l.session_id = s.id
LEFT JOIN session_totals t ON t.session_id = s.id
LEFT JOIN session_sums u ON u.session_id = s.id
WHERE s.started_at IS NOT NULL AND NOT s.is_rehearsal
  AND ($3::float8 = 0 OR coalesce(u.updated_at, s.started_at) <= now() - make_interval(secs => $3)) AND (
  u.session_id IS NULL OR u.version <> $1 OR u.ledger_seq < coalesce(l.last_seq, 0) OR u.measured_at IS DISTINCT FROM t.as_of
  OR u.closed_seq IS NULL AND s.state = 'closed' AND EXISTS (SELECT FROM closing_statements c WHERE c.session_id = s.id))
ORDER BY u.updated_at NULLS FIRST, s.id LIMIT $2
"""
_SESSION = """
SELECT s.kind, s.started_at, s.host_id, coalesce(l.last_seq, 0) AS last_seq, t.as_of AS measured_at,
  t.figures ->> 'unique_viewers' AS unique_viewers, t.figures -> 'measured' AS measured,
  u.version, u.ledger_seq, u.closed_seq AS known_closed_seq, c.last_seq AS closed_seq, c.signed_at AS closed_at
FROM sessions s
LEFT JOIN ledgers l ON l.session_id = s.id
LEFT JOIN session_totals t ON t.session_id = s.id
LEFT JOIN session_sums u ON u.session_id = s.id
LEFT JOIN closing_statements c ON c.session_id = s.id AND c.number = 1
WHERE s.id = $1 AND s.started_at IS NOT NULL AND NOT s.is_rehearsal
"""
# Orders of a booth whose days have to be summed anew: those of every day of which an order was written about since.
_DAYS_TOUCHED = """
SELECT DISTINCT (p.happened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day
FROM ledger_entries e JOIN ledger_entries p ON p.order_id = e.order_id AND p.session_id = e.session_id AND p.kind = 'placed'
WHERE e.session_id = $1 AND e.seq > $2 AND e.seq <= $3
"""
_ENTRIES_OF_DAYS = """
SELECT e.seq, e.body, (p.happened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day
FROM ledger_entries p JOIN ledger_entries e ON e.order_id = p.order_id AND e.session_id = p.session_id
WHERE p.session_id = $1 AND p.kind = 'placed' AND p.seq <= $3 AND e.seq <= $3
  AND (p.happened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date = ANY($2::date[])
ORDER BY e.seq
"""
_LATE = """
SELECT (p.happened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, (e.happened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS happened_on,
  e.kind, count(DISTINCT e.order_id)::int AS orders, sum(e.amount_vnd)::bigint AS amount_vnd
FROM ledger_entries e JOIN ledger_entries p ON p.order_id = e.order_id AND p.session_id = e.session_id AND p.kind = 'placed'
WHERE e.session_id = $1 AND e.seq > $2 AND e.seq <= $3
GROUP BY 1, 2, 3
"""
# At most so many digests per group, so it says whether they are few and never who they are when they are many.
_PHONES = """
SELECT day, producer_id, (array_agg(DISTINCT encode(substring(phone_digest FOR 8), 'hex')))[1:$4] AS digests FROM (
  SELECT (o.placed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, o.phone_digest, coalesce(f.producer_id, p.producer_id) AS producer_id
  FROM orders o JOIN order_lines n ON n.order_id = o.id
  LEFT JOIN offers f ON f.id = n.offer_id LEFT JOIN products p ON p.id = n.product_id
  WHERE o.session_id = $1 AND o.seq <= $2 AND ($3::date[] IS NULL OR (o.placed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date = ANY($3))
) AS bought
GROUP BY GROUPING SETS ((day, producer_id), (day))
"""
_MANY = """
SELECT day, NULL::uuid AS producer_id FROM session_day_sums WHERE session_id = $1 AND few_buyers IS NULL
UNION ALL SELECT day, producer_id FROM session_producer_sums WHERE session_id = $1 AND few_buyers IS NULL
"""
_STREAM_PHONES = _PHONES.replace("(o.placed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day", "NULL::date AS day")
_STORE = """
INSERT INTO session_sums (session_id, version, ledger_seq, measured_at, views, unique_viewers, viewers_peak, watch_seconds, comments,
  closed_seq, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (session_id) DO UPDATE SET version = excluded.version, ledger_seq = excluded.ledger_seq, measured_at = excluded.measured_at,
  views = excluded.views, unique_viewers = excluded.unique_viewers, viewers_peak = excluded.viewers_peak,
  watch_seconds = excluded.watch_seconds, comments = excluded.comments, closed_seq = excluded.closed_seq, closed_at = excluded.closed_at,
  updated_at = now()
WHERE session_sums.version <> excluded.version OR session_sums.ledger_seq <= excluded.ledger_seq
RETURNING session_id
"""
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('session_sums:' || $1::text, 0))"
_UNIT_OF_HOST = """
INSERT INTO session_units (session_id, unit_id) SELECT $1, unit_id FROM host_units WHERE user_id = $2 ON CONFLICT DO NOTHING
"""
DAY_COLUMNS = (
    *("session_id", "day", "orders_placed", "units_placed", "placed_vnd", "confirmed_orders", "confirmed_vnd"),
    *("delivered_orders", "delivered_vnd", "paid_orders", "paid_vnd", "net_orders", "net_vnd", "lost_orders", "returned_orders"),
    *("buyers", "few_buyers", "closing_orders_placed", "closing_placed_vnd", "closing_confirmed_vnd", "closing_delivered_vnd"),
    *("closing_paid_vnd", "closing_net_vnd"),
)
PRODUCER_COLUMNS = (
    *("session_id", "day", "producer_id", "orders_placed", "units_placed", "placed_vnd", "kept_vnd", "lost_orders", "delivered_orders"),
    *("returned_orders", "few_buyers", "closing_placed_vnd", "closing_kept_vnd"),
)


@dataclass(slots=True)
class _Fold:
    """Plain sums and ladder over the orders of one day."""

    whole: Ladder = field(default_factory=Ladder)
    steps: RevenueLadder = field(default_factory=RevenueLadder)


class Sums:
    """Makes them. Safe to run on several nodes at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def behind(self, *, limit: int, late_seconds: float = 0) -> list[UUID]:
        """Sessions whose sums lack an entry, newer figures or the closing statement and were not made within the last `late_seconds`; those
        that waited longest first."""
        return [row["id"] for row in await self._database.pool.fetch(_BEHIND, SUMS_VERSION, limit, late_seconds)]

    async def sum(self, session_id: UUID) -> bool:
        """Make the sums of a session as of now. False, and nothing changed, while its stored fold is far behind, or if it has none."""
        async with self._database.pool.acquire() as db, db.transaction():
            # nothing but PostgreSQL is waited for while it is held; what is read is bounded by the ledger's head, so it belongs together
            await db.execute(_TURN, str(session_id))
            facts = await db.fetchrow(_SESSION, session_id)
            if facts is None:
                return False
            try:
                await self._write(db, session_id, dict(facts))
            except ReportBeingPrepared:
                log.info("sums_wait_for_fold", session=str(session_id))
                return False
        return True

    async def _write(self, db: RawConnection, session_id: UUID, facts: Mapping[str, Any]) -> None:
        last_seq, closed_seq = facts["last_seq"], facts["closed_seq"]
        is_kept = facts["version"] == SUMS_VERSION and facts["known_closed_seq"] == closed_seq
        since = facts["ledger_seq"] if is_kept else 0
        await db.execute(_UNIT_OF_HOST, session_id, facts["host_id"] if facts["kind"] == "stream" else None)
        if await db.fetchval(_STORE, session_id, SUMS_VERSION, last_seq, *_measured(facts), closed_seq, facts["closed_at"]) is None:
            return
        if is_kept and since == last_seq:
            return
        if facts["kind"] == "stream":
            stream_day, days = vietnam_day(facts["started_at"]), None
            now = {stream_day: await _of_stream(db, session_id, to=last_seq)}
            closing = {} if closed_seq is None else {stream_day: await _of_stream(db, session_id, to=closed_seq)}
        else:
            stream_day = None
            days = [row["day"] for row in await db.fetch(_DAYS_TOUCHED, session_id, since, last_seq)]
            now = await _by_day(db, session_id, days, to=last_seq)
            closing = {} if closed_seq is None else await _by_day(db, session_id, days, to=closed_seq)
        few = await _few_buyers(db, session_id, now, to=last_seq, days=days, stream_day=stream_day)
        for table in ("session_day_sums", "session_producer_sums"):
            await db.execute(f"DELETE FROM {table} WHERE session_id = $1 AND ($2::date[] IS NULL OR day = ANY($2))", session_id, days)  # noqa: S608
        await db.copy_records_to_table(
            "session_day_sums",
            columns=DAY_COLUMNS,
            records=list(_day_rows(session_id, now, closing, few, is_closed=closed_seq is not None)),
        )
        await db.copy_records_to_table(
            "session_producer_sums",
            columns=PRODUCER_COLUMNS,
            records=list(_producer_rows(session_id, now, closing, few, is_closed=closed_seq is not None)),
        )
        if closed_seq is not None:
            await _write_late(db, session_id, after=closed_seq, to=last_seq, stream_day=stream_day)


async def _write_late(db: RawConnection, session_id: UUID, *, after: int, to: int, stream_day: date | None) -> None:
    sums: dict[tuple[date, date, str], list[int]] = {}
    for row in await db.fetch(_LATE, session_id, after, to):
        found = sums.setdefault((stream_day or row["day"], row["happened_on"], row["kind"]), [0, 0])
        found[0] += row["orders"]
        found[1] += row["amount_vnd"]
    await db.execute("DELETE FROM session_late_sums WHERE session_id = $1", session_id)
    records = [(session_id, *key, *sum_) for key, sum_ in sums.items()]
    await db.copy_records_to_table(
        "session_late_sums", columns=("session_id", "day", "happened_on", "kind", "orders", "amount_vnd"), records=records
    )


async def _of_stream(db: RawConnection, session_id: UUID, *, to: int) -> _Fold:
    folded = await read_fold(db, session_id, to=to)
    return _Fold(folded.whole, folded.steps)


async def _by_day(db: RawConnection, session_id: UUID, days: Sequence[date], *, to: int) -> dict[date, _Fold]:
    folds: dict[date, _Fold] = {}
    for number, row in enumerate(await db.fetch(_ENTRIES_OF_DAYS, session_id, days, to), start=1):
        of_day, entry = folds.setdefault(row["day"], _Fold()), entry_of(row["body"])
        of_day.whole.add(entry)
        of_day.steps.add(entry)
        if number % ENTRIES_PER_STEP == 0:
            await asyncio.sleep(0)
    return folds


async def _few_buyers(
    db: RawConnection,
    session_id: UUID,
    now: Mapping[date, _Fold],
    *,
    to: int,
    days: Sequence[date] | None,
    stream_day: date | None,
) -> dict[tuple[date, UUID | None], list[str]]:
    """Digests per day, and per day and producer, at most `FEW` of each."""
    groups = {(day, producer) for day, of_day in now.items() for producer in (None, *map(UUID, of_day.whole.producers))}
    many = [(row["day"], row["producer_id"]) for row in await db.fetch(_MANY, session_id)]
    if groups <= set(many):
        # who has had many buyers goes on having them
        return dict.fromkeys(groups, [""] * FEW)
    statement = _PHONES if stream_day is None else _STREAM_PHONES
    rows = await db.fetch(statement, session_id, to, days, FEW)
    return {(stream_day or row["day"], row["producer_id"]): row["digests"] for row in rows}


def _kept_few(digests: Sequence[str]) -> list[str] | None:
    return list(digests) if len(digests) < FEW else None


def _day_rows(
    session_id: UUID,
    now: Mapping[date, _Fold],
    closing: Mapping[date, _Fold],
    few: Mapping[tuple[date, UUID | None], list[str]],
    *,
    is_closed: bool,
) -> Iterable[tuple[Any, ...]]:
    for day, of_day in now.items():
        totals, sums = of_day.whole.totals, of_day.steps.sums
        then = closing.get(day, _Fold()).steps.sums
        yield (
            *(session_id, day, sums.orders["placed"], totals["units_placed"], sums.amounts["placed"]),
            *(each for step in _STEPS[1:] for each in (sums.orders[step], sums.amounts[step])),
            *(sum(totals[f"orders_{kind}"] for kind in RELEASING_KINDS), totals["orders_returned"]),
            *(of_day.whole.buyer_count, _kept_few(few.get((day, None), []))),
            then.orders["placed"] if is_closed else None,
            *(then.amounts[step] if is_closed else None for step in _STEPS),
        )


def _producer_rows(
    session_id: UUID,
    now: Mapping[date, _Fold],
    closing: Mapping[date, _Fold],
    few: Mapping[tuple[date, UUID | None], list[str]],
    *,
    is_closed: bool,
) -> Iterable[tuple[Any, ...]]:
    for day, of_day in now.items():
        then = closing.get(day, _Fold()).whole.producers
        for producer, sums in of_day.whole.producers.items():
            before = then.get(producer, Counter[str]())
            yield (
                *(session_id, day, UUID(producer), sums["orders_placed"], sums["units_placed"], sums["revenue_placed_vnd"], _kept(sums)),
                *(sum(sums[f"orders_{kind}"] for kind in RELEASING_KINDS), sums["orders_delivered"], sums["orders_returned"]),
                _kept_few(few.get((day, UUID(producer)), [])),
                before["revenue_placed_vnd"] if is_closed else None,
                _kept(before) if is_closed else None,
            )


def _kept(sums: Mapping[str, int]) -> int:
    """Value of the goods that were neither taken off, cancelled, expired nor given back."""
    gone = sum(sums.get(f"revenue_{kind}_vnd", 0) for kind in (*RELEASING_KINDS, "returned"))
    return sums.get("revenue_placed_vnd", 0) + sums.get("revenue_changed_vnd", 0) - gone


def _measured(facts: Mapping[str, Any]) -> tuple[datetime | None, int | None, int | None, int | None, int | None, int | None]:
    if facts["measured_at"] is None:
        return None, None, None, None, None, None
    measured: Mapping[str, int] = json.loads(facts["measured"])
    return (
        facts["measured_at"],
        measured.get("views", 0),
        int(facts["unique_viewers"] or 0),
        measured.get("viewers_peak", 0),
        measured.get("watch_ms", 0) // 1000,
        measured.get("comments", 0),
    )
