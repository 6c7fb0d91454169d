"""Content that goes out gzipped where the client takes that; caches are told that the answer depends on it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

# Below this the frame of gzip costs more than it saves, or nearly so.
_WORTH_BYTES = 400
_REFUSES_GZIP = re.compile(r"(?:gzip|\*)\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")


@dataclass(frozen=True, slots=True)
class Compressed:
    """One content in both forms; `gzipped` is None where it would not be smaller (pictures and fonts are compressed already)."""

    plain: bytes
    gzipped: bytes | None

    def answer(self, accepted: str | None, *, media_type: str, status: int = 200, headers: Mapping[str, str]) -> Response:
        """The form for a client with this `Accept-Encoding`."""
        with_vary = dict(headers) | {"vary": "Accept-Encoding"}
        if self.gzipped is None or not takes_gzip(accepted):
            return Response(self.plain, status, with_vary, media_type)
        return Response(self.gzipped, status, with_vary | {"content-encoding": "gzip"}, media_type)


def takes_gzip(accepted: str | None) -> bool:
    """Whether a client with this `Accept-Encoding` reads gzip."""
    return accepted is not None and "gzip" in accepted.lower() and _REFUSES_GZIP.search(accepted.lower()) is None


def compress(plain: bytes, *, level: int = 9) -> Compressed:
    """Levels as in zlib. About 1 ms of processor for 30 KB at level 6, so nothing larger belongs on the event loop."""
    if len(plain) < _WORTH_BYTES:
        return Compressed(plain, None)
    gzipped = gzip.compress(plain, level, mtime=0)
    return Compressed(plain, gzipped if len(gzipped) < len(plain) * 0.95 else None)
