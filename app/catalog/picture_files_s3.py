"""Files of pictures in an S3-compatible store; chosen by `OCOP_PICTURES__STORE=s3`, needs the extra `s3`. Signing is the library's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Unavailable
from app.settings import PictureSettings

log = structlog.get_logger(__name__)

_WAIT = timedelta(seconds=5)
_RETRY_AFTER_SECONDS = 5.0
# The library raises Python's own errors where there are any.
_MISSING = (NotFoundError, FileNotFoundError)
_FAILURES = (BaseError, OSError)


class S3PictureFiles:
    """One object per file, below the picture's id. What is written and never committed is thrown away by `forget`."""

    def __init__(self, settings: PictureSettings) -> None:
        secret = settings.s3_secret_access_key
        self._store = S3Store(
            settings.s3_bucket,
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
            access_key_id=settings.s3_access_key_id,
            secret_access_key="" if secret is None else secret.get_secret_value(),
            virtual_hosted_style_request=False,
            client_options={"allow_http": settings.s3_endpoint.startswith("http://"), "timeout": _WAIT, "connect_timeout": _WAIT},
            retry_config={"max_retries": 1, "retry_timeout": 2 * _WAIT},
        )

    async def send(self, picture_id: UUID, files: Mapping[str, bytes]) -> None:
        """Raises `Unavailable` when the store does not take one of them; the others are thrown away again."""
        try:
            for name, content in files.items():
                await obstore.put_async(self._store, _key(picture_id, name), content)
        except _FAILURES as error:
            log.warning("picture_not_stored", error=type(error).__name__)
            await self.forget(picture_id, tuple(files))
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS) from error

    async def add(self, db: AsyncSession, picture_id: UUID, files: Mapping[str, bytes]) -> None:
        """Nothing to do: they were sent before."""

    async def read(self, picture_id: UUID, name: str) -> bytes | None:
        """Raises `Unavailable` when the store is away."""
        try:
            found = await obstore.get_async(self._store, _key(picture_id, name))
            return bytes(await found.bytes_async())
        except _MISSING:
            return None
        except _FAILURES as error:
            log.warning("picture_not_read", error=type(error).__name__)
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS) from error

    async def forget(self, picture_id: UUID, names: tuple[str, ...]) -> None:
        """What cannot be thrown away now stays as an object that nobody refers to; the log says so."""
        try:
            await obstore.delete_async(self._store, [_key(picture_id, name) for name in names])
        except _MISSING:
            return
        except _FAILURES as error:
            log.warning("picture_objects_left", picture_id=str(picture_id), error=type(error).__name__)


def _key(picture_id: UUID, name: str) -> str:
    return f"pictures/{picture_id}/{name}"
