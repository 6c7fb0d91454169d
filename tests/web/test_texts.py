"""The words of the pages: the same keys, the same blanks, in every language, and none missing where a page asks for it."""

from __future__ import annotations

import json
import re
import string
import unicodedata
from pathlib import Path

import pytest

from app.errors import all_error_types
from app.web.texts import DEFAULT_LANGUAGE, LANGUAGES, LANGUAGES_DIR, Language, choose_language, texts_for, texts_with_prefixes

WEB_DIR = Path(__file__).resolve().parents[2] / "app" / "web"
PREFIXES = (
    *("app.", "unit.", "time.", "home.", "login.", "error_page.", "product.", "producer.", "session.", "viewer.", "form.", "order."),
    *(
        "account.",
        "invitation.",
        "people.",
        "payments.",
        "carriers.",
        "parcels.",
        "host.",
        "question.",
        "consent.",
        "complaints.",
        "goods.",
        "booth.",
        "claim.",
        "desk.",
        "report.",
        "public.",
        "programme.",
        "settlement.",
        "ladder.",
        "source.",
        "error.",
    ),
)
CODES_EVERY_PAGE_KNOWS = {
    *("sold_out", "viewer_limit_reached", "offer_not_open", "session_not_live", "invalid_phone", "invalid_address"),
    *("busy", "rate_limited", "outcome_unknown", "malformed", "not_signed_in", "forbidden", "internal", "offline"),
}


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_has_the_same_keys_in_the_same_order() -> None:
    keys = {language: list(texts_for(language)) for language in LANGUAGES}

    assert all(keys[language] == keys[DEFAULT_LANGUAGE] for language in LANGUAGES)


def test_no_key_is_written_twice() -> None:
    for language in LANGUAGES:
        pairs = json.loads((LANGUAGES_DIR / f"{language}.json").read_text(encoding="utf-8"), object_pairs_hook=list)
        assert len(pairs) == len({key for key, _ in pairs})


def test_translations_have_the_same_blanks() -> None:
    vietnamese, english = texts_for("vi"), texts_for("en")

    assert {key for key in vietnamese if blanks(vietnamese[key]) != blanks(english[key])} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_whole_trimmed_and_composed(language: Language) -> None:
    for key, text in texts_for(language).items():
        assert text == text.strip() != "", key
        assert unicodedata.is_normalized("NFC", text), key
        assert "..." not in text, key


def test_every_key_has_a_documented_prefix() -> None:
    assert {key for key in texts_for("vi") if not key.startswith(PREFIXES)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_says_what_happened_and_what_to_do(language: Language) -> None:
    texts = texts_for(language)
    codes = {key.removeprefix("error.").removesuffix(".next") for key in texts if key.startswith("error.")}

    assert {code for code in codes if f"error.{code}" not in texts or f"error.{code}.next" not in texts} == set()
    assert codes >= CODES_EVERY_PAGE_KNOWS


def test_errors_of_the_base_tree_have_their_sentence() -> None:
    base = {kind.code for kind in all_error_types() if kind.__module__ == "app.errors"}

    assert {code for code in base if f"error.{code}" not in texts_for("vi")} == set()


def test_templates_and_scripts_ask_only_for_texts_that_exist() -> None:
    known = texts_for("vi").keys()
    sources = [*WEB_DIR.glob("templates/**/*.html"), *WEB_DIR.glob("static/js/**/*.js")]

    asked = {key for source in sources for key in re.findall(r"texts\[\"([a-z0-9_.]+)\"\]", source.read_text(encoding="utf-8"))}

    assert asked
    assert asked - known == set()


def test_texts_cannot_be_changed_by_a_page() -> None:
    with pytest.raises(TypeError):
        texts_for("vi")["app.name"] = "x"  # type: ignore[index]  # that it is refused is the point


def test_a_page_gets_only_the_texts_it_asks_for() -> None:
    given = texts_with_prefixes("vi", "login.", "error.")

    assert given["login.title"] == "Đăng nhập"
    assert {key.split(".")[0] for key in given} == {"login", "error"}


def test_the_first_spoken_language_wins_and_vietnamese_is_the_rest() -> None:
    assert choose_language(None, "fr", "en", "vi") == "en"
    assert choose_language("", None) == "vi"


def test_every_text_is_asked_for_by_a_page() -> None:
    """Either by its whole key, or by a beginning that a page completes, as in `error.${code}`."""
    sources = [
        *WEB_DIR.glob("templates/*.html"),
        *WEB_DIR.glob("static/js/*.js"),
        *WEB_DIR.glob("*.py"),
        *(WEB_DIR.parent / "ledger").glob("*.py"),
    ]
    asked = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    beginnings = tuple(re.findall(r"""["`']([a-z_]+\.[a-z_.]*)(?:\$\{|" ~|" \+|\{)""", asked))

    assert [key for key in texts_for("vi") if key not in asked and not key.startswith(beginnings)] == []
