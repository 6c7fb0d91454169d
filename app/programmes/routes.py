"""HTTP routes of programmes: keeping them, and their figures."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.body_limits import body_at_most
from app.infra.conditional import tagged
from app.infra.limited_reading import ReadTookTooLong
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.programmes.errors import (
    ProgrammeDaysUnfit,
    ProgrammeNotFound,
    ProgrammeSessionUnfit,
    ProgrammeTooLarge,
    TooManyProgrammes,
)
from app.programmes.programmes import Programmes
from app.programmes.reading import ProgrammeReading
from app.programmes.schemas import (
    CandidateList,
    ChosenSessions,
    ProgrammeContent,
    ProgrammePage,
    ProgrammeReport,
    ProgrammeView,
    SessionRowPage,
)

router = APIRouter(prefix="/api/v1/programmes", tags=["programmes"])

Kept = Annotated[Programmes, Depends(provided(Programmes))]
Figures = Annotated[ProgrammeReading, Depends(provided(ProgrammeReading))]
Cursor = Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")]
_READING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, MalformedRequest, ReadTookTooLong)
_KEEPING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, MalformedRequest, OriginRefused, ProgrammeDaysUnfit)
_MANY_IDS = body_at_most(131_072)
# When something was read makes no new answer.
MOVING = frozenset({"as_of", "lag_seconds"})
_TAGGED = "An answer carries an `ETag`; shown again as `If-None-Match`, it is answered with 304 while nothing has changed."


@router.get(
    "",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    response_model=ProgrammePage,
    summary="Programmes of the organisation",
    description=f"Staff of the organisation: organisers and auditors. The newest first. {_TAGGED}",
    responses=problem_responses(*_READING),
)
async def list_programmes(
    request: Request, user: SignedInUser, kept: Kept, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Response:
    return tagged(request, await kept.page(user, cursor=cursor, limit=limit))


@router.post(
    "",
    status_code=201,
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    summary="Make a programme",
    description="Organisers. It takes all sessions and booths of its days, or none until some are chosen.",
    responses=problem_responses(*_KEEPING, TooManyProgrammes, IntentionKeyReused),
)
async def make_programme(content: ProgrammeContent, user: SignedInUser, kept: Kept, intention: Intended) -> ProgrammeView:
    return await kept.make(user, content, intention)


@router.put(
    "/{programme_id}",
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    summary="Change a programme's name, days and what it takes",
    description="Organisers. Chosen sessions stay chosen while it takes all.",
    responses=problem_responses(*_KEEPING, ProgrammeNotFound),
)
async def change_programme(programme_id: UUID, content: ProgrammeContent, user: SignedInUser, kept: Kept) -> ProgrammeView:
    return await kept.change(user, programme_id, content)


@router.get(
    "/{programme_id}/candidates",
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    response_model=CandidateList,
    summary="Sessions and booths that fall into a programme's days",
    description=f"Organisers. Each with whether it was chosen. {_TAGGED}",
    responses=problem_responses(*_READING, ProgrammeNotFound, ProgrammeTooLarge),
)
async def read_candidates(request: Request, programme_id: UUID, user: SignedInUser, figures: Figures) -> Response:
    return tagged(request, await figures.candidates(user, programme_id))


@router.get(
    "/{programme_id}/chosen-sessions",
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    summary="The sessions chosen for a programme",
    description="Organisers.",
    responses=problem_responses(NotSignedIn, Forbidden, MalformedRequest, ProgrammeNotFound),
)
async def read_chosen(programme_id: UUID, user: SignedInUser, kept: Kept) -> ChosenSessions:
    return await kept.chosen(user, programme_id)


@router.put(
    "/{programme_id}/chosen-sessions",
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    openapi_extra=_MANY_IDS,
    summary="Choose the sessions of a programme",
    description="Organisers. These and no others; they count only in the days of the programme, and only while it takes `chosen` ones.",
    responses=problem_responses(*_KEEPING, ProgrammeNotFound, ProgrammeSessionUnfit),
)
async def choose_sessions(programme_id: UUID, chosen: ChosenSessions, user: SignedInUser, kept: Kept) -> ChosenSessions:
    return await kept.choose(user, programme_id, chosen)


@router.get(
    "/{programme_id}",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    response_model=ProgrammeReport,
    summary="A programme's figures",
    description="Staff of the organisation: organisers and auditors; with a role in one commune, the figures of its sessions. Totals as of now, and beside them what the "
    "closing statements said; late corrections by day; weeks and months. Rehearsals never count. Groups of fewer than five buyers are "
    f"hidden, and others so that they cannot be had by subtraction. {_TAGGED}",
    responses=problem_responses(*_READING, ProgrammeNotFound, ProgrammeTooLarge),
)
async def read_programme(request: Request, programme_id: UUID, user: SignedInUser, figures: Figures) -> Response:
    return tagged(request, await figures.report(user, programme_id), moving=MOVING)


@router.get(
    "/{programme_id}/sessions",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    response_model=SessionRowPage,
    summary="A programme's sessions and booths, a row each",
    description=f"Staff of the organisation: organisers and auditors; with a role in one commune, its sessions. The newest first. {_TAGGED}",
    responses=problem_responses(*_READING, ProgrammeNotFound, ProgrammeTooLarge),
)
async def read_sessions(
    request: Request,
    programme_id: UUID,
    user: SignedInUser,
    figures: Figures,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    return tagged(request, await figures.sessions(user, programme_id, cursor=cursor, limit=limit), moving=MOVING)
