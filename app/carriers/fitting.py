"""What keeps a parcel out of a carrier's file, or should be looked at first: a list before the file is made. Pure."""

from __future__ import annotations

from typing import Literal, get_args

from app.carriers.mapping import FileColumns
from app.carriers.parcels_to_send import ParcelToSend, value_of

Stop = Literal["receiver_erased", "no_ward", "no_street", "no_weight", "too_heavy", "cod_too_high", "not_to_send", "to_look_at"]
Hint = Literal["no_size", "no_old_district", "no_old_province", "receivers_differ", "not_packed"]
Unfit = Literal[Stop, Hint]
STOPS: frozenset[str] = frozenset(get_args(Stop))
"""With one of these a parcel stays out of the file; the others are only said."""
_ADDRESS = frozenset(("address_line", "street", "ward", "province"))
_SIZE = frozenset(("length_cm", "width_cm", "height_cm"))


def unfit(parcel: ParcelToSend, mapping: FileColumns) -> list[Unfit]:
    """Why, what stops first; empty when all is well."""
    return [*_stops(parcel, mapping), *_hints(parcel, mapping)]


def fits(problems: list[Unfit]) -> bool:
    return STOPS.isdisjoint(problems)


def _stops(parcel: ParcelToSend, mapping: FileColumns) -> list[Unfit]:
    fields, to, found = mapping.fields, parcel.addressee, list[Unfit]()
    if parcel.state not in ("open", "packed"):
        found.append("not_to_send")
    if parcel.looks_at is not None:
        found.append("to_look_at")
    if to is None:
        found.append("receiver_erased")
    elif fields & _ADDRESS:
        found += ["no_ward"] if not to.ward or not to.province else []
        found += ["no_street"] if not to.street else []
    if "weight_grams" in fields and parcel.weight_grams <= 0:
        found.append("no_weight")
    if mapping.weight_max_grams is not None and parcel.weight_grams > mapping.weight_max_grams:
        found.append("too_heavy")
    if mapping.cod_max_vnd is not None and parcel.cod_vnd > mapping.cod_max_vnd:
        found.append("cod_too_high")
    return found


def _hints(parcel: ParcelToSend, mapping: FileColumns) -> list[Unfit]:
    fields, found = mapping.fields, list[Unfit]()
    if parcel.state == "open":
        found.append("not_packed")
    if fields & _SIZE and parcel.size_cm is None:
        found.append("no_size")
    if parcel.addressee is not None:
        found += ["no_old_district"] if "old_district" in fields and not value_of(parcel, "old_district") else []
        found += ["no_old_province"] if "old_province" in fields and not value_of(parcel, "old_province") else []
    if parcel.receivers_differ:
        found.append("receivers_differ")
    return found
