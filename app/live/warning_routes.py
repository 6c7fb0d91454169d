"""HTTP routes of an organiser's warning on the screens of a session."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotSignedIn, OriginRefused
from app.infra.body_limits import body_at_most
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.live.warnings import ScreenWarnings, WarningList, WarningRequest
from app.sessions.errors import NotYourSession, SessionClosed, SessionNotFound, SessionNotLive

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["moderation"])

Warnings = Annotated[ScreenWarnings, Depends(provided(ScreenWarnings))]
_WARN = [needs(Action.WARN_ON_SCREEN)]
_READING = (NotSignedIn, OrganiserOnly, NotYourSession, SessionNotFound, MalformedRequest)


@router.get("/warnings", dependencies=_WARN, summary="All warnings of a session", responses=problem_responses(*_READING))
async def list_warnings(session_id: UUID, user: SignedInUser, warnings: Warnings) -> WarningList:
    """Organisers. With who set and who lifted each, and when."""
    return await warnings.listed(user, session_id)


@router.put(
    "/warning",
    dependencies=_WARN,
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Show a warning on every screen of a live session",
    responses=problem_responses(*_READING, OriginRefused, SessionNotLive, SessionClosed, IntentionKeyReused),
    openapi_extra=body_at_most(4 * 1024),
)
async def set_warning(session_id: UUID, body: WarningRequest, user: SignedInUser, warnings: Warnings, intention: Intended) -> Response:
    """Organisers. It stands for viewers, on the overlay and on the host's board until `null` lifts it."""
    await warnings.set(user, session_id, body.text, intention)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
