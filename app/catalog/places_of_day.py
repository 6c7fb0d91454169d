"""Provinces and wards as they are on one day: listed in Vietnamese order, found by their codes or by what people type."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.catalog.place_names import findable, found
from app.catalog.schemas import FoundWard, PlacesFound, ProvinceView, WardView

_KIND_PREFIXES = ("Thành phố ", "Tỉnh ", "Xã ", "Phường ", "Đặc khu ")
# Vietnamese dictionaries sort by letter first (a ă â … d đ … u ư), then by tone: level, grave, hook, tilde, acute, dot.
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0309\u0303\u0301\u0323"

# "tỉnh Bà Rịa - Vũng Tàu" is the longest, with its dash
_PROVINCE_WORDS = 6


@dataclass(frozen=True, slots=True)
class ResolvedAddress:
    """The names behind a pair of codes, as they are on the day. Orders keep them, because units still change."""

    province_name: str
    ward_name: str


@dataclass(frozen=True, slots=True)
class FormerNames:
    """What else leads to a province: `also` old provinces and short forms, `districts` the districts it had until 2025."""

    also: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProvinceNames:
    """A province as it is shown, and what else leads to it."""

    name: str
    kind: str
    former: FormerNames


class PlacesOfDay:
    """Built once per day and process. Wards of a province that does not exist on the day are left out."""

    def __init__(self, provinces: Mapping[int, ProvinceNames], wards: Mapping[int, Iterable[tuple[int, str, str]]]) -> None:
        views = [
            ProvinceView(code=code, name=names.name, kind=names.kind, also=names.former.also, districts=names.former.districts)
            for code, names in provinces.items()
        ]
        self.provinces = tuple(sorted(views, key=lambda view: vietnamese_order(view.name)))
        self.wards_by_province = {province.code: _sorted_wards(wards.get(province.code, ())) for province in self.provinces}
        self.addresses = {
            (province.code, ward.code): ResolvedAddress(province.name, ward.name)
            for province in self.provinces
            for ward in self.wards_by_province[province.code]
        }
        self._findable_provinces = tuple(
            findable(province, province.name, also=province.also, districts=province.districts) for province in self.provinces
        )
        self._findable_wards = {
            province.code: tuple(findable((ward, province), ward.name) for ward in self.wards_by_province[province.code])
            for province in self.provinces
        }

    def search(self, typed: str, *, province_code: int | None, limit: int) -> PlacesFound:
        """What people may mean by `typed`, at most `limit` of each level; with a province only its wards.

        Former districts lead to their province and to wards of the same name. A ward may be followed by its province.
        """
        if province_code is not None:
            wards = found(self._findable_wards.get(province_code, ()), typed, limit=limit)
            return PlacesFound(provinces=(), wards=_found_wards(wards))
        provinces = found(self._findable_provinces, typed, limit=limit)
        wards = found((each for wards in self._findable_wards.values() for each in wards), typed, limit=limit)
        if not provinces and not wards:
            wards = self._wards_before_a_province(typed, limit=limit)
        return PlacesFound(provinces=tuple(provinces), wards=_found_wards(wards))

    def _wards_before_a_province(self, typed: str, *, limit: int) -> list[tuple[WardView, ProvinceView]]:
        """For "hải châu, đà nẵng": the longest last words that name a province, and what stands before them in it."""
        words = typed.replace(",", " ").split()
        for first in range(max(1, len(words) - _PROVINCE_WORDS), len(words)):
            named = found(self._findable_provinces, " ".join(words[first:]), limit=1)
            if named and (wards := found(self._findable_wards[named[0].code], " ".join(words[:first]), limit=limit)):
                return wards
        return []


@lru_cache(maxsize=8192)
def vietnamese_order(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
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
    return tuple(letters), tuple(tones)


def _sorted_wards(wards: Iterable[tuple[int, str, str]]) -> tuple[WardView, ...]:
    views = [WardView(code=code, name=name, kind=kind) for code, name, kind in wards]
    return tuple(sorted(views, key=lambda view: vietnamese_order(view.name)))


def _found_wards(wards: Iterable[tuple[WardView, ProvinceView]]) -> tuple[FoundWard, ...]:
    return tuple(FoundWard(**ward.model_dump(), province_code=province.code, province_name=province.name) for ward, province in wards)
