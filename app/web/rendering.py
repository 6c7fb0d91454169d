"""Turns a template into a page: language, words, nonce, modules. Every page goes through `render`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Final

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.infra.clock import from_ms
from app.web.modules import modules_of
from app.web.texts import Language, choose_language, texts_for, texts_with_prefixes
from app.web.vendoring import load_import_map

LANGUAGE_COOKIE: Final = "ocop_language"
TEMPLATES_DIR = Path(__file__).resolve().parent / "templates"

# What every script may need to say: failures, units, how long ago.
_PREFIXES_FOR_ALL = ("app.", "unit.", "time.", "error.")
# Vietnam keeps one offset all year.
_VIETNAM = timezone(timedelta(hours=7))
_WHEN = {"vi": "EEEE d/M · HH:mm", "en": "EEEE d MMM · HH:mm"}


def language_of(request: Request) -> Language:
    """The language of a page: asked for in the address, else remembered in the cookie, else Vietnamese."""
    return choose_language(request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))


def render(
    request: Request, template: str, *, script: str | None = None, words: tuple[str, ...] = (), status: int = 200, **content: object
) -> HTMLResponse:
    """A page. `script` is its module in static/js, `words` the prefixes of the texts that the script reads."""
    language = language_of(request)
    page_texts = texts_with_prefixes(language, *_PREFIXES_FOR_ALL, *words)
    body = (
        _environment()
        .get_template(template)
        .render(
            language=language,
            texts=texts_for(language),
            page_texts=page_texts if script else None,
            csp_nonce=request.state.csp_nonce,
            import_map=_import_map(),
            modules=modules_of(script) if script else (),
            when=lambda ms: _when(ms, language),
            **content,
        )
    )
    # Pages carry a nonce and what this person may see: nobody else gets this copy.
    return HTMLResponse(body, status, headers={"cache-control": "private, no-cache", "content-language": language})


def _when(milliseconds: int | None, language: Language) -> str:
    if milliseconds is None:
        return ""
    moment = from_ms(milliseconds).astimezone(_VIETNAM)
    words = format_datetime(moment, _WHEN[language], tzinfo=_VIETNAM, locale=language)
    return words[:1].upper() + words[1:]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES_DIR), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def _import_map() -> Mapping[str, Mapping[str, str]]:
    return load_import_map()
