"""The page finds places by the same rule as the server."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalog.gazetteer import shipped
from app.catalog.place_names import folded
from tests.web.browser_module import call

CORPUS = json.loads((Path(__file__).parents[1] / "catalog" / "place_search_corpus.json").read_text(encoding="utf-8"))
PLACES = shipped().on(date(2026, 11, 28))


def listed(province_code: int | None) -> list[dict[str, Any]]:
    views = PLACES.provinces if province_code is None else PLACES.wards_by_province[province_code]
    return [view.model_dump(mode="json") for view in views]


def codes_of_the_server(typed: str, province_code: int | None) -> list[int]:
    found = PLACES.search(typed, province_code=province_code, limit=1_000)
    return [place.code for place in (found.provinces if province_code is None else found.wards)]


def test_the_page_folds_the_corpus_as_the_server_does() -> None:
    texts = [text for text, _ in CORPUS["folding"]]

    assert call("place_search.js", [("folded", [text]) for text in texts]) == [expected for _, expected in CORPUS["folding"]]


def test_the_page_folds_every_name_as_the_server_does() -> None:
    names = [province.name for province in PLACES.provinces]
    names += [ward.name for wards in PLACES.wards_by_province.values() for ward in wards]
    names += [name for province in PLACES.provinces for name in (*province.also, *province.districts)]

    assert len(names) > 3_900
    assert call("place_search.js", [("folded", [name]) for name in names]) == [folded(name) for name in names]


@settings(max_examples=10)
@given(st.lists(st.text(max_size=40), min_size=40, max_size=80))
def test_the_page_folds_any_text_as_the_server_does(texts: list[str]) -> None:
    assert call("place_search.js", [("folded", [text]) for text in texts]) == [folded(text) for text in texts]


def test_the_page_finds_what_the_server_finds_in_the_same_order() -> None:
    asked = [(typed, province_code) for typed, province_code, _ in CORPUS["found"]]
    asked += [(typed, province_code) for province_code in (1, 42, 66, 68, 79) for typed in ("tân", "xã tân", "p. an", "phường 1", "hòa b")]
    found = call("place_search.js", [("codesFound", [listed(province_code), typed]) for typed, province_code in asked])

    assert found == [codes_of_the_server(typed, province_code) for typed, province_code in asked]


def test_a_place_found_by_a_former_name_shows_that_name() -> None:
    found = call("place_search.js", [("matching", [listed(None), typed, 5]) for typed in ("quang nam", "hội an", "da nang")])

    assert [(each[0]["place"]["name"], each[0]["by"]) for each in found] == [
        ("Thành phố Đà Nẵng", "Quảng Nam"),
        ("Thành phố Đà Nẵng", "Hội An"),
        ("Thành phố Đà Nẵng", ""),
    ]


def test_nothing_typed_lists_everything() -> None:
    (found,) = call("place_search.js", [("matching", [listed(1), "  ", 60])])

    assert len(found) == 126
