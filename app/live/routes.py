"""HTTP routes of viewers' tickets and of bridges."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status
from starlette.requests import HTTPConnection

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import MalformedRequest, NotSignedIn, OriginRefused, Unavailable
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided, provided_by
from app.live.bans import RoomBans
from app.live.bridges import BridgeTokens
from app.live.errors import SpeakerBanned
from app.live.schemas import BridgeTokenRequest, IssuedBridgeToken, IssuedTicket
from app.realtime.errors import TicketInvalid
from app.realtime.tickets import TicketSigner, set_ticket_cookie
from app.realtime.viewer_device import device_of
from app.sessions.errors import NotYourSession, SessionNotFound
from app.sessions.lookup import SessionLookup
from app.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["sessions"])

Sessions = Annotated[SessionLookup, Depends(provided(SessionLookup))]
Bridges = Annotated[BridgeTokens, Depends(provided(BridgeTokens))]


@router.post(
    "/sessions/{session_id}/tickets",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=IssuedTicket,
    summary="Get a viewer's ticket as a cookie",
    responses=problem_responses(SessionNotFound, SpeakerBanned, OriginRefused, Unavailable, MalformedRequest),
)
async def issue_ticket(session_id: UUID, request: Request, response: Response, sessions: Sessions) -> IssuedTicket:
    """Open to everybody. A device that has a valid ticket keeps its id; the ticket is renewed."""
    await sessions.require_known(session_id)
    await refuse_banned(request, session_id)
    return IssuedTicket(device_id=renew_ticket(request, response))


@router.post(
    "/sessions/{session_id}/bridge-tokens",
    dependencies=[needs(Action.RUN_SESSIONS)],
    response_model=IssuedBridgeToken,
    status_code=status.HTTP_201_CREATED,
    summary="Issue a token for a program that reports outside viewer counts",
    responses=problem_responses(NotSignedIn, OriginRefused, NotYourSession, SessionNotFound, IntentionKeyReused, MalformedRequest),
)
async def issue_bridge_token(
    session_id: UUID, body: BridgeTokenRequest, user: SignedInUser, bridges: Bridges, response: Response, intention: Intended
) -> IssuedBridgeToken:
    """Staff in charge. The token is shown once and cannot be read again."""
    token = await bridges.issue(user, session_id, body.label, intention)
    response.headers["cache-control"] = "no-store"
    return IssuedBridgeToken(token=token, label=body.label)


async def refusal_of_banned(request: HTTPConnection, session_id: UUID) -> SpeakerBanned | None:
    """What this device, or everybody behind its network, is refused with while banned from the session. Raises `Unavailable`."""
    try:
        device_id: UUID | None = device_of(request)
    except TicketInvalid:
        device_id = None
    address = request.client.host if request.client else ""
    return await provided_by(request.app, RoomBans).refusal(session_id, device_id, address)


async def refuse_banned(request: HTTPConnection, session_id: UUID) -> None:
    """Raises `SpeakerBanned`, `Unavailable`."""
    if (refused := await refusal_of_banned(request, session_id)) is not None:
        raise refused


def renew_ticket(request: HTTPConnection, response: Response) -> UUID:
    """Put a fresh ticket for the same device, or for a new one, into the response's cookies. Also for the viewer page."""
    settings = provided_by(request.app, Settings)
    signer = provided_by(request.app, TicketSigner)
    try:
        known: UUID | None = device_of(request)
    except TicketInvalid:
        known = None
    device_id, ticket = signer.issue(known)
    set_ticket_cookie(response, ticket, secure=settings.cookies_are_secure)
    return device_id
