"""Provinces and wards of the two-level administration in force since 1 July 2025, as they are today in Vietnam.

What this process knows is one book: the shipped facts, and with `PlacesWatch` what was imported since.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from app.catalog.errors import InvalidAddress, ProvinceNotFound
from app.catalog.gazetteer import Gazetteer, UnitVersion, shipped
from app.catalog.places_of_day import PlacesOfDay, ResolvedAddress, vietnamese_order
from app.catalog.schemas import PlacesFound, ProvinceView, WardView
from app.infra.clock import utc_now, vietnam_day

__all__ = [
    "PlaceBook", "ResolvedAddress", "book", "provinces", "resolve_address", "search_places", "vietnamese_order", "wards_of",
]  # fmt: skip


class PlaceBook:
    """The places that hold today, by a gazetteer that may be exchanged while people read."""

    def __init__(self, *, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._gazetteer: Gazetteer | None = None

    @property
    def gazetteer(self) -> Gazetteer:
        return self._gazetteer or shipped()

    def use(self, gazetteer: Gazetteer | None) -> None:
        """From now on read this one; None = what was shipped."""
        self._gazetteer = gazetteer

    def today(self) -> date:
        return vietnam_day(self._now())

    def places(self) -> PlacesOfDay:
        return self.gazetteer.on(self.today())

    def wards_of(self, province_code: int) -> tuple[WardView, ...]:
        """All wards, communes and special zones of a province in alphabetical order. Raises `ProvinceNotFound`."""
        try:
            return self.places().wards_by_province[province_code]
        except KeyError:
            raise ProvinceNotFound from None

    def resolve(self, province_code: int, ward_code: int) -> ResolvedAddress:
        """The names of a province and a ward in it. Raises `InvalidAddress`, whose details say what to do."""
        resolved = self.places().addresses.get((province_code, ward_code))
        if resolved is None:
            raise InvalidAddress(
                details={"province_code": province_code, "ward_code": ward_code, **self._why_not(province_code, ward_code)}
            )
        return resolved

    def search(self, typed: str, *, province_code: int | None, limit: int) -> PlacesFound:
        """What people may mean by `typed`, at most `limit` of each level; with a province only its wards."""
        return self.places().search(typed, province_code=province_code, limit=limit)

    def ward_name(self, ward_code: int) -> str | None:
        """The name of a ward by its code, the last one it had when it is no more; None for a code that never was one."""
        unit = (False, ward_code)
        version = self.gazetteer.version_on(unit, self.today()) or next(reversed(self.gazetteer.versions_of(unit)), None)
        return None if version is None else version.name

    def _why_not(self, province_code: int, ward_code: int) -> dict[str, object]:
        today = self.today()
        if province_code not in self.places().wards_by_province:
            return {"reason": "unknown_province", "advice": "Choose a province of GET /api/v1/addresses/provinces."}
        choose = f"Choose a ward of GET /api/v1/addresses/provinces/{province_code}/wards."
        ward = self.gazetteer.version_on((False, ward_code), today)
        if ward is not None and ward.province_code is not None:
            advice = f"Ward {ward_code} lies in province {ward.province_code}: send that province_code. Or: {choose}"
            return {"reason": "other_province", "lies_in": ward.province_code, "advice": advice}
        versions = self.gazetteer.versions_of((False, ward_code))
        return (
            _not_valid_today(self.gazetteer, versions, today) | {"advice": choose}
            if versions
            else {"reason": "unknown_ward", "advice": choose}
        )


def _not_valid_today(gazetteer: Gazetteer, versions: tuple[UnitVersion, ...], today: date) -> dict[str, object]:
    begun = [version for version in versions if version.valid_from <= today]
    if not begun:
        return {"reason": "not_yet", "valid_from": versions[0].valid_from.isoformat()}
    last_day = gazetteer.ends_after(begun[-1])
    return {"reason": "no_longer", "valid_to": last_day.isoformat() if last_day else None}


book = PlaceBook()


def provinces() -> tuple[ProvinceView, ...]:
    """All 34 provinces and cities in Vietnamese alphabetical order."""
    return book.places().provinces


def wards_of(province_code: int) -> tuple[WardView, ...]:
    """All wards, communes and special zones of a province in alphabetical order. Raises `ProvinceNotFound`."""
    return book.wards_of(province_code)


def resolve_address(province_code: int, ward_code: int) -> ResolvedAddress:
    """The names of a province and a ward in it. Raises `InvalidAddress` when either is unknown or they do not belong together."""
    return book.resolve(province_code, ward_code)


def search_places(typed: str, *, province_code: int | None = None, limit: int = 20) -> PlacesFound:
    """What people may mean by `typed`, likeliest first."""
    return book.search(typed, province_code=province_code, limit=limit)
