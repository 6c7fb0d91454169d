"""Which store keeps the files of pictures, by setting; and moving them from one to the other while the service runs."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.catalog.models import Picture, PictureFile
from app.catalog.picture_files import DatabasePictureFiles, PictureFiles
from app.infra.database import Database
from app.infra.startup import StartupError
from app.settings import PictureSettings

Store = Literal["postgresql", "s3"]

# A picture has some nine files of up to a few hundred kB.
PICTURES_AT_ONCE = 50
FORMATS = ("avif", "webp", "jpeg")


def open_picture_files(store: Store, settings: PictureSettings, database: Database) -> PictureFiles:
    """Raises `StartupError` when S3 is wanted and not set up."""
    if store == "postgresql":
        return DatabasePictureFiles(database)
    if not settings.s3_endpoint or not settings.s3_bucket:
        raise StartupError("Pictures in S3 need OCOP_PICTURES__S3_ENDPOINT and OCOP_PICTURES__S3_BUCKET.")
    try:
        # Only where it is chosen: its library is an extra.
        chosen = importlib.import_module("app.catalog.picture_files_s3")
    except ImportError:
        raise StartupError("Pictures in S3 need the package obstore: install ocop-live with the extra `s3`.") from None
    files: PictureFiles = chosen.S3PictureFiles(settings)
    return files


@dataclass(slots=True)
class Moved:
    """What a move did, in files. `missing`: in neither store, or not what its name says; `dropped`: thrown away where they were."""

    pictures: int = 0
    copied: int = 0
    already_there: int = 0
    missing: int = 0
    dropped: int = 0


class PictureMove:
    """Carries files into the store `to` from the other one. May run again at any time: what is there is not sent again."""

    def __init__(self, database: Database, settings: PictureSettings, to: Store) -> None:
        self._database = database
        self._to: Store = to
        away_from: Store = "s3" if to == "postgresql" else "postgresql"
        self._source = open_picture_files(away_from, settings, database)
        self._target = open_picture_files(to, settings, database)

    async def run(self, *, drop: bool = False, on_progress: Callable[[Moved], None] = lambda _: None) -> Moved:
        """Copy everything; with `drop`, throw away in the old store what the new one has been read back from.

        Raises `Unavailable` when a store is away: nothing is lost, the next run goes on.
        """
        moved = Moved()
        after: UUID | None = None
        while True:
            found = select(Picture.id, Picture.files).order_by(Picture.id).limit(PICTURES_AT_ONCE)
            async with self._database.transactions() as db:
                page = (await db.execute(found if after is None else found.where(Picture.id > after))).all()
            if not page:
                return moved
            for picture_id, widths in page:
                names = tuple(str(each[form]) for each in widths for form in FORMATS if form in each)
                safe = [name for name in names if await self._carry(picture_id, name, moved)]
                if drop:
                    await self._drop(picture_id, safe, moved)
                moved.pictures += 1
            after = page[-1][0]
            on_progress(moved)

    async def _carry(self, picture_id: UUID, name: str, moved: Moved) -> bool:
        """Whether the new store has the file now, read back and compared with the hash in its name."""
        if _is_whole(name, await self._target.read(picture_id, name)):
            moved.already_there += 1
            return True
        content = await self._source.read(picture_id, name)
        if content is None or not _is_whole(name, content):
            moved.missing += 1
            return False
        await self._put(picture_id, name, content)
        if not _is_whole(name, await self._target.read(picture_id, name)):
            moved.missing += 1
            return False
        moved.copied += 1
        return True

    async def _put(self, picture_id: UUID, name: str, content: bytes) -> None:
        if self._to == "s3":
            await self._target.send(picture_id, {name: content})
            return
        # A picture that was thrown away meanwhile takes no file any more.
        still_there = select(Picture.id).where(Picture.id == picture_id).with_for_update(key_share=True)
        async with self._database.transactions.begin() as db:
            if await db.scalar(still_there) is not None:
                row = {"picture_id": picture_id, "name": name, "content": content}
                rows = insert(PictureFile).values(row)
                await db.execute(rows.on_conflict_do_update(index_elements=["picture_id", "name"], set_={"content": content}))

    async def _drop(self, picture_id: UUID, names: list[str], moved: Moved) -> None:
        if not names:
            return
        if self._to == "s3":
            gone = delete(PictureFile).where(PictureFile.picture_id == picture_id, PictureFile.name.in_(names))
            async with self._database.transactions.begin() as db:
                moved.dropped += len((await db.execute(gone.returning(PictureFile.name))).all())
            return
        await self._source.forget(picture_id, tuple(names))
        moved.dropped += len(names)


def _is_whole(name: str, content: bytes | None) -> bool:
    """A file's name begins with its content's SHA-256 (`pictures.py`)."""
    return content is not None and name.startswith(hashlib.sha256(content).hexdigest()[:32])
