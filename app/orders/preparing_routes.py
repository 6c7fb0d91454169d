"""HTTP routes of offers that have not opened yet."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.orders.errors import HalfPriceRule, OfferAlreadyOpened, OfferNotFound, PriceRuleBroken
from app.orders.preparing import PreparedOffers
from app.orders.schemas import OfferChanges
from app.protocol.views import OfferView
from app.sessions.errors import NotYourSession, SessionNotFound

router = APIRouter(prefix="/api/v1/sessions/{session_id}/offers/{offer_id}", tags=["orders"])

Prepared = Annotated[PreparedOffers, Depends(provided(PreparedOffers))]
_STAFF: tuple[type[AppError], ...] = (
    *(NotSignedIn, OriginRefused, NotYourSession, SessionNotFound, IntentionKeyReused, MalformedRequest),
    *(OfferNotFound, OfferAlreadyOpened),
)


@router.patch(
    "",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="Change an offer that has not opened",
    responses=problem_responses(*_STAFF, PriceRuleBroken, HalfPriceRule),
)
async def change_offer(
    session_id: UUID, offer_id: UUID, body: OfferChanges, user: SignedInUser, prepared: Prepared, intention: Intended
) -> OfferView:
    """Staff in charge. Before the session or while it runs; an open offer is extended or ended instead."""
    return await prepared.change(user, session_id, offer_id, body, intention)


@router.post(
    "/drop", dependencies=[needs(Action.RUN_SESSIONS)], summary="Drop an offer that has not opened", responses=problem_responses(*_STAFF)
)
async def drop_offer(session_id: UUID, offer_id: UUID, user: SignedInUser, prepared: Prepared, intention: Intended) -> OfferView:
    """Staff in charge. It will never open; dropping twice changes nothing."""
    return await prepared.drop(user, session_id, offer_id, intention)
