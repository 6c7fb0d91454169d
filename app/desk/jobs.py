"""Background work of the desk: ledgers and claims are followed, steps that nobody took back are written. One node at a time, safe on several."""

from __future__ import annotations

from app.desk.claims import DeskClaims
from app.desk.following import DeskFollower
from app.desk.holding_back import HeldBack
from app.desk.news import DeskNews
from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat

FOLLOW_SECONDS = 0.5
WRITE_SECONDS = 0.5


class DeskJobs:
    """Starts and stops the loops."""

    def __init__(self, follower: DeskFollower, claims: DeskClaims, *, held_back: HeldBack, news: DeskNews, lock: JobLock) -> None:
        self._follower = follower
        self._claims = claims
        self._held_back = held_back
        self._news = news
        self._lock = lock
        self._tasks = TaskOwner("desk_jobs")

    def start(self) -> None:
        self._news.start()
        self._tasks.spawn("follow", repeat("desk_follow", FOLLOW_SECONDS, self._follow))
        self._tasks.spawn("claims", repeat("desk_claims", FOLLOW_SECONDS, self._follow_claims))
        self._tasks.spawn("write", repeat("desk_steps", WRITE_SECONDS, self._write))

    async def close(self) -> None:
        await self._tasks.close()
        await self._news.close()

    async def _follow(self) -> None:
        if await self._lock.mine("desk_follow", seconds=5):
            await self._follower.follow()

    async def _follow_claims(self) -> None:
        if await self._lock.mine("desk_claims", seconds=5):
            await self._claims.follow()

    async def _write(self) -> None:
        if await self._lock.mine("desk_steps", seconds=5):
            await self._held_back.write_due()
