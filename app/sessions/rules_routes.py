"""HTTP routes of the rules of livestreams."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotSignedIn, OriginRefused
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.sessions.errors import SessionNotFound
from app.sessions.livestream_rules import LivestreamRules, RulesOfOrganisation, RulesOfSession, RulesText

router = APIRouter(prefix="/api/v1", tags=["sessions"])

Rules = Annotated[LivestreamRules, Depends(provided(LivestreamRules))]


@router.get(
    "/livestream-rules",
    dependencies=[needs(Action.SET_RULES)],
    summary="The rules of the organisation's livestreams",
    responses=problem_responses(NotSignedIn, OrganiserOnly),
)
async def read_livestream_rules(user: SignedInUser, rules: Rules) -> RulesOfOrganisation:
    """Organisers. What holds now, the usual text to start from, and when each version began to hold."""
    return await rules.of_organisation(user)


@router.put(
    "/livestream-rules",
    dependencies=[needs(Action.SET_RULES)],
    summary="Write the rules of the organisation's livestreams",
    responses=problem_responses(NotSignedIn, OrganiserOnly, OriginRefused, IntentionKeyReused, MalformedRequest),
)
async def write_livestream_rules(body: RulesText, user: SignedInUser, rules: Rules, intention: Intended) -> RulesOfOrganisation:
    """Organisers. A new version that holds from now on, also in sessions that are live; versions before stay known."""
    return await rules.write(user, body, intention)


@router.get(
    "/sessions/{session_id}/livestream-rules",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="The rules of a session",
    responses=problem_responses(SessionNotFound, MalformedRequest),
)
async def read_session_rules(session_id: UUID, rules: Rules) -> RulesOfSession:
    """Open to everybody. What held during the session, newest first; before it starts, what holds now."""
    return await rules.of_session(session_id)
