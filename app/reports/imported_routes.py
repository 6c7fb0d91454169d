"""HTTP routes of figures that were read on other platforms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.reports.imported import ImportedFigures
from app.reports.imported_csv import read_figures
from app.reports.imported_schemas import EnteredFigures, ImportedView, ImportPreview, ImportText
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1/sessions/{session_id}/imported-figures", tags=["reports"])

Imported = Annotated[ImportedFigures, Depends(provided(ImportedFigures))]
_REFUSALS = problem_responses(NotSignedIn, SessionNotFound, MalformedRequest)
_CHANGING = problem_responses(NotSignedIn, OriginRefused, SessionNotFound, MalformedRequest)


@router.get(
    "",
    dependencies=[needs(Action.READ_REPORTS)],
    summary="Figures of other platforms, and who entered them",
    description="Staff of the organisation. Imported: shown beside what is measured, never added to it.",
    responses=_REFUSALS,
)
async def read_imported(session_id: UUID, user: SignedInUser, imported: Imported) -> ImportedView:
    return await imported.view(user, session_id)


@router.put(
    "",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="Enter figures of other platforms",
    description="Staff of the organisation, also after closing. Others than those named stay; every version is kept with who entered it.",
    responses=_CHANGING,
)
async def enter_figures(session_id: UUID, body: EnteredFigures, user: SignedInUser, imported: Imported) -> ImportedView:
    return await imported.enter(user, session_id, body)


@router.post(
    "/preview",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="What a CSV file of figures says",
    description="Staff of the organisation. Changes nothing; what it shows is entered with `PUT`.",
    responses=_CHANGING,
)
async def preview_figures(session_id: UUID, body: ImportText, user: SignedInUser, imported: Imported) -> ImportPreview:
    await imported.require_entering(user, session_id)
    return read_figures(body.text)
