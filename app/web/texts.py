"""All words of the pages, one flat dictionary per language in `languages/`; used by the templates and handed to the browser as JSON.

Words about kinds of ledger entries stand in the table of kinds (`app/ledger/kinds.py`) and are put in here.

Keys are stable and sorted by what they serve:

    app.  unit.  time.       frame of every page, units, how long ago
    login.  error_page.      sign-in and error pages
    product. producer. session.   words of the trade; `session.<state>`
    home.                    start page
    viewer.  form.           viewer page and its order form; `form.<field>_missing`
    order.                   the buyer's pages: an order, the device's orders, the lookup
    host.                    host board
    goods.                   producers, products, pictures, tables; `goods.item_<item>`, `goods.label_<field>`, `goods.cell_<reason>`
    desk.                    order desk; `desk.state_<kind>`, `desk.reason_<code>`, `desk.matter_<matter>`
    report. ladder. source.  report page; `ladder.<rung>.meaning`, `source.<kind>` + `.meaning`
    public.                  public page of a closed report
    metric.<id>.             `.name`, `.formula`, `.window`, `.source` of every metric
    error.<code>             what happened; `error.<code>.next` says what to do now

Words in braces (`{count}`) are filled in by `str.format` here and by the pages' own function in the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, get_args

from pydantic import TypeAdapter

from app.ledger.kinds import words_of_kinds
from app.ledger.reasons import words_of_reasons

Language = Literal["vi", "en"]

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DEFAULT_LANGUAGE: Final[Language] = "vi"
LANGUAGES_DIR = Path(__file__).resolve().parent / "languages"

_TEXTS = TypeAdapter(dict[str, str])


def choose_language(*wishes: str | None) -> Language:
    """The first wish that is a language we speak (query, then cookie, then account); Vietnamese when there is none."""
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    return DEFAULT_LANGUAGE


@cache
def texts_for(language: Language) -> Mapping[str, str]:
    """All texts of one language, read once and read-only. Raises `KeyError` on a key nobody wrote, so a misspelling shows at once."""
    own = _TEXTS.validate_json((LANGUAGES_DIR / f"{language}.json").read_bytes())
    return MappingProxyType(own | words_of_kinds(language) | words_of_reasons(language))


def texts_with_prefixes(language: Language, *prefixes: str) -> dict[str, str]:
    """The texts whose keys start with one of `prefixes` (such as "viewer."): what a page hands to its script as JSON."""
    return {key: text for key, text in texts_for(language).items() if key.startswith(prefixes)}
