"""HTTP routes of league tables, comparisons and youth-union units."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.conditional import tagged
from app.infra.limited_reading import ReadTookTooLong
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.programmes.comparing import Comparing
from app.programmes.errors import (
    ComparisonUnfit,
    LeagueOrderUnfit,
    ProgrammeNotFound,
    ProgrammeTooLarge,
    TooManyUnionUnits,
    UnionUnitExists,
    UnionUnitNotFound,
)
from app.programmes.leagues import Leagues
from app.programmes.routes import MOVING
from app.programmes.schemas import Comparison, League, LeagueBy, LeagueOrder, UnitChoice, UnitContent, UnitList, UnitView
from app.programmes.units import UnionUnits
from app.sessions.errors import SessionNotFound

router = APIRouter(prefix="/api/v1", tags=["programmes"])

Tables = Annotated[Leagues, Depends(provided(Leagues))]
SideBySide = Annotated[Comparing, Depends(provided(Comparing))]
Units = Annotated[UnionUnits, Depends(provided(UnionUnits))]
_READING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, MalformedRequest, ReadTookTooLong)
_KEEPING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, MalformedRequest, OriginRefused)


@router.get(
    "/programmes/{programme_id}/leagues/{by}",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    response_model=League,
    summary="A league table of a programme",
    description="Staff of the organisation: organisers and auditors; with a role in one commune, its sessions. By commune, youth-union unit or "
    "producer. Ordered by `order`, highest first but for losses and returns; equal figures share a rank and stand by name; groups without the "
    "figure stand last. A rate carries its denominator in its name and is null below its minimum. Small groups are hidden as in the programme.",
    responses=problem_responses(*_READING, ProgrammeNotFound, ProgrammeTooLarge, LeagueOrderUnfit),
)
async def read_league(
    request: Request,
    programme_id: UUID,
    by: LeagueBy,
    user: SignedInUser,
    tables: Tables,
    order: Annotated[LeagueOrder | None, Query(description="left out: net, of producers what was kept")] = None,
) -> Response:
    return tagged(request, await tables.table(user, programme_id, by, order), moving=MOVING)


@router.get(
    "/comparison",
    dependencies=[needs(Action.READ_REPORTS)],
    response_model=Comparison,
    summary="Two to eight sessions side by side",
    description="Staff of the organisation who may read the report of each of them. The same definitions for all, each as of its own moment.",
    responses=problem_responses(*_READING, ComparisonUnfit, SessionNotFound),
)
async def compare_sessions(
    request: Request,
    user: SignedInUser,
    side_by_side: SideBySide,
    session: Annotated[list[UUID], Query(max_length=50, description="each of them once")],
) -> Response:
    return tagged(request, await side_by_side.compare(user, session), moving=MOVING)


@router.get(
    "/union-units",
    dependencies=[needs(Action.READ_PROGRAMMES)],
    response_model=UnitList,
    summary="Youth-union units of the organisation",
    description="Staff of the organisation: organisers and auditors. Hosts and the units of their next sessions for organisers alone.",
    responses=problem_responses(*_READING),
)
async def list_units(request: Request, user: SignedInUser, units: Units) -> Response:
    return tagged(request, await units.list(user))


@router.post(
    "/union-units",
    status_code=201,
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    summary="Add a youth-union unit",
    description="Organisers.",
    responses=problem_responses(*_KEEPING, UnionUnitExists, TooManyUnionUnits, IntentionKeyReused),
)
async def add_unit(content: UnitContent, user: SignedInUser, units: Units, intention: Intended) -> UnitView:
    return await units.add(user, content, intention)


@router.put(
    "/union-units/{unit_id}",
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    summary="Rename a youth-union unit",
    description="Organisers. Its past sessions are shown under the new name, too.",
    responses=problem_responses(*_KEEPING, UnionUnitNotFound, UnionUnitExists),
)
async def rename_unit(unit_id: UUID, content: UnitContent, user: SignedInUser, units: Units) -> UnitView:
    return await units.rename(user, unit_id, content)


@router.put(
    "/sessions/{session_id}/union-unit",
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    summary="Say which youth-union unit holds a session",
    description="Organisers. Also after its end; null: none.",
    responses=problem_responses(*_KEEPING, UnionUnitNotFound, SessionNotFound),
)
async def set_session_unit(session_id: UUID, choice: UnitChoice, user: SignedInUser, units: Units) -> UnitChoice:
    return await units.set_session(user, session_id, choice)


@router.put(
    "/people/{user_id}/union-unit",
    dependencies=[needs(Action.KEEP_PROGRAMMES)],
    summary="Say of which youth-union unit a host is",
    description="Organisers. The host's sessions get it when they have none; sessions that have one keep it, so a host who moves takes no past along.",
    responses=problem_responses(*_KEEPING, UnionUnitNotFound),
)
async def set_host_unit(user_id: UUID, choice: UnitChoice, user: SignedInUser, units: Units) -> UnitChoice:
    return await units.set_host(user, user_id, choice)
