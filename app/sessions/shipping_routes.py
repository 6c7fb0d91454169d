"""HTTP routes of shipping fees."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, status
from pydantic import BaseModel, Field

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.protocol.shipping import ShippingRule
from app.sessions.errors import NotYourSession, SessionClosed, SessionNotFound
from app.sessions.shipping import ShippingService

router = APIRouter(prefix="/api/v1", tags=["sessions"])

_EXAMPLE = {
    "flat_vnd": 0,
    "steps": [{"up_to_grams": 2_000, "fee_vnd": 25_000}, {"up_to_grams": 5_000, "fee_vnd": 40_000}],
    "free_from_vnd": 500_000,
}
Shipping = Annotated[ShippingService, Depends(provided(ShippingService))]
Rule = Annotated[ShippingRule | None, Body(examples=[_EXAMPLE])]


class ShippingOfSession(BaseModel):
    """`own` holds where there is one, else `common`, the organisation's; null: delivery is free."""

    own: ShippingRule | None = Field(examples=[None])
    common: ShippingRule | None = Field(examples=[_EXAMPLE])


_STAFF: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, IntentionKeyReused, MalformedRequest)


@router.get(
    "/shipping",
    dependencies=[needs(Action.PREPARE_SESSIONS)],
    summary="What delivery costs in all sessions",
    responses=problem_responses(NotSignedIn),
)
async def read_shipping(user: SignedInUser, shipping: Shipping) -> ShippingRule | None:
    """Staff of the organisation. `null`: delivery is free."""
    return await shipping.of_organisation(user)


@router.put(
    "/shipping",
    dependencies=[needs(Action.SET_RULES)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Set what delivery costs in all sessions",
    responses=problem_responses(*_STAFF, OrganiserOnly),
)
async def set_shipping(body: Rule, user: SignedInUser, shipping: Shipping, intention: Intended) -> None:
    """Organisers. Sessions with a fee of their own keep it; `null` makes delivery free. Orders that were placed keep their fee."""
    await shipping.set_for_organisation(user, body, intention)


@router.get(
    "/sessions/{session_id}/shipping",
    dependencies=[needs(Action.PREPARE_SESSIONS)],
    response_model=ShippingOfSession,
    summary="What delivery costs in one session, and in all others",
    responses=problem_responses(NotSignedIn, NotYourSession, SessionNotFound, MalformedRequest),
)
async def read_session_shipping(session_id: UUID, user: SignedInUser, shipping: Shipping) -> ShippingOfSession:
    """Staff in charge."""
    found = await shipping.of_session(user, session_id)
    return ShippingOfSession(own=found.own, common=found.common)


@router.put(
    "/sessions/{session_id}/shipping",
    dependencies=[needs(Action.PREPARE_SESSIONS)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Set what delivery costs in one session",
    responses=problem_responses(*_STAFF, NotYourSession, SessionNotFound, SessionClosed),
)
async def set_session_shipping(session_id: UUID, body: Rule, user: SignedInUser, shipping: Shipping, intention: Intended) -> None:
    """Staff in charge. In place of the organisation's fee; `null` goes back to that."""
    await shipping.set_for_session(user, session_id, body, intention)
