"""Provinces and wards of the two-level administration in force since 1 July 2025 (34 provinces). Read-only, built once per process."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from vietnam_provinces import Province, Ward

from app.catalog.errors import InvalidAddress, ProvinceNotFound
from app.catalog.schemas import ProvinceView, WardView

_KIND_PREFIXES = ("Thành phố ", "Tỉnh ", "Xã ", "Phường ", "Đặc khu ")
# Vietnamese dictionaries sort by letter first (a ă â … d đ … u ư), then by tone: level, grave, hook, tilde, acute, dot.
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0309\u0303\u0301\u0323"


@dataclass(frozen=True, slots=True)
class ResolvedAddress:
    """The names behind a pair of codes, as they are today. Orders keep them, because units still change."""

    province_name: str
    ward_name: str


def provinces() -> tuple[ProvinceView, ...]:
    """All 34 provinces and cities in Vietnamese alphabetical order."""
    return _provinces()


def wards_of(province_code: int) -> tuple[WardView, ...]:
    """All wards, communes and special zones of a province in alphabetical order. Raises `ProvinceNotFound`."""
    try:
        return _wards_by_province()[province_code]
    except KeyError:
        raise ProvinceNotFound from None


def resolve_address(province_code: int, ward_code: int) -> ResolvedAddress:
    """The names of a province and a ward in it. Raises `InvalidAddress` when either is unknown or they do not belong together."""
    found = _addresses().get((province_code, ward_code))
    if found is None:
        raise InvalidAddress(details={"province_code": province_code, "ward_code": ward_code})
    return found


def vietnamese_order(name: str) -> tuple[list[int], list[int]]:
    """Sort key of a place name by the Vietnamese alphabet, without its kind ("Xã", "Phường" …)."""
    letters: list[int] = []
    tones: list[int] = []
    for prefix in _KIND_PREFIXES:
        name = name.removeprefix(prefix)
    for char in unicodedata.normalize("NFC", name.lower()):
        parts = unicodedata.normalize("NFD", char)
        letter = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        position = _LETTERS.find(letter)
        letters.append(position if position >= 0 else ord(letter[0]) - 0x110000)
        tones.append(max(_TONES.find(part) for part in parts))
    return letters, tones


@cache
def _provinces() -> tuple[ProvinceView, ...]:
    views = (ProvinceView(code=int(unit.code), name=unit.name, kind=unit.division_type.value) for unit in Province.iter_all())
    return tuple(sorted(views, key=lambda view: vietnamese_order(view.name)))


@cache
def _wards_by_province() -> dict[int, tuple[WardView, ...]]:
    wards: dict[int, list[WardView]] = {province.code: [] for province in _provinces()}
    for unit in Ward.iter_all():
        wards[int(unit.province_code)].append(WardView(code=int(unit.code), name=unit.name, kind=unit.division_type.value))
    return {code: tuple(sorted(views, key=lambda view: vietnamese_order(view.name))) for code, views in wards.items()}


@cache
def _addresses() -> dict[tuple[int, int], ResolvedAddress]:
    return {
        (province.code, ward.code): ResolvedAddress(province.name, ward.name)
        for province in _provinces()
        for ward in _wards_by_province()[province.code]
    }
