"""What carriers are told of parcels, and what they tell back. For whoever makes files and calls for carriers; no routes of its own.

Every function works in a transaction of the caller. Lock order: `hold_parcels` first, a session's ledger after it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts.audit import insert_audit, insert_audit_each
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.errors import Forbidden
from app.fulfilment.queries import masked_receiver
from app.fulfilment.sealed_rows import SealedRows
from app.infra.database import RawConnection
from app.orders.contacts import Contact
from app.parcels.errors import ParcelNeedsLook, ParcelNotFound, ParcelStateUnfit
from app.parcels.reading import OpenParcel, ParcelReach, ids_in_reach, open_parcels
from app.parcels.refreshing import hold_parcels, refresh

_BY_CODES = "SELECT id, code FROM parcels WHERE organisation_id = $1 AND code = ANY($2::text[]) AND state <> 'dissolved'"
_HAND_OVER = """
UPDATE parcels SET state = 'handed_over', handed_over_at = coalesce(handed_over_at, $2), carrier = coalesce($3, carrier),
  tracking_code = coalesce($4, tracking_code), cod_vnd = coalesce(cod_vnd, $5) WHERE id = $1
"""
_TRACK = """
UPDATE parcels SET tracking_state = coalesce($2, tracking_state), carrier = coalesce($3, carrier), tracking_code = coalesce($4, tracking_code)
WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class LineForCarrier:
    """Units of one product in a parcel; `weight_grams` of one unit."""

    product_name: str
    unit: str
    quantity: int
    unit_price_vnd: int
    weight_grams: int


@dataclass(frozen=True, slots=True)
class OrderOfParcel:
    order_id: UUID
    session_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class ReceiverForCarrier:
    """In the clear, or masked: then initials, three digits, no street and no note. Codes are those of the official lists."""

    name: str
    phone: str
    street: str
    ward_code: int
    ward_name: str
    province_code: int
    province_name: str


@dataclass(frozen=True, slots=True)
class ParcelForCarrier:
    """A parcel as carriers want it: grams, whole cm (None: not measured), whole VND. `receiver` None: the person is erased.

    `cod_vnd` is what is to be collected with it; `value_vnd` what its goods cost. `note`: the buyer's own words for the delivery, None when masked.
    """

    id: UUID
    code: str
    state: str
    receiver: ReceiverForCarrier | None
    receivers_differ: bool
    cod_vnd: int
    value_vnd: int
    weight_grams: int
    length_cm: int | None
    width_cm: int | None
    height_cm: int | None
    lines: tuple[LineForCarrier, ...]
    orders: tuple[OrderOfParcel, ...]
    note: str | None
    carrier: str | None
    tracking_code: str | None
    tracking_state: str | None


class CarrierDoor:
    """Reads and marks parcels for a carrier."""

    def __init__(self, rows: SealedRows) -> None:
        self._rows = rows

    async def masked(self, db: RawConnection, user: CurrentUser, parcel_ids: Collection[UUID]) -> list[ParcelForCarrier]:
        """For previews: nobody is named. Raises `ParcelNotFound` when one of them is not the organisation's."""
        return [_told(each, is_masked=True) for each in await self._read(db, user.organisation_id, parcel_ids)]

    async def for_carrier(
        self, db: RawConnection, user: CurrentUser, parcel_ids: Collection[UUID], *, reason: str = "carrier_file"
    ) -> list[ParcelForCarrier]:
        """With receivers in the clear, for this one export. Written down with `reason`, a short code, in the same transaction.

        Raises `Forbidden` for whoever may not print receivers, and `ParcelNotFound`.
        """
        parcels = await self._read(db, user.organisation_id, parcel_ids)
        await note_revealed(db, user, parcels, reason=reason)
        return [_told(each, is_masked=False) for each in parcels]

    async def by_codes(self, db: RawConnection, organisation_id: UUID, codes: Collection[str]) -> dict[str, UUID]:
        """Parcels by their codes, as `states.read_code` reads them; those that do not exist are missing."""
        return {row["code"]: row["id"] for row in await db.fetch(_BY_CODES, organisation_id, list(codes))}

    async def hand_over(
        self,
        db: RawConnection,
        user: CurrentUser,
        parcel_id: UUID,
        *,
        at: datetime,
        carrier: str | None = None,
        tracking_code: str | None = None,
    ) -> ParcelForCarrier:
        """The carrier has it: what it collects is fixed by this. Again it changes no time and no sum, and fills what was not known.

        Returns the parcel, masked, with its orders. Raises `ParcelNotFound`, `ParcelStateUnfit` unless it is packed, `ParcelNeedsLook`.
        """
        held = await hold_parcels(db, self._rows.envelopes, [parcel_id])
        await refresh(db, held)
        row = held.parcels.get(parcel_id)
        if row is None or row["organisation_id"] != user.organisation_id:
            raise ParcelNotFound(details={"parcel_id": str(parcel_id)})
        if row["state"] == "open":
            raise ParcelStateUnfit(details={"state": row["state"]})
        if row["looks_at"] is not None and row["state"] == "packed":
            raise ParcelNeedsLook(details={"looks_at": row["looks_at"]})
        (before,) = await self._read(db, user.organisation_id, [parcel_id])
        await db.execute(_HAND_OVER, parcel_id, at, carrier, tracking_code, before.cod_vnd)
        if row["state"] == "packed":
            await insert_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="parcel.handed_over",
                subject_id=parcel_id,
                details={"code": row["code"], "carrier": carrier or "", "cod_vnd": before.cod_vnd},
            )
        (after,) = await self._read(db, user.organisation_id, [parcel_id])
        return _told(after, is_masked=True)

    async def track(
        self,
        db: RawConnection,
        organisation_id: UUID,
        parcel_id: UUID,
        *,
        tracking_state: str | None = None,
        carrier: str | None = None,
        tracking_code: str | None = None,
    ) -> None:
        """What a carrier says of a parcel: a short code of its state; None leaves what is known. Raises `ParcelNotFound`."""
        await self._require(db, organisation_id, [parcel_id])
        await db.execute(_TRACK, parcel_id, tracking_state, carrier, tracking_code)

    async def _read(self, db: RawConnection, organisation_id: UUID, parcel_ids: Collection[UUID]) -> list[OpenParcel]:
        await self._require(db, organisation_id, parcel_ids)
        return await open_parcels(db, self._rows.envelopes, parcel_ids)

    async def _require(self, db: RawConnection, organisation_id: UUID, parcel_ids: Collection[UUID]) -> None:
        missing = set(parcel_ids) - await ids_in_reach(db, ParcelReach(organisation_id), parcel_ids)
        if missing:
            raise ParcelNotFound(details={"parcel_id": str(min(missing))})


async def note_revealed(db: RawConnection, user: CurrentUser, parcels: Sequence[OpenParcel], *, reason: str) -> None:
    """Write down, before anybody sees it, whose receivers were given out in the clear, by whom and what for. Raises `Forbidden`."""
    if not user.may_everywhere(Action.PRINT_RECEIVERS):
        raise Forbidden
    about = [(order.id, {"reason": reason, "parcel": parcel.row["code"]}) for parcel in parcels for order, _ in parcel.orders]
    await insert_audit_each(db, organisation_id=user.organisation_id, user_id=user.id, action="order.contact_read", about=about)


def _told(parcel: OpenParcel, *, is_masked: bool) -> ParcelForCarrier:
    row = parcel.row
    return ParcelForCarrier(
        id=row["id"],
        code=row["code"],
        state=row["state"],
        receiver=None if parcel.receiver is None else _receiver(parcel.receiver, is_masked=is_masked),
        receivers_differ=parcel.receivers_differ,
        cod_vnd=parcel.cod_vnd,
        value_vnd=parcel.value_vnd,
        weight_grams=parcel.weight_grams,
        length_cm=row["length_cm"],
        width_cm=row["width_cm"],
        height_cm=row["height_cm"],
        lines=tuple(
            LineForCarrier(line["product_name"], line["unit"], line["quantity"], line["unit_price_vnd"], line["weight_grams"])
            for line in parcel.lines
        ),
        orders=tuple(OrderOfParcel(order.id, order.session_id, order.code) for order, _ in parcel.orders),
        note=None if is_masked or parcel.receiver is None else parcel.receiver.note,
        carrier=row["carrier"],
        tracking_code=row["tracking_code"],
        tracking_state=row["tracking_state"],
    )


def _receiver(contact: Contact, *, is_masked: bool) -> ReceiverForCarrier:
    shown = masked_receiver(contact)
    return ReceiverForCarrier(
        name=(shown.name or "") if is_masked else contact.name,
        phone=(shown.phone or "") if is_masked else contact.phone,
        street="" if is_masked else contact.street,
        ward_code=contact.ward_code,
        ward_name=contact.ward_name,
        province_code=contact.province_code,
        province_name=contact.province_name,
    )
