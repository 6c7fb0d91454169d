"""HTTP routes of exports: ask for a file of tables, find it again. How far it is and the file itself: `/api/v1/jobs/{job_id}`."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.exports.accounting import AccountingLists
from app.exports.asking import TableExports
from app.exports.errors import ParquetNotInstalled, TooManyExports
from app.exports.schemas import ExportList, WantedExport, WantedReceivers
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.reports.job_routes import JobView, accepted, job_view
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["exports"])

Exports = Annotated[TableExports, Depends(provided(TableExports))]


@router.post(
    "/table-exports",
    dependencies=[needs(Action.READ_REPORTS)],
    status_code=202,
    summary="Ask for tables of a session as one file",
    description="Staff of the organisation: XLSX, CSV, JSON or Parquet of report, orders, comments; of settlements for who may see all of them; names no buyer. "
    "Made by a job; the file is kept for three days (`expires_at`).",
    responses=problem_responses(
        NotSignedIn, Forbidden, OriginRefused, SessionNotFound, ParquetNotInstalled, TooManyExports, IntentionKeyReused, MalformedRequest
    ),
)
async def start_table_export(
    session_id: UUID, body: WantedExport, user: SignedInUser, exports: Exports, response: Response, intention: Intended
) -> JobView:
    return accepted(await exports.start(user, session_id, body, intention), response)


@router.get(
    "/table-exports",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="Exports of a session, newest first",
    description="Staff of the organisation: the last twenty, whoever asked for them; those with settlements for who may see all of them.",
    responses=problem_responses(NotSignedIn, SessionNotFound, MalformedRequest),
)
async def list_table_exports(session_id: UUID, user: SignedInUser, exports: Exports, response: Response) -> ExportList:
    response.headers["cache-control"] = "no-store"
    return ExportList(items=[job_view(job) for job in await exports.about(user, session_id)])


@router.post(
    "/accounting-list",
    dependencies=[needs(Action.REVEAL_RECEIVERS)],
    response_class=StreamingResponse,
    summary="Orders for accounting with their receivers, as CSV",
    description="Staff in charge of the session: names, phones and addresses in the clear, saying what for. Each order is written down; "
    "no file is kept.",
    responses=problem_responses(NotSignedIn, OriginRefused, SessionNotFound, MalformedRequest),
)
async def read_accounting_list(
    session_id: UUID, body: WantedReceivers, user: SignedInUser, lists: Annotated[AccountingLists, Depends(provided(AccountingLists))]
) -> StreamingResponse:
    name, pieces = await lists.revealed(user, session_id, body.reason, body.language)
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)
