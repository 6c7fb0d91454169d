"""HTTP routes of heavy work: ask for an export, watch it, cancel it, fetch its file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotSignedIn, OriginRefused
from app.infra.job_runner import KEEP_FILES_HOURS
from app.infra.jobs import JobFileNotReady, JobNotFound, JobState, JobStatus
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.reports.closing import ClosingService
from app.reports.errors import StatementNotDue
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1", tags=["jobs"])

Closing = Annotated[ClosingService, Depends(provided(ClosingService))]
MEDIA_TYPES = {
    ".zip": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".pdf": "application/pdf",
}
_REFUSALS = problem_responses(NotSignedIn, JobNotFound, MalformedRequest)


class JobView(BaseModel):
    """A job and how far it is."""

    id: UUID
    kind: str = Field(examples=["export"])
    session_id: UUID
    state: JobState = Field(description="outdated: done, and its file was kept for three days")
    done: int = Field(description="ledger entries gone through, or rows of tables written")
    total: int
    error: str | None = Field(description="error code, when it failed")
    result: str | None = Field(description="JSON, by the kind of job")
    file: str | None = Field(description="where the file is, once it is done")
    file_name: str | None
    file_bytes: int | None
    expires_at: datetime | None = Field(description="until when the file is kept, once it is done")
    created_at: datetime
    finished_at: datetime | None


@router.post(
    "/sessions/{session_id}/exports",
    dependencies=[needs(Action.READ_REPORTS)],
    status_code=202,
    summary="Ask for ledger, statement and verifier in one file",
    description="Staff of the organisation, once the session is closed. Asked again for the same ledger, it is the same job.",
    responses=problem_responses(NotSignedIn, OriginRefused, SessionNotFound, StatementNotDue, MalformedRequest),
)
async def start_export(session_id: UUID, user: SignedInUser, closing: Closing, response: Response) -> JobView:
    return accepted(await closing.start_export(user, session_id), response)


@router.post(
    "/sessions/{session_id}/verifications",
    dependencies=[needs(Action.READ_REPORTS)],
    status_code=202,
    summary="Ask for the whole ledger to be gone through",
    description="Staff of the organisation: hash chain and every stored sum. Asked again for the same ledger, it is the same job.",
    responses=problem_responses(NotSignedIn, OriginRefused, SessionNotFound, MalformedRequest),
)
async def start_verification(session_id: UUID, user: SignedInUser, closing: Closing, response: Response) -> JobView:
    return accepted(await closing.start_verification(user, session_id), response)


@router.get(
    "/jobs/{job_id}",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="How far a job is",
    description="Staff of the organisation.",
    responses=_REFUSALS,
)
async def read_job(job_id: UUID, user: SignedInUser, closing: Closing, response: Response) -> JobView:
    response.headers["cache-control"] = "no-store"
    return job_view(await closing.job(user, job_id))


@router.delete(
    "/jobs/{job_id}",
    dependencies=[needs(Action.CANCEL_JOBS)],
    summary="Cancel a job",
    description="Staff of the organisation; one that is over stays as it is.",
    responses=_REFUSALS | problem_responses(OriginRefused),
)
async def cancel_job(job_id: UUID, user: SignedInUser, closing: Closing) -> JobView:
    return job_view(await closing.cancel_job(user, job_id))


@router.get(
    "/jobs/{job_id}/file",
    dependencies=[needs(Action.READ_REPORTS)],
    response_class=StreamingResponse,
    summary="The file that a job made",
    description="Staff of the organisation; kept for three days.",
    responses=problem_responses(NotSignedIn, JobNotFound, JobFileNotReady, MalformedRequest),
)
async def read_file(job_id: UUID, user: SignedInUser, closing: Closing) -> StreamingResponse:
    return file_response(*await closing.job_file(user, job_id))


def file_response(job: JobStatus, pieces: AsyncIterator[bytes]) -> StreamingResponse:
    """The file of a job as a download."""
    headers = {
        "content-disposition": f'attachment; filename="{job.file_name}"',
        "content-length": str(job.file_bytes),
        "cache-control": "no-store",
    }
    media_type = MEDIA_TYPES.get(PurePath(job.file_name or "").suffix, "application/octet-stream")
    return StreamingResponse(pieces, media_type=media_type, headers=headers)


def accepted(job: JobStatus, response: Response) -> JobView:
    """What a route that started a job answers, with the address to watch it at."""
    response.headers["location"] = f"/api/v1/jobs/{job.id}"
    return job_view(job)


def job_view(job: JobStatus) -> JobView:
    """A job as the API shows it."""
    is_there = job.state == "done" and job.file_name is not None
    return JobView(
        id=job.id,
        kind=job.kind,
        session_id=job.subject_id,
        state=job.state,
        done=job.done,
        total=job.total,
        error=job.error,
        result=job.result,
        file=f"/api/v1/jobs/{job.id}/file" if is_there else None,
        file_name=job.file_name,
        expires_at=job.finished_at + timedelta(hours=KEEP_FILES_HOURS) if is_there and job.finished_at else None,
        file_bytes=job.file_bytes,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )
