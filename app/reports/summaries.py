"""Stored folds: a reader takes the newest one and folds only the entries after it; a job goes on with it and stores it again.

What is stored after an entry follows from the ledger up to it alone. So two that extend one session at once write the same rows,
and no lock is needed. A stored fold counts only while the entry it ends with still has the hash that is kept beside it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
import structlog

from app.infra.database import Database, RawConnection
from app.ledger.fold import Ladder
from app.ledger.kinds import LOSS_KINDS
from app.reports import queries
from app.reports.breakdown_queries import HAS_BOUGHT_BEFORE, order_sources
from app.reports.errors import ReportBeingPrepared
from app.reports.fold_text import fold_from, fold_text
from app.reports.folding import FOLD_VERSION, FoldedLedger, Row, empty_fold, extend_fold, extend_ladder

log = structlog.get_logger(__name__)

# A fold is kept for every so many entries: to compare figures that are behind, and to go on from when a newer one is thrown away.
ENTRIES_PER_SUMMARY = 500
# What a reader folds at most, some 100 ms in pieces. Beyond it the reader is told to come again.
READER_TAIL = 2_000

_BASE = """
SELECT s.seq, s.hash, s.fold
FROM ledger_summaries s
JOIN ledger_entries e ON e.session_id = s.session_id AND e.seq = s.seq AND e.hash = s.hash
WHERE s.session_id = $1 AND s.version = $2 AND s.seq <= $3
ORDER BY s.seq DESC LIMIT 1
"""
_KNOWN_BUYERS = "SELECT token FROM ledger_buyers WHERE session_id = $1 AND token = ANY($2) AND first_seq <= $3"
_COURSES = """
SELECT order_id, kind, amount_vnd, units, CASE WHEN kind = ANY($4) THEN body::json ->> 'reason' ELSE '' END AS reason,
  CASE WHEN body LIKE '%"v":_}' THEN (
    SELECT coalesce(sum((line ->> 'amount_vnd')::bigint), 0)::bigint FROM json_array_elements(body::json -> 'lines') line WHERE line ->> 'kind' = 'shipping'
  ) ELSE 0 END AS shipping_vnd
FROM ledger_entries
WHERE order_id = ANY($2) AND session_id = $1 AND seq <= $3
ORDER BY seq
"""
_LATER_ORDERS = """
SELECT coalesce(array_agg(DISTINCT order_id), '{}') FROM ledger_entries
WHERE session_id = $1 AND seq > $2 AND seq <= $3 AND kind <> 'placed'
"""
_BUYERS_OF = """
SELECT coalesce(array_agg(DISTINCT body::json ->> 'buyer'), '{}') FROM ledger_entries
WHERE session_id = $1 AND seq > $2 AND seq <= $3 AND kind = 'placed'
"""
_STORE = "INSERT INTO ledger_summaries (session_id, version, seq, hash, fold) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
_STORE_BUYERS = f"""
INSERT INTO ledger_buyers AS known (session_id, token, first_seq, has_bought_before)
SELECT $1, token, seq, ({HAS_BOUGHT_BEFORE}) FROM unnest($2::text[], $3::bigint[]) AS new (token, seq)
ON CONFLICT (session_id, token) DO UPDATE SET has_bought_before = excluded.has_bought_before
WHERE known.has_bought_before IS NULL AND excluded.has_bought_before IS NOT NULL
"""  # noqa: S608 - a constant of breakdown_queries
# Within its block of entries only the newest is kept; earlier versions of the fold go when this one stands where they stood.
_PRUNE = """
DELETE FROM ledger_summaries
WHERE session_id = $1 AND (version = $2 AND seq < $3 AND (seq - 1) / $4 = ($3 - 1) / $4 OR version < $2 AND seq <= $3)
"""
# A stored fold over a break is thrown away as well when the entry at the break fits again: the ledger was put right.
_THROW_AWAY = """
DELETE FROM ledger_summaries s
WHERE s.session_id = $1 AND s.version = $2 AND NOT EXISTS (
  SELECT FROM ledger_entries e WHERE e.session_id = s.session_id AND e.seq = s.seq AND e.hash = s.hash)
RETURNING s.seq
"""
_THROW_AWAY_FROM = "DELETE FROM ledger_summaries WHERE session_id = $1 AND version = $2 AND seq >= $3 RETURNING seq"
_FORGET_BUYERS = """
DELETE FROM ledger_buyers WHERE session_id = $1 AND first_seq > coalesce(
  (SELECT max(seq) FROM ledger_summaries WHERE session_id = $1 AND version = $2), 0)
"""
_STORED_AT = "SELECT fold FROM ledger_summaries WHERE session_id = $1 AND version = $2 AND seq = $3"
_HEAD = "SELECT last_seq FROM ledgers WHERE session_id = $1"
_BEHIND = """
SELECT l.session_id FROM ledgers l
WHERE l.last_seq > $2 AND NOT EXISTS (
  SELECT FROM ledger_summaries s
  JOIN ledger_entries e ON e.session_id = s.session_id AND e.seq = s.seq AND e.hash = s.hash
  WHERE s.session_id = l.session_id AND s.version = $1 AND s.seq >= l.last_seq - $2)
LIMIT $3
"""


async def read_fold(db: RawConnection, session_id: UUID, *, to: int) -> FoldedLedger:
    """The fold of a session's ledger up to entry `to`. Raises `ReportBeingPrepared` when the stored one is too far behind."""
    folded = await _stored_fold(db, session_id, to=to)
    rows = await _tail(db, session_id, after=folded.whole.last_seq, to=to)
    await _extend(db, session_id, folded, rows, to=to)
    return folded


async def read_counted(db: RawConnection, session_id: UUID, *, to: int, counted_to: int) -> tuple[FoldedLedger, Ladder]:
    """The same, with the plain sums up to entry `counted_to` at most, which are mostly met on the way. Raises like `read_fold`."""
    counted_to = min(counted_to, to)
    folded = await _stored_fold(db, session_id, to=to)
    base = folded.whole.last_seq
    if counted_to < base:
        counted = await _read_ladder(db, session_id, to=counted_to)
        await _extend(db, session_id, folded, await _tail(db, session_id, after=base, to=to), to=to)
        return folded, counted
    rows = await _tail(db, session_id, after=base, to=to)
    await _recall(db, session_id, folded, rows, to=to)
    await extend_fold(folded, rows[: counted_to - base])
    counted = folded.whole.plain_sums()
    await extend_fold(folded, rows[counted_to - base :])
    return folded, counted


async def _read_ladder(db: RawConnection, session_id: UUID, *, to: int) -> Ladder:
    ladder = (await _stored_fold(db, session_id, to=to)).whole
    rows = await _tail(db, session_id, after=ladder.last_seq, to=to)
    await _recall_buyers(db, session_id, ladder, rows)
    await extend_ladder(ladder, rows)
    return ladder


class Summaries:
    """Goes on with stored folds. Safe to run on several nodes at once."""

    def __init__(self, database: Database, *, version: int = FOLD_VERSION) -> None:
        self._database = database
        self._version = version

    async def behind(self, *, tail: int, limit: int) -> list[UUID]:
        """Sessions of which more than `tail` entries are not in a stored fold that still fits."""
        rows = await self._database.pool.fetch(_BEHIND, self._version, tail, limit)
        return [row["session_id"] for row in rows]

    async def extend(self, session_id: UUID, *, steps: int) -> bool:
        """Store the fold of up to `steps` further blocks of entries. True when the end of the ledger was reached."""
        async with self._database.pool.acquire() as db, db.transaction():
            await self._throw_away(db, session_id)
        for _ in range(steps):
            async with self._database.pool.acquire() as db:
                if await self._extend_once(db, session_id):
                    return True
        return False

    async def compared(self, session_id: UUID, *, to: int) -> AsyncIterator[tuple[int, int, bool]]:
        """Fold a ledger anew from its first entry, block by block: seq, first break (0 = none), whether a fold stored there is the same."""
        folded = empty_fold(session_id)
        while (base := folded.whole.last_seq) < to:
            async with self._database.pool.acquire() as db:
                end = min(to, base + ENTRIES_PER_SUMMARY)
                rows = await queries.ledger_rows(db, session_id, after=base, to=end)
                if len(rows) < end - base:
                    folded.broken_at = folded.broken_at or base + 1
                else:
                    await _extend(db, session_id, folded, rows, to=end)
                stored = await db.fetchval(_STORED_AT, session_id, self._version, end)
            text = fold_text(folded)
            yield end, folded.broken_at, stored is None or json.loads(stored) == json.loads(text)
            # as it would be read back: so what is held does not grow with the ledger
            folded = fold_from(text, seq=end, last_hash=folded.last_hash)

    async def forget(self, session_id: UUID) -> None:
        """Throw away what is stored of a session; it is built anew in the background."""
        log.error("ledger_summaries_thrown_away", session=str(session_id), reason="verification")
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_THROW_AWAY_FROM, session_id, self._version, 0)
            await db.execute(_FORGET_BUYERS, session_id, self._version)

    async def _extend_once(self, db: RawConnection, session_id: UUID) -> bool:
        last_seq: int = await db.fetchval(_HEAD, session_id) or 0
        folded = await _stored_fold(db, session_id, to=last_seq, version=self._version)
        base = folded.whole.last_seq
        to = min(last_seq, (base // ENTRIES_PER_SUMMARY + 1) * ENTRIES_PER_SUMMARY)
        rows = await queries.ledger_rows(db, session_id, after=base, to=to)
        if not rows:
            return True
        await _extend(db, session_id, folded, rows, to=to)
        if folded.broken_at > base:
            log.error("ledger_broken", session=str(session_id), seq=folded.broken_at)
        buyers, text = folded.whole.buyers, fold_text(folded)
        async with db.transaction():
            await db.execute(_STORE_BUYERS, session_id, list(buyers), list(buyers.values()))
            await db.execute(_STORE, session_id, self._version, rows[-1][0], folded.last_hash, text)
            await db.execute(_PRUNE, session_id, self._version, rows[-1][0], ENTRIES_PER_SUMMARY)
        return to == last_seq

    async def _throw_away(self, db: RawConnection, session_id: UUID) -> None:
        gone = [row["seq"] for row in await db.fetch(_THROW_AWAY, session_id, self._version)]
        newest = await _stored_fold(db, session_id, to=2**62, version=self._version)
        if newest.broken_at and await _fits_again(db, session_id, newest.broken_at):
            gone += [row["seq"] for row in await db.fetch(_THROW_AWAY_FROM, session_id, self._version, newest.broken_at)]
        if gone:
            log.error("ledger_summaries_thrown_away", session=str(session_id), first_seq=min(gone), last_seq=max(gone), count=len(gone))
            await db.execute(_FORGET_BUYERS, session_id, self._version)


async def _fits_again(db: RawConnection, session_id: UUID, seq: int) -> bool:
    folded = empty_fold(session_id)
    rows = await queries.ledger_rows(db, session_id, after=seq - 2, to=seq)
    if seq > 1:
        if [row[0] for row in rows] != [seq - 1, seq]:
            return False
        folded.last_hash, folded.entries = rows[0][2], seq - 1
    if rows:
        folded.add(rows[-1])
    return bool(rows) and folded.broken_at == 0


async def _stored_fold(db: RawConnection, session_id: UUID, *, to: int, version: int = FOLD_VERSION) -> FoldedLedger:
    row: asyncpg.Record | None = await db.fetchrow(_BASE, session_id, version, to)
    return empty_fold(session_id) if row is None else fold_from(row["fold"], seq=row["seq"], last_hash=row["hash"])


async def _tail(db: RawConnection, session_id: UUID, *, after: int, to: int) -> Sequence[Row]:
    if to - after > READER_TAIL:
        raise ReportBeingPrepared(details={"entries_left": to - after})
    return await queries.ledger_rows(db, session_id, after=after, to=to) if to > after else ()


async def _extend(db: RawConnection, session_id: UUID, folded: FoldedLedger, rows: Sequence[Row], *, to: int) -> None:
    await _recall(db, session_id, folded, rows, to=to)
    await extend_fold(folded, rows)


async def _recall(db: RawConnection, session_id: UUID, folded: FoldedLedger, rows: Sequence[Row], *, to: int) -> None:
    """Before rows are added: what the fold itself does not keep of their orders and buyers, and what their orders' own rows say."""
    base = folded.whole.last_seq
    if not rows:
        return
    await _recall_buyers(db, session_id, folded.whole, rows)
    if base and (order_ids := await db.fetchval(_LATER_ORDERS, session_id, base, to)):
        for row in await db.fetch(_COURSES, session_id, order_ids, base, list(LOSS_KINDS)):
            about = {name: row[name] for name in ("amount_vnd", "units", "reason", "shipping_vnd")}
            folded.steps.recall(row["order_id"], row["kind"], **about)
    folded.sources_of.update(await order_sources(db, session_id, after=base, to=to))
    folded.order_rows.update(await queries.order_sums(db, session_id, after=base, to=to))


async def _recall_buyers(db: RawConnection, session_id: UUID, ladder: Ladder, rows: Sequence[Row]) -> None:
    if ladder.last_seq and rows:
        tokens = await db.fetchval(_BUYERS_OF, session_id, ladder.last_seq, rows[-1][0])
        known = await db.fetch(_KNOWN_BUYERS, session_id, tokens, ladder.last_seq)
        ladder.known_buyers = frozenset(row["token"] for row in known)
