"""Background work of parcels: ledgers are followed. One node at a time, safe on several."""

from __future__ import annotations

from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat
from app.parcels.following import ParcelFollower

FOLLOW_SECONDS = 1.0


class ParcelJobs:
    """Starts and stops the loop."""

    def __init__(self, follower: ParcelFollower, lock: JobLock) -> None:
        self._follower = follower
        self._lock = lock
        self._tasks = TaskOwner("parcel_jobs")

    def start(self) -> None:
        self._tasks.spawn("follow", repeat("parcel_follow", FOLLOW_SECONDS, self._follow))

    async def close(self) -> None:
        await self._tasks.close()

    async def _follow(self) -> None:
        if await self._lock.mine("parcel_follow", seconds=5):
            await self._follower.follow()
