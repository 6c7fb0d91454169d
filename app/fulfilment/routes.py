"""HTTP routes of the order desk: orders of a session for its staff, the steps they take, and payments."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.fulfilment.desk import OrderDesk
from app.fulfilment.errors import ComplaintNotFound, OrderNotFound, PaymentNotFound, StateNotReachable
from app.fulfilment.payments import ReceivedPayment
from app.fulfilment.queries import entry_view
from app.fulfilment.schemas import (
    BookedPaymentView,
    ComplaintAnswer,
    DeskOrderList,
    NewPayment,
    NewStep,
    OrderEntry,
    OrderWithContact,
    PhoneSearch,
    Receiver,
    Reveal,
    SellerContact,
    Settlement,
    WorkList,
)
from app.fulfilment.transitions import Step
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.orders.errors import InvalidPhone
from app.sessions.errors import NotYourSession, SessionNotFound

router = APIRouter(prefix="/api/v1", tags=["order desk"])


Desk = Annotated[OrderDesk, Depends(provided(OrderDesk))]
_READING: tuple[type[AppError], ...] = (NotSignedIn, NotYourSession, SessionNotFound, MalformedRequest)


@router.get(
    "/sessions/{session_id}/orders",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Orders of a session, newest first",
    description="Staff in charge. Phones are masked.",
    responses=problem_responses(*_READING),
)
async def list_orders(
    session_id: UUID,
    user: SignedInUser,
    desk: Desk,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="only orders numbered below this")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    code: Annotated[str | None, Query(max_length=40, description="only the order that people call so, in any spelling")] = None,
) -> DeskOrderList:
    return await desk.list_orders(user, session_id, before=before, limit=limit, code=code)


@router.post(
    "/sessions/{session_id}/order-search",
    dependencies=[needs(Action.REVEAL_RECEIVERS)],
    summary="Orders of a session by a phone number",
    description="Staff in charge. The number in full, in any spelling; it stands in no address and no log. Who searched stands in the audit trail.",
    responses=problem_responses(*_READING, OriginRefused, InvalidPhone),
)
async def search_orders(session_id: UUID, body: PhoneSearch, user: SignedInUser, desk: Desk) -> DeskOrderList:
    return await desk.find_by_phone(user, session_id, body.phone)


@router.get(
    "/sessions/{session_id}/orders/{order_id}",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="One order, its receiver masked",
    description="Staff in charge.",
    responses=problem_responses(*_READING, OrderNotFound),
)
async def read_order(session_id: UUID, order_id: UUID, user: SignedInUser, desk: Desk) -> OrderWithContact:
    return await desk.read_order(user, session_id, order_id)


@router.post(
    "/sessions/{session_id}/orders/{order_id}/receiver",
    dependencies=[needs(Action.REVEAL_RECEIVERS)],
    summary="The receiver of an order",
    description="Staff in charge, with the reason: who looked, when and what for stands in the audit trail.",
    responses=problem_responses(*_READING, OriginRefused, OrderNotFound),
)
async def reveal_receiver(session_id: UUID, order_id: UUID, body: Reveal, user: SignedInUser, desk: Desk) -> Receiver:
    return await desk.reveal_receiver(user, session_id, order_id, body.reason)


@router.post(
    "/sessions/{session_id}/orders/{order_id}/steps",
    dependencies=[needs(Action.WORK_ORDERS)],
    status_code=201,
    summary="Confirm, cancel, deliver, return … an order",
    description="Staff in charge. Appends a ledger entry about all of the order that is left for it; nothing is ever edited.",
    responses=problem_responses(*_READING, OriginRefused, OrderNotFound, StateNotReachable, IntentionKeyReused),
)
async def take_step(session_id: UUID, order_id: UUID, body: NewStep, user: SignedInUser, desk: Desk, intention: Intended) -> OrderEntry:
    entry = await desk.step(user, session_id, Step(order_id, body.kind, body.reason), intention, collected=body.collected)
    return entry_view(entry)


@router.post(
    "/sessions/{session_id}/orders/{order_id}/complaints/{complaint_id}/answer",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Answer a buyer's complaint",
    description="Staff in charge. Once; the buyer reads it on the order's page.",
    responses=problem_responses(*_READING, OriginRefused, ComplaintNotFound, OrderNotFound, IntentionKeyReused),
)
async def answer_complaint(  # noqa: PLR0913 - three of them are the path
    session_id: UUID, order_id: UUID, complaint_id: UUID, body: ComplaintAnswer, user: SignedInUser, desk: Desk, intention: Intended
) -> OrderWithContact:
    return await desk.answer_complaint(user, session_id, order_id, complaint_id, body.words, intention)


@router.get(
    "/seller-contact",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Whom buyers call",
    description="Staff of the organisation.",
    responses=problem_responses(NotSignedIn),
)
async def read_seller_contact(user: SignedInUser, desk: Desk) -> SellerContact:
    return SellerContact(phone=await desk.seller_phone(user))


@router.put(
    "/seller-contact",
    dependencies=[needs(Action.SET_RULES)],
    summary="Name whom buyers call",
    description="Organisers. The number stands on the page of every order of the organisation.",
    responses=problem_responses(NotSignedIn, OrganiserOnly, OriginRefused, InvalidPhone, MalformedRequest),
)
async def name_seller_contact(body: SellerContact, user: SignedInUser, desk: Desk) -> SellerContact:
    return SellerContact(phone=await desk.name_seller_phone(user, body.phone))


@router.post(
    "/payments",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    status_code=201,
    summary="Book a payment",
    description="Staff of the organisation. The same reference twice is booked once and answered alike.",
    responses=problem_responses(NotSignedIn, OriginRefused, IntentionKeyReused, MalformedRequest),
)
async def book_payment(body: NewPayment, user: SignedInUser, desk: Desk, intention: Intended) -> BookedPaymentView:
    payment = ReceivedPayment(user.organisation_id, body.order_id, body.reference, body.amount_vnd, body.received_at)
    booked = await desk.book(user, payment, intention)
    return BookedPaymentView(payment_id=booked.payment_id, order_id=booked.order_id, matter=booked.matter)


@router.post(
    "/payments/{payment_id}/settlement",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Take a payment off the work list",
    description="Staff of the organisation. Says in a few words how it was settled; audited.",
    responses=problem_responses(NotSignedIn, OriginRefused, PaymentNotFound, IntentionKeyReused, MalformedRequest),
)
async def settle_payment(payment_id: UUID, body: Settlement, user: SignedInUser, desk: Desk, intention: Intended) -> WorkList:
    return await desk.settle(user, payment_id, body.words, intention)


@router.get(
    "/payments/work-list",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Payments that need a person",
    description="Staff of the organisation. Late, too little, too much, or matching no order.",
    responses=problem_responses(NotSignedIn),
)
async def work_list(user: SignedInUser, desk: Desk) -> WorkList:
    return await desk.work_list(user)
