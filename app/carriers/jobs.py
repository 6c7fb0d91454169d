"""Background work of carriers: ledgers are told what was handed over by hand. One node at a time, safe on several."""

from __future__ import annotations

from app.carriers.handing_over import HandingOver
from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat

TELL_SECONDS = 1.0


class CarrierJobs:
    """Starts and stops the loop."""

    def __init__(self, handing_over: HandingOver, lock: JobLock) -> None:
        self._handing_over = handing_over
        self._lock = lock
        self._tasks = TaskOwner("carrier_jobs")

    def start(self) -> None:
        self._tasks.spawn("tell", repeat("carrier_tell", TELL_SECONDS, self._tell))

    async def close(self) -> None:
        await self._tasks.close()

    async def _tell(self) -> None:
        if await self._lock.mine("carrier_tell", seconds=5):
            await self._handing_over.tell_due()
