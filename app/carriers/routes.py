"""HTTP routes of carriers' columns and files."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.carriers.errors import (
    CarrierMappingChanged,
    CarrierMappingIsReady,
    CarrierMappingNotFound,
    NothingFitsCarrier,
    TooManyCarrierMappings,
)
from app.carriers.files import CarrierFiles
from app.carriers.mappings import CarrierMappings
from app.carriers.schemas import (
    ChangedMapping,
    FilePreview,
    FileWanted,
    MadeFileList,
    MappingList,
    MappingView,
    NewFile,
    NewMapping,
    SendableParcels,
)
from app.carriers.writing import MEDIA_TYPES
from app.errors import AppError, Forbidden, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.problems import problem_responses
from app.infra.provided import provided
from app.parcels.errors import ParcelNotFound

router = APIRouter(prefix="/api/v1", tags=["carriers"])

Mappings = Annotated[CarrierMappings, Depends(provided(CarrierMappings))]
Files = Annotated[CarrierFiles, Depends(provided(CarrierFiles))]
_CHANGING: tuple[type[AppError], ...] = (NotSignedIn, Forbidden, OriginRefused, MalformedRequest)


@router.get(
    "/carrier-mappings",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Columns of carriers' files and reports",
    description="Staff of the organisation. The organisation's own, then those that ship with the service.",
    responses=problem_responses(NotSignedIn, Forbidden),
)
async def list_mappings(user: SignedInUser, mappings: Mappings) -> MappingList:
    return await mappings.listed(user)


@router.post(
    "/carrier-mappings",
    dependencies=[needs(Action.SEND_PARCELS)],
    status_code=201,
    summary="Keep a list of columns, a copy of a ready one or one of one's own",
    description="Staff of the organisation.",
    responses=problem_responses(*_CHANGING, TooManyCarrierMappings, IntentionKeyReused),
)
async def add_mapping(body: NewMapping, user: SignedInUser, mappings: Mappings, intention: Intended) -> MappingView:
    return await mappings.add(user, body, intention)


@router.put(
    "/carrier-mappings/{mapping_id}",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Change a list of columns",
    description="Staff of the organisation. Makes a new version; those before are kept. The same again changes nothing. Audited.",
    responses=problem_responses(*_CHANGING, CarrierMappingNotFound, CarrierMappingIsReady, CarrierMappingChanged),
)
async def change_mapping(mapping_id: UUID, body: ChangedMapping, user: SignedInUser, mappings: Mappings) -> MappingView:
    return await mappings.change(user, mapping_id, body)


@router.delete(
    "/carrier-mappings/{mapping_id}",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Use a list of columns no more",
    description="Staff of the organisation.",
    responses=problem_responses(*_CHANGING, CarrierMappingNotFound, CarrierMappingIsReady),
)
async def drop_mapping(mapping_id: UUID, user: SignedInUser, mappings: Mappings) -> MappingList:
    return await mappings.drop(user, mapping_id)


@router.get(
    "/carrier-parcels",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Parcels to be sent, and those on their way",
    description="Staff of the organisation. Receivers masked; at most a thousand.",
    responses=problem_responses(NotSignedIn, Forbidden),
)
async def list_parcels(user: SignedInUser, files: Files) -> SendableParcels:
    return await files.sendable(user)


@router.get(
    "/carrier-files",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="Files that were made",
    description="Staff of the organisation. Of how many parcels, by which columns, by whom. The files themselves are not kept.",
    responses=problem_responses(NotSignedIn, Forbidden),
)
async def list_files(user: SignedInUser, files: Files) -> MadeFileList:
    return await files.made(user)


@router.post(
    "/carrier-files/preview",
    dependencies=[needs(Action.SEND_PARCELS)],
    summary="What a carrier's file would hold",
    description="Staff of the organisation. The first rows with receivers masked, and every parcel that does not fit, with why. Nothing is changed.",
    responses=problem_responses(*_CHANGING, CarrierMappingNotFound, ParcelNotFound),
)
async def preview_file(body: FileWanted, user: SignedInUser, files: Files) -> FilePreview:
    return await files.preview(user, body)


@router.post(
    "/carrier-files",
    dependencies=[needs(Action.PRINT_RECEIVERS)],
    summary="Make a carrier's file",
    description="Staff of the organisation. Those parcels that fit, receivers in the clear: who had it and of whom is written down first. `X-Left-Out` counts the others.",
    response_class=Response,
    responses={
        200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES.values()}},
        **problem_responses(*_CHANGING, CarrierMappingNotFound, ParcelNotFound, NothingFitsCarrier),
    },
)
async def make_file(body: NewFile, user: SignedInUser, files: Files) -> Response:
    file = await files.make(user, body)
    return Response(
        file.content,
        media_type=MEDIA_TYPES[body.form],
        headers={
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "Cache-Control": "no-store",
            "X-Parcels": str(file.parcels),
            "X-Left-Out": str(file.left_out),
        },
    )
