"""HTTP routes of offers and orders."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.requests import HTTPConnection

from app.accounts.access import SignedInUser
from app.orders.offers import OfferService
from app.orders.schemas import ExtendOffer, NewOffer, OfferList, OpenOffer, OrderList
from app.orders.service import OrderService
from app.protocol.commands import OrderContent
from app.protocol.events import OrderReceipt
from app.protocol.views import OfferView
from app.realtime.viewer_device import ViewerDevice

router = APIRouter(prefix="/api/v1/sessions/{session_id}", tags=["orders"])


def _offers(connection: HTTPConnection) -> OfferService:
    service: OfferService = connection.app.state.offers
    return service


def _orders(connection: HTTPConnection) -> OrderService:
    service: OrderService = connection.app.state.orders
    return service


Offers = Annotated[OfferService, Depends(_offers)]
Orders = Annotated[OrderService, Depends(_orders)]


@router.get("/offers", summary="Flash offers of a session", description="Open to everybody; oldest first.")
async def list_offers(session_id: UUID, offers: Offers) -> OfferList:
    return OfferList(offers=list(await offers.views(session_id)))


@router.post(
    "/offers", status_code=201, summary="Make a flash offer", description="Staff of the session. With `open_now` it opens at once."
)
async def create_offer(session_id: UUID, body: NewOffer, user: SignedInUser, offers: Offers) -> OfferView:
    return await offers.create(user, session_id, body)


@router.post("/offers/{offer_id}/open", summary="Open an offer now")
async def open_offer(session_id: UUID, offer_id: UUID, body: OpenOffer, user: SignedInUser, offers: Offers) -> OfferView:
    return await offers.open(user, session_id, offer_id, body.duration_seconds)


@router.post("/offers/{offer_id}/extend", summary="Give an open offer more time")
async def extend_offer(session_id: UUID, offer_id: UUID, body: ExtendOffer, user: SignedInUser, offers: Offers) -> OfferView:
    return await offers.extend(user, session_id, offer_id, body.seconds)


@router.post("/offers/{offer_id}/end", summary="End an offer now")
async def end_offer(session_id: UUID, offer_id: UUID, user: SignedInUser, offers: Offers) -> OfferView:
    return await offers.end(user, session_id, offer_id)


@router.post(
    "/orders",
    status_code=201,
    summary="Place an order",
    description="Needs a viewer's ticket. Answered after COMMIT; repeat with the same key.",
)
async def place_order(session_id: UUID, body: OrderContent, device_id: ViewerDevice, orders: Orders) -> OrderReceipt:
    return await orders.place(device_id, session_id, body)


@router.get("/orders/mine", summary="Orders of this device in this session")
async def my_orders(session_id: UUID, device_id: ViewerDevice, orders: Orders) -> OrderList:
    return OrderList(orders=await orders.receipts(device_id, session_id))
