"""HTTP routes of statistics."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotSignedIn
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.metrics.errors import StatisticsNotFound
from app.metrics.schemas import MetricDefinitionBody
from app.metrics.service import DEFINITIONS, MetricsService, SessionStats

router = APIRouter(prefix="/api/v1", tags=["metrics"])


Metrics = Annotated[MetricsService, Depends(provided(MetricsService))]


@router.get(
    "/sessions/{session_id}/stats",
    dependencies=[needs(Action.READ_FIGURES)],
    response_model=SessionStats,
    summary="Statistics of a session, live or final",
    description="Staff of the organisation. Every field name is explained at `/api/v1/metrics/definitions`.",
    responses=problem_responses(NotSignedIn, StatisticsNotFound, MalformedRequest),
)
async def read_stats(session_id: UUID, user: SignedInUser, metrics: Metrics, response: Response) -> SessionStats:
    response.headers["cache-control"] = "no-store"
    return await metrics.stats_for(user, session_id)


@router.get(
    "/metrics/definitions",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=list[MetricDefinitionBody],
    summary="What every published number means",
    description="Open to everybody: name, formula, window and source of each metric, in Vietnamese and English.",
)
async def read_definitions(response: Response) -> list[MetricDefinitionBody]:
    response.headers["cache-control"] = "public, max-age=3600"
    return [MetricDefinitionBody.model_validate(definition) for definition in DEFINITIONS]
