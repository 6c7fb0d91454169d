"""Districts and provinces as they were called before 1 July 2025, for carriers that still ask for them; "" where nobody can know.

Which former district a commune lay in is not among our facts (`app/catalog/places/README.md`). It is known where the buyer wrote it, and
where a ward of today bears the name of one former district of its province. Nobody guesses beyond that.
"""

from __future__ import annotations

import re
from functools import cache

from app.catalog.gazetteer import former_names
from app.catalog.place_names import folded

_KIND = r"(?:huyen|quan|thi xa|thanh pho|tp|tx|h|q)"
_KIND_OF_WARD = re.compile(r"^(?:phuong|xa|dac khu|thi tran) ")


def old_district(province_code: int, ward: str, street: str) -> str:
    """The former district by its name without its kind; "" when neither the street nor the ward's name says it for certain."""
    districts = _districts(province_code)
    by_street = _named_in(street, districts)
    if len(by_street) == 1:
        return districts[by_street.pop()]
    if by_street:
        return ""
    return districts.get(_KIND_OF_WARD.sub("", folded(ward)), "")


def old_province(province_code: int, province: str) -> str:
    """The former province: the same one where none was merged into it; "" where it may have been several."""
    facts = former_names().get(province_code)
    return province if facts is None or not _former_provinces(province_code) else ""


@cache
def _districts(province_code: int) -> dict[str, str]:
    """By their folded names. A number alone is no name: `Quận 3` stays whole."""
    facts = former_names().get(province_code)
    return {} if facts is None else {folded(name): name for name in facts.districts}


@cache
def _former_provinces(province_code: int) -> tuple[str, ...]:
    facts = former_names().get(province_code)
    # Short forms stand among them, in small letters.
    return () if facts is None else tuple(name for name in facts.also if not name.islower())


def _named_in(street: str, districts: dict[str, str]) -> set[str]:
    """Those that the text names with their kind, or as a part of their own between commas."""
    parts = {folded(part) for part in street.split(",")}
    text = f" {folded(street)} "
    found = set()
    for name in districts:
        bare = re.sub(rf"^{_KIND} ", "", name)
        if name in parts or re.search(rf" {_KIND} {re.escape(bare)} ", text):
            found.add(name)
    return found
