"""Provinces and wards of the two-level administration, as they are today."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.catalog.addresses import PlaceBook, provinces, resolve_address, vietnamese_order, wards_of
from app.catalog.errors import InvalidAddress, ProvinceNotFound
from app.catalog.gazetteer import UnitVersion, shipped
from tests.accounts.builders import Clock, SmallApp

HA_TINH, HA_NOI = 42, 1
PHUC_TRACH, HUONG_SON, HOAN_KIEM = 18547, 18133, 70


def test_there_are_thirty_four_provinces_nine_of_them_cities_since_september_2026() -> None:
    kinds = [province.kind for province in shipped().on(date(2026, 11, 28)).provinces]

    assert len(kinds) == len({province.code for province in provinces()}) == 34
    assert (kinds.count("thành phố trung ương"), kinds.count("tỉnh")) == (9, 25)


def test_every_province_has_wards_and_no_ward_lies_in_two() -> None:
    codes = [ward.code for province in provinces() for ward in wards_of(province.code)]

    assert all(wards_of(province.code) for province in provinces())
    assert len(codes) == len(set(codes)) == 3321


def test_ha_tinh_has_sixty_nine_communes_and_wards() -> None:
    names = {ward.name for ward in wards_of(HA_TINH)}

    assert len(names) == 69
    assert {"Xã Phúc Trạch", "Xã Hương Sơn", "Xã Vũ Quang", "Phường Thành Sen"} <= names


def test_names_of_an_address_are_found_by_its_codes() -> None:
    address = resolve_address(HA_TINH, PHUC_TRACH)

    assert (address.province_name, address.ward_name) == ("Hà Tĩnh", "Xã Phúc Trạch")


@pytest.mark.parametrize(
    ("province_code", "ward_code", "reason"),
    [
        (HA_NOI, PHUC_TRACH, "other_province"),
        (HA_TINH, HOAN_KIEM, "other_province"),
        (99, PHUC_TRACH, "unknown_province"),
        (HA_TINH, 0, "unknown_ward"),
        (HA_TINH, 99_998, "unknown_ward"),
        (-1, -1, "unknown_province"),
    ],
)
def test_ward_must_lie_in_its_province_and_the_refusal_says_what_to_do(province_code: int, ward_code: int, reason: str) -> None:
    with pytest.raises(InvalidAddress) as refusal:
        resolve_address(province_code, ward_code)

    assert refusal.value.code == "invalid_address"
    assert (refusal.value.details["province_code"], refusal.value.details["ward_code"]) == (province_code, ward_code)
    assert refusal.value.details["reason"] == reason
    assert "GET /api/v1/addresses/provinces" in str(refusal.value.details["advice"])


def test_a_ward_sent_with_another_province_is_told_where_it_lies() -> None:
    with pytest.raises(InvalidAddress) as refusal:
        resolve_address(HA_NOI, PHUC_TRACH)

    assert refusal.value.details["lies_in"] == HA_TINH


def test_a_unit_holds_from_its_first_day_in_vietnam_and_the_refusals_name_the_days() -> None:
    clock = Clock()
    book = PlaceBook(now=clock)
    begins, ends = date(2027, 1, 1), date(2026, 12, 31)
    new = UnitVersion(code=99_001, province_code=HA_TINH, name="Phường Vũng Áng Mới", valid_from=begins)
    old = UnitVersion(code=PHUC_TRACH, province_code=HA_TINH, name="Xã Phúc Trạch", valid_from=date(2025, 7, 1), valid_to=ends)
    book.use(shipped().with_versions([new, old]))

    clock.now = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
    assert book.resolve(HA_TINH, PHUC_TRACH).ward_name == "Xã Phúc Trạch"
    with pytest.raises(InvalidAddress) as too_early:
        book.resolve(HA_TINH, 99_001)
    clock.now = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    assert book.resolve(HA_TINH, 99_001).ward_name == "Phường Vũng Áng Mới"
    with pytest.raises(InvalidAddress) as too_late:
        book.resolve(HA_TINH, PHUC_TRACH)

    assert (too_early.value.details["reason"], too_early.value.details["valid_from"]) == ("not_yet", "2027-01-01")
    assert (too_late.value.details["reason"], too_late.value.details["valid_to"]) == ("no_longer", "2026-12-31")


def test_unknown_province_has_no_wards() -> None:
    with pytest.raises(ProvinceNotFound):
        wards_of(99)


def test_places_are_sorted_as_a_vietnamese_reader_looks_for_them() -> None:
    names = ["Xã Đức Thọ", "Phường Đà", "Xã Ăn", "Xã Dao", "Xã Anh", "Phường Ân", "Xã Da", "Xã Dà", "Xã Dạ", "Xã Sơn Kim 2", "Xã Sơn Kim 1"]

    ordered = sorted(names, key=vietnamese_order)

    assert ordered == [
        "Xã Anh", "Xã Ăn", "Phường Ân", "Xã Da", "Xã Dà", "Xã Dạ", "Xã Dao", "Phường Đà", "Xã Đức Thọ", "Xã Sơn Kim 1", "Xã Sơn Kim 2",
    ]  # fmt: skip


def test_first_and_last_province_are_the_alphabets() -> None:
    names = [province.name for province in provinces()]

    assert (names[0], names[-1]) == ("An Giang", "Vĩnh Long")
    assert names.index("Đắk Lắk") > names.index("Cao Bằng")


async def test_addresses_are_open_to_everybody_and_may_be_cached_for_an_hour(market: SmallApp) -> None:
    async with market.browser() as client:
        listed = await client.get("/api/v1/addresses/provinces")
        wards = await client.get(f"/api/v1/addresses/provinces/{HA_TINH}/wards")
        plain = await client.get(f"/api/v1/addresses/provinces/{HA_TINH}/wards", headers={"accept-encoding": "identity"})

    assert (wards.headers["content-encoding"], wards.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert "content-encoding" not in plain.headers
    assert plain.json() == wards.json()
    assert len(listed.json()["items"]) == 34
    assert {"code": HUONG_SON, "name": "Xã Hương Sơn", "kind": "xã"} in wards.json()["items"]
    for answer in (listed, wards):
        assert answer.headers.get_list("cache-control") == ["public, max-age=3600"]
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("code", "status"), [("99", 404), ("abc", 422)])
async def test_wards_of_an_unknown_province_are_refused_and_not_cached(market: SmallApp, code: str, status: int) -> None:
    async with market.browser() as client:
        answer = await client.get(f"/api/v1/addresses/provinces/{code}/wards")

    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"


async def test_places_are_found_over_http_by_whatever_people_call_them(market: SmallApp) -> None:
    async with market.browser() as client:
        by_old_name = await client.get("/api/v1/addresses/search", params={"text": "quang nam"})
        ward = await client.get("/api/v1/addresses/search", params={"text": "M\u2019Drak", "province_code": 66})

    assert by_old_name.json()["provinces"][0]["name"] == "Thành phố Đà Nẵng"
    assert by_old_name.headers.get_list("cache-control") == ["public, max-age=3600"]
    assert ward.json() == {
        "provinces": [],
        "wards": [{"code": 24412, "name": "Xã M'Drắk", "kind": "xã", "province_code": 66, "province_name": "Đắk Lắk"}],
    }


@pytest.mark.parametrize("query", ["", "text=", f"text={'x' * 101}", "text=a&limit=0", "text=a&limit=101", "text=a&province_code=x"])
async def test_a_search_beyond_the_limits_is_malformed(market: SmallApp, query: str) -> None:
    async with market.browser() as client:
        answer = await client.get(f"/api/v1/addresses/search?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


@pytest.mark.parametrize("text", ["%00", "%F0%9F%98%80", "'", "100%25", "a" * 100, "%ED%A0%80"])
async def test_any_search_text_is_answered(market: SmallApp, text: str) -> None:
    async with market.browser() as client:
        answer = await client.get(f"/api/v1/addresses/search?text={text}")

    assert answer.status_code == 200
