"""The door to exports: asked for once, found again, never more at a time than a person can want."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.errors import Forbidden
from app.exports.errors import TooManyExports
from app.exports.job_kinds import TABLES
from app.exports.parquet import require_parquet
from app.exports.schemas import WantedExport, WantedProgrammeExport
from app.infra.database import Database, RawConnection
from app.infra.jobs import JobQueue, JobStatus, NewJob, add_job, jobs_about
from app.reports import queries
from app.reports.closing import may_see
from app.sessions.errors import SessionNotFound

OPEN_MOST: Final = 5
SHOWN_MOST: Final = 20

# one asks at a time: else two taps at once would both find room for the last
_LOCK: Final = "SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE"
_OPEN: Final = "SELECT count(*) FROM jobs WHERE kind = $1 AND asked_by = $2 AND state IN ('waiting', 'running')"


class TableExports:
    """Asks for exports and lists them. Who may read the file is asked again each time it is fetched (`app/reports/closing.py`)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs = JobQueue(database.pool)

    async def start(self, user: CurrentUser, session_id: UUID, wanted: WantedExport, intention: Intention | None) -> JobStatus:
        """The job that makes the file; the one of before when the intention was sent before.

        Raises `SessionNotFound`, `Forbidden`, `ParquetNotInstalled`, `TooManyExports`, `IntentionKeyReused`.
        """
        job_id = uuid4()
        async with self._database.pool.acquire() as db, db.transaction():
            facts = await _require_own(db, user, session_id)
            parameters = parameters_of(user, wanted)
            claim = await claim_intention_raw(db, user.id, intention, job_id)
            if claim.is_first:
                await require_room(db, TABLES, user.id)
                await add_job(db, job_id, new_export(TABLES, job_id, user, facts.id, parameters))
        return await self._jobs.status(claim.subject_id, user.organisation_id)

    async def about(self, user: CurrentUser, session_id: UUID) -> list[JobStatus]:
        """The newest exports of a session that they may fetch, whoever asked for them. Raises `SessionNotFound`."""
        async with self._database.pool.acquire() as db:
            await _require_own(db, user, session_id)
            return [job for job in await jobs_about(db, TABLES, session_id, limit=SHOWN_MOST) if may_see(user, job)]


async def require_room(db: RawConnection, kind: str, user_id: UUID) -> None:
    """Raises `TooManyExports`. Until the transaction ends, nobody else asks in their name."""
    await db.execute(_LOCK, user_id)
    if await db.fetchval(_OPEN, kind, user_id) >= OPEN_MOST:
        raise TooManyExports(details={"limit": OPEN_MOST})


def parameters_of(user: CurrentUser, wanted: WantedExport | WantedProgrammeExport) -> dict[str, int | str]:
    """What the job has to know; `needs`: what somebody must be allowed to do to fetch its file. Raises `Forbidden`, `ParquetNotInstalled`."""
    if wanted.format == "parquet":
        require_parquet()
    parameters: dict[str, int | str] = {"format": wanted.format, "language": wanted.language, "content": ",".join(wanted.content)}
    if "settlements" in wanted.content:
        if not user.may_everywhere(Action.SEE_SETTLEMENTS):
            raise Forbidden
        parameters["needs"] = Action.SEE_SETTLEMENTS
    return parameters


def new_export(kind: str, job_id: UUID, user: CurrentUser, subject_id: UUID, parameters: dict[str, int | str]) -> NewJob:
    """A job of its own for each time somebody asks: figures move, and a file is of its moment."""
    return NewJob(
        kind=kind,
        key=str(job_id),
        subject_id=subject_id,
        organisation_id=user.organisation_id,
        asked_by=user.id,
        parameters=parameters,
    )


async def _require_own(db: RawConnection, user: CurrentUser, session_id: UUID) -> queries.SessionFacts:
    facts = await queries.session_facts(db, session_id)
    if facts is None or facts.organisation_id != user.organisation_id or not user.may_at(Action.READ_REPORTS, facts.place):
        raise SessionNotFound(details={"session_id": str(session_id)})
    return facts
