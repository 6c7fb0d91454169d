"""Statistics that stand far behind their ledger are rebuilt by `ocop jobs`, in steps and with progress: workers have orders to carry."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog

from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.job_runner import RunningJob
from app.infra.jobs import JobQueue, NewJob
from app.ledger.projector import Projector

log = structlog.get_logger(__name__)

KIND = "projection"
# Fewer entries a worker applies by itself: ten of its steps.
REBUILD_FROM = 5_000
# No process for jobs may be running: figures that come from a worker are better than none.
PATIENCE = timedelta(seconds=30)

# The number of those that are over makes the key: nodes that ask together ask for one job, and a store lost again is a new one.
_FACTS = """
SELECT l.last_seq, s.organisation_id, s.host_id,
  (SELECT count(*) FROM jobs j WHERE j.kind = $2 AND j.subject_id = s.id AND j.state NOT IN ('waiting', 'running')) AS over
FROM ledgers l JOIN sessions s ON s.id = l.session_id WHERE l.session_id = $1
"""


class Rebuilds:
    """Where workers ask for it."""

    def __init__(self, database: Database, *, patience: timedelta = PATIENCE) -> None:
        self._pool = database.pool
        self._jobs = JobQueue(database.pool)
        self._patience = patience

    async def take(self, session_id: UUID, stands_at: int) -> bool:
        """Whether a job applies what comes after entry `stands_at`. False near the ledger's end, and when nobody has begun the job for too long."""
        facts = await self._pool.fetchrow(_FACTS, session_id, KIND)
        if facts is None or facts["last_seq"] - stands_at < REBUILD_FROM:
            return False
        job = await self._jobs.start(
            NewJob(
                kind=KIND,
                key=f"{session_id}:{facts['over']}",
                subject_id=session_id,
                organisation_id=facts["organisation_id"],
                asked_by=facts["host_id"],
                total=facts["last_seq"],
            )
        )
        if job.state == "waiting" and utc_now() - job.created_at > self._patience:
            log.warning("statistics_rebuilt_by_worker", session=str(session_id), reason="no process for jobs took it")
            return False
        return True


class RebuildingWork:
    """What `ocop jobs` does then."""

    def __init__(self, projector: Projector) -> None:
        self._projector = projector

    async def rebuild(self, job: RunningJob) -> None:
        """Apply the ledger to its end; done and total are entries."""

        async def applied(seq: int) -> None:
            await job.progress(seq, max(seq, job.total))

        await self._projector.catch_up(job.subject_id, applied=applied)
