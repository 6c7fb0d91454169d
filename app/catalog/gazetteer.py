"""Units of the two-level administration with the days on which they hold, and the places of one day. Read-only once built."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from app.catalog.place_names import kept_spelling
from app.catalog.places_of_day import FormerNames, PlacesOfDay, ProvinceNames

FACTS_FOLDER = Path(__file__).resolve().parent / "places"
PROVINCE_KINDS = {"Tỉnh": "tỉnh", "Thành phố": "thành phố trung ương"}
WARD_KINDS = {"Xã": "xã", "Phường": "phường", "Đặc khu": "đặc khu"}

_DAYS_KEPT = 3


@dataclass(frozen=True, slots=True)
class UnitVersion:
    """A province (`province_code` None) or a ward, commune or special zone, as one decision left it.

    Holds from `valid_from` until a later version of the same code, at the longest to `valid_to`, both days included; days are days in
    Vietnam. A withdrawn version counts as never written.
    """

    code: int
    province_code: int | None
    name: str
    valid_from: date
    valid_to: date | None = None
    decision: str = ""
    is_withdrawn: bool = False

    @property
    def unit(self) -> tuple[bool, int]:
        """What stays the same over all versions: provinces and wards count their codes apart."""
        return self.province_code is None, self.code

    @property
    def key(self) -> tuple[bool, int, date]:
        return *self.unit, self.valid_from


class Gazetteer:
    """All versions of all units. Of two versions with the same code and first day the one that was given later counts."""

    def __init__(self, versions: Iterable[UnitVersion]) -> None:
        self._versions = {version.key: version for version in versions}
        self._by_unit: dict[tuple[bool, int], list[UnitVersion]] = {}
        for version in sorted(self._versions.values(), key=lambda each: each.valid_from):
            if not version.is_withdrawn:
                self._by_unit.setdefault(version.unit, []).append(version)
        self._days: dict[date, PlacesOfDay] = {}

    def with_versions(self, later: Iterable[UnitVersion]) -> Gazetteer:
        """These versions and `later` ones, which win."""
        return Gazetteer([*self._versions.values(), *later])

    def stored(self, key: tuple[bool, int, date]) -> UnitVersion | None:
        """The version with this code and first day, withdrawn ones included."""
        return self._versions.get(key)

    def versions_of(self, unit: tuple[bool, int]) -> tuple[UnitVersion, ...]:
        """All versions of a unit, oldest first."""
        return tuple(self._by_unit.get(unit, ()))

    def version_on(self, unit: tuple[bool, int], day: date) -> UnitVersion | None:
        """The version that holds on `day`, None before the unit's first day and after its last."""
        begun = [version for version in self._by_unit.get(unit, ()) if version.valid_from <= day]
        return begun[-1] if begun and (begun[-1].valid_to is None or day <= begun[-1].valid_to) else None

    def units_on(self, day: date) -> dict[tuple[bool, int], UnitVersion]:
        """Every unit that holds on `day`."""
        return {unit: version for unit in self._by_unit if (version := self.version_on(unit, day)) is not None}

    def on(self, day: date) -> PlacesOfDay:
        """The places of `day`, ready for listing and searching. The first call for a day takes some 0.1 s of processor time."""
        places = self._days.get(day)
        if places is None:
            places = _places_of(self.units_on(day).values())
            self._days = dict([*self._days.items(), (day, places)][-_DAYS_KEPT:])
        return places

    def ends_after(self, version: UnitVersion) -> date | None:
        """The last day of a version: its own, or the day before the next one; None = no end known."""
        following = [each.valid_from for each in self.versions_of(version.unit) if each.valid_from > version.valid_from]
        ends = [*([version.valid_to] if version.valid_to else []), *(first - timedelta(days=1) for first in following)]
        return min(ends, default=None)


@cache
def shipped() -> Gazetteer:
    """What `places/units.csv` says, without later imports."""
    with (FACTS_FOLDER / "units.csv").open(encoding="utf-8", newline="") as file:
        return Gazetteer(
            UnitVersion(
                code=int(row["code"]),
                province_code=int(row["province_code"]) if row["province_code"] else None,
                name=kept_spelling(row["name"]),
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                decision=row["decision"],
            )
            for row in csv.DictReader(file)
        )


@cache
def former_names() -> dict[int, FormerNames]:
    """By province code: the old provinces, short forms and former districts that lead to it."""
    known: dict[str, dict[str, list[str]]] = json.loads((FACTS_FOLDER / "former_names.json").read_text(encoding="utf-8"))
    return {int(code): FormerNames((*each["provinces"], *each["short"]), tuple(each["districts"])) for code, each in known.items()}


def kind_of(name: str, kinds: dict[str, str]) -> str | None:
    """The kind that a name begins with, as `kinds` calls it."""
    return next((kind for prefix, kind in kinds.items() if name.startswith(f"{prefix} ")), None)


def _places_of(versions: Iterable[UnitVersion]) -> PlacesOfDay:
    provinces: dict[int, ProvinceNames] = {}
    wards: dict[int, list[tuple[int, str, str]]] = {}
    for version in versions:
        if version.province_code is None:
            kind = kind_of(version.name, PROVINCE_KINDS) or "tỉnh"
            # "Tỉnh" is dropped, "Thành phố" is part of how people call a city's name in an address
            provinces[version.code] = ProvinceNames(
                version.name.removeprefix("Tỉnh "), kind, former_names().get(version.code, FormerNames())
            )
        else:
            kind = kind_of(version.name, WARD_KINDS) or "xã"
            wards.setdefault(version.province_code, []).append((version.code, version.name, kind))
    return PlacesOfDay(provinces, wards)
