"""HTTP routes of the buyer's side. The link's token comes in a header, so that no log of addresses holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response

from app.catalog.errors import InvalidAddress
from app.errors import AppError, MalformedRequest, OriginRefused, TooManyRequests
from app.fulfilment.buyer_orders import BuyerOrders, Link
from app.fulfilment.buyer_schemas import (
    Cancellation,
    Erasure,
    LookupResult,
    LookupWish,
    MyOrders,
    NewComplaint,
    OrderPage,
    PersonalData,
    ReceiverChange,
)
from app.fulfilment.consents import ConsentWish, Purpose
from app.fulfilment.errors import ComplaintsWait, NothingToTransfer, OrderNoLongerYours, OrderNotFound
from app.fulfilment.persons import Persons
from app.fulfilment.transfers import PictureForm
from app.infra.open_doors import FOR_ORDER_LINK, OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.orders.errors import InvalidPhone
from app.protocol.order_codes import read_order_code
from app.realtime.errors import TicketInvalid
from app.realtime.rate_limit import KeyedLimits
from app.realtime.viewer_device import ViewerDevice

router = APIRouter(prefix="/api/v1", tags=["buyers"])

Orders = Annotated[BuyerOrders, Depends(provided(BuyerOrders))]
AskedPersons = Annotated[Persons, Depends(provided(Persons))]
Pace = Annotated[KeyedLimits, Depends(provided(KeyedLimits))]


def link_of(
    code: Annotated[str, Path(max_length=40)],
    order_link: Annotated[str, Header(max_length=64, description="the receipt's `link_token`")] = "",
) -> Link:
    return Link(code, order_link)


def paced_link(link: Annotated[Link, Depends(link_of)], pace: Pace) -> Link:
    """The link of somebody who wants to change something. Raises `TooManyRequests`."""
    # By the code as it is stored: other spellings are no way around.
    if wait_seconds := pace.take(f"order {read_order_code(link.code)}"):
        raise TooManyRequests(retry_after_seconds=wait_seconds)
    return link


ReadLink = Annotated[Link, Depends(link_of)]
WriteLink = Annotated[Link, Depends(paced_link)]
_PICTURES: Mapping[PictureForm, str] = {"png": "image/png", "svg": "image/svg+xml"}
_WRITING: tuple[type[AppError], ...] = (OrderNotFound, OriginRefused, TooManyRequests, MalformedRequest)


@router.get(
    "/order-pages/{code}",  # noqa: FAST003 - read by `link_of`
    dependencies=[FOR_ORDER_LINK],
    summary="An order as its buyer sees it",
    description="Open to everybody who has the link. A wrong code and a wrong token are answered alike.",
    responses=problem_responses(OrderNotFound, MalformedRequest),
)
async def read_order_page(link: ReadLink, orders: Orders) -> OrderPage:
    return await orders.page(link)


@router.get(
    "/order-pages/{code}/vietqr.{picture}",  # noqa: FAST003 - the code is read by `link_of`
    dependencies=[FOR_ORDER_LINK],
    summary="The transfer of an order as a QR code",
    description="Open to everybody who has the link, while the order waits for money. A picture for a bank's app: account, amount and memo.",
    response_class=Response,
    responses=problem_responses(OrderNotFound, NothingToTransfer, TooManyRequests, MalformedRequest),
)
async def draw_transfer(link: WriteLink, picture: PictureForm, orders: Orders) -> Response:
    return Response(await orders.vietqr(link, picture), media_type=_PICTURES[picture], headers={"cache-control": "no-store"})


@router.put(
    "/order-pages/{code}/receiver",  # noqa: FAST003 - read by `link_of`
    dependencies=[FOR_ORDER_LINK],
    summary="Mend phone, address and note",
    description="Open to everybody who has the link, until the order is confirmed, paid or over.",
    responses=problem_responses(*_WRITING, OrderNoLongerYours, InvalidPhone, InvalidAddress),
)
async def mend_receiver(link: WriteLink, body: ReceiverChange, orders: Orders) -> OrderPage:
    return await orders.mend(link, body)


@router.post(
    "/order-pages/{code}/cancellation",  # noqa: FAST003 - read by `link_of`
    dependencies=[FOR_ORDER_LINK],
    summary="Cancel an order",
    description="Open to everybody who has the link, until the order is confirmed, paid or over. Again changes nothing.",
    responses=problem_responses(*_WRITING, OrderNoLongerYours),
)
async def cancel_order(link: WriteLink, body: Cancellation, orders: Orders) -> OrderPage:
    return await orders.cancel(link, body.reason)


@router.post(
    "/order-pages/{code}/complaints",  # noqa: FAST003 - read by `link_of`
    dependencies=[FOR_ORDER_LINK],
    summary="Complain about an order",
    description="Open to everybody who has the link, at any time. The same key again is the same complaint; three may wait for an answer.",
    responses=problem_responses(*_WRITING, ComplaintsWait, OrderNoLongerYours),
)
async def complain(link: WriteLink, body: NewComplaint, orders: Orders) -> OrderPage:
    return await orders.complain(link, body)


@router.put(
    "/order-pages/{code}/consents/{purpose}",  # noqa: FAST003 - read by `link_of`
    dependencies=[FOR_ORDER_LINK],
    summary="Agree to something beyond the order, or take it back",
    description="Open to everybody who has the link, at any time. Kept with the version of the words and the time; again changes nothing.",
    responses=problem_responses(*_WRITING, OrderNoLongerYours),
)
async def change_consent(link: WriteLink, purpose: Purpose, body: ConsentWish, orders: Orders) -> OrderPage:
    return await orders.consent(link, purpose, body)


@router.get(
    "/order-pages/{code}/personal-data",  # noqa: FAST003 - read by `link_of`
    dependencies=[FOR_ORDER_LINK],
    summary="A copy of what is known about an order's person",
    description="Open to everybody who has the link. Written down in the audit trail.",
    responses=problem_responses(OrderNotFound, TooManyRequests, MalformedRequest),
)
async def copy_personal_data(link: WriteLink, orders: Orders) -> PersonalData:
    return await orders.copy(link)


@router.post(
    "/order-pages/{code}/erasure",  # noqa: FAST003 - read by `link_of`
    dependencies=[FOR_ORDER_LINK],
    summary="Forget an order's person",
    description="Open to everybody who has the link. Destroys the key of receiver and complaints; amounts and ledger stay. An order on its way "
    "is not touched and named in the answer. Again changes nothing.",
    responses=problem_responses(*_WRITING),
)
async def erase_personal_data(link: WriteLink, orders: Orders) -> Erasure:
    return await orders.erase(link)


def paced_device(device_id: ViewerDevice, pace: Pace) -> UUID:
    """The device that asks about itself. Raises `TicketInvalid`, `TooManyRequests`."""
    if wait_seconds := pace.take(f"my orders {device_id}"):
        raise TooManyRequests(retry_after_seconds=wait_seconds)
    return device_id


PacedDevice = Annotated[UUID, Depends(paced_device)]


@router.get(
    "/my-data",
    summary="A copy of what is known about this device's buyer",
    description="Viewer's ticket. All orders of the device with receiver and complaints. Written down in the audit trail.",
    responses=problem_responses(TicketInvalid, TooManyRequests),
)
async def copy_my_data(device_id: PacedDevice, persons: AskedPersons) -> PersonalData:
    return await persons.copy_of_device(device_id)


@router.post(
    "/my-data/erasure",
    summary="Forget this device's buyer",
    description="Viewer's ticket. As for one order, for all orders of the device.",
    responses=problem_responses(TicketInvalid, OriginRefused, TooManyRequests),
)
async def erase_my_data(device_id: PacedDevice, persons: AskedPersons) -> Erasure:
    return await persons.erase_device(device_id)


@router.get(
    "/my-orders",
    summary="Orders of this device over all sessions",
    description="Viewer's ticket. Newest first, at most 100, each with its state now; without personal data.",
    responses=problem_responses(TicketInvalid, TooManyRequests),
)
async def my_orders(device_id: PacedDevice, orders: Orders) -> MyOrders:
    return MyOrders(orders=await orders.mine(device_id))


@router.post(
    "/order-lookup",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="How far an order is, by phone and code",
    description="Open to everybody, slowly: 429 with `Retry-After` after a few attempts, for longer each time. Whatever does not fit together is "
    "answered alike, and nothing but the state is told.",
    responses=problem_responses(OrderNotFound, InvalidPhone, OriginRefused, TooManyRequests, MalformedRequest),
)
async def look_up_order(body: LookupWish, request: Request, orders: Orders) -> LookupResult:
    address = "unknown" if request.client is None else request.client.host
    return LookupResult(state=await orders.look_up(body.code, body.phone, address=address))
