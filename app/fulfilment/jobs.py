"""Background work of the order desk: due orders expire, contacts in the clear are sealed, old ones forgotten. One node at a time."""

from __future__ import annotations

import structlog

from app.fulfilment.desk import OrderDesk
from app.fulfilment.persons import AT_ONCE, Retention
from app.fulfilment.sealed_rows import SEALED_AT_ONCE, OldRows
from app.fulfilment.session_complaints import ERASED_AT_ONCE, ComplaintRetention
from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat

EXPIRY_SECONDS = 1.0
SEALING_SECONDS = 10.0
RETENTION_SECONDS = 3600.0

log = structlog.get_logger(__name__)


class FulfilmentJobs:
    """Starts and stops the loops; safe to run on every node."""

    def __init__(self, desk: OrderDesk, old_rows: OldRows, retention: Retention, complaints: ComplaintRetention, lock: JobLock) -> None:
        self._desk = desk
        self._old_rows = old_rows
        self._retention = retention
        self._complaints = complaints
        self._lock = lock
        self._tasks = TaskOwner("fulfilment_jobs")

    def start(self) -> None:
        self._tasks.spawn("expiry", repeat("order_expiry", EXPIRY_SECONDS, self._expire))
        self._tasks.spawn("sealing", repeat("old_rows", SEALING_SECONDS, self._seal_old_rows))
        self._tasks.spawn("retention", repeat("retention", RETENTION_SECONDS, self._forget))

    async def close(self) -> None:
        await self._tasks.close()

    async def _expire(self) -> None:
        if await self._lock.mine("order_expiry", seconds=5):
            await self._desk.expire_due()

    async def _seal_old_rows(self) -> None:
        if not await self._lock.mine("old_rows", seconds=30):
            return
        sealed = some = await self._old_rows.seal_some()
        while some >= SEALED_AT_ONCE and await self._lock.mine("old_rows", seconds=30):
            some = await self._old_rows.seal_some()
            sealed += some
        if sealed:
            log.info("old_rows_sealed", rows=sealed)

    async def _forget(self) -> None:
        if not await self._lock.mine("retention", seconds=60):
            return
        forgotten = some = await self._retention.erase_due()
        while some >= AT_ONCE and await self._lock.mine("retention", seconds=60):
            some = await self._retention.erase_due()
            forgotten += some
        if forgotten:
            log.info("contacts_forgotten", orders=forgotten)
        erased = some = await self._complaints.erase_due()
        while some >= ERASED_AT_ONCE and await self._lock.mine("retention", seconds=60):
            some = await self._complaints.erase_due()
            erased += some
        if erased:
            log.info("session_complaints_erased", complaints=erased)
