"""Whatever way people type a place, it is found; the browser's twin of these rules is held to the same corpus in tests/web."""

from __future__ import annotations

import json
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.gazetteer import shipped
from app.catalog.place_names import folded
from app.catalog.places_of_day import PlacesOfDay
from app.catalog.schemas import WardView

CORPUS = json.loads(Path(__file__).with_name("place_search_corpus.json").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 28)
AMONG_THE_FIRST = 5


@pytest.fixture(scope="module")
def places() -> PlacesOfDay:
    return shipped().on(TODAY)


def codes_found(places: PlacesOfDay, typed: str, province_code: int | None, *, limit: int = 60) -> list[int]:
    found = places.search(typed, province_code=province_code, limit=limit)
    return [place.code for place in (found.provinces if province_code is None else found.wards)]


@pytest.mark.parametrize(("text", "expected"), CORPUS["folding"])
def test_folding_leaves_what_people_type_in_a_hurry(text: str, expected: str) -> None:
    assert folded(text) == expected
    assert folded(unicodedata.normalize("NFD", text)) == expected
    assert folded(folded(text)) == expected


@pytest.mark.parametrize(("typed", "province_code", "first"), CORPUS["found"])
def test_what_was_typed_leads_to_the_right_place_first(
    places: PlacesOfDay, typed: str, province_code: int | None, first: list[int]
) -> None:
    codes = codes_found(places, typed, province_code)

    assert codes[: len(first)] == first if first else codes == []


ALL_WARDS = [(province, ward) for province, wards in shipped().on(TODAY).wards_by_province.items() for ward in wards]

# Ways in which the same name is typed.
SPELLINGS = (
    lambda name: name,
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: name.upper(),
    lambda name: folded(name),
    lambda name: folded(name).replace(" ", ""),
    lambda name: name.replace("'", "\u2019").replace("-", "\u2013"),
    lambda name: name.replace("'", "`").replace(" ", "  "),
    lambda name: name.replace("đ", "\u00f0").replace("Đ", "\u00d0"),
    lambda name: name.replace("òa", "oà").replace("óa", "oá").replace("ủy", "uỷ").replace("úy", "uý"),
    lambda name: name.split(" ", 1)[1] if not name.startswith("Đặc khu") else name[8:],
    lambda name: name.replace("Phường ", "p. ").replace("Xã ", "x. ").replace("Đặc khu ", "đk "),
)


def test_every_unit_is_found_in_its_province_however_its_name_is_typed(places: PlacesOfDay) -> None:
    missed = [
        (spelled, codes)
        for province_code, ward in ALL_WARDS
        for spell in SPELLINGS
        if ward.code not in (codes := codes_found(places, spelled := spell(ward.name), province_code, limit=AMONG_THE_FIRST))
    ]

    assert missed == []


@given(choice=st.sampled_from(ALL_WARDS), length=st.integers(1, 80))
def test_every_beginning_of_a_name_keeps_the_unit_in_the_list(choice: tuple[int, WardView], length: int) -> None:
    province_code, ward = choice
    found = shipped().on(TODAY).search(ward.name[:length], province_code=province_code, limit=200)

    assert ward.code in [each.code for each in found.wards]


@pytest.mark.parametrize("former", ["Hải Châu", "Thanh Khê", "Hoàn Kiếm", "Hương Khê", "Thạch Hà", "Củ Chi", "Con Cuông", "Phú Vang"])
def test_a_former_district_leads_to_its_province_and_to_the_unit_of_that_name(places: PlacesOfDay, former: str) -> None:
    found = places.search(former, province_code=None, limit=20)
    province_codes = {province.code for province in found.provinces[:1]}

    assert province_codes
    assert any(ward.province_code in province_codes and ward.name.endswith(former) for ward in found.wards)


@pytest.mark.parametrize("typed", ["Hải Châu, Đà Nẵng", "phường hải châu đà nẵng", "hai chau quang nam", "p hải châu tp đà nẵng"])
def test_a_ward_may_be_followed_by_its_province(places: PlacesOfDay, typed: str) -> None:
    (ward, *_) = places.search(typed, province_code=None, limit=20).wards

    assert (ward.name, ward.province_code) == ("Phường Hải Châu", 48)


@given(st.text(max_size=100))
def test_any_text_is_answered_with_no_more_than_was_asked_for(typed: str) -> None:
    found = shipped().on(TODAY).search(typed, province_code=None, limit=3)

    assert len(found.provinces) <= 3
    assert len(found.wards) <= 3
