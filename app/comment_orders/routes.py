"""HTTP routes of claims: the desk's, and those of the device that wrote the comment."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused, OrganiserOnly
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.errors import InvalidAddress
from app.comment_orders.claims import ClaimDesk
from app.comment_orders.errors import ClaimNeedsReceiver, ClaimNotFound, ClaimOver
from app.comment_orders.rules import CommentOrderRules, RuleService
from app.comment_orders.schemas import (
    ClaimPhone,
    Confirmation,
    DeskClaimList,
    MendedLines,
    OrdersClaims,
    OwnClaims,
    OwnConfirmation,
    PhoneAsked,
)
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused, OutcomeUnknown, TooManyRequests
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.orders.errors import (
    AmountTooLarge,
    Busy,
    HoldOver,
    InvalidPhone,
    NotOnShelf,
    OfferNotFound,
    OfferNotOpen,
    OrderCannotBeWritten,
    PriceChanged,
    SoldOut,
    ViewerLimitReached,
)
from app.protocol.claims import ClaimView
from app.realtime.errors import TicketInvalid
from app.realtime.rate_limit import KeyedLimits
from app.realtime.viewer_device import ViewerDevice
from app.sessions.errors import NotYourSession, ProductNotInSession, SessionNotFound, SessionNotLive

router = APIRouter(prefix="/api/v1", tags=["comment orders"])

Claims = Annotated[ClaimDesk, Depends(provided(ClaimDesk))]
Rules = Annotated[RuleService, Depends(provided(RuleService))]
Pace = Annotated[KeyedLimits, Depends(provided(KeyedLimits))]

_READING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, NotYourSession, SessionNotFound, MalformedRequest)
_STAFF: tuple[type[AppError], ...] = (*_READING, OriginRefused, IntentionKeyReused, ClaimNotFound, ClaimOver)
_PLACING: tuple[type[AppError], ...] = (
    HoldOver,
    InvalidPhone,
    InvalidAddress,
    OfferNotFound,
    OfferNotOpen,
    NotOnShelf,
    SoldOut,
    ViewerLimitReached,
    PriceChanged,
    AmountTooLarge,
    OrderCannotBeWritten,
    SessionNotLive,
    Busy,
    OutcomeUnknown,
)


@router.get(
    "/sessions/{session_id}/claims",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="What comments of a session ask for",
    description="Staff in charge. Those that hold units first, then the newest. Phones are masked.",
    responses=problem_responses(*_READING),
)
async def list_claims(session_id: UUID, user: SignedInUser, claims: Claims) -> DeskClaimList:
    return await claims.list(user, session_id)


@router.get(
    "/sessions/{session_id}/orders/{order_id}/claims",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Claims that an order was made of, or that came after it",
    description="Staff in charge. Newest first; empty for an order that no comment asked for. Phones are masked.",
    responses=problem_responses(*_READING),
)
async def claims_of_order(session_id: UUID, order_id: UUID, user: SignedInUser, claims: Claims) -> OrdersClaims:
    return await claims.of_order(user, session_id, order_id)


@router.get(
    "/sessions/{session_id}/claims/mine",
    summary="What this device's comments ask for",
    description="Viewer's ticket. Newest first.",
    responses=problem_responses(TicketInvalid, MalformedRequest),
)
async def my_claims(session_id: UUID, device_id: ViewerDevice, claims: Claims) -> OwnClaims:
    return await claims.own(device_id, session_id)


@router.post(
    "/sessions/{session_id}/claims/{claim_id}/order",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Make the order of a claim",
    description="Staff in charge. Without `buyer` it goes where the writer's last order went. One claim is at most one order, however often this is sent.",
    responses=problem_responses(*_STAFF, ClaimNeedsReceiver, *_PLACING),
)
async def confirm_claim(
    session_id: UUID, claim_id: UUID, body: Confirmation, user: SignedInUser, claims: Claims, intention: Intended
) -> ClaimView:
    return await claims.confirm(user, session_id, claim_id, body.buyer, intention)


@router.post(
    "/sessions/{session_id}/claims/mine/{claim_id}/order",
    summary="Make the order of one's own claim",
    description="Viewer's ticket, of the device that wrote the comment. Pages that know where to deliver send it by themselves.",
    responses=problem_responses(TicketInvalid, OriginRefused, MalformedRequest, TooManyRequests, ClaimNotFound, ClaimOver, *_PLACING),
)
async def confirm_own_claim(
    session_id: UUID, claim_id: UUID, body: OwnConfirmation, device_id: ViewerDevice, claims: Claims, pace: Pace
) -> ClaimView:
    if wait_seconds := pace.take(str(device_id)):
        raise TooManyRequests(retry_after_seconds=wait_seconds)
    return await claims.confirm_own(device_id, session_id, claim_id, body.buyer, body.payment)


@router.put(
    "/sessions/{session_id}/claims/{claim_id}/lines",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Mend what a claim holds",
    description="Staff in charge. Holds the new lines for the whole time again; also for a claim whose time is over.",
    responses=problem_responses(*_STAFF, ProductNotInSession),
)
async def mend_claim(
    session_id: UUID, claim_id: UUID, body: MendedLines, user: SignedInUser, claims: Claims, intention: Intended
) -> ClaimView:
    return await claims.mend(user, session_id, claim_id, body.lines, intention)


@router.post(
    "/sessions/{session_id}/claims/{claim_id}/rejection",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Give a claim's units back",
    description="Staff in charge. The comment was no order, or the buyer does not want it.",
    responses=problem_responses(*_STAFF),
)
async def reject_claim(session_id: UUID, claim_id: UUID, user: SignedInUser, claims: Claims, intention: Intended) -> ClaimView:
    return await claims.reject(user, session_id, claim_id, intention)


@router.post(
    "/sessions/{session_id}/claims/{claim_id}/ask-again",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Note that a claim's writer is asked again",
    description="Staff in charge. What it holds stays held for the whole time again; an order that it follows is to be confirmed again.",
    responses=problem_responses(*_STAFF),
)
async def ask_claim_again(session_id: UUID, claim_id: UUID, user: SignedInUser, claims: Claims, intention: Intended) -> ClaimView:
    return await claims.ask_again(user, session_id, claim_id, intention)


@router.post(
    "/sessions/{session_id}/claims/{claim_id}/phone",
    dependencies=[needs(Action.REVEAL_RECEIVERS)],
    summary="The phone that a comment named",
    description="Staff in charge, with the reason: who looked, when and what for stands in the audit trail.",
    responses=problem_responses(*_READING, OriginRefused, ClaimNotFound),
)
async def reveal_phone(session_id: UUID, claim_id: UUID, body: PhoneAsked, user: SignedInUser, claims: Claims) -> ClaimPhone:
    return ClaimPhone(phone=await claims.reveal_phone(user, session_id, claim_id, body.reason))


@router.get(
    "/sessions/{session_id}/comment-orders",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="Whether comments of a session become claims",
    description="Staff in charge. The session's own rules, or the organisation's.",
    responses=problem_responses(*_READING),
)
async def read_rules(session_id: UUID, user: SignedInUser, rules: Rules) -> CommentOrderRules:
    return await rules.of_session(user, session_id)


@router.put(
    "/sessions/{session_id}/comment-orders",
    dependencies=[needs(Action.RUN_SESSIONS)],
    summary="Set a session's rules for orders in comments",
    description="Staff in charge. What is held already stays held as long as it was promised.",
    responses=problem_responses(*_READING, OriginRefused, IntentionKeyReused),
)
async def set_rules(session_id: UUID, body: CommentOrderRules, user: SignedInUser, rules: Rules, intention: Intended) -> CommentOrderRules:
    return await rules.set_for_session(user, session_id, body, intention)


@router.get(
    "/comment-orders",
    dependencies=[needs(Action.WORK_ORDERS)],
    summary="The organisation's rules for orders in comments",
    description="Staff of the organisation.",
    responses=problem_responses(NotSignedIn, Forbidden),
)
async def read_common_rules(user: SignedInUser, rules: Rules) -> CommentOrderRules:
    return await rules.of_organisation(user)


@router.put(
    "/comment-orders",
    dependencies=[needs(Action.SET_RULES)],
    summary="Set the organisation's rules for orders in comments",
    description="Organisers. They hold in all sessions that have none of their own.",
    responses=problem_responses(NotSignedIn, OrganiserOnly, OriginRefused, IntentionKeyReused, MalformedRequest),
)
async def set_common_rules(body: CommentOrderRules, user: SignedInUser, rules: Rules, intention: Intended) -> CommentOrderRules:
    return await rules.set_for_organisation(user, body, intention)
