"""Background work of statistics: checkpoints of the running sessions. One node does it at a time."""

from __future__ import annotations

from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat
from app.metrics.service import MetricsService

CHECKPOINT_SECONDS = 15.0
_LEASE_SECONDS = 25


class MetricsJobs:
    """Starts and stops the loop; safe to run on every node."""

    def __init__(self, metrics: MetricsService, lock: JobLock, *, checkpoint_seconds: float = CHECKPOINT_SECONDS) -> None:
        self._metrics = metrics
        self._lock = lock
        self._checkpoint_seconds = checkpoint_seconds
        self._tasks = TaskOwner("metrics_jobs")

    def start(self) -> None:
        self._tasks.spawn("checkpoints", repeat("checkpoints", self._checkpoint_seconds, self._checkpoint))

    async def close(self) -> None:
        await self._tasks.close()

    async def _checkpoint(self) -> None:
        if await self._lock.mine("checkpoints", seconds=_LEASE_SECONDS):
            await self._metrics.checkpoint_all()
