"""HTTP routes of offers and orders."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Request

from app.accounts.access import OptionalUser, SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.errors import AlcoholNotShown, InvalidAddress
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused, OutcomeUnknown, TooManyRequests, Unavailable
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.live.errors import SpeakerBanned
from app.live.routes import refusal_of_banned
from app.orders.errors import (
    AmountTooLarge,
    Busy,
    HalfPriceRule,
    InvalidPhone,
    KeyReused,
    NotOnShelf,
    OfferNotFound,
    OfferNotOpen,
    OrderCannotBeWritten,
    PriceChanged,
    PriceRuleBroken,
    ShippingFeeChanged,
    SoldOut,
    ViewerLimitReached,
)
from app.orders.offers import OfferService
from app.orders.placing import OrderPlacing
from app.orders.schemas import ORDER_EXAMPLE, ExtendOffer, NewOffer, OfferList, OpenOffer, OrderList
from app.protocol.client_commands import OrderContent
from app.protocol.server_events import OrderReceipt
from app.protocol.views import OfferView
from app.realtime.errors import TicketInvalid
from app.realtime.rate_limit import KeyedLimits
from app.realtime.viewer_device import ViewerDevice
from app.sessions.errors import NotYourSession, ProductNotInSession, SessionNotFound, SessionNotLive

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["orders"])


Offers = Annotated[OfferService, Depends(provided(OfferService))]
Orders = Annotated[OrderPlacing, Depends(provided(OrderPlacing))]


# The socket's commands are paced by its router; orders by HTTP are paced alike, per device.
HttpOrderPace = Annotated[KeyedLimits, Depends(provided(KeyedLimits))]


_STAFF: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, NotYourSession, SessionNotFound, IntentionKeyReused, MalformedRequest)


@router.get(
    "/offers",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="Flash offers of a session",
    description="Open to everybody; oldest first. A session without offers has an empty list. Offers prepared for the host to open are "
    "shown to staff in charge only.",
    responses=problem_responses(MalformedRequest),
)
async def list_offers(session_id: UUID, offers: Offers, user: OptionalUser) -> OfferList:
    return OfferList(offers=list(await offers.views_for(user, session_id)))


@router.post(
    "/offers",
    dependencies=[needs(Action.RUN_SESSIONS)],
    status_code=201,
    summary="Make a flash offer",
    description="Staff in charge. With `open_now` it opens at once, with `starts_at` at that time, otherwise when the host opens it.",
    responses=problem_responses(*_STAFF, ProductNotInSession, PriceRuleBroken, HalfPriceRule, AlcoholNotShown, SessionNotLive),
)
async def create_offer(session_id: UUID, body: NewOffer, user: SignedInUser, offers: Offers, intention: Intended) -> OfferView:
    return await offers.create(user, session_id, body, intention)


@router.post(
    "/offers/{offer_id}/open",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="Open an offer now",
    description="Staff in charge. Opening an open offer changes nothing.",
    responses=problem_responses(*_STAFF, OfferNotFound, OfferNotOpen, SessionNotLive, AlcoholNotShown),
)
async def open_offer(
    session_id: UUID, offer_id: UUID, body: OpenOffer, user: SignedInUser, offers: Offers, intention: Intended
) -> OfferView:
    return await offers.open(user, session_id, offer_id, body.duration_seconds, intention)


@router.post(
    "/offers/{offer_id}/extend",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="Give an open offer more time",
    description="Staff in charge. Every call adds its seconds; a repeat with the same `Idempotency-Key` adds nothing.",
    responses=problem_responses(*_STAFF, OfferNotFound, OfferNotOpen, PriceRuleBroken),
)
async def extend_offer(
    session_id: UUID, offer_id: UUID, body: ExtendOffer, user: SignedInUser, offers: Offers, intention: Intended
) -> OfferView:
    return await offers.extend(user, session_id, offer_id, body.seconds, intention)


@router.post(
    "/offers/{offer_id}/end",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="End an offer now",
    description="Staff in charge. Orders that had reached the server before are still counted; ending twice changes nothing.",
    responses=problem_responses(*_STAFF, OfferNotFound),
)
async def end_offer(session_id: UUID, offer_id: UUID, user: SignedInUser, offers: Offers, intention: Intended) -> OfferView:
    return await offers.end(user, session_id, offer_id, intention)


@router.post(
    "/orders",
    status_code=201,
    summary="Place an order",
    description="Viewer's ticket. Answered after COMMIT. After any cut repeat it with the same `key`: it is placed at most once, and the "
    "same key with the same content gives the same receipt for ever, also to a device that has been banned from the session meanwhile.",
    responses=problem_responses(
        TicketInvalid,
        SpeakerBanned,
        OriginRefused,
        SessionNotFound,
        SessionNotLive,
        InvalidPhone,
        InvalidAddress,
        OfferNotFound,
        OfferNotOpen,
        NotOnShelf,
        SoldOut,
        ViewerLimitReached,
        PriceChanged,
        ShippingFeeChanged,
        AmountTooLarge,
        OrderCannotBeWritten,
        KeyReused,
        Busy,
        OutcomeUnknown,
        TooManyRequests,
        MalformedRequest,
    ),
)
async def place_order(
    session_id: UUID,
    body: Annotated[OrderContent, Body(examples=[ORDER_EXAMPLE])],
    device_id: ViewerDevice,
    orders: Orders,
    pace: HttpOrderPace,
    request: Request,
) -> OrderReceipt:
    if wait_seconds := pace.take(str(device_id)):
        raise TooManyRequests(retry_after_seconds=wait_seconds)
    return await orders.place(device_id, session_id, body, refused_with=await _refusal_of_banned(request, session_id))


@router.get(
    "/orders/mine",
    summary="Orders of this device in this session",
    description="Viewer's ticket. Newest first, without personal data.",
    responses=problem_responses(TicketInvalid, MalformedRequest),
)
async def my_orders(session_id: UUID, device_id: ViewerDevice, orders: Orders) -> OrderList:
    return OrderList(orders=await orders.own_orders(device_id, session_id))


async def _refusal_of_banned(request: Request, session_id: UUID) -> SpeakerBanned | None:
    """Raises `Busy` when nobody says in time who is banned: the order would wait for the same store."""
    try:
        return await refusal_of_banned(request, session_id)
    except Unavailable as error:
        raise Busy(retry_after_seconds=error.retry_after_seconds) from error
