"""Reads parcels for carriers, in the clear inside this package; what leaves it is masked, or written down first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from app.carriers.parcels_to_send import Addressee, GoodsLine, ParcelToSend
from app.infra.database import RawConnection
from app.infra.sealing import Envelopes
from app.parcels.errors import ParcelNotFound
from app.parcels.reading import OpenParcel, ParcelReach, ids_in_reach, open_parcels

OPENED_AT_ONCE = 100


async def read_parcels(db: RawConnection, envelopes: Envelopes, organisation_id: UUID, parcel_ids: Collection[UUID]) -> list[OpenParcel]:
    """These, in the order in which they are named. Raises `ParcelNotFound` when one of them is not the organisation's."""
    missing = set(parcel_ids) - await ids_in_reach(db, ParcelReach(organisation_id), parcel_ids)
    if missing:
        raise ParcelNotFound(details={"parcel_id": str(min(missing))})
    return await open_some(db, envelopes, list(parcel_ids))


async def open_some(db: RawConnection, envelopes: Envelopes, parcel_ids: Sequence[UUID]) -> list[OpenParcel]:
    """Opened a few at a time, so that a thousand receivers do not hold everybody else up."""
    opened: list[OpenParcel] = []
    for start in range(0, len(parcel_ids), OPENED_AT_ONCE):
        opened += await open_parcels(db, envelopes, parcel_ids[start : start + OPENED_AT_ONCE])
    return opened


def to_send(parcel: OpenParcel) -> ParcelToSend:
    """A parcel as files and APIs are filled from it."""
    row, to = parcel.row, parcel.receiver
    size = (row["length_cm"], row["width_cm"], row["height_cm"])
    return ParcelToSend(
        parcel_id=row["id"],
        code=row["code"],
        state=row["state"],
        addressee=None
        if to is None
        else Addressee(to.name, to.phone, to.street, to.ward_name, to.province_name, to.province_code, to.note),
        weight_grams=parcel.weight_grams,
        size_cm=None if None in size else size,
        cod_vnd=parcel.cod_vnd,
        value_vnd=parcel.value_vnd,
        goods=tuple(
            GoodsLine(line["product_name"], line["quantity"], line["weight_grams"], line["product_code"] or "") for line in parcel.lines
        ),
        looks_at=row["looks_at"],
        carrier=row["carrier"],
        tracking_code=row["tracking_code"],
        receivers_differ=parcel.receivers_differ,
    )
