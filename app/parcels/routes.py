"""HTTP routes of parcels: what waits, proposals, lists, and what is done with one parcel."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.body_limits import body_at_most
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.parcels.errors import (
    AlreadyAllIn,
    BuyersDiffer,
    NotAllIn,
    NothingPacked,
    ParcelNotFound,
    ParcelStateUnfit,
    ProducersDiffer,
    SplitUnfit,
    WrongProduct,
)
from app.parcels.listing import ParcelLists
from app.parcels.making import ParcelMaking
from app.parcels.packing import Packing
from app.parcels.schemas import (
    MadeParcels,
    Merge,
    NewParcels,
    ParcelCounts,
    ParcelPage,
    ParcelPreview,
    ParcelRules,
    ParcelScan,
    ParcelSizes,
    ParcelsWanted,
    ParcelView,
    Split,
    SplitResult,
)

router = APIRouter(prefix="/api/v1", tags=["parcels"])

Making = Annotated[ParcelMaking, Depends(provided(ParcelMaking))]
Lists = Annotated[ParcelLists, Depends(provided(ParcelLists))]
Work = Annotated[Packing, Depends(provided(Packing))]
Listed = Literal["open", "packed", "handed_over", "looks"]
_READING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, MalformedRequest)
_DOING: tuple[type[AppError], ...] = (*_READING, OriginRefused, IntentionKeyReused, ParcelNotFound, ParcelStateUnfit)
_ORDERS_BODY = body_at_most(131_072)


@router.get(
    "/parcels/counts",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="How many parcels there are, and orders that wait for one",
    description="Staff of the organisation; producers those that they pack themselves.",
    responses=problem_responses(*_READING),
)
async def count_parcels(user: SignedInUser, lists: Lists) -> ParcelCounts:
    return await lists.counts(user)


@router.get(
    "/parcels",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="Parcels of a state",
    description="Staff of the organisation; producers their own. The newest first, receivers masked; `looks`: those that somebody has to look at.",
    responses=problem_responses(*_READING),
)
async def list_parcels(
    user: SignedInUser,
    lists: Lists,
    state: Listed = "open",
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ParcelPage:
    return await lists.page(user, state, cursor=cursor, limit=limit)


@router.post(
    "/parcels/preview",
    dependencies=[needs(Action.MAKE_PARCELS)],
    summary="Which parcels would be made of confirmed orders",
    description="Staff of the organisation. Orders of one person to one address are offered together. Changes nothing.",
    openapi_extra=_ORDERS_BODY,
    responses=problem_responses(*_READING, OriginRefused),
)
async def preview_parcels(body: ParcelsWanted, user: SignedInUser, making: Making) -> ParcelPreview:
    return await making.preview(user, body)


@router.post(
    "/parcels",
    dependencies=[needs(Action.MAKE_PARCELS)],
    status_code=201,
    summary="Make parcels of confirmed orders",
    description="Staff of the organisation. In one transaction; orders that do not fit are named with the reason.",
    openapi_extra=_ORDERS_BODY,
    responses=problem_responses(*_READING, OriginRefused, IntentionKeyReused, BuyersDiffer),
)
async def make_parcels(body: NewParcels, user: SignedInUser, making: Making, intention: Intended) -> MadeParcels:
    return await making.make(user, body, intention)


@router.put(
    "/parcels/rules",
    dependencies=[needs(Action.SET_RULES)],
    summary="Say who packs",
    description="Organisers. The organisation, or each producer what is theirs; for parcels that are made from then on.",
    responses=problem_responses(*_READING, OriginRefused),
)
async def set_rules(body: ParcelRules, user: SignedInUser, lists: Lists) -> ParcelRules:
    return await lists.set_rules(user, body)


@router.get(
    "/parcels/by-code/{code}",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="The parcel of a label",
    description="Staff of the organisation; producers their own. By the parcel's code, or an order's, however it is spelt. Changes nothing.",
    responses=problem_responses(*_READING, ParcelNotFound),
)
async def find_parcel(code: str, user: SignedInUser, work: Work) -> ParcelView:
    return await work.find(user, code)


@router.get(
    "/parcels/{parcel_id}",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="One parcel with its lines",
    description="Staff of the organisation; producers their own. The receiver is masked.",
    responses=problem_responses(*_READING, ParcelNotFound),
)
async def read_parcel(parcel_id: UUID, user: SignedInUser, lists: Lists) -> ParcelView:
    return await lists.read(user, parcel_id)


@router.put(
    "/parcels/{parcel_id}/sizes",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="Say what a parcel weighs and measures",
    description="Staff of the organisation; producers their own. Until it is handed over.",
    responses=problem_responses(*_READING, OriginRefused, ParcelNotFound, ParcelStateUnfit),
)
async def measure_parcel(parcel_id: UUID, body: ParcelSizes, user: SignedInUser, work: Work) -> ParcelView:
    return await work.measure(user, parcel_id, body)


@router.post(
    "/parcels/{parcel_id}/scans",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="Count one unit into a parcel",
    description="Staff of the organisation; producers their own. With the last unit that is missing the parcel is packed.",
    responses=problem_responses(*_DOING, WrongProduct, AlreadyAllIn, NothingPacked),
)
async def scan_unit(parcel_id: UUID, body: ParcelScan, user: SignedInUser, work: Work, intention: Intended) -> ParcelView:
    return await work.scan(user, parcel_id, body, intention)


@router.post(
    "/parcels/{parcel_id}/packed",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="Say that everything is in a parcel",
    description="Staff of the organisation; producers their own. Without counting; the audit trail says so.",
    responses=problem_responses(*_DOING, NotAllIn),
)
async def close_parcel(parcel_id: UUID, user: SignedInUser, work: Work, intention: Intended) -> ParcelView:
    return await work.close(user, parcel_id, intention, all_in=True)


@router.post(
    "/parcels/{parcel_id}/reopened",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="Open a packed parcel again",
    description="Staff of the organisation; producers their own. From then on it follows its orders.",
    responses=problem_responses(*_DOING),
)
async def reopen_parcel(parcel_id: UUID, user: SignedInUser, work: Work, intention: Intended) -> ParcelView:
    return await work.reopen(user, parcel_id, intention)


@router.post(
    "/parcels/{parcel_id}/looked-at",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="Say that one has looked at what changed",
    description="Staff of the organisation; producers their own.",
    responses=problem_responses(*_DOING),
)
async def look_at_parcel(parcel_id: UUID, user: SignedInUser, work: Work, intention: Intended) -> ParcelView:
    return await work.looked(user, parcel_id, intention)


@router.post(
    "/parcels/{parcel_id}/split",
    dependencies=[needs(Action.MAKE_PARCELS)],
    status_code=201,
    summary="Put some of a parcel into a box of its own",
    description="Staff of the organisation. What the order owes is collected with one of the two.",
    responses=problem_responses(*_DOING, SplitUnfit),
)
async def split_parcel(parcel_id: UUID, body: Split, user: SignedInUser, work: Work, intention: Intended) -> SplitResult:
    return await work.split(user, parcel_id, body, intention)


@router.post(
    "/parcels/{parcel_id}/merged",
    dependencies=[needs(Action.MAKE_PARCELS)],
    summary="Empty another parcel of the same buyer into this one",
    description="Staff of the organisation. Both are open, and go to one person at one address.",
    responses=problem_responses(*_DOING, BuyersDiffer, ProducersDiffer),
)
async def merge_parcels(parcel_id: UUID, body: Merge, user: SignedInUser, work: Work, intention: Intended) -> ParcelView:
    return await work.merge(user, parcel_id, body.parcel_id, intention)


@router.delete(
    "/parcels/{parcel_id}",
    dependencies=[needs(Action.MAKE_PARCELS)],
    status_code=204,
    summary="Dissolve a parcel",
    description="Staff of the organisation. Nothing leaves in it; its orders wait for a parcel again.",
    responses=problem_responses(*_READING, OriginRefused, ParcelNotFound, ParcelStateUnfit),
)
async def dissolve_parcel(parcel_id: UUID, user: SignedInUser, work: Work) -> None:
    await work.dissolve(user, parcel_id)
