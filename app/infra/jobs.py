"""Heavy work as rows: asked for once, watched, cancelled, and its file read in pieces from any node. `job_runner.py` does it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import asyncpg

from app.errors import Conflict, NotFound
from app.infra.bounded_pool import BoundedPool
from app.infra.database import RawConnection

JobState = Literal["waiting", "running", "done", "failed", "cancelled", "outdated"]

_COLUMNS = """
id, kind, subject_id, organisation_id, state, done, total, error, result, file_name, file_bytes, claim, created_at, finished_at,
parameters::jsonb ->> 'needs' AS needs, parameters::jsonb ->> 'communes' AS communes
"""
_START = """
INSERT INTO jobs (id, kind, key, subject_id, parameters, organisation_id, asked_by, total) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (kind, key) WHERE state IN ('waiting', 'running', 'done') DO NOTHING
"""
_BY_KEY = f"SELECT {_COLUMNS} FROM jobs WHERE kind = $1 AND key = $2 AND state IN ('waiting', 'running', 'done')"  # noqa: S608 - ours
_BY_ID = f"SELECT {_COLUMNS} FROM jobs WHERE id = $1 AND organisation_id = $2"  # noqa: S608 - ours
_ABOUT = f"""
SELECT {_COLUMNS} FROM jobs WHERE kind = $1 AND subject_id = $2 ORDER BY created_at DESC, id LIMIT $3
"""  # noqa: S608 - ours
_CANCEL = """
UPDATE jobs SET state = 'cancelled', finished_at = now(), lease_until = NULL
WHERE id = $1 AND organisation_id = $2 AND state IN ('waiting', 'running')
"""
_PART = "SELECT data FROM job_file_parts WHERE job_id = $1 AND claim = $2 AND number = $3"


class JobNotFound(NotFound):
    """There is no such job in the user's organisation."""

    code = "job_not_found"
    title_vi = "Không tìm thấy công việc này."
    title_en = "There is no such job."


class JobFileNotReady(Conflict):
    """The job has no file (yet, or any more); `details["state"]` says where it stands."""

    code = "job_file_not_ready"
    title_vi = "Tệp chưa sẵn sàng hoặc không còn nữa."
    title_en = "The file is not ready, or not there any more."


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as others see it. `done` of `total` are in the unit of its kind; `error` is a code; `result` a line of its kind."""

    id: UUID
    kind: str
    subject_id: UUID
    organisation_id: UUID
    state: JobState
    done: int
    total: int
    error: str | None
    result: str | None
    file_name: str | None
    file_bytes: int | None
    claim: int
    created_at: datetime
    finished_at: datetime | None
    needs: str | None
    communes: str | None


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is asked for. The same `kind` and `key` are the same job.

    Two parameters say who may look at the job, as its owner reads them: `needs`, what else they must be allowed to do; `communes`, those that
    it is about alone.
    """

    kind: str
    key: str
    subject_id: UUID
    organisation_id: UUID
    asked_by: UUID
    total: int = 0
    parameters: Mapping[str, int | str] | None = None


async def add_job(db: RawConnection, job_id: UUID, new: NewJob) -> None:
    """A new job in the open transaction of the caller, which exists with it or not at all."""
    parameters = json.dumps(new.parameters or {})
    await db.execute(_START, job_id, new.kind, new.key, new.subject_id, parameters, new.organisation_id, new.asked_by, new.total)


async def jobs_about(db: RawConnection, kind: str, subject_id: UUID, *, limit: int) -> list[JobStatus]:
    """The newest jobs of a kind about something, newest first; the caller has asked whether they may be seen."""
    return [JobStatus(**row) for row in await db.fetch(_ABOUT, kind, subject_id, limit)]


class JobQueue:
    """Where jobs are asked for and looked at, by the web workers."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    async def start(self, new: NewJob) -> JobStatus:
        """The job that does this: a new one, or the one that is waiting, running or done already."""
        parameters = json.dumps(new.parameters or {})
        row: asyncpg.Record | None = None
        while row is None:
            await self._pool.execute(
                _START, uuid4(), new.kind, new.key, new.subject_id, parameters, new.organisation_id, new.asked_by, new.total
            )
            # none: it was cancelled between the two
            row = await self._pool.fetchrow(_BY_KEY, new.kind, new.key)
        return JobStatus(**row)

    async def status(self, job_id: UUID, organisation_id: UUID) -> JobStatus:
        """Raises `JobNotFound`, also for a job of another organisation."""
        row = await self._pool.fetchrow(_BY_ID, job_id, organisation_id)
        if row is None:
            raise JobNotFound(details={"job_id": str(job_id)})
        return JobStatus(**row)

    async def cancel(self, job_id: UUID, organisation_id: UUID) -> JobStatus:
        """End a job that is not over; one that is over stays as it is. Raises `JobNotFound`."""
        await self._pool.execute(_CANCEL, job_id, organisation_id)
        return await self.status(job_id, organisation_id)

    async def file(self, job_id: UUID, organisation_id: UUID) -> tuple[JobStatus, AsyncIterator[bytes]]:
        """The job and the pieces of its file. Raises `JobNotFound`, `JobFileNotReady`."""
        job = await self.status(job_id, organisation_id)
        if job.state != "done" or job.file_name is None:
            raise JobFileNotReady(details={"state": job.state})
        return job, self._pieces(job)

    async def _pieces(self, job: JobStatus) -> AsyncIterator[bytes]:
        number = 0
        # one short use of a connection for each: a slow reader holds none
        while (data := await self._pool.fetchval(_PART, job.id, job.claim, number)) is not None:
            yield data
            number += 1
