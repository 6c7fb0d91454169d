"""How long what was said in a session is kept as evidence of it. One node looks each hour; what it did stands in the audit trail."""

from __future__ import annotations

from datetime import timedelta

import structlog

from app.accounts.audit import insert_audit
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3600.0
SESSIONS_AT_ONCE = 20

_MARK = "SELECT mark FROM job_marks WHERE job = 'evidence'"
_KEEP_MARK = "INSERT INTO job_marks (job, mark) VALUES ('evidence', $1) ON CONFLICT (job) DO UPDATE SET mark = excluded.mark"
_OVER = """
SELECT id, organisation_id, ended_at FROM sessions
WHERE ended_at <= $1 AND ($2::timestamptz IS NULL OR ended_at > $2) ORDER BY ended_at LIMIT $3
"""
# Comments, questions among them; whom they answer; names of the muted; the words that a rule has found; the notice.
_EMPTY = """
UPDATE comments SET author = '', text = '', reply_to_author = NULL
WHERE session_id = $1 AND (author <> '' OR text <> '' OR reply_to_author IS NOT NULL)
"""
_EMPTY_BESIDE = (
    "UPDATE speaker_restrictions SET author = '' WHERE session_id = $1 AND author <> ''",
    "UPDATE comment_hidings SET word = NULL WHERE session_id = $1 AND word IS NOT NULL",
    "UPDATE room_talks SET notice = NULL WHERE session_id = $1 AND notice IS NOT NULL",
)


class EvidenceKeeping:
    """Empties what people said in a session, questions among it, when it has been over for so long. Numbers and times stay, so no figure changes.

    Warnings of the organiser and the rules that held name nobody and stay; complaints are `app/fulfilment/session_complaints.py`'s.
    """

    def __init__(self, database: Database, lock: JobLock, *, evidence_days: int) -> None:
        self._database = database
        self._lock = lock
        self._kept_for = timedelta(days=evidence_days)
        self._tasks = TaskOwner("evidence")

    def start(self) -> None:
        self._tasks.spawn("evidence", repeat("evidence", EVERY_SECONDS, self._work))

    async def close(self) -> None:
        await self._tasks.close()

    async def empty_due(self) -> int:
        """Empty the comments of some sessions; returns of how many. Fewer than `SESSIONS_AT_ONCE`: all is done."""
        async with self._database.pool.acquire() as db, db.transaction():
            since = await db.fetchval(_MARK)
            sessions = await db.fetch(_OVER, utc_now() - self._kept_for, since, SESSIONS_AT_ONCE)
            for session in sessions:
                emptied = int((await db.execute(_EMPTY, session["id"])).rpartition(" ")[2])
                for statement in _EMPTY_BESIDE:
                    await db.execute(statement, session["id"])
                await insert_audit(
                    db,
                    organisation_id=session["organisation_id"],
                    user_id=None,
                    action="retention.comments_emptied",
                    subject_id=session["id"],
                    details={"comments": emptied, "evidence_days": self._kept_for.days},
                )
            if sessions:
                await db.execute(_KEEP_MARK, sessions[-1]["ended_at"])
        return len(sessions)

    async def _work(self) -> None:
        while await self._lock.mine("evidence", seconds=60):
            emptied = await self.empty_due()
            if emptied:
                log.info("comments_emptied", sessions=emptied)
            if emptied < SESSIONS_AT_ONCE:
                return
