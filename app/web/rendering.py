"""Turns a template into a page: language, words, nonce, modules. Every page goes through `render`."""

from __future__ import annotations

from datetime import timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Final

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from app.infra.clock import from_ms
from app.infra.compression import compress
from app.web.published import published
from app.web.texts import Language, choose_language, texts_for
from app.web.word_files import word_file_address

LANGUAGE_COOKIE: Final = "ocop_language"
TEMPLATES_DIR = Path(__file__).resolve().parent / "templates"

# What every script may need to say: failures, units, how long ago.
_PREFIXES_FOR_ALL = ("app.", "unit.", "time.", "error.")
# Pages are made anew each time.
_HTML = "text/html; charset=utf-8"
_QUICK_LEVEL = 5
# Vietnam keeps one offset all year.
_VIETNAM = timezone(timedelta(hours=7))
_WHEN = {"vi": "EEEE d/M · HH:mm", "en": "EEEE d MMM · HH:mm"}


def language_of(request: Request) -> Language:
    """The language of a page: asked for in the address, else remembered in the cookie, else Vietnamese."""
    return choose_language(request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE))


def render(
    request: Request, template: str, *, script: str | None = None, words: tuple[str, ...] = (), status: int = 200, **content: object
) -> Response:
    """A page. `script` is its module in static/js, `words` the prefixes of the texts that the script reads."""
    language = language_of(request)
    body = (
        _environment()
        .get_template(template)
        .render(
            language=language,
            texts=texts_for(language),
            words=word_file_address(language, (*_PREFIXES_FOR_ALL, *words)) if script else None,
            csp_nonce=request.state.csp_nonce,
            style=published().style(template.removesuffix(".html")),
            fonts=published().fonts,
            files=published().page_files(script) if script else None,
            when=lambda ms: when_in_words(ms, language),
            **content,
        )
    )
    # Pages carry a nonce and what this person may see: nobody else gets this copy.
    headers = {"cache-control": "private, no-cache", "content-language": language}
    page = compress(body.encode(), level=_QUICK_LEVEL)
    return page.answer(request.headers.get("accept-encoding"), media_type=_HTML, status=status, headers=headers)


def when_in_words(milliseconds: int | None, language: Language) -> str:
    """Day and hour in Vietnam as people say them; empty for None."""
    if milliseconds is None:
        return ""
    moment = from_ms(milliseconds).astimezone(_VIETNAM)
    words = format_datetime(moment, _WHEN[language], tzinfo=_VIETNAM, locale=language)
    return words[:1].upper() + words[1:]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["file"] = published().address
    # Vietnamese as it is, not as \u1ea1: a third of the bytes. What could close a script is escaped all the same.
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment
