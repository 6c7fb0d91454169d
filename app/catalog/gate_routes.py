"""HTTP: what an organisation asks of products before they come into a session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.listing_gate import GateContent, ListingGates
from app.errors import MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1", tags=["catalog"])

Gates = Annotated[ListingGates, Depends(provided(ListingGates))]


@router.get(
    "/listing-gate", dependencies=[needs(Action.KEEP_GOODS)], summary="What is asked of products", responses=problem_responses(NotSignedIn)
)
async def read_listing_gate(user: SignedInUser, gates: Gates) -> GateContent:
    """Staff of the organisation, and its producers."""
    return await gates.get(user)


@router.put(
    "/listing-gate",
    dependencies=[needs(Action.SET_RULES)],
    summary="Ask something of products",
    responses=problem_responses(NotSignedIn, OrganiserOnly, OriginRefused, IntentionKeyReused, MalformedRequest),
)
async def set_listing_gate(body: GateContent, user: SignedInUser, gates: Gates, intention: Intended) -> GateContent:
    """Organisers. Asked when products are put into a session's run-down and when the session goes live; rehearsals are not asked."""
    return await gates.set(user, body, intention)
