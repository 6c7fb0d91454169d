"""HTTP routes of what happens to parts of an order: changes, returns, refunds."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.fulfilment.change_schemas import OrderChangeWish, PartRefund, PartReturn
from app.fulfilment.desk_changes import DeskChanges
from app.fulfilment.errors import (
    NothingToChange,
    OrderChangedMeanwhile,
    OrderNotFound,
    OrderWouldBeEmpty,
    RefundTooLarge,
    ReturnTooLarge,
    StateNotReachable,
    TooManyLines,
    TooManyParts,
)
from app.fulfilment.schemas import OrderWithContact
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.orders.errors import AmountTooLarge, NotOnShelf, OfferNotFound, OfferNotOpen, PriceChanged, SoldOut, ViewerLimitReached
from app.sessions.errors import NotYourSession, SessionNotFound

router = APIRouter(prefix="/api/v1/sessions/{session_id}/orders/{order_id}", tags=["order desk"])

Changes = Annotated[DeskChanges, Depends(provided(DeskChanges))]
_WRITING: tuple[type[AppError], ...] = (
    *(NotSignedIn, NotYourSession, SessionNotFound, OrderNotFound, MalformedRequest, OriginRefused, IntentionKeyReused),
    *(StateNotReachable, TooManyParts),
)


@router.post(
    "/changes",
    dependencies=[needs(Action.WORK_ORDERS)],
    status_code=201,
    summary="Change an order before it is delivered",
    description="Staff in charge. Appends the difference: units that fall away go back into stock, those that come in addition are taken or "
    "refused. Products in addition are sold at their price now; the delivery fee follows the session's rule.",
    responses=problem_responses(
        *_WRITING,
        *(OrderChangedMeanwhile, NothingToChange, OrderWouldBeEmpty, TooManyLines, AmountTooLarge),
        *(SoldOut, ViewerLimitReached, OfferNotFound, OfferNotOpen, NotOnShelf, PriceChanged),
    ),
)
async def change_order(
    session_id: UUID, order_id: UUID, body: OrderChangeWish, user: SignedInUser, changes: Changes, intention: Intended
) -> OrderWithContact:
    return await changes.change(user, session_id, order_id, body, intention)


@router.post(
    "/returns",
    dependencies=[needs(Action.WORK_ORDERS)],
    status_code=201,
    summary="Take some units of an order back",
    description="Staff in charge, after delivery, several times. At most what was delivered and has not come back.",
    responses=problem_responses(*_WRITING, ReturnTooLarge),
)
async def take_back(
    session_id: UUID, order_id: UUID, body: PartReturn, user: SignedInUser, changes: Changes, intention: Intended
) -> OrderWithContact:
    return await changes.take_back(user, session_id, order_id, body, intention)


@router.post(
    "/refunds",
    dependencies=[needs(Action.WORK_ORDERS)],
    status_code=201,
    summary="Give some of an order's money back",
    description="Staff in charge, after a payment, several times. At most what was paid and has not been given back.",
    responses=problem_responses(*_WRITING, RefundTooLarge),
)
async def refund(
    session_id: UUID, order_id: UUID, body: PartRefund, user: SignedInUser, changes: Changes, intention: Intended
) -> OrderWithContact:
    return await changes.refund(user, session_id, order_id, body, intention)
