"""A parcel as carriers see it: what their files and their APIs are filled from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.carriers.old_districts import old_district, old_province

Field = Literal[
    "fixed", "parcel_code", "receiver_name", "phone", "address_line", "street", "ward", "province", "old_district", "old_province",
    "weight_grams", "length_cm", "width_cm", "height_cm", "cod_vnd", "value_vnd", "content", "quantity", "note",
]  # fmt: skip
"""What a column may hold: the same text in every row, or one of these facts about the parcel."""
NUMBERS: frozenset[Field] = frozenset(("weight_grams", "length_cm", "width_cm", "height_cm", "cod_vnd", "value_vnd", "quantity"))
"""Written as numbers; everything else is text, telephone numbers too."""
PERSONAL: frozenset[Field] = frozenset(("receiver_name", "phone", "address_line", "street", "note"))
"""Masked wherever it is only looked at."""
CONTENT_MAX = 200


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom it goes to, in the clear. `phone` is E.164."""

    name: str
    phone: str
    street: str
    ward: str
    province: str
    province_code: int
    note: str = ""

    @property
    def local_phone(self) -> str:
        """As carriers in Vietnam write it: ten digits from 0."""
        return f"0{self.phone[3:]}" if self.phone.startswith("+84") else self.phone

    @property
    def address_line(self) -> str:
        return ", ".join(part for part in (self.street, self.ward, self.province) if part)


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """One product in the box."""

    name: str
    quantity: int
    weight_grams: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True)
class ParcelToSend:
    """One box. `addressee` None: the person was erased. `looks_at`: why somebody has to look at it first. `size_cm`: length, width, height."""

    parcel_id: UUID
    code: str
    state: str
    addressee: Addressee | None
    weight_grams: int
    size_cm: tuple[int, int, int] | None
    cod_vnd: int
    value_vnd: int
    goods: Sequence[GoodsLine]
    looks_at: str | None = None
    carrier: str | None = None
    tracking_code: str | None = None
    receivers_differ: bool = False

    @property
    def content(self) -> str:
        """`Mật ong x2, Cam x1`, as long as it fits."""
        text = ", ".join(f"{line.name} x{line.quantity}" for line in self.goods)
        return text if len(text) <= CONTENT_MAX else f"{text[: CONTENT_MAX - 1]}…"

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.goods)


def value_of(parcel: ParcelToSend, field: Field, fixed: str = "") -> str | int:
    """What stands in a column; "" where the parcel does not say it. Numbers are whole: grams, centimetres, đồng, units."""
    if field == "fixed":
        return fixed
    return _values(parcel).get(field, "")


def masked_value(parcel: ParcelToSend, field: Field, fixed: str = "") -> str | int:
    """The same for whoever only looks: initials, three digits, no street."""
    to = parcel.addressee
    if to is None or field not in PERSONAL:
        return value_of(parcel, field, fixed)
    match field:
        case "receiver_name":
            return " ".join(f"{word[0]}." for word in to.name.split())
        case "phone":
            return f"•••{to.local_phone[-3:]}"
        case "address_line":
            return ", ".join(("•••", to.ward, to.province))
        case _:
            return "•••" if value_of(parcel, field) else ""


def _values(parcel: ParcelToSend) -> Mapping[Field, str | int]:
    to, size = parcel.addressee, parcel.size_cm
    values: dict[Field, str | int] = {
        "parcel_code": parcel.code,
        "weight_grams": parcel.weight_grams or "",
        "cod_vnd": parcel.cod_vnd,
        "value_vnd": parcel.value_vnd,
        "content": parcel.content,
        "quantity": parcel.quantity,
    }
    if size is not None:
        values |= {"length_cm": size[0], "width_cm": size[1], "height_cm": size[2]}
    if to is not None:
        values |= {
            "receiver_name": to.name,
            "phone": to.local_phone,
            "address_line": to.address_line,
            "street": to.street,
            "ward": to.ward,
            "province": to.province,
            "old_district": old_district(to.province_code, to.ward, to.street),
            "old_province": old_province(to.province_code, to.province),
            "note": to.note,
        }
    return values
