"""Follows every session's ledger onto the desk, also what code of before wrote, payments, buyers and the clock. Run by `jobs.py`.

Placing is not touched by it: orders come onto the desk a moment later, some hundreds with one statement. Nothing is missed, because a `seq`
is given under a lock that is held until COMMIT; nothing is spoilt when two nodes follow at once.
"""

from __future__ import annotations

from uuid import UUID

from app.desk.news import DeskNews
from app.desk.refreshing import begin, refresh
from app.infra.database import Database

ENTRIES_AT_ONCE = 1_000
SESSIONS_AT_ONCE = 200
# What one run does before others have their turn: a desk that is made anew from old ledgers takes many runs.
STEPS_PER_RUN = 20

_BEHIND = """
SELECT l.session_id, s.organisation_id FROM ledgers l JOIN sessions s ON s.id = l.session_id LEFT JOIN desk_marks m ON m.session_id = l.session_id
WHERE l.last_seq > coalesce(m.seq, 0) ORDER BY (s.state = 'live') DESC, l.session_id LIMIT $1
"""
_MARK = "INSERT INTO desk_marks (session_id, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING"
_READ_MARK = "SELECT seq FROM desk_marks WHERE session_id = $1 FOR UPDATE"
_ENTRIES = "SELECT seq, order_id, kind FROM ledger_entries WHERE session_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
_KEEP_MARK = "UPDATE desk_marks SET seq = $2 WHERE session_id = $1"


class DeskFollower:
    """Brings the desk up to the ledgers' heads."""

    def __init__(self, database: Database, news: DeskNews) -> None:
        self._database = database
        self._news = news

    async def follow(self) -> int:
        """Some steps of every session that is behind; returns how many entries were followed."""
        followed = 0
        for row in await self._database.pool.fetch(_BEHIND, SESSIONS_AT_ONCE):
            of_session = await self._follow_session(row["session_id"])
            followed += of_session
            if of_session:
                await self._news.changed(row["organisation_id"])
        return followed

    async def _follow_session(self, session_id: UUID) -> int:
        followed = 0
        for _ in range(STEPS_PER_RUN):
            step = await self._step(session_id)
            followed += step
            if step < ENTRIES_AT_ONCE:
                break
        return followed

    async def _step(self, session_id: UUID) -> int:
        async with self._database.pool.acquire() as db, db.transaction():
            await db.execute(_MARK, session_id)
            mark = await db.fetchval(_READ_MARK, session_id)
            entries = await db.fetch(_ENTRIES, session_id, mark, ENTRIES_AT_ONCE)
            if not entries:
                return 0
            touched = {each["order_id"] for each in entries if each["kind"] != "placed"}
            await begin(db, [each["order_id"] for each in entries if each["kind"] == "placed"])
            if touched:
                await refresh(db, sorted(touched))
            await db.execute(_KEEP_MARK, session_id, entries[-1]["seq"])
            return len(entries)
