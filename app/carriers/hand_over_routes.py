"""HTTP routes of handing parcels over by hand: looked at, many at once, one scan after the other, taken back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.carriers.errors import TrackingCodeTaken
from app.carriers.handing_over import HandingOver
from app.carriers.schemas import HandedOver, HandOver, HandOverScan, HandOversUndone
from app.desk.errors import TooLateToUndo
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.body_limits import body_at_most
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.parcels.errors import ParcelNeedsLook, ParcelNotFound, ParcelStateUnfit

router = APIRouter(prefix="/api/v1/parcel-handovers", tags=["carriers"])

HandsOver = Annotated[HandingOver, Depends(provided(HandingOver))]
_LOOKING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, OriginRefused, MalformedRequest)
_DOING: tuple[type[AppError], ...] = (*_LOOKING, IntentionKeyReused)
_BODY = body_at_most(65_536)


@router.post(
    "/preview",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Which parcels would go",
    description="Staff of the organisation. Each with why it would not; changes nothing.",
    openapi_extra=_BODY,
    responses=problem_responses(*_LOOKING),
)
async def preview(body: HandOver, user: SignedInUser, handing_over: HandsOver) -> HandedOver:
    return await handing_over.preview(user, body)


@router.post(
    "",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Give packed parcels to a carrier",
    description="Staff of the organisation. Those that fit, in one transaction; the orders' ledgers are told when it is not taken back any more.",
    openapi_extra=_BODY,
    responses=problem_responses(*_DOING),
)
async def hand_over(body: HandOver, user: SignedInUser, handing_over: HandsOver, intention: Intended) -> HandedOver:
    return await handing_over.hand_over(user, body, intention)


@router.post(
    "/scans",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Give the parcel of a label to a carrier",
    description="Staff of the organisation. One scan after the other, with the carrier's own code if it gave one.",
    responses=problem_responses(*_DOING, ParcelNotFound, ParcelStateUnfit, ParcelNeedsLook, TrackingCodeTaken),
)
async def scan(body: HandOverScan, user: SignedInUser, handing_over: HandsOver, intention: Intended) -> HandedOver:
    return await handing_over.scan(user, body, intention)


@router.post(
    "/{mark}/undo",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Take back what was handed over",
    description="Staff of the organisation. Within a minute, and as long as the carrier has said nothing of it.",
    responses=problem_responses(*_DOING, TooLateToUndo),
)
async def undo(mark: UUID, user: SignedInUser, handing_over: HandsOver, intention: Intended) -> HandOversUndone:
    return await handing_over.undo(user, mark, intention)
