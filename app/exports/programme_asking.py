"""The door to exports of programmes. Who may look at one is asked when it is asked for, and each time it is looked at or fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.exports.asking import SHOWN_MOST, new_export, parameters_of, require_room
from app.exports.job_kinds import PROGRAMME_TABLES
from app.exports.schemas import WantedProgrammeExport
from app.infra.database import Database
from app.infra.jobs import JobNotFound, JobQueue, JobStatus, add_job, jobs_about
from app.programmes.programmes import find_programme
from app.programmes.reaching import reach_of
from app.reports.closing import may_see


class ProgrammeExports:
    """A file holds what its asker could read then; whoever could read less of the programme cannot fetch it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = JobQueue(database.pool)

    async def start(self, user: CurrentUser, programme_id: UUID, wanted: WantedProgrammeExport, intention: Intention | None) -> JobStatus:
        """The job that makes the file; the one of before when the intention was sent before.

        Raises `ProgrammeNotFound`, `Forbidden`, `ParquetNotInstalled`, `TooManyExports`, `IntentionKeyReused`.
        """
        parameters = parameters_of(user, wanted)
        communes = reach_of(user).ward_codes
        if communes is not None:
            parameters["communes"] = ",".join(map(str, communes))
        job_id = uuid4()
        async with self._database.pool.acquire() as db, db.transaction():
            await find_programme(db, user.organisation_id, programme_id)
            claim = await claim_intention_raw(db, user.id, intention, job_id)
            if claim.is_first:
                await require_room(db, PROGRAMME_TABLES, user.id)
                await add_job(db, job_id, new_export(PROGRAMME_TABLES, job_id, user, programme_id, parameters))
        return await self._jobs.status(claim.subject_id, user.organisation_id)

    async def about(self, user: CurrentUser, programme_id: UUID) -> list[JobStatus]:
        """The newest exports of a programme that they may fetch, whoever asked for them. Raises `ProgrammeNotFound`."""
        async with self._database.pool.acquire() as db:
            await find_programme(db, user.organisation_id, programme_id)
            return [job for job in await jobs_about(db, PROGRAMME_TABLES, programme_id, limit=SHOWN_MOST) if _may_read(user, job)]

    async def job(self, user: CurrentUser, programme_id: UUID, job_id: UUID) -> JobStatus:
        """How far it is. Raises `JobNotFound`."""
        job = await self._jobs.status(job_id, user.organisation_id)
        if job.kind != PROGRAMME_TABLES or job.subject_id != programme_id or not _may_read(user, job):
            raise JobNotFound(details={"job_id": str(job_id)})
        return job

    async def cancel(self, user: CurrentUser, programme_id: UUID, job_id: UUID) -> JobStatus:
        """End it, where it is not over. Raises `JobNotFound`."""
        await self.job(user, programme_id, job_id)
        return await self._jobs.cancel(job_id, user.organisation_id)

    async def file(self, user: CurrentUser, programme_id: UUID, job_id: UUID) -> tuple[JobStatus, AsyncIterator[bytes]]:
        """The job and the pieces of its file. Raises `JobNotFound`, `JobFileNotReady`."""
        await self.job(user, programme_id, job_id)
        return await self._jobs.file(job_id, user.organisation_id)


def _may_read(user: CurrentUser, job: JobStatus) -> bool:
    mine = reach_of(user).ward_codes
    if mine is not None and (job.communes is None or not set(job.communes.split(",")) <= set(map(str, mine))):
        return False
    return may_see(user, job)
