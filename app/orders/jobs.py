"""Background work of orders: the offers' clock, expiry, waitlists, the repair of projections. One node does each at a time."""

from __future__ import annotations

from sqlalchemy import text

from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat
from app.orders.desk import OrderDesk
from app.orders.offers import OfferService
from app.orders.projector import Projector

CLOCK_SECONDS = 0.5
EXPIRY_SECONDS = 1.0
REPAIR_SECONDS = 1.0

_OPEN_SESSIONS = text(
    "SELECT l.session_id FROM ledgers l JOIN sessions s ON s.id = l.session_id "
    "WHERE s.state IN ('live', 'ended') OR (s.state = 'closed' AND s.closed_at > now() - interval '1 day') LIMIT 1000"
)


class OrderJobs:
    """Starts and stops the loops; safe to run on every node."""

    def __init__(self, database: Database, *, offers: OfferService, desk: OrderDesk, projector: Projector, lock: JobLock) -> None:
        self._database = database
        self._offers = offers
        self._desk = desk
        self._projector = projector
        self._lock = lock
        self._tasks = TaskOwner("order_jobs")

    def start(self) -> None:
        self._tasks.spawn("offer clock", repeat("offer_clock", CLOCK_SECONDS, self._keep_time))
        self._tasks.spawn("expiry", repeat("order_expiry", EXPIRY_SECONDS, self._expire))
        self._tasks.spawn("projection repair", repeat("projection_repair", REPAIR_SECONDS, self._repair))

    async def close(self) -> None:
        await self._tasks.close()

    async def _keep_time(self) -> None:
        if await self._lock.mine("offer_clock", seconds=5):
            await self._offers.keep_time()

    async def _expire(self) -> None:
        if await self._lock.mine("order_expiry", seconds=5):
            await self._desk.expire_due()
            await self._desk.call_waiting()

    async def _repair(self) -> None:
        if await self._lock.mine("projection_repair", seconds=5):
            async with self._database.transactions() as db:
                session_ids = list(await db.scalars(_OPEN_SESSIONS))
            await self._projector.repair(session_ids)
