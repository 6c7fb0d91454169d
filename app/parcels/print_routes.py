"""HTTP routes of papers for packing: labels, slips, pick lists and packing lists."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from app.accounts.access import SignedInUser, needs
from app.accounts.permissions import Action
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused, Unavailable
from app.infra.body_limits import body_at_most
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.parcels.errors import ParcelNotFound, PrintTooLarge, ReceiverErased
from app.parcels.prints import ParcelPrints
from app.parcels.schemas import PickList, Printed

router = APIRouter(prefix="/api/v1/parcels", tags=["parcels"])

Prints = Annotated[ParcelPrints, Depends(provided(ParcelPrints))]
_REFUSALS: tuple[type[AppError], ...] = (
    NotSignedIn,
    Forbidden,
    OriginRefused,
    MalformedRequest,
    ParcelNotFound,
    PrintTooLarge,
    Unavailable,
)
_BODY = body_at_most(65_536)
_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}


@router.post(
    "/labels",
    dependencies=[needs(Action.PRINT_RECEIVERS)],
    response_class=Response,
    summary="Labels as a PDF file",
    description="Staff of the organisation. A6, one page a parcel, with the receiver in the clear: each is written down with the reason packing.",
    openapi_extra=_BODY,
    responses=_PDF | problem_responses(*_REFUSALS, ReceiverErased),
)
async def print_labels(body: Printed, user: SignedInUser, prints: Prints) -> Response:
    return _file(await prints.addressed(user, body, "labels"), "tem-kien-hang")


@router.post(
    "/slips",
    dependencies=[needs(Action.PRINT_RECEIVERS)],
    response_class=Response,
    summary="Slips as a PDF file",
    description="Staff of the organisation. A5, to pack by and to lie in the box; receivers in the clear, each written down.",
    openapi_extra=_BODY,
    responses=_PDF | problem_responses(*_REFUSALS, ReceiverErased),
)
async def print_slips(body: Printed, user: SignedInUser, prints: Prints) -> Response:
    return _file(await prints.addressed(user, body, "slips"), "phieu-dong-goi")


@router.post(
    "/pick-list",
    dependencies=[needs(Action.PACK_PARCELS)],
    response_class=Response,
    summary="The pick list as a PDF file",
    description="Staff of the organisation; producers their own. What to fetch, by producer, with codes to scan; names no buyer.",
    openapi_extra=_BODY,
    responses=_PDF | problem_responses(*_REFUSALS),
)
async def print_pick_list(body: Printed, user: SignedInUser, prints: Prints) -> Response:
    return _file(await prints.pick_list(user, body), "phieu-lay-hang")


@router.post(
    "/packing-list",
    dependencies=[needs(Action.PACK_PARCELS)],
    response_class=Response,
    summary="The packing list as a PDF file",
    description="Staff of the organisation; producers their own. Parcels by who packs them, receivers masked.",
    openapi_extra=_BODY,
    responses=_PDF | problem_responses(*_REFUSALS),
)
async def print_packing_list(body: Printed, user: SignedInUser, prints: Prints) -> Response:
    return _file(await prints.packing_list(user, body), "bang-ke-kien-hang")


@router.post(
    "/picks",
    dependencies=[needs(Action.PACK_PARCELS)],
    summary="What to fetch for some parcels",
    description="Staff of the organisation; producers their own. By producer; changes nothing.",
    openapi_extra=_BODY,
    responses=problem_responses(*_REFUSALS),
)
async def read_picks(body: Printed, user: SignedInUser, prints: Prints) -> PickList:
    return await prints.picks(user, body)


def _file(content: bytes, name: str) -> Response:
    headers = {"content-disposition": f'inline; filename="{name}.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
