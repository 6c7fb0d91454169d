"""HTTP routes of exports of programmes: ask for one, see how far it is, fetch it, stop it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.exports.errors import ParquetNotInstalled, TooManyExports
from app.exports.programme_asking import ProgrammeExports
from app.exports.schemas import ProgrammeFile, ProgrammeFiles, WantedProgrammeExport
from app.infra.jobs import JobFileNotReady, JobNotFound, JobStatus
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.programmes.errors import ProgrammeNotFound
from app.reports.job_routes import file_response, job_view

router = APIRouter(prefix="/api/v1/programmes/{programme_id}/table-exports", tags=["exports"])

Exports = Annotated[ProgrammeExports, Depends(provided(ProgrammeExports))]
_READING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, MalformedRequest)


@router.post(
    "",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    status_code=202,
    summary="Ask for tables of a programme as one file",
    description="Staff of the organisation: organisers and auditors; with a role in one commune, of its sessions. XLSX, CSV, JSON or Parquet of what its "
    "page shows, small groups hidden; of settlements that cover its sessions for who may see all of them. Made by a job; the file is kept for three days.",
    responses=problem_responses(*_READING, OriginRefused, ProgrammeNotFound, ParquetNotInstalled, TooManyExports, IntentionKeyReused),
)
async def start_programme_export(
    programme_id: UUID, body: WantedProgrammeExport, user: SignedInUser, exports: Exports, response: Response, intention: Intended
) -> ProgrammeFile:
    job = await exports.start(user, programme_id, body, intention)
    response.headers["location"] = _address(job)
    return _view(job)


@router.get(
    "",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    summary="Exports of a programme, newest first",
    description="Staff of the organisation: the last twenty that they may fetch, whoever asked for them.",
    responses=problem_responses(*_READING, ProgrammeNotFound),
)
async def list_programme_exports(programme_id: UUID, user: SignedInUser, exports: Exports, response: Response) -> ProgrammeFiles:
    response.headers["cache-control"] = "no-store"
    return ProgrammeFiles(items=[_view(job) for job in await exports.about(user, programme_id)])


@router.get(
    "/{job_id}",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    summary="How far an export of a programme is",
    description="Staff of the organisation who may read as much of the programme as the file holds.",
    responses=problem_responses(*_READING, JobNotFound),
)
async def read_programme_export(
    programme_id: UUID, job_id: UUID, user: SignedInUser, exports: Exports, response: Response
) -> ProgrammeFile:
    response.headers["cache-control"] = "no-store"
    return _view(await exports.job(user, programme_id, job_id))


@router.delete(
    "/{job_id}",
    dependencies=[needs(Action.CANCEL_JOBS)],
    summary="Stop an export of a programme",
    description="Staff of the organisation: organisers; one that is over stays as it is.",
    responses=problem_responses(*_READING, OriginRefused, JobNotFound),
)
async def cancel_programme_export(programme_id: UUID, job_id: UUID, user: SignedInUser, exports: Exports) -> ProgrammeFile:
    return _view(await exports.cancel(user, programme_id, job_id))


@router.get(
    "/{job_id}/file",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    response_class=StreamingResponse,
    summary="The file of an export of a programme",
    description="Staff of the organisation who may read as much of the programme as it holds; kept for three days.",
    responses=problem_responses(*_READING, JobNotFound, JobFileNotReady),
)
async def read_programme_file(programme_id: UUID, job_id: UUID, user: SignedInUser, exports: Exports) -> StreamingResponse:
    return file_response(*await exports.file(user, programme_id, job_id))


def _address(job: JobStatus) -> str:
    return f"/api/v1/programmes/{job.subject_id}/table-exports/{job.id}"


def _view(job: JobStatus) -> ProgrammeFile:
    shown = job_view(job)
    fields = shown.model_dump(exclude={"kind", "session_id", "result", "file"})
    return ProgrammeFile(**fields, programme_id=job.subject_id, file=f"{_address(job)}/file" if shown.file else None)
