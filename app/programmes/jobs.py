"""Background work of programmes: the sums of sessions follow their ledgers. One process at a time; two would do no harm."""

from __future__ import annotations

import structlog

from app.infra.job_lock import JobLock
from app.infra.stores_away import STORE_ERRORS
from app.infra.tasks import TaskOwner, repeat
from app.programmes.summing import Sums

log = structlog.get_logger(__name__)

KEEP_SECONDS = 3.0
# Web workers do it only where no `ocop jobs` runs, or it does not come after.
OWN_LATE_SECONDS = 30.0
_SESSIONS_PER_ROUND = 50
_LEASE_SECONDS = 20


class SumsKeeper:
    """Sums what has been behind for `late_seconds`. Safe to run on every node."""

    def __init__(self, sums: Sums, lock: JobLock, *, late_seconds: float) -> None:
        self._sums = sums
        self._lock = lock
        self._late_seconds = late_seconds
        self._tasks = TaskOwner("sums_keeper")

    def start(self) -> None:
        self._tasks.spawn("keep", repeat("session_sums", KEEP_SECONDS, self._keep))

    async def close(self) -> None:
        await self._tasks.close()

    async def _keep(self) -> None:
        if await self._lock.mine(f"session_sums:{self._late_seconds:g}", seconds=_LEASE_SECONDS):
            for session_id in await self._sums.behind(limit=_SESSIONS_PER_ROUND, late_seconds=self._late_seconds):
                try:
                    await self._sums.sum(session_id)
                except STORE_ERRORS as error:
                    # one session that cannot be summed must not keep the others waiting
                    log.warning("sums_made_later", session=str(session_id), error=repr(error))
