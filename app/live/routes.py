"""HTTP routes of sessions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status
from starlette.requests import HTTPConnection

from app.accounts.access import OptionalUser, SignedInUser
from app.accounts.service import CurrentUser
from app.catalog.errors import ProductNotFound
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.live.errors import (
    InvalidHost,
    InvalidProducts,
    InvalidVideoUrl,
    NotYourSession,
    ProductNotInSession,
    SessionClosed,
    SessionIncomplete,
    SessionNotFound,
    TransitionRefused,
)
from app.live.schemas import (
    BridgeTokenRequest,
    IssuedBridgeToken,
    IssuedTicket,
    PinRequest,
    RunDown,
    SessionChanges,
    SessionContent,
    SessionDetails,
    SessionList,
    TransitionRequest,
)
from app.live.service import SessionService
from app.live.views import SessionFacts
from app.protocol.views import SessionView
from app.realtime.errors import TicketInvalid
from app.realtime.tickets import TicketSigner, set_ticket_cookie
from app.realtime.viewer_device import device_of
from app.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["sessions"])


def _service(connection: HTTPConnection) -> SessionService:
    sessions: SessionService = connection.app.state.sessions
    return sessions


Sessions = Annotated[SessionService, Depends(_service)]
_STAFF: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, NotYourSession, SessionNotFound, MalformedRequest)


@router.get("/sessions", response_model=SessionList, summary="Sessions one may see")
async def list_sessions(sessions: Sessions, user: OptionalUser) -> SessionList:
    """Open to everybody: live sessions and those to come. Signed in: all sessions of the organisation."""
    items = await (sessions.list_public() if user is None else sessions.list_for(user))
    return SessionList(items=tuple(items), total=len(items))


@router.post(
    "/sessions",
    response_model=SessionDetails,
    status_code=status.HTTP_201_CREATED,
    summary="Create a session as a draft",
    responses=problem_responses(NotSignedIn, OriginRefused, InvalidVideoUrl, InvalidHost, MalformedRequest),
)
async def create_session(body: SessionContent, user: SignedInUser, sessions: Sessions) -> SessionDetails:
    """Staff of the organisation. A host creates sessions of their own."""
    return _details(await sessions.create(user, body))


@router.get(
    "/sessions/{session_id}",
    response_model=SessionDetails,
    summary="One session with its products",
    responses=problem_responses(SessionNotFound, MalformedRequest),
)
async def read_session(session_id: UUID, sessions: Sessions, user: OptionalUser) -> SessionDetails:
    """Open to everybody; drafts are shown to their organisation only."""
    facts = await sessions.facts(session_id)
    if facts.record.state == "draft" and not _is_own(user, facts):
        raise SessionNotFound
    return _details(facts)


@router.patch(
    "/sessions/{session_id}",
    response_model=SessionDetails,
    summary="Change a session",
    responses=problem_responses(*_STAFF, InvalidVideoUrl, InvalidHost, SessionClosed, SessionIncomplete),
)
async def update_session(session_id: UUID, body: SessionChanges, user: SignedInUser, sessions: Sessions) -> SessionDetails:
    """Staff in charge. What is left out stays as it is."""
    return _details(await sessions.update(user, session_id, body))


@router.post(
    "/sessions/{session_id}/transitions",
    response_model=SessionView,
    summary="Schedule, start, end or close a session",
    responses=problem_responses(*_STAFF, Forbidden, TransitionRefused, SessionIncomplete),
)
async def move_session(session_id: UUID, body: TransitionRequest, user: SignedInUser, sessions: Sessions) -> SessionView:
    """Staff in charge; some moves are an organiser's. draft → scheduled → live → ended → closed."""
    return await sessions.transition(user, session_id, body.to)


@router.put(
    "/sessions/{session_id}/products",
    response_model=SessionDetails,
    summary="Set the products of a session in order",
    responses=problem_responses(*_STAFF, ProductNotFound, InvalidProducts, SessionClosed),
)
async def set_products(session_id: UUID, body: RunDown, user: SignedInUser, sessions: Sessions) -> SessionDetails:
    """Staff in charge. Replaces the whole list."""
    return _details(await sessions.set_products(user, session_id, body.product_ids))


@router.post(
    "/sessions/{session_id}/pin",
    response_model=SessionDetails,
    summary="Pin the product that is being shown",
    responses=problem_responses(*_STAFF, ProductNotInSession, SessionClosed),
)
async def pin_product(session_id: UUID, body: PinRequest, user: SignedInUser, sessions: Sessions) -> SessionDetails:
    """Staff in charge. `null` takes the pin away."""
    await sessions.pin(user, session_id, body.product_id)
    return _details(await sessions.facts(session_id))


@router.post(
    "/sessions/{session_id}/tickets",
    response_model=IssuedTicket,
    summary="Get a viewer's ticket as a cookie",
    responses=problem_responses(SessionNotFound, OriginRefused, MalformedRequest),
)
async def issue_ticket(session_id: UUID, request: Request, response: Response, sessions: Sessions) -> IssuedTicket:
    """Open to everybody. A device that has a valid ticket keeps its id; the ticket is renewed."""
    await sessions.require_known(session_id)
    return IssuedTicket(device_id=renew_ticket(request, response))


@router.post(
    "/sessions/{session_id}/bridge-tokens",
    response_model=IssuedBridgeToken,
    status_code=status.HTTP_201_CREATED,
    summary="Issue a token for a program that reports outside viewer counts",
    responses=problem_responses(*_STAFF),
)
async def issue_bridge_token(
    session_id: UUID, body: BridgeTokenRequest, user: SignedInUser, sessions: Sessions, response: Response
) -> IssuedBridgeToken:
    """Staff in charge. The token is shown once and cannot be read again."""
    token = await sessions.create_bridge_token(user, session_id, body.label)
    response.headers["cache-control"] = "no-store"
    return IssuedBridgeToken(token=token, label=body.label)


def renew_ticket(request: HTTPConnection, response: Response) -> UUID:
    """Put a fresh ticket for the same device, or for a new one, into the response's cookies. Also for the viewer page."""
    settings: Settings = request.app.state.settings
    signer: TicketSigner = request.app.state.tickets
    try:
        known: UUID | None = device_of(request)
    except TicketInvalid:
        known = None
    device_id, ticket = signer.issue(known)
    set_ticket_cookie(response, ticket, secure=settings.cookies_are_secure)
    return device_id


def _is_own(user: CurrentUser | None, facts: SessionFacts) -> bool:
    return user is not None and user.organisation_id == facts.record.organisation_id


def _details(facts: SessionFacts) -> SessionDetails:
    return SessionDetails(
        **dict(facts.view),
        host_id=facts.record.host_id,
        pinned_product_id=facts.record.pinned_product_id,
        products=facts.products,
    )
