"""What people write is cleaned once, the same way at every door: visible, on one line, bounded, counted after NFC."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.catalog.schemas import Name
from app.fulfilment.schemas import Settlement
from app.protocol.base import CommentText, DisplayName, NoteLine, PersonName, StreetLine
from app.protocol.text import Line, TextRefused, clean_text, has_letter, has_sign
from app.sessions.schemas import Label, Title

NAMES = [TypeAdapter(kind) for kind in (DisplayName, PersonName)]
TEXTS = [TypeAdapter(kind) for kind in (CommentText, StreetLine, Name, Title, Label)]
MARKS_MOST = 4
INVISIBLE = (
    *("\u3164", "\u2800", "\u200d", "\u200b", "\u200c", "\u2060", "\ufeff", "\u00ad", "\u115f", "\u1160", "\uffa0", "\u034f", "\u180e"),
    *(
        "\u00a0",
        "\u3000",
        "\u2003",
        "\u202e",
        "\u2066",
        "\u200f",
        "\u061c",
        "\ufe0f",
        "\u0301",
        "\u0489",
        "\u20e3",
        "\u17b4",
        "\u2063",
        "\t",
    ),
    *("\0", "\x1b", "\u2028", "\x85", "\U000e0041", "\U000e0100", "\U0001d159", "\U0001d173", "\ufffc", "\U00013441", "\u180b", "\u0903"),
)


def code_of(kind: TypeAdapter[str], text: str) -> str:
    with pytest.raises(ValidationError) as refusal:
        kind.validate_python(text)
    reason = refusal.value.errors()[0]["ctx"]["error"]
    assert isinstance(reason, TextRefused)
    return reason.code


@pytest.mark.parametrize("char", INVISIBLE)
@pytest.mark.parametrize("form", ["{0}", "{0}{0}{0}", " {0} ", "{0}\u3164{0}\u2800\u200d"])
def test_nothing_to_see_is_empty_at_every_door(char: str, form: str) -> None:
    text = form.format(char)

    assert clean_text(text) == ""
    assert {code_of(kind, text) for kind in (*NAMES, *TEXTS)} == {"text_empty"}


@pytest.mark.parametrize("text", ["123", "❤️", "...", "0912345678", "1️⃣", "👍🏽"])
def test_a_name_needs_a_letter_and_a_comment_does_not(text: str) -> None:
    assert {code_of(kind, text) for kind in NAMES} == {"text_empty"}
    assert [kind.validate_python(text) for kind in TEXTS] == [text] * len(TEXTS)


@pytest.mark.parametrize("text", ["Lan", "Lan ❤️", "Ð", "山田", "อรุณ", "हिन्दी", "Ngọc Ánh 92", "ᵃ"])
def test_letters_of_any_script_make_a_name(text: str) -> None:
    assert [kind.validate_python(text) for kind in NAMES] == [unicodedata.normalize("NFC", text)] * 2


@pytest.mark.parametrize("text", ["Lan \ud800", "\udc00", "\ud83d Lan"])
def test_half_a_character_is_refused_at_every_door(text: str) -> None:
    assert {code_of(kind, text) for kind in (*NAMES, *TEXTS, TypeAdapter(NoteLine))} == {"text_unreadable"}


def test_limits_are_counted_after_nfc() -> None:
    name = "Nguyễn Thị Hồng Nhung ở Đức Thọ ạ ạ ạ ạ "[:40].strip() + "ế"
    person = ("Nguyễn Thị Bích Ngọc Ánh Tuyết " * 3)[:78]
    decomposed = unicodedata.normalize("NFD", person)

    assert (len(person), len(decomposed)) > (77, 100)
    assert TypeAdapter(PersonName).validate_python(decomposed) == person.strip()
    assert TypeAdapter(DisplayName).validate_python(unicodedata.normalize("NFD", name)) == name
    assert TypeAdapter(DisplayName).validate_python("\u200b ".join("Nguyễn Thị Hồng Nhung")) == " ".join(
        "Nguyễn Thị Hồng Nhung".replace(" ", "")
    )


@pytest.mark.parametrize(("kind", "most"), [(DisplayName, 40), (PersonName, 80), (CommentText, 300), (StreetLine, 200), (NoteLine, 200)])
def test_the_limit_is_the_last_length_that_is_taken(kind: Any, most: int) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)

    assert adapter.validate_python(unicodedata.normalize("NFD", "ế" * most)) == "ế" * most
    assert code_of(adapter, "ế" * (most + 1)) == "text_too_long"
    assert code_of(adapter, "a" * 100_000) == "text_too_long"
    assert adapter.json_schema()["maxLength"] == most


@pytest.mark.parametrize(
    "mark",
    ["\u0489", "\u0301", "\u20dd", "\u0903", "\u034f\u0301", "\u0301\u034f", "\u200d\u0301", "\u0316\u0301", "\u0e49", "\ufe0f\u0301"],
)
@pytest.mark.parametrize("base", ["a", "Lan", "ế", "1", "❤"])
def test_marks_on_a_letter_are_bounded_whatever_their_class(mark: str, base: str) -> None:
    cleaned = clean_text(base + mark * 150 + "b")

    assert cleaned.endswith("b")
    assert len(cleaned) <= len(base) + MARKS_MOST + 1


def test_marks_without_a_letter_do_not_reach_the_text_before() -> None:
    assert clean_text("\u0301\u0489Lan \u0301\u0301Hương") == "Lan Hương"


@pytest.mark.parametrize("text", ["ế", "Nguyễn Thị Bưởi", "ẫ ậ ữ ợ", "อร่อยที่สุด", "हिन्दी में", "ខ្មែរ"])
def test_words_keep_the_marks_they_need(text: str) -> None:
    assert clean_text(unicodedata.normalize("NFD", text)) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("emoji", ["👨\u200d👩\u200d👧", "❤️", "❤️\u200d🔥", "👍🏽", "🏳️\u200d🌈", "1️⃣", "🇻🇳", "👩🏽\u200d🌾", "☎️", "🫨"])
def test_emoji_stay_whole(emoji: str) -> None:
    assert clean_text(f"ngon {emoji} quá") == f"ngon {emoji} quá"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Lan\u202eHương", "LanHương"),
        ("L\u200ba\u200dn", "Lan"),
        ("Lan\nHương\tMai\u2028Hà", "Lan Hương Mai Hà"),
        ("Lan\u3164\u3164Hương", "Lan Hương"),
        ("a\ufe0fb", "ab"),
        ("Kanarienvogel\0Hoàng\u202e", "Kanarienvogel Hoàng"),
    ],
)
def test_what_nobody_sees_is_taken_out_of_words(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean_text(text)

    assert clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not [char for char in once if unicodedata.category(char) in {"Cc", "Zl", "Zp"} or char in "\u202e\u200b\u3164\u2800"]


@given(st.text(st.characters(categories=["Mn", "Mc", "Me", "Cf", "Zs", "Cc"])))
def test_marks_and_formats_alone_are_never_a_text(text: str) -> None:
    assert not has_letter(clean_text(text))
    assert not has_sign(clean_text(text))


@pytest.mark.parametrize("unit", ["\u0301\u0316", "a\u0301\u0316", "\u200d", "👍\u200d", "ế", "\u034f", "\u1100", " "])
def test_the_work_grows_with_the_length_of_the_text_and_no_faster(unit: str) -> None:
    short, long = unit * 2_000, unit * 16_000

    assert least_seconds(long) < 32 * least_seconds(short) + 0.005


def least_seconds(text: str) -> float:
    taken = []
    for _ in range(3):
        began = time.process_time()
        clean_text("a" + text)
        taken.append(time.process_time() - began)
    return min(taken)


def test_a_story_keeps_its_paragraphs() -> None:
    assert Line(100, needs="nothing", keeps_paragraphs=True).checked("\n Một.\u202e \r\n\nHai.\n") == "Một.\n\nHai."


def test_words_about_a_payment_keep_the_same_rules() -> None:
    assert Settlement(words="Đã  hoàn\0tiền").words == "Đã hoàn tiền"
    with pytest.raises(ValidationError):
        Settlement(words="\u3164")
