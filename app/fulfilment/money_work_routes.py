"""HTTP routes of money that needs a person."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.fulfilment.errors import OrderNotFound, PaymentNotFound
from app.fulfilment.money_schemas import MoneyWorkList, PaymentAssignment
from app.fulfilment.money_work import MoneyWork
from app.fulfilment.schemas import Settlement
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1/money-work", tags=["payments"])

Work = Annotated[MoneyWork, Depends(provided(MoneyWork))]
_CHANGING: tuple[type[AppError], ...] = (NotSignedIn, OriginRefused, PaymentNotFound, IntentionKeyReused, MalformedRequest)


@router.get(
    "",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Money that needs a person, with the bank's words",
    description="Staff of the organisation. The oldest first, at most 500; `waiting` counts all.",
    responses=problem_responses(NotSignedIn),
)
async def list_work(user: SignedInUser, work: Work) -> MoneyWorkList:
    return await work.list(user)


@router.post(
    "/{payment_id}/assignment",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Say which order a payment is for",
    description="Staff of the organisation. What fits pays the order and leaves the list; what still does not fit stays, with the reason.",
    responses=problem_responses(*_CHANGING, OrderNotFound),
)
async def assign_payment(payment_id: UUID, body: PaymentAssignment, user: SignedInUser, work: Work, intention: Intended) -> MoneyWorkList:
    return await work.assign(user, payment_id, body, intention)


@router.post(
    "/{payment_id}/settlement",
    dependencies=[needs(Action.BOOK_PAYMENTS)],
    summary="Take a payment off the list",
    description="Staff of the organisation. Says in a few words how it was settled, such as a refund; audited.",
    responses=problem_responses(*_CHANGING),
)
async def settle_payment(payment_id: UUID, body: Settlement, user: SignedInUser, work: Work, intention: Intended) -> MoneyWorkList:
    return await work.settle(user, payment_id, body.words, intention)
