"""Background work of claims: comments are read, what is overdue goes back, phones of old claims are forgotten. One node at a time."""

from __future__ import annotations

from app.comment_orders.claims import ClaimDesk
from app.comment_orders.deriving import ClaimReader
from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat

READ_SECONDS = 0.25
SETTLE_SECONDS = 1.0
FORGET_SECONDS = 3600.0


class CommentOrderJobs:
    """Starts and stops the loops; safe to run on every node."""

    def __init__(self, reader: ClaimReader, desk: ClaimDesk, lock: JobLock) -> None:
        self._reader = reader
        self._desk = desk
        self._lock = lock
        self._tasks = TaskOwner("comment_orders")

    def start(self) -> None:
        self._tasks.spawn("read", repeat("claims_read", READ_SECONDS, self._read))
        self._tasks.spawn("settle", repeat("claims_settled", SETTLE_SECONDS, self._settle))
        self._tasks.spawn("forget", repeat("claim_phones", FORGET_SECONDS, self._forget))

    async def close(self) -> None:
        await self._tasks.close()

    async def _read(self) -> None:
        if await self._lock.mine("claims_read", seconds=5):
            await self._reader.read_waiting()

    async def _settle(self) -> None:
        if await self._lock.mine("claims_settled", seconds=5):
            await self._desk.settle_due()

    async def _forget(self) -> None:
        if await self._lock.mine("claim_phones", seconds=60):
            await self._desk.forget_phones()
