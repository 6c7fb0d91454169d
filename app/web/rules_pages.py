"""The page with the rules of a session: for everybody, without a script."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.provided import provided
from app.sessions.livestream_rules import LivestreamRules
from app.web.page_route import PageRoute
from app.web.rendering import render

router = APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[OPEN_TO_EVERYBODY])


@router.get("/s/{session_id}/rules")
async def session_rules(
    request: Request, session_id: UUID, rules: Annotated[LivestreamRules, Depends(provided(LivestreamRules))]
) -> Response:
    """What held during the session, newest first."""
    return render(request, "rules.html", session_id=session_id, rules=await rules.of_session(session_id))
