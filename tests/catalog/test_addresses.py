"""Provinces and wards of the two-level administration."""

from __future__ import annotations

import pytest

from app.catalog.addresses import provinces, resolve_address, vietnamese_order, wards_of
from app.catalog.errors import InvalidAddress, ProvinceNotFound
from tests.accounts.builders import SmallApp

HA_TINH, HA_NOI = 42, 1
PHUC_TRACH, HUONG_SON, HOAN_KIEM = 18547, 18133, 70


def test_there_are_thirty_four_provinces_six_of_them_cities() -> None:
    kinds = [province.kind for province in provinces()]

    assert len(kinds) == len({province.code for province in provinces()}) == 34
    assert (kinds.count("thành phố trung ương"), kinds.count("tỉnh")) == (6, 28)


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
    ("province_code", "ward_code"), [(HA_NOI, PHUC_TRACH), (HA_TINH, HOAN_KIEM), (99, PHUC_TRACH), (HA_TINH, 0), (-1, -1)]
)
def test_ward_must_lie_in_its_province(province_code: int, ward_code: int) -> None:
    with pytest.raises(InvalidAddress) as refusal:
        resolve_address(province_code, ward_code)

    assert refusal.value.code == "invalid_address"
    assert refusal.value.details == {"province_code": province_code, "ward_code": ward_code}


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


async def test_addresses_are_open_to_everybody_and_may_be_cached_for_a_day(market: SmallApp) -> None:
    async with market.browser() as client:
        listed = await client.get("/api/v1/addresses/provinces")
        wards = await client.get(f"/api/v1/addresses/provinces/{HA_TINH}/wards")

    assert len(listed.json()["items"]) == 34
    assert {"code": HUONG_SON, "name": "Xã Hương Sơn", "kind": "xã"} in wards.json()["items"]
    for answer in (listed, wards):
        assert answer.headers.get_list("cache-control") == ["public, max-age=86400"]
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("code", "status"), [("99", 404), ("abc", 422)])
async def test_wards_of_an_unknown_province_are_refused_and_not_cached(market: SmallApp, code: str, status: int) -> None:
    async with market.browser() as client:
        answer = await client.get(f"/api/v1/addresses/provinces/{code}/wards")

    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
