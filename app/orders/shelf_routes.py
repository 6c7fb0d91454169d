"""HTTP routes of the shelf: pools of units, set by staff, and what an order would cost."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.errors import AlcoholNotShown
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused, TooManyRequests, Unavailable
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.live.errors import SpeakerBanned
from app.live.routes import refuse_banned
from app.orders.errors import NotOnShelf, OfferNotFound, StockBelowSold
from app.orders.quotes import QuoteService
from app.orders.routes import HttpOrderPace
from app.orders.schemas import NewStock, Quote, QuoteRequest, StockList, StockRow
from app.orders.stock import StockService
from app.realtime.errors import TicketInvalid
from app.realtime.viewer_device import ViewerDevice
from app.sessions.errors import NotYourSession, ProductNotInSession, SessionClosed, SessionNotFound

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["orders"])


Stock = Annotated[StockService, Depends(provided(StockService))]
Quotes = Annotated[QuoteService, Depends(provided(QuoteService))]
_STAFF: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, NotYourSession, SessionNotFound, IntentionKeyReused, MalformedRequest)


@router.get(
    "/stock",
    dependencies=[needs(Action.SEE_BOARD)],
    summary="Pools of units of a session",
    description="Staff in charge. Products without a pool are not on the shelf; their offers have stock of their own.",
    responses=problem_responses(NotSignedIn, NotYourSession, SessionNotFound, MalformedRequest),
)
async def list_stock(session_id: UUID, user: SignedInUser, stock: Stock) -> StockList:
    return StockList(stock=await stock.rows(user, session_id))


@router.put(
    "/stock/{product_id}",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="Set the pool of a product",
    description="Staff in charge, in the run-down or while live. From then on the product is on the shelf at its normal price, unless "
    "`on_shelf` is false, and its flash offers take from the same units. `units` counts those that are sold already.",
    responses=problem_responses(*_STAFF, ProductNotInSession, AlcoholNotShown, StockBelowSold, SessionClosed),
)
async def set_stock(session_id: UUID, product_id: UUID, body: NewStock, user: SignedInUser, stock: Stock, intention: Intended) -> StockRow:
    return await stock.set(user, session_id, product_id, body, intention)


@router.post(
    "/quote",
    summary="What an order would cost",
    description="Viewer's ticket; changes nothing. Prices of shelf lines are those that hold now, whatever the request says.",
    responses=problem_responses(
        TicketInvalid,
        SpeakerBanned,
        OriginRefused,
        SessionNotFound,
        OfferNotFound,
        NotOnShelf,
        TooManyRequests,
        Unavailable,
        MalformedRequest,
    ),
)
async def quote_order(
    session_id: UUID, body: QuoteRequest, device_id: ViewerDevice, quotes: Quotes, pace: HttpOrderPace, request: Request
) -> Quote:
    if wait_seconds := pace.take(str(device_id)):
        raise TooManyRequests(retry_after_seconds=wait_seconds)
    await refuse_banned(request, session_id)
    return await quotes.quote(session_id, body)
