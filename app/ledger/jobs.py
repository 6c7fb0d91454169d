"""Background work of ledgers: projections that do not fit their ledger are repaired. One node does it at a time."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat
from app.ledger.projector import Projector

REPAIR_SECONDS = 1.0

SESSIONS_PER_STEP = 1_000
_FIRST = UUID(int=0)
_OPEN_SESSIONS = text(
    "SELECT l.session_id FROM ledgers l JOIN sessions s ON s.id = l.session_id WHERE l.session_id > :after "
    "AND (s.state IN ('live', 'ended') OR (s.state = 'closed' AND s.closed_at > now() - interval '1 day')) "
    "ORDER BY l.session_id LIMIT :most"
)


class LedgerJobs:
    """Starts and stops the loop; safe to run on every node."""

    def __init__(self, database: Database, *, projector: Projector, lock: JobLock) -> None:
        self._database = database
        self._projector = projector
        self._lock = lock
        self._tasks = TaskOwner("ledger_jobs")
        self._repaired_after = _FIRST

    def start(self) -> None:
        self._tasks.spawn("projection repair", repeat("projection_repair", REPAIR_SECONDS, self._repair))

    async def close(self) -> None:
        await self._tasks.close()

    async def _repair(self) -> None:
        if await self._lock.mine("projection_repair", seconds=5):
            await self.repair_step()

    async def repair_step(self) -> None:
        """Look at some sessions, in order of their ids; the next step goes on after them, round and round."""
        async with self._database.transactions() as db:
            session_ids = list(await db.scalars(_OPEN_SESSIONS, {"after": self._repaired_after, "most": SESSIONS_PER_STEP}))
        self._repaired_after = session_ids[-1] if len(session_ids) == SESSIONS_PER_STEP else _FIRST
        if session_ids:
            await self._projector.repair(session_ids)
