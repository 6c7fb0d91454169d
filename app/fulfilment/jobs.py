"""Background work of the order desk: orders that nobody confirmed or paid in time expire. One node does it at a time."""

from __future__ import annotations

from app.fulfilment.desk import OrderDesk
from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat

EXPIRY_SECONDS = 1.0


class FulfilmentJobs:
    """Starts and stops the loop; safe to run on every node."""

    def __init__(self, desk: OrderDesk, lock: JobLock) -> None:
        self._desk = desk
        self._lock = lock
        self._tasks = TaskOwner("fulfilment_jobs")

    def start(self) -> None:
        self._tasks.spawn("expiry", repeat("order_expiry", EXPIRY_SECONDS, self._expire))

    async def close(self) -> None:
        await self._tasks.close()

    async def _expire(self) -> None:
        if await self._lock.mine("order_expiry", seconds=5):
            await self._desk.expire_due()
