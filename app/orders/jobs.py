"""Background work of orders: the offers' clock, and calling the next on waitlists. One node does each at a time."""

from __future__ import annotations

from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat
from app.orders.offers import OfferService
from app.orders.waitlist import Waitlist

CLOCK_SECONDS = 0.5
CALL_SECONDS = 1.0


class OrderJobs:
    """Starts and stops the loops; safe to run on every node."""

    def __init__(self, *, offers: OfferService, waitlist: Waitlist, lock: JobLock) -> None:
        self._offers = offers
        self._waitlist = waitlist
        self._lock = lock
        self._tasks = TaskOwner("order_jobs")

    def start(self) -> None:
        self._tasks.spawn("offer clock", repeat("offer_clock", CLOCK_SECONDS, self._keep_time))
        self._tasks.spawn("waitlist calls", repeat("waitlist_calls", CALL_SECONDS, self._call_waiting))

    async def close(self) -> None:
        await self._tasks.close()

    async def _keep_time(self) -> None:
        if await self._lock.mine("offer_clock", seconds=5):
            await self._offers.keep_time()

    async def _call_waiting(self) -> None:
        if await self._lock.mine("waitlist_calls", seconds=5):
            await self._waitlist.call_due()
