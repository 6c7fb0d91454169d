"""HTTP routes of carriers' reports: states, tracking codes and cash collected, with a preview; and what waits for a person."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.carriers.errors import CarrierMappingNotFound, CarrierRowNotFound
from app.carriers.reports import REPORT_MAX_BYTES, CarrierReports
from app.carriers.schemas import CarrierWorkList, ReportOutcome, ReportPreview
from app.catalog.errors import SheetUnreadable
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused, Unavailable
from app.infra.body_limits import body_at_most
from app.infra.bounded_requests import BodyTooLarge
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1", tags=["carriers"])

Reports = Annotated[CarrierReports, Depends(provided(CarrierReports))]
ByMapping = Annotated[UUID, Query(description="which list of heads and words reads the file")]
_FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}
_UPLOAD: tuple[type[AppError], ...] = (
    *(NotSignedIn, Forbidden, OriginRefused, MalformedRequest, BodyTooLarge, SheetUnreadable, CarrierMappingNotFound, Unavailable),
)


@router.post(
    "/carrier-reports/preview",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="What a carrier's report would do, row by row",
    description="Staff of the organisation. The body is the file, XLSX or CSV, at most 5,000 rows and 4 MB; nothing is changed.",
    openapi_extra=_FILE | body_at_most(REPORT_MAX_BYTES),
    responses=problem_responses(*_UPLOAD),
)
async def preview_report(request: Request, user: SignedInUser, reports: Reports, mapping_id: ByMapping) -> ReportPreview:
    return await reports.preview(user, mapping_id, await request.body())


@router.post(
    "/carrier-reports",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Take in what a carrier reports",
    description="Staff of the organisation. Each row once, as entries of the ledger where it has a word for it; the same file again goes on where time ran out.",
    openapi_extra=_FILE | body_at_most(REPORT_MAX_BYTES),
    responses=problem_responses(*_UPLOAD),
)
async def take_report(request: Request, user: SignedInUser, reports: Reports, mapping_id: ByMapping) -> ReportOutcome:
    return await reports.bring_in(user, mapping_id, await request.body())


@router.get(
    "/carrier-work",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="What carriers said and nobody could place",
    description="Staff of the organisation.",
    responses=problem_responses(NotSignedIn, Forbidden),
)
async def work_list(user: SignedInUser, reports: Reports) -> CarrierWorkList:
    return await reports.work_list(user)


@router.post(
    "/carrier-work/{event_id}/settlement",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Take a row off the list",
    description="Staff of the organisation.",
    responses=problem_responses(NotSignedIn, Forbidden, OriginRefused, MalformedRequest, CarrierRowNotFound, IntentionKeyReused),
)
async def settle(event_id: UUID, user: SignedInUser, reports: Reports, intention: Intended) -> CarrierWorkList:
    return await reports.settle(user, event_id, intention)
