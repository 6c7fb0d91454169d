"""Uploaded pictures of products: taken in, listed while they wait for their product, shown, thrown away."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.intentions import Intention, claim_intention, find_intention
from app.accounts.service import CurrentUser
from app.catalog.errors import (
    PictureAnimated,
    PictureBroken,
    PictureInUse,
    PictureNotFound,
    PictureNotSupported,
    PictureTooManyPixels,
    TooManyPictures,
)
from app.catalog.models import Picture, Product, ProductPicture
from app.catalog.picture_encoding import EncodedPicture, Refused, unpack
from app.catalog.picture_files import KeptFiles, PictureFiles
from app.catalog.reach import pictures_in_reach, require_producer
from app.catalog.schemas import PictureList, PictureView
from app.catalog.views import upload_view
from app.errors import AppError
from app.infra.child_work import ChildWork, WorkFailed
from app.infra.database import Database

MEDIA_TYPES: Mapping[str, str] = MappingProxyType({"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"})
PICTURES_PER_ORGANISATION = 5_000
WAITING_SHOWN = 200
SHARED_WIDTH = 640
_NAME_SHAPE = re.compile(r"[0-9a-f]{32}-[0-9]{1,4}\.(avif|webp|jpeg)")
_REFUSALS: Mapping[str, type[AppError]] = {
    kind.code: kind for kind in (PictureNotSupported, PictureAnimated, PictureTooManyPixels, PictureBroken)
}


class PictureService:
    """Staff keep the pictures of their organisation, a producer their own. Files are public: whoever has the address may see them."""

    def __init__(self, database: Database, files: PictureFiles) -> None:
        self._transactions = database.transactions
        self._files = files
        self._kept = KeptFiles()
        # One at a time: a picture takes a core for half a second, and orders come first.
        self._encoding = ChildWork(
            "app.catalog.picture_encoding", at_once=1, waiting_max=20, seconds=60.0, answer_max_bytes=16 * 1024 * 1024
        )

    async def upload(self, user: CurrentUser, producer_id: UUID, content: bytes, intention: Intention | None = None) -> PictureView:
        """Take a picture in for a producer; it waits until a product shows it.

        Raises `ProducerNotFound`, `TooManyPictures`, `Unavailable`, and one error of its own for every reason why a file is no picture.
        """
        async with self._transactions() as db:
            await require_producer(db, user, producer_id)
            if (known := await find_intention(db, user.id, intention)) is not None:
                return upload_view(await _picture_in_reach(db, user, known))
            await _require_room(db, user)
        # Outside of any transaction: this takes a second.
        encoded = await self._encoded(content)
        named = {_name(file.content, file.width, file.format): file for file in encoded.files}
        picture = Picture(
            id=uuid4(),
            organisation_id=user.organisation_id,
            producer_id=producer_id,
            uploaded_by=user.id,
            width=encoded.width,
            height=encoded.height,
            files=_by_width({name: (file.width, file.height, file.format) for name, file in named.items()}),
        )
        files = {name: file.content for name, file in named.items()}
        await self._files.send(picture.id, files)
        kept_id = None
        try:
            kept_id = await self._keep(user, picture, files, intention)
        finally:
            if kept_id != picture.id:
                await self._files.forget(picture.id, tuple(files))
        async with self._transactions() as db:
            return upload_view(await _picture_in_reach(db, user, kept_id))

    async def _keep(self, user: CurrentUser, picture: Picture, files: Mapping[str, bytes], intention: Intention | None) -> UUID:
        """The id of the picture that stands for this intention: of an earlier one when it came twice at the same moment."""
        async with self._transactions.begin() as db:
            await require_producer(db, user, picture.producer_id)
            claim = await claim_intention(db, user.id, intention, picture.id)
            if claim.is_first:
                db.add(picture)
                await db.flush()
                await self._files.add(db, picture.id, files)
                details = {"producer_id": str(picture.producer_id), "width": picture.width, "height": picture.height}
                who = {"organisation_id": user.organisation_id, "user_id": user.id}
                record_audit(db, **who, action="picture.uploaded", subject_id=picture.id, details=details)
        return claim.subject_id

    async def waiting(self, user: CurrentUser, producer_id: UUID) -> PictureList:
        """Pictures of a producer that no product shows, oldest first. Raises `ProducerNotFound`."""
        async with self._transactions() as db:
            await require_producer(db, user, producer_id)
            is_shown = select(ProductPicture.picture_id).where(ProductPicture.picture_id == Picture.id).exists()
            found = select(Picture).where(Picture.producer_id == producer_id, ~is_shown).order_by(Picture.created_at, Picture.id)
            pictures = (await db.scalars(found.limit(WAITING_SHOWN))).all()
        return PictureList(items=[upload_view(picture) for picture in pictures])

    async def delete(self, user: CurrentUser, picture_id: UUID) -> None:
        """Throw a picture away for good. Raises `PictureNotFound`, `PictureInUse`."""
        async with self._transactions.begin() as db:
            picture = await _picture_in_reach(db, user, picture_id, for_update=True)
            if await db.scalar(select(ProductPicture.product_id).where(ProductPicture.picture_id == picture_id).limit(1)):
                raise PictureInUse
            names = tuple(str(each[kind]) for each in picture.files for kind in MEDIA_TYPES)
            await db.execute(delete(Picture).where(Picture.id == picture_id))
            record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="picture.deleted", subject_id=picture_id)
        await self._files.forget(picture_id, names)

    async def file(self, picture_id: UUID, name: str) -> tuple[bytes, str]:
        """Content and media type of a file. Raises `PictureNotFound`."""
        match = _NAME_SHAPE.fullmatch(name)
        if match is None:
            raise PictureNotFound
        content = self._kept.get(picture_id, name) or await self._files.read(picture_id, name)
        if content is None:
            raise PictureNotFound
        self._kept.keep(picture_id, name, content)
        return content, MEDIA_TYPES[match.group(1)]

    async def for_sharing(self, picture_ids: Sequence[UUID]) -> bytes | None:
        """The JPEG of the first of these pictures that a card for everybody may show, as large as it needs; alcohol is not advertised."""
        shows_alcohol = (
            select(ProductPicture.product_id)
            .join(Product, Product.id == ProductPicture.product_id)
            .where(ProductPicture.picture_id == Picture.id, Product.is_alcohol)
            .exists()
        )
        async with self._transactions() as db:
            found = {
                picture.id: picture for picture in await db.scalars(select(Picture).where(Picture.id.in_(picture_ids), ~shows_alcohol))
            }
        picture = next((found[picture_id] for picture_id in picture_ids if picture_id in found), None)
        if picture is None:
            return None
        best = min(picture.files, key=lambda each: abs(int(each["width"]) - SHARED_WIDTH))
        return (await self.file(picture.id, str(best["jpeg"])))[0]

    async def _encoded(self, content: bytes) -> EncodedPicture:
        try:
            return unpack(await self._encoding.run(content))
        except Refused as refusal:
            raise _REFUSALS[refusal.code](details=refusal.details) from None
        except WorkFailed:
            # It ran out of processor time or memory, or crashed a decoder.
            raise PictureBroken from None


async def _require_room(db: AsyncSession, user: CurrentUser) -> None:
    kept = await db.scalar(select(func.count()).select_from(Picture).where(Picture.organisation_id == user.organisation_id))
    if (kept or 0) >= PICTURES_PER_ORGANISATION:
        raise TooManyPictures(details={"limit": PICTURES_PER_ORGANISATION})


async def _picture_in_reach(db: AsyncSession, user: CurrentUser, picture_id: UUID, *, for_update: bool = False) -> Picture:
    found = select(Picture).where(Picture.id == picture_id, *await pictures_in_reach(db, user))
    picture = await db.scalar(found.with_for_update() if for_update else found)
    if picture is None:
        raise PictureNotFound
    return picture


def _name(content: bytes, width: int, file_format: str) -> str:
    return f"{hashlib.sha256(content).hexdigest()[:32]}-{width}.{file_format}"


def _by_width(named: Mapping[str, tuple[int, int, str]]) -> list[dict[str, Any]]:
    """One entry per width: width, height, and the name of each format's file."""
    widths: dict[int, dict[str, Any]] = {}
    for name, (width, height, file_format) in named.items():
        widths.setdefault(width, {"width": width, "height": height})[file_format] = name
    return [widths[width] for width in sorted(widths)]
