"""Files of uploaded pictures in a package: out of the store that has them here, and into the one that is chosen over there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from app.catalog.picture_files import PictureFiles
from app.catalog.picture_stores import FORMATS, Store
from app.errors import Unavailable
from app.infra.database import RawConnection
from app.installation.transfer_errors import PackageChanged, PictureStoreAway
from app.installation.transfer_package import PackageReader, PackageWriter, Row

# The name begins with the content's hash: what is named by a row that fits is proven by it.
_NAME = re.compile(r"([0-9a-f]{32})-[0-9]{1,5}\.(avif|webp|jpeg)")
_FILES_MOST = 60
_AWAY = "The store of pictures does not answer: nothing was changed. Run the same again later."
_KNOWN = "SELECT id FROM pictures WHERE id = ANY($1::uuid[])"
_KEEP = "INSERT INTO picture_files (picture_id, name, content) VALUES ($1, $2, $3)"


class PicturesOut:
    """Writes the files of pictures into a package. Afterwards `whole` are those that went along, and `lost` were not whole in the store."""

    def __init__(self, files: PictureFiles) -> None:
        self._files = files
        self.whole, self.lost = set[str](), 0

    async def write(self, package: PackageWriter, pictures: AsyncIterable[Any]) -> AsyncIterator[int]:
        """One picture in memory at a time; yields how many files there are by now. Raises `PictureStoreAway`."""
        written = 0
        async for picture_id, widths in pictures:
            contents: dict[str, bytes] = {}
            names = list(names_of(widths))
            for name in names:
                content = await self._read(picture_id, name)
                if content is not None and is_whole(name, content):
                    contents[name] = content
            if len(contents) < len(set(names)):
                self.lost += 1
                continue
            for name, content in contents.items():
                package.add_file(file_path(picture_id, name), content)
            self.whole.add(str(picture_id))
            written += len(contents)
            yield written

    async def _read(self, picture_id: UUID, name: str) -> bytes | None:
        try:
            return await self._files.read(picture_id, name)
        except Unavailable as error:
            raise PictureStoreAway(_AWAY) from error

    def goes_along(self, table: str, row: Row) -> bool:
        """Whether a row of this table has all that it names."""
        if table == "pictures":
            return row["id"] in self.whole
        return table != "product_pictures" or row["picture_id"] is None or row["picture_id"] in self.whole


class PicturesIn:
    """Takes files out of a package: as rows of the same transaction, or into S3, from where `take_back` removes them when it fails."""

    def __init__(self, store: Store, files: PictureFiles, package: PackageReader) -> None:
        self._store, self._files, self._package = store, files, package
        self._sent: list[tuple[UUID, tuple[str, ...]]] = []

    async def unknown(self, db: RawConnection, rows: list[Row]) -> list[Row]:
        """Those of the rows that are not here yet. Raises `PackageChanged`."""
        ids = {_id_of(row) for row in rows}
        known = {str(row["id"]) for row in await db.fetch(_KNOWN, list(ids))}
        return [row for row in rows if row["id"] not in known]

    async def take(self, db: RawConnection, rows: list[Row]) -> None:
        """The files of pictures whose rows were just written. Raises `PackageChanged`, `PackageUnreadable`, `PictureStoreAway`."""
        for row in rows:
            picture_id, contents = _id_of(row), dict[str, bytes]()
            for name in names_of(row.get("files")):
                contents[name] = self._package.file(file_path(picture_id, name))
                if not is_whole(name, contents[name]):
                    raise PackageChanged(f"A file of picture {picture_id} is not the one that was written.")
            if self._store == "postgresql":
                await db.executemany(_KEEP, [(picture_id, name, content) for name, content in contents.items()])
                continue
            self._sent.append((picture_id, tuple(contents)))
            try:
                await self._files.send(picture_id, contents)
            except Unavailable as error:
                raise PictureStoreAway(_AWAY) from error

    async def take_back(self) -> None:
        """Nothing was committed: what was sent belongs to nobody."""
        for picture_id, names in self._sent:
            await self._files.forget(picture_id, names)
        self._sent.clear()


def names_of(widths: object) -> Iterator[str]:
    """The files that a picture's row names. Raises `PackageChanged` when it is none of ours: names become addresses in the store."""
    try:
        text: Any = json.loads(widths) if isinstance(widths, str) else widths
        names = [each[form] for each in text for form in FORMATS if form in each]
        sizes = [each[side] for each in text for side in ("width", "height")]
        plain = [each["jpeg"] for each in text]
    except (TypeError, KeyError, ValueError) as error:
        raise PackageChanged("A row of pictures names no files.") from error
    fits = all(isinstance(name, str) and _NAME.fullmatch(name) for name in names) and all(type(size) is int for size in sizes)
    if not fits or not 0 < len(plain) <= len(names) <= _FILES_MOST:
        raise PackageChanged("A row of pictures names what is no file of a picture.")
    yield from names


def is_whole(name: str, content: bytes) -> bool:
    return name.startswith(hashlib.sha256(content).hexdigest()[:32])


def file_path(picture_id: UUID, name: str) -> str:
    """Where the file lies in a package."""
    return f"pictures/{picture_id}/{name}"


def _id_of(row: Row) -> UUID:
    try:
        return UUID(row["id"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PackageChanged("A row of pictures has no id.") from error
