"""HTTP: pictures of products, taken in from a phone, listed, thrown away, and shown to everybody."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intended
from app.accounts.permissions import Action
from app.catalog.errors import (
    PictureAnimated,
    PictureBroken,
    PictureInUse,
    PictureNotFound,
    PictureNotSupported,
    PictureTooManyPixels,
    ProducerNotFound,
    TooManyPictures,
)
from app.catalog.pictures import PictureService
from app.catalog.schemas import PictureList, PictureView
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused, Unavailable
from app.infra.body_limits import body_at_most
from app.infra.bounded_requests import BodyTooLarge
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(tags=["catalog"])

Service = Annotated[PictureService, Depends(provided(PictureService))]

_NO_PICTURE: tuple[type[AppError], ...] = (PictureNotSupported, PictureAnimated, PictureTooManyPixels, PictureBroken)
_FILE = {"requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}}
# A name holds the hash of its content. What a file says is never run: it is ours, and the policy forbids it besides.
_FILE_HEADERS = {
    "cache-control": "public, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
}


@router.post(
    "/api/v1/producers/{producer_id}/pictures",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Upload a picture",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=_FILE | body_at_most(15 * 1024 * 1024),
    responses=problem_responses(
        *(NotSignedIn, OriginRefused, ProducerNotFound, IntentionKeyReused, MalformedRequest, BodyTooLarge, TooManyPictures, Unavailable),
        *_NO_PICTURE,
    ),
)
async def upload_picture(producer_id: UUID, request: Request, user: SignedInUser, service: Service, intention: Intended) -> PictureView:
    """Staff of the organisation, and the producer. The body is the file itself: JPEG, PNG, WebP or HEIC, at most 15 MB and 64 megapixels.

    It is turned upright and loses all metadata. It waits for a product that shows it by its `picture_id`.
    """
    return await service.upload(user, producer_id, await request.body(), intention)


@router.get(
    "/api/v1/producers/{producer_id}/pictures",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Pictures that wait for a product",
    responses=problem_responses(NotSignedIn, ProducerNotFound, MalformedRequest),
)
async def list_waiting_pictures(producer_id: UUID, user: SignedInUser, service: Service) -> PictureList:
    """Staff of the organisation, and the producer. Oldest first."""
    return await service.waiting(user, producer_id)


@router.delete(
    "/api/v1/pictures/{picture_id}",
    dependencies=[needs(Action.KEEP_GOODS)],
    summary="Throw a picture away",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(NotSignedIn, OriginRefused, PictureNotFound, PictureInUse, MalformedRequest),
)
async def delete_picture(picture_id: UUID, user: SignedInUser, service: Service) -> None:
    """Staff of the organisation, and the producer. Refused while a product shows it."""
    await service.delete(user, picture_id)


@router.get(
    "/pictures/{picture_id}/{name}",
    dependencies=[OPEN_TO_EVERYBODY],
    summary="A file of a picture",
    response_class=Response,
    responses=problem_responses(PictureNotFound, MalformedRequest),
)
async def read_picture_file(picture_id: UUID, name: str, service: Service) -> Response:
    """Open to everybody; never changes, so it may be kept for good."""
    content, media_type = await service.file(picture_id, name)
    return Response(content, media_type=media_type, headers=_FILE_HEADERS)
