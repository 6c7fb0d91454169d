"""Does heavy work, one job after the other, in a process of its own. A job whose runner died is taken up again when its lease has passed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from app.errors import AppError
from app.infra.bounded_pool import BoundedPool
from app.infra.clock import monotonic
from app.infra.tracing import FINE, OUTCOME, root

log = structlog.get_logger(__name__)

LEASE_SECONDS = 15.0
# A job that ended its runner so often will do it again.
CLAIMS_MAX = 5
PART_BYTES = 256 * 1024
KEEP_FILES_HOURS = 72
_REPORT_SECONDS = 0.3
_IDLE_SECONDS = 0.5
_CLEAN_SECONDS = 60.0

_CLAIM = """
UPDATE jobs SET state = 'running', claimed_by = $1, claim = claim + 1, lease_until = now() + make_interval(secs => $2), done = 0
WHERE id = (
  SELECT id FROM jobs WHERE state = 'waiting' OR (state = 'running' AND lease_until < now())
  ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, subject_id, parameters, organisation_id, asked_by, claim, total
"""
_RENEW = """
UPDATE jobs SET done = $3, total = $4, lease_until = now() + make_interval(secs => $5)
WHERE id = $1 AND claim = $2 AND state = 'running' RETURNING id
"""
_FINISH = """
UPDATE jobs SET state = $3, error = $4, result = $5, file_name = $6, file_bytes = $7, done = $8, total = $9, lease_until = NULL,
                finished_at = now()
WHERE id = $1 AND claim = $2 AND state = 'running' RETURNING id
"""
_ADD_PART = "INSERT INTO job_file_parts (job_id, claim, number, data) VALUES ($1, $2, $3, $4)"
_GIVE_BACK = "UPDATE jobs SET state = 'waiting', lease_until = NULL, claim = claim WHERE id = $1 AND claim = $2 AND state = 'running'"
_EXPIRE = "UPDATE jobs SET state = 'outdated' WHERE state = 'done' AND finished_at < now() - make_interval(hours => $1)"
_DROP_PARTS = """
DELETE FROM job_file_parts p USING jobs j
WHERE j.id = p.job_id AND (p.claim < j.claim OR j.state IN ('failed', 'cancelled', 'outdated'))
"""


class JobLost(Exception):
    """The job was cancelled, or another runner has it by now: stop, and change nothing more."""


@dataclass(slots=True)
class RunningJob:
    """A job in the hands of this runner; every call may raise `JobLost`."""

    id: UUID
    kind: str
    subject_id: UUID
    parameters: Mapping[str, Any]
    organisation_id: UUID
    asked_by: UUID
    claim: int
    total: int
    pool: BoundedPool
    done: int = 0
    result: str | None = None
    file_name: str | None = None
    file_bytes: int = 0
    _parts: int = 0
    _rest: bytearray = field(default_factory=bytearray)
    _reported: float = 0.0

    async def progress(self, done: int, total: int | None = None) -> None:
        """Say how far it is; written, and the lease renewed, a few times a second at most. More done than was expected is the whole."""
        self.done, self.total = done, max(done, self.total if total is None else total)
        if monotonic() - self._reported >= _REPORT_SECONDS:
            await self.renew()

    async def renew(self) -> None:
        self._reported = monotonic()
        if await self.pool.fetchval(_RENEW, self.id, self.claim, self.done, self.total, LEASE_SECONDS) is None:
            raise JobLost

    async def write(self, data: bytes) -> None:
        """Add to the job's file; what is gathered goes to PostgreSQL in large pieces."""
        self._rest += data
        while len(self._rest) >= PART_BYTES:
            await self._add_part(bytes(self._rest[:PART_BYTES]))
            del self._rest[:PART_BYTES]

    async def finish_file(self, name: str) -> None:
        """The file is whole."""
        if self._rest:
            await self._add_part(bytes(self._rest))
            self._rest.clear()
        self.file_name = name

    async def _add_part(self, data: bytes) -> None:
        await self.pool.execute(_ADD_PART, self.id, self.claim, self._parts, data)
        self._parts += 1
        self.file_bytes += len(data)


Work = Callable[[RunningJob], Awaitable[None]]


class JobRunner:
    """Claims jobs and does them by their kind."""

    def __init__(self, pool: BoundedPool, work: Mapping[str, Work], *, name: str) -> None:
        self._pool = pool
        self._work = work
        self._name = name
        self._cleaned = 0.0

    async def run(self) -> None:
        """For ever. A store that is away is waited for."""
        while True:
            try:
                worked = await self.run_once()
                await self._clean()
            except Exception as error:  # noqa: BLE001 - whatever it was, the next round may work
                log.warning("jobs_round_failed", error=repr(error))
                worked = False
            if not worked:
                await asyncio.sleep(_IDLE_SECONDS)

    async def run_once(self) -> bool:
        """Do the job that waits longest; False when there is none. A cancelled runner gives its job back at once."""
        row = await self._pool.fetchrow(_CLAIM, self._name, LEASE_SECONDS)
        if row is None:
            return False
        job = RunningJob(**{**row, "parameters": json.loads(row["parameters"])}, pool=self._pool)
        log.info("job_started", job=str(job.id), kind=job.kind, claim=job.claim)
        if job.claim > CLAIMS_MAX:
            log.error("job_given_up", job=str(job.id), kind=job.kind)
            await self._finish(job, "failed", error="internal")
            return True
        with root(f"job {job.kind}", {"ocop.job_id": job.id, "ocop.subject_id": job.subject_id, "ocop.job_claim": job.claim}) as span:
            span.set(OUTCOME, await self._attempt(job))
        return True

    async def _attempt(self, job: RunningJob) -> str:
        """Do it and write down what became of it; returns the same as a code."""
        try:
            await self._do(job)
        except JobLost:
            log.info("job_stopped", job=str(job.id))
            return "lost"
        except asyncio.CancelledError:
            await self._pool.execute(_GIVE_BACK, job.id, job.claim)
            raise
        except AppError as error:
            log.warning("job_failed", job=str(job.id), kind=job.kind, code=error.code, **error.details)
            await self._finish(job, "failed", error=error.code)
            return error.code
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # the store is away or was: the lease passes, and it is done again
            raise
        except Exception:
            log.exception("job_failed", job=str(job.id), kind=job.kind)
            await self._finish(job, "failed", error="internal")
            return "internal"
        return FINE

    async def _do(self, job: RunningJob) -> None:
        beat = asyncio.get_running_loop().create_task(self._beat(job, asyncio.current_task()))
        try:
            await self._work[job.kind](job)
        except asyncio.CancelledError:
            if beat.done() and not beat.cancelled():
                raise JobLost from None
            raise
        finally:
            beat.cancel()
        await self._finish(job, "done")

    async def _beat(self, job: RunningJob, work: asyncio.Task[Any] | None) -> None:
        """Renew the lease also while the work says nothing; end the work when the job is lost."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 5)
            try:
                await job.renew()
            except JobLost:
                if work is not None:
                    work.cancel()
                return
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("job_lease_not_renewed", job=str(job.id), error=repr(error))

    async def _finish(self, job: RunningJob, state: str, *, error: str | None = None) -> None:
        file_bytes = None if job.file_name is None else job.file_bytes
        done = (job.id, job.claim, state, error, job.result, job.file_name, file_bytes, job.done, job.total)
        if await self._pool.fetchval(_FINISH, *done) is not None:
            log.info("job_finished", job=str(job.id), kind=job.kind, state=state)

    async def _clean(self) -> None:
        """Files are kept for some days; pieces of what failed or was begun anew go at once."""
        if monotonic() - self._cleaned >= _CLEAN_SECONDS:
            self._cleaned = monotonic()
            await self._pool.execute(_EXPIRE, KEEP_FILES_HOURS)
            await self._pool.execute(_DROP_PARTS)
