"""Everything below /static: published files for good, others with an ETag and a short life in caches."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

from app.infra.compression import Compressed, compress
from app.web.modules import STATIC_DIR
from app.web.published import published

_FOR_GOOD = "public, max-age=31536000, immutable"
# An old name, asked for while the nodes of a service change: the file of today, and nobody may keep it under that name.
_FOR_NOW = "no-store"
_SHORT_LIFE = "public, max-age=60, stale-while-revalidate=60"
_LONGER_LIFE = "public, max-age=86400"
_LONGER_LIVED = ("vendor/", "pictures/")
_PICTURE = "image/svg+xml"


class _CachedFiles(StaticFiles):
    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        found = published().find(path) if scope["method"] in {"GET", "HEAD"} else None
        if found is None:
            return await super().get_response(path, scope)
        file, is_exact = found
        headers = {"cache-control": _FOR_GOOD if is_exact else _FOR_NOW}
        return file.content.answer(Headers(scope=scope).get("accept-encoding"), media_type=file.media_type, headers=headers)

    @override
    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        path = Path(full_path).resolve()
        name = path.relative_to(STATIC_DIR).as_posix()
        response.headers["cache-control"] = _LONGER_LIFE if name.startswith(_LONGER_LIVED) else _SHORT_LIFE
        if response.status_code != status_code or path.suffix != ".svg":
            return response
        headers = {"cache-control": response.headers["cache-control"], "etag": response.headers["etag"]}
        content = _compressed(path, stat_result.st_mtime_ns)
        return content.answer(Headers(scope=scope).get("accept-encoding"), media_type=_PICTURE, headers=headers)


@cache
def _compressed(path: Path, _changed_ns: int) -> Compressed:
    """A picture of a product; a handful of kilobytes each, and only files of the tree."""
    return compress(path.read_bytes())


def mount_static(app: FastAPI) -> None:
    """Serve `static/` below /static; open to everybody."""
    published()
    app.mount("/static", _CachedFiles(directory=STATIC_DIR), name="static")
