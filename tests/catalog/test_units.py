"""The shipped facts: every unit with its official code, and the days on which each version holds."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import date

import pytest

from app.catalog.gazetteer import Gazetteer, UnitVersion, former_names, shipped
from app.catalog.place_names import folded, kept_spelling

# Per province: how many units lie in it in July 2026, and a digest of their codes and names that does not care where a tone mark sits.
FACTS = {
    1: (126, "a5aafbdd65e4"), 4: (56, "e27bd38f817e"), 8: (124, "154bddb8510e"), 11: (45, "059c2ed0c9a4"), 12: (38, "b59f3d8be6d3"),
    14: (75, "89300cd03c1b"), 15: (99, "ff173ad566ca"), 19: (92, "0f26dc9a9cb8"), 20: (65, "2204e6ff9ae9"), 22: (54, "9394b7147a2a"),
    24: (99, "f1d83edeae83"), 25: (148, "df766bf02541"), 31: (114, "8b8009562a54"), 33: (104, "9c2b275df0ea"), 37: (129, "19c6c036334e"),
    38: (166, "74c45b6b39e4"), 40: (130, "9e705c81296b"), 42: (69, "6fae9db28153"), 44: (78, "324e13783cf4"), 46: (40, "8467421accd6"),
    48: (94, "c9bb5ec6d575"), 51: (96, "f677855fc449"), 52: (135, "5170e9361397"), 56: (65, "08da6dbcc109"), 66: (102, "aaef6e8bc06d"),
    68: (124, "b294f6eb91d7"), 75: (95, "9fbcb932c84a"), 79: (168, "5dd6014b3f06"), 80: (96, "127e8153e0a0"), 82: (102, "a07e178cbc59"),
    86: (124, "ba9d036d69e5"), 91: (102, "a40e4c6bf856"), 92: (103, "010fc97d7f4b"), 96: (64, "113dc564af64"),
}  # fmt: skip
JULY_2026, TODAY = date(2026, 7, 15), date(2026, 11, 28)


def letters_of(name: str) -> str:
    return " ".join("".join(sorted(unicodedata.normalize("NFD", word.lower()))) for word in name.split())


def digest_of(wards: dict[int, str]) -> str:
    lines = sorted(f"{code} {letters_of(name)}" for code, name in wards.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def province_names(day: date) -> dict[int, str]:
    return {province.code: province.name for province in shipped().on(day).provinces}


def ward_name(day: date, province_code: int, ward_code: int) -> str:
    return shipped().on(day).addresses[province_code, ward_code].ward_name


@pytest.mark.parametrize("province_code", FACTS)
def test_every_unit_bears_its_official_code(province_code: int) -> None:
    wards = {ward.code: ward.name for ward in shipped().on(JULY_2026).wards_by_province[province_code]}

    assert (len(wards), digest_of(wards)) == FACTS[province_code]


def test_there_are_34_provinces_and_3321_units_on_every_day_since_july_2025() -> None:
    for day in (date(2025, 7, 1), date(2026, 4, 29), date(2026, 4, 30), JULY_2026, TODAY):
        assert (len(shipped().on(day).provinces), len(shipped().on(day).addresses)) == (34, 3321), day
    assert shipped().on(date(2025, 6, 30)).provinces == ()


@pytest.mark.parametrize(
    ("province_code", "ward_code", "name"),
    [
        (1, 82, "Phường Cửa Nam"),
        (79, 26800, "Phường Linh Xuân"),
        (48, 20194, "Phường Hải Vân"),
        (46, 19753, "Phường Phú Xuân"),
        (1, 226, "Phường Văn Miếu - Quốc Tử Giám"),
        (1, 331, "Phường Hoàng Mai"),
        (92, 31207, "Phường Thốt Nốt"),
        (37, 13285, "Phường Phủ Lý"),
        (42, 18133, "Xã Hương Sơn"),
    ],
)
def test_a_code_means_the_unit_of_the_official_list(province_code: int, ward_code: int, name: str) -> None:
    assert ward_name(TODAY, province_code, ward_code) == name


@pytest.mark.parametrize(
    ("code", "first_day", "before", "after"),
    [
        (75, date(2026, 4, 30), "Đồng Nai", "Thành phố Đồng Nai"),
        (22, date(2026, 9, 1), "Quảng Ninh", "Thành phố Quảng Ninh"),
        (24, date(2026, 9, 20), "Bắc Ninh", "Thành phố Bắc Ninh"),
    ],
)
def test_a_province_becomes_a_city_on_its_day_and_keeps_its_code(code: int, first_day: date, before: str, after: str) -> None:
    day_before = date.fromordinal(first_day.toordinal() - 1)

    assert (province_names(day_before)[code], province_names(first_day)[code]) == (before, after)


def test_ten_communes_of_dong_nai_became_phuong_on_30_april_2026() -> None:
    before, after = (
        {ward.code: ward.name for ward in shipped().on(day).wards_by_province[75]} for day in (date(2026, 4, 29), date(2026, 4, 30))
    )
    changed = {code for code in before if before[code] != after[code]}

    assert len(changed) == 10
    assert all(before[code].removeprefix("Xã ") == after[code].removeprefix("Phường ") for code in changed)


def test_names_are_spelled_one_way() -> None:
    versions = shipped().units_on(TODAY).values()
    names = [version.name for version in versions] + [
        name for former in former_names().values() for name in (*former.also, *former.districts)
    ]

    assert [name for name in names if name != kept_spelling(name) or "  " in name or "Ð" in name] == []
    assert [
        version.name for version in versions if not version.name.startswith(("Tỉnh ", "Thành phố ", "Xã ", "Phường ", "Đặc khu "))
    ] == []


@pytest.mark.parametrize(
    ("written", "kept"),
    [("Xã Phú Hoà 2", "Xã Phú Hòa 2"), ("Thuỷ Nguyên", "Thủy Nguyên"), ("Khoẻ", "Khỏe"), ("Thuý", "Thúy"), ("Quý Lộc", "Quý Lộc"),
     ("Quỳ Châu", "Quỳ Châu"), ("Hoàng Mai", "Hoàng Mai"), ("Khuyến", "Khuyến"), ("Ea H\u2019Leo", "Ea H'Leo"), ("Buôn  Ma Thuột", "Buôn Ma Thuột")],
)  # fmt: skip
def test_the_tone_sits_on_the_glide_of_an_open_syllable(written: str, kept: str) -> None:
    assert kept_spelling(written) == kept
    assert kept_spelling(kept) == kept
    assert kept_spelling(unicodedata.normalize("NFD", written)) == kept


def test_every_province_before_july_2025_leads_to_one_of_today() -> None:
    names = {folded(name.removeprefix("Thành phố ")) for name in province_names(TODAY).values()}
    names |= {folded(name) for former in former_names().values() for name in former.also}

    assert set(former_names()) == set(FACTS)
    assert [name for name in PROVINCES_BEFORE if folded(name) not in names] == []
    assert sum(len(former.districts) for former in former_names().values()) > 650


def a_version(name: str, first: date, last: date | None = None, *, is_withdrawn: bool = False) -> UnitVersion:
    return UnitVersion(code=18547, province_code=42, name=name, valid_from=first, valid_to=last, is_withdrawn=is_withdrawn)


def test_a_later_version_begins_on_its_first_day_and_the_earlier_one_ends_the_day_before() -> None:
    changed = shipped().with_versions([a_version("Phường Phúc Trạch", date(2027, 1, 1))])

    assert changed.on(date(2026, 12, 31)).addresses[42, 18547].ward_name == "Xã Phúc Trạch"
    assert changed.on(date(2027, 1, 1)).addresses[42, 18547].ward_name == "Phường Phúc Trạch"
    assert changed.ends_after(changed.versions_of((False, 18547))[0]) == date(2026, 12, 31)


def test_a_unit_is_gone_after_its_last_day_and_a_withdrawn_version_was_never_there() -> None:
    ended = shipped().with_versions([a_version("Xã Phúc Trạch", date(2025, 7, 1), date(2026, 12, 31))])
    withdrawn = shipped().with_versions([a_version("Xã Phúc Trạch", date(2025, 7, 1), is_withdrawn=True)])

    assert (42, 18547) in ended.on(date(2026, 12, 31)).addresses
    assert (42, 18547) not in ended.on(date(2027, 1, 1)).addresses
    assert (42, 18547) not in withdrawn.on(TODAY).addresses


def test_codes_of_provinces_and_wards_are_counted_apart() -> None:
    both = Gazetteer(
        [
            UnitVersion(code=4, province_code=None, name="Tỉnh Cao Bằng", valid_from=date(2025, 7, 1)),
            UnitVersion(code=4, province_code=4, name="Xã Bốn", valid_from=date(2025, 7, 1)),
        ]
    )

    assert both.on(TODAY).addresses[4, 4].ward_name == "Xã Bốn"


PROVINCES_BEFORE = (
    "Hà Nội", "Hà Giang", "Cao Bằng", "Bắc Kạn", "Tuyên Quang", "Lào Cai", "Điện Biên", "Lai Châu", "Sơn La", "Yên Bái", "Hòa Bình",
    "Thái Nguyên", "Lạng Sơn", "Quảng Ninh", "Bắc Giang", "Phú Thọ", "Vĩnh Phúc", "Bắc Ninh", "Hải Dương", "Hải Phòng", "Hưng Yên",
    "Thái Bình", "Hà Nam", "Nam Định", "Ninh Bình", "Thanh Hóa", "Nghệ An", "Hà Tĩnh", "Quảng Bình", "Quảng Trị", "Huế", "Đà Nẵng",
    "Quảng Nam", "Quảng Ngãi", "Bình Định", "Phú Yên", "Khánh Hòa", "Ninh Thuận", "Bình Thuận", "Kon Tum", "Gia Lai", "Đắk Lắk",
    "Đắk Nông", "Lâm Đồng", "Bình Phước", "Tây Ninh", "Bình Dương", "Đồng Nai", "Bà Rịa - Vũng Tàu", "Hồ Chí Minh", "Long An",
    "Tiền Giang", "Bến Tre", "Trà Vinh", "Vĩnh Long", "Đồng Tháp", "An Giang", "Kiên Giang", "Cần Thơ", "Hậu Giang", "Sóc Trăng",
    "Bạc Liêu", "Cà Mau",
)  # fmt: skip
