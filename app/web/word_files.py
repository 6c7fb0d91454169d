"""The words that a page's script says, as files that browsers keep for good: the page itself is made anew each time and stays small.

An address names the prefixes of its words, so that every worker can make the file, and holds a hash of the words, so that it changes with them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from app.infra.compression import Compressed, compress
from app.infra.open_doors import OPEN_TO_EVERYBODY
from app.web.texts import Language, texts_with_prefixes

router = APIRouter(include_in_schema=False)

# Pages ask for about twenty sets; nobody else's wish is worth keeping.
_KEPT_SETS: Final = 64
_FOR_GOOD, _FOR_NOW = "public, max-age=31536000, immutable", "no-store"


@dataclass(frozen=True, slots=True)
class WordFile:
    """One set of words as a script that says them (`app/web/static/js/page.js` reads it)."""

    version: str
    content: Compressed


def word_file_address(language: Language, prefixes: tuple[str, ...]) -> str:
    """The lasting address of the words that begin with these prefixes."""
    return f"/words/{language}-{_word_file(language, prefixes).version}.js?{urlencode({'of': ','.join(prefixes)}, safe=',')}"


@router.get("/words/{language}-{version}.js", dependencies=[OPEN_TO_EVERYBODY])
async def read_words(
    request: Request,
    language: Language,
    version: Annotated[str, Path(pattern="^[0-9a-f]{12}$")],
    of: Annotated[str, Query(max_length=500, pattern=r"^[a-z_.,]+$")],
) -> Response:
    """An address of before is answered with the words of today, which nobody keeps under that name."""
    found = _word_file(language, tuple(of.split(",")))
    headers = {"cache-control": _FOR_GOOD if version == found.version else _FOR_NOW}
    return found.content.answer(request.headers.get("accept-encoding"), media_type="text/javascript", headers=headers)


@lru_cache(_KEPT_SETS)
def _word_file(language: Language, prefixes: tuple[str, ...]) -> WordFile:
    words = json.dumps(texts_with_prefixes(language, *prefixes), ensure_ascii=False, separators=(",", ":"))
    content = f"globalThis.pageTexts = {words};\n".encode()
    return WordFile(hashlib.blake2b(content, digest_size=6).hexdigest(), compress(content))
