"""Style sheets, scripts, pictures and vendored libraries, with an ETag and a short life in caches."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

STATIC_DIR = Path(__file__).resolve().parent / "static"

# The files of one release belong together and carry no version in their names, so a browser may keep them for a minute only.
_SHORT_LIFE = "public, max-age=60, stale-while-revalidate=60"
_LONGER_LIFE = "public, max-age=86400"
_LONGER_LIVED = ("vendor/", "pictures/")


class _CachedFiles(StaticFiles):
    @override
    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        name = Path(full_path).resolve().relative_to(STATIC_DIR).as_posix()
        response.headers["cache-control"] = _LONGER_LIFE if name.startswith(_LONGER_LIVED) else _SHORT_LIFE
        return response


def mount_static(app: FastAPI) -> None:
    """Serve `static/` below /static; open to everybody."""
    app.mount("/static", _CachedFiles(directory=STATIC_DIR), name="static")
