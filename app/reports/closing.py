"""The door to closing statements: signing closed sessions, exports that anyone can check, the published keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import structlog

from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.errors import AppError, NotFound
from app.infra.database import Database, RawConnection
from app.infra.jobs import JobNotFound, JobQueue, JobStatus, NewJob
from app.infra.stores_away import STORE_ERRORS
from app.reports import queries
from app.reports.errors import ExportIsAJob, ReportBeingPrepared, StatementNotDue
from app.reports.export import export_zip
from app.reports.signing import Signer
from app.reports.statement import Statement, write_statement
from app.sessions.errors import SessionNotFound

log = structlog.get_logger(__name__)

# What one request may read and pack by itself.
EXPORT_AT_ONCE = 2_000
# closed, and no statement yet, or entries since the last one (a return weeks later)
_TO_SIGN = """
SELECT s.id FROM sessions s LEFT JOIN ledgers l ON l.session_id = s.id
WHERE s.state = 'closed' AND coalesce(l.last_seq, 0) > coalesce(
  (SELECT max(c.last_seq) FROM closing_statements c WHERE c.session_id = s.id), -1)
  AND s.id > $1
ORDER BY s.id LIMIT $2
"""
_FIRST = UUID(int=0)
SIGNED_PER_STEP = 20
_ORGANISATION = "SELECT EXISTS (SELECT FROM organisations WHERE id = $1)"


class ClosingService:
    """Statements are written once per state of the ledger and never changed."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer
        self._signed_after = _FIRST
        self._jobs = JobQueue(database.pool)

    async def statement(self, user: CurrentUser, session_id: UUID) -> Statement:
        """The newest statement of a closed session. Raises `SessionNotFound`, `StatementNotDue`, `LedgerBroken`."""
        async with self._database.pool.acquire() as db, db.transaction():
            await _require_own(db, user, session_id)
            return await write_statement(db, session_id, self._signer)

    async def export(self, user: CurrentUser, session_id: UUID) -> bytes:
        """The ZIP file of the newest statement over a short ledger; raises like `statement`, and `ExportIsAJob` for a long one."""
        async with self._database.pool.acquire() as db, db.transaction():
            facts = await _require_own(db, user, session_id)
            if facts.state == "closed" and facts.last_seq > EXPORT_AT_ONCE:
                raise ExportIsAJob(details={"entries": facts.last_seq, "ask_at": f"/api/v1/sessions/{session_id}/exports"})
            return await export_zip(db, session_id, await write_statement(db, session_id, self._signer))

    async def start_export(self, user: CurrentUser, session_id: UUID) -> JobStatus:
        """The job that makes the ZIP file over the ledger as it is now. Raises `SessionNotFound`, `StatementNotDue`."""
        async with self._database.pool.acquire() as db:
            facts = await _require_own(db, user, session_id)
        if facts.state != "closed":
            raise StatementNotDue(details={"state": facts.state})
        return await self._start("export", user, facts)

    async def start_verification(self, user: CurrentUser, session_id: UUID) -> JobStatus:
        """The job that goes through the whole ledger as it is now. Raises `SessionNotFound`."""
        async with self._database.pool.acquire() as db:
            facts = await _require_own(db, user, session_id)
        return await self._start("verification", user, facts)

    async def _start(self, kind: str, user: CurrentUser, facts: queries.SessionFacts) -> JobStatus:
        return await self._jobs.start(
            NewJob(
                kind=kind,
                key=f"{facts.id}:{facts.last_seq}",
                subject_id=facts.id,
                organisation_id=facts.organisation_id,
                asked_by=user.id,
                total=facts.last_seq,
                parameters={"last_seq": facts.last_seq},
            )
        )

    async def job(self, user: CurrentUser, job_id: UUID, action: Action = Action.READ_REPORTS) -> JobStatus:
        """How far a job is, for those whose roles allow the action in its session. Raises `JobNotFound`."""
        job = await self._jobs.status(job_id, user.organisation_id)
        async with self._database.pool.acquire() as db:
            try:
                await _require_own(db, user, job.subject_id, action)
            except SessionNotFound:
                raise JobNotFound(details={"job_id": str(job_id)}) from None
        if not may_see(user, job):
            raise JobNotFound(details={"job_id": str(job_id)})
        return job

    async def cancel_job(self, user: CurrentUser, job_id: UUID) -> JobStatus:
        """End a job that is not over; one that is over stays as it is. Raises `JobNotFound`."""
        await self.job(user, job_id, Action.CANCEL_JOBS)
        return await self._jobs.cancel(job_id, user.organisation_id)

    async def job_file(self, user: CurrentUser, job_id: UUID) -> tuple[JobStatus, AsyncIterator[bytes]]:
        """The job and the pieces of its file. Raises `JobNotFound`, `JobFileNotReady`."""
        await self.job(user, job_id)
        return await self._jobs.file(job_id, user.organisation_id)

    async def public_key(self, organisation_id: UUID) -> bytes:
        """An organisation's public key, for everybody. Raises `NotFound`."""
        async with self._database.pool.acquire() as db:
            if not await db.fetchval(_ORGANISATION, organisation_id):
                raise NotFound
            return await self._signer.public_key(db, organisation_id)

    async def sign_closed(self) -> None:
        """Sign what was closed since the last run, some at a time, round and round.

        Sessions that cannot be signed do not hold up the others, however many they are.
        """
        session_ids = [row["id"] for row in await self._database.pool.fetch(_TO_SIGN, self._signed_after, SIGNED_PER_STEP)]
        self._signed_after = session_ids[-1] if len(session_ids) == SIGNED_PER_STEP else _FIRST
        for session_id in session_ids:
            try:
                async with self._database.pool.acquire() as db, db.transaction():
                    await write_statement(db, session_id, self._signer)
            except ReportBeingPrepared:
                # signed in a later run, when its fold is stored
                continue
            except AppError as error:
                log.exception("statement_not_signed", session=str(session_id), code=error.code, **error.details)
            except STORE_ERRORS as error:
                log.warning("statement_signed_later", session=str(session_id), error=repr(error))


def may_see(user: CurrentUser, job: JobStatus) -> bool:
    """Whether they may do in the whole organisation what a job about one session needs besides."""
    return job.needs is None or user.may_everywhere(Action(job.needs))


async def _require_own(
    db: RawConnection, user: CurrentUser, session_id: UUID, action: Action = Action.READ_REPORTS
) -> queries.SessionFacts:
    facts = await queries.session_facts(db, session_id)
    if facts is None or facts.organisation_id != user.organisation_id or not user.may_at(action, facts.place):
        raise SessionNotFound(details={"session_id": str(session_id)})
    return facts
