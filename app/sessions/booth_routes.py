"""HTTP routes of booths. What a booth sells and to whom goes over the routes of its session."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import OrganiserOnly
from app.accounts.permissions import Action
from app.catalog.errors import ProducerNotFound, ProductsIncomplete
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.sessions.booths import BoothService
from app.sessions.errors import BoothHasNoGoods, SessionNotFound
from app.sessions.routes import session_details
from app.sessions.schemas import SessionDetails

router = APIRouter(prefix="/api/v1/producers/{producer_id}/booth", tags=["sessions"])

Booths = Annotated[BoothService, Depends(provided(BoothService))]
_ORGANISER: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, OrganiserOnly, ProducerNotFound, MalformedRequest)


@router.post(
    "",
    dependencies=[needs(Action.OPEN_BOOTHS)],
    response_model=SessionDetails,
    summary="Open a producer's booth",
    responses=problem_responses(*_ORGANISER, BoothHasNoGoods, ProductsIncomplete),
)
async def open_booth(producer_id: UUID, user: SignedInUser, booths: Booths) -> SessionDetails:
    """Organisers. A booth is a session of kind `booth`, live at once, with the producer's active products; one that is open gets the
    goods as they are now. Set its stock over `/sessions/{session_id}/stock`: only products with a pool can be bought."""
    return session_details(await booths.open(user, producer_id))


@router.post(
    "/close",
    dependencies=[needs(Action.OPEN_BOOTHS)],
    response_model=SessionDetails,
    summary="Close a producer's booth",
    responses=problem_responses(*_ORGANISER, SessionNotFound),
)
async def close_booth(producer_id: UUID, user: SignedInUser, booths: Booths) -> SessionDetails:
    """Organisers. No further orders; those that were placed take their course. Opening again begins a new session behind the same page."""
    return session_details(await booths.close(user, producer_id))
