"""HTTP routes of sessions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status

from app.accounts.access import OptionalUser, SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action, Place
from app.accounts.service import CurrentUser
from app.catalog.errors import AlcoholNotShown, InvalidVideoUrl, ProductNotFound, ProductsIncomplete
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.protocol.views import SessionView
from app.sessions.editing import SessionEditor
from app.sessions.errors import (
    InvalidHost,
    InvalidProducts,
    InvalidWard,
    NotYourSession,
    ProductNotInSession,
    SessionClosed,
    SessionIncomplete,
    SessionNotFound,
    TransitionRefused,
)
from app.sessions.lookup import LIST_MAX, SessionLookup
from app.sessions.reading import SessionFacts
from app.sessions.schemas import PinRequest, RunDown, SessionChanges, SessionContent, SessionDetails, SessionList, TransitionRequest

router = APIRouter(prefix="/api/v1", tags=["sessions"])


Sessions = Annotated[SessionLookup, Depends(provided(SessionLookup))]
Limit = Annotated[int, Query(ge=1, le=LIST_MAX)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Editor = Annotated[SessionEditor, Depends(provided(SessionEditor))]
_STAFF: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, NotYourSession, SessionNotFound, IntentionKeyReused, MalformedRequest)


@router.get(
    "/sessions",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=SessionList,
    summary="Sessions one may see",
    responses=problem_responses(MalformedRequest),
)
async def list_sessions(sessions: Sessions, user: OptionalUser, limit: Limit = LIST_MAX, offset: Offset = 0) -> SessionList:
    """Open to everybody: live sessions and those to come. Signed in: the sessions that one sees by one's roles."""
    page = {"limit": limit, "offset": offset}
    items = await (sessions.list_public(**page) if user is None else sessions.list_for(user, **page))
    return SessionList(items=tuple(items), total=await sessions.count(user))


@router.post(
    "/sessions",
    dependencies=[needs(Action.CREATE_SESSIONS)],
    response_model=SessionDetails,
    status_code=status.HTTP_201_CREATED,
    summary="Create a session as a draft",
    responses=problem_responses(
        NotSignedIn, OriginRefused, InvalidVideoUrl, InvalidHost, InvalidWard, IntentionKeyReused, MalformedRequest
    ),
)
async def create_session(body: SessionContent, user: SignedInUser, editor: Editor, intention: Intended) -> SessionDetails:
    """Staff of the organisation. A host creates sessions of their own."""
    return session_details(await editor.create(user, body, intention))


@router.get(
    "/sessions/{session_id}",
    dependencies=[OPEN_TO_EVERYBODY],
    response_model=SessionDetails,
    summary="One session with its products",
    responses=problem_responses(SessionNotFound, MalformedRequest),
)
async def read_session(session_id: UUID, sessions: Sessions, user: OptionalUser) -> SessionDetails:
    """Open to everybody; drafts are shown to their organisation only."""
    facts = await sessions.facts(session_id)
    if facts.record.state == "draft" and not _is_own(user, facts):
        raise SessionNotFound
    details = session_details(facts)
    return details if _is_own(user, facts) else details.model_copy(update={"host_id": None, "ward_code": None})


@router.patch(
    "/sessions/{session_id}",
    dependencies=[needs(Action.PREPARE_SESSIONS)],
    response_model=SessionDetails,
    summary="Change a session",
    responses=problem_responses(*_STAFF, InvalidVideoUrl, InvalidHost, InvalidWard, SessionClosed, SessionIncomplete),
)
async def update_session(session_id: UUID, body: SessionChanges, user: SignedInUser, editor: Editor, intention: Intended) -> SessionDetails:
    """Staff in charge. What is left out stays as it is."""
    return session_details(await editor.update(user, session_id, body, intention))


@router.post(
    "/sessions/{session_id}/transitions",
    dependencies=[needs(Action.RUN_SESSIONS)],
    response_model=SessionView,
    summary="Schedule, start, end or close a session",
    responses=problem_responses(*_STAFF, Forbidden, TransitionRefused, SessionIncomplete, ProductsIncomplete, AlcoholNotShown),
)
async def move_session(session_id: UUID, body: TransitionRequest, user: SignedInUser, editor: Editor, intention: Intended) -> SessionView:
    """Staff in charge; some moves are an organiser's. draft → scheduled → live → ended → closed."""
    return await editor.transition(user, session_id, body.to, intention)


@router.put(
    "/sessions/{session_id}/products",
    dependencies=[needs(Action.PREPARE_SESSIONS)],
    response_model=SessionDetails,
    summary="Set the products of a session in order",
    responses=problem_responses(*_STAFF, ProductNotFound, InvalidProducts, SessionClosed, ProductsIncomplete, AlcoholNotShown),
)
async def set_products(session_id: UUID, body: RunDown, user: SignedInUser, editor: Editor, intention: Intended) -> SessionDetails:
    """Staff in charge. Replaces the whole list."""
    return session_details(await editor.set_products(user, session_id, body.product_ids, intention, codes=body.codes))


@router.post(
    "/sessions/{session_id}/pin",
    dependencies=[needs(Action.RUN_SESSIONS)],
    response_model=SessionDetails,
    summary="Pin the product that is being shown",
    responses=problem_responses(*_STAFF, ProductNotInSession, SessionClosed, AlcoholNotShown),
)
async def pin_product(
    session_id: UUID, body: PinRequest, user: SignedInUser, editor: Editor, sessions: Sessions, intention: Intended
) -> SessionDetails:
    """Staff in charge. `null` takes the pin away."""
    await editor.pin(user, session_id, body.product_id, intention)
    return session_details(await sessions.facts(session_id))


def _is_own(user: CurrentUser | None, facts: SessionFacts) -> bool:
    record = facts.record
    return (
        user is not None
        and user.organisation_id == record.organisation_id
        and user.may_at(Action.SEE_SESSIONS, Place(record.id, record.host_id, record.ward_code))
    )


def session_details(facts: SessionFacts) -> SessionDetails:
    return SessionDetails(
        **dict(facts.view),
        host_id=facts.record.host_id,
        ward_code=facts.record.ward_code,
        pinned_product_id=facts.record.pinned_product_id,
        products=facts.products,
    )
