"""Where the files of pictures are kept so that every node reaches them: in PostgreSQL, or (`picture_files_s3.py`) in S3. For `pictures.py`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog.models import PictureFile
from app.infra.database import Database

KEPT_BYTES = 32 * 1024 * 1024


class PictureFiles(Protocol):
    """A store of files by picture and name; a name holds the hash of the content, so what is read once never changes."""

    async def send(self, picture_id: UUID, files: Mapping[str, bytes]) -> None:
        """Before the transaction: whatever may not be waited for inside one."""

    async def add(self, db: AsyncSession, picture_id: UUID, files: Mapping[str, bytes]) -> None:
        """In the transaction that makes the picture known."""

    async def read(self, picture_id: UUID, name: str) -> bytes | None: ...

    async def forget(self, picture_id: UUID, names: tuple[str, ...]) -> None:
        """After the picture's row is gone, or was never committed."""


class DatabasePictureFiles:
    """Files as rows; they come and go with the picture's own transaction."""

    def __init__(self, database: Database) -> None:
        self._transactions = database.transactions

    async def send(self, picture_id: UUID, files: Mapping[str, bytes]) -> None:
        """Nothing to do: they are rows."""

    async def add(self, db: AsyncSession, picture_id: UUID, files: Mapping[str, bytes]) -> None:
        db.add_all(PictureFile(picture_id=picture_id, name=name, content=content) for name, content in files.items())

    async def read(self, picture_id: UUID, name: str) -> bytes | None:
        found = select(PictureFile.content).where(PictureFile.picture_id == picture_id, PictureFile.name == name)
        async with self._transactions() as db:
            content: bytes | None = await db.scalar(found)
        return content

    async def forget(self, picture_id: UUID, names: tuple[str, ...]) -> None:
        """Nothing to do: the rows went with the picture's."""


class KeptFiles:
    """The files asked for last, up to 32 MiB: a room full of viewers asks for the same few."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._files: OrderedDict[tuple[UUID, str], bytes] = OrderedDict()
        self._most_bytes = most_bytes
        self._bytes = 0

    def get(self, picture_id: UUID, name: str) -> bytes | None:
        content = self._files.get((picture_id, name))
        if content is not None:
            self._files.move_to_end((picture_id, name))
        return content

    def keep(self, picture_id: UUID, name: str, content: bytes) -> None:
        if len(content) > self._most_bytes or (picture_id, name) in self._files:
            return
        self._files[picture_id, name] = content
        self._bytes += len(content)
        while self._bytes > self._most_bytes:
            _, dropped = self._files.popitem(last=False)
            self._bytes -= len(dropped)
