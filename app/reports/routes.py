"""HTTP routes of reports and their exports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotSignedIn
from app.infra.conditional import tagged
from app.infra.limited_reading import ReadTookTooLong
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.reports.csv_export import Language, minutes_csv, products_csv
from app.reports.errors import ReportBeingPrepared
from app.reports.schemas import Report
from app.reports.service import ReportService
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["reports"])


class CsvResponse(Response):
    media_type = "text/csv; charset=utf-8"


Reports = Annotated[ReportService, Depends(provided(ReportService))]
InLanguage = Annotated[Language, Query(description="language of the column heads")]
_REFUSALS = problem_responses(NotSignedIn, SessionNotFound, ReportBeingPrepared, ReadTookTooLong, MalformedRequest)


@router.get(
    "/report",
    dependencies=[needs(Action.READ_REPORTS)],
    response_model=Report,
    summary="Report of a session",
    description="Staff of the organisation, while it is live and after its end. Sales are folded from the ledger; "
    "`reconciliation` shows every fact counted twice. An answer carries an `ETag`; shown again as `If-None-Match`, it is answered with 304 while "
    "nothing but `as_of` has changed.",
    responses=_REFUSALS,
)
async def read_report(request: Request, session_id: UUID, user: SignedInUser, reports: Reports) -> Response:
    return tagged(request, await reports.report(user, session_id), moving=frozenset({"as_of"}))


@router.get(
    "/report/minutes.csv",
    dependencies=[needs(Action.READ_REPORTS)],
    response_model=None,
    response_class=CsvResponse,
    summary="The report's series, one row per minute",
    description="Staff of the organisation.",
    responses=_REFUSALS,
)
async def read_minutes(session_id: UUID, user: SignedInUser, reports: Reports, language: InLanguage = "vi") -> CsvResponse:
    return _file(minutes_csv(await reports.report(user, session_id), language), f"minutes-{session_id}.csv")


@router.get(
    "/report/products.csv",
    dependencies=[needs(Action.READ_REPORTS)],
    response_model=None,
    response_class=CsvResponse,
    summary="The report's products, one row each",
    description="Staff of the organisation.",
    responses=_REFUSALS,
)
async def read_products(session_id: UUID, user: SignedInUser, reports: Reports, language: InLanguage = "vi") -> CsvResponse:
    return _file(products_csv(await reports.report(user, session_id), language), f"products-{session_id}.csv")


def _file(content: str, name: str) -> CsvResponse:
    return CsvResponse(content, headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"})
