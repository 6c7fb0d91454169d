"""Background work of reports: stored folds, final figures of ended sessions, statements of closed ones. One node does each at a time."""

from __future__ import annotations

from app.infra.job_lock import JobLock
from app.infra.tasks import TaskOwner, repeat
from app.reports.closing import ClosingService
from app.reports.service import ReportService
from app.reports.summaries import Summaries

FINISH_SECONDS = 5.0
SIGN_SECONDS = 1.0
KEEP_SECONDS = 1.0
# A reader folds what is not stored: so few entries that it takes some milliseconds.
KEPT_TAIL = 200
# Web workers do it only where no `ocop jobs` runs, or it does not come after.
OWN_TAIL = 800
_SESSIONS_PER_ROUND = 20
_STEPS_PER_ROUND = 20
_LEASE_SECONDS = 20


class ReportJobs:
    """Starts and stops the loop; safe to run on every node."""

    def __init__(self, reports: ReportService, closing: ClosingService, lock: JobLock) -> None:
        self._reports = reports
        self._closing = closing
        self._lock = lock
        self._tasks = TaskOwner("report_jobs")

    def start(self) -> None:
        self._tasks.spawn("finish", repeat("final_figures", FINISH_SECONDS, self._finish))
        self._tasks.spawn("sign", repeat("closing_statements", SIGN_SECONDS, self._sign))

    async def close(self) -> None:
        await self._tasks.close()

    async def _finish(self) -> None:
        if await self._lock.mine("final_figures", seconds=_LEASE_SECONDS):
            await self._reports.finish_ended()
            await self._reports.forget_closed()

    async def _sign(self) -> None:
        if await self._lock.mine("closing_statements", seconds=_LEASE_SECONDS):
            await self._closing.sign_closed()


class SummaryKeeper:
    """Keeps stored folds at most `tail` entries behind their ledgers. One process at a time; two would do no harm."""

    def __init__(self, summaries: Summaries, lock: JobLock, *, tail: int) -> None:
        self._summaries = summaries
        self._lock = lock
        self._tail = tail
        self._tasks = TaskOwner("summary_keeper")

    def start(self) -> None:
        self._tasks.spawn("keep", repeat("ledger_summaries", KEEP_SECONDS, self._keep))

    async def close(self) -> None:
        await self._tasks.close()

    async def _keep(self) -> None:
        if await self._lock.mine(f"ledger_summaries:{self._tail}", seconds=_LEASE_SECONDS):
            for session_id in await self._summaries.behind(tail=self._tail, limit=_SESSIONS_PER_ROUND):
                await self._summaries.extend(session_id, steps=_STEPS_PER_ROUND)
