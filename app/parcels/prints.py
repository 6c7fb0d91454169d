"""Papers for packing as PDF files: whose they are is written down, then a child process draws them, so that no request waits for it.

A thousand labels take some 2.5 s of one core and 2 MB. Nothing of a file is kept: whoever wants it again has it made again, and that is
written down again.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import phonenumbers

from app.accounts.service import CurrentUser
from app.errors import Unavailable
from app.fulfilment.queries import masked_receiver
from app.fulfilment.sealed_rows import SealedRows
from app.infra.child_work import ChildWork, WorkFailed
from app.infra.clock import VIETNAM_TIME, utc_now
from app.infra.database import Database, RawConnection
from app.parcels import reading
from app.parcels.errors import ParcelNotFound, PrintTooLarge, ReceiverErased
from app.parcels.reaching import ParcelReaches
from app.parcels.reading import OpenParcel, ParcelReach
from app.parcels.revealing import note_revealed
from app.parcels.schemas import PRINTED_MOST, PickList, Printed
from app.parcels.states import TIMES

Facts = dict[str, Any]
_AT_ONCE = 200
_SELLER = "SELECT name, contact_phone FROM organisations WHERE id = $1"
_SCANNABLE = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._/ ")


class ParcelPrints:
    """Makes files. One at a time on a worker: drawing takes a core, and orders come first."""

    def __init__(self, database: Database, *, rows: SealedRows, reaches: ParcelReaches) -> None:
        self._database = database
        self._rows = rows
        self._reaches = reaches
        self._drawing = ChildWork("app.parcels.paper_work", at_once=1, waiting_max=10, seconds=60.0, answer_max_bytes=64 * 1024 * 1024)

    async def addressed(self, user: CurrentUser, printed: Printed, kind: Literal["labels", "slips"]) -> bytes:
        """Labels or slips, with receivers in the clear; who printed them is written down first, with the reason `packing`.

        Raises `ParcelNotFound`, `PrintTooLarge`, `ReceiverErased`, `Unavailable`.
        """
        async with self._database.pool.acquire() as db, db.transaction():
            parcels = await self._parcels(db, await self._reaches.of(user), printed)
            erased = [each.row["code"] for each in parcels if each.receiver is None]
            if erased:
                raise ReceiverErased(details={"codes": erased[:20]})
            await note_revealed(db, user, parcels, reason="packing")
            seller = await db.fetchrow(_SELLER, user.organisation_id)
        about = {"seller": seller["name"], "seller_phone": spoken(seller["contact_phone"])} if seller else {}
        return await self._drawn(kind, await asyncio.to_thread(_addressed, parcels, about))

    async def pick_list(self, user: CurrentUser, printed: Printed) -> bytes:
        """What to fetch, by producer: names nobody."""
        picks = await self.picks(user, printed)
        return await self._drawn("pick-list", json.dumps(_picked(picks)).encode())

    async def packing_list(self, user: CurrentUser, printed: Printed) -> bytes:
        """The parcels by who packs them, receivers masked."""
        async with self._database.pool.acquire() as db:
            parcels = await self._parcels(db, await self._reaches.of(user), printed)
        return await self._drawn("packing-list", await asyncio.to_thread(_listed, parcels))

    async def picks(self, user: CurrentUser, printed: Printed) -> PickList:
        """What to fetch, for the screen. Raises `ParcelNotFound`, `PrintTooLarge`."""
        async with self._database.pool.acquire() as db:
            return await reading.picks_of(db, await self._ids(db, await self._reaches.of(user), printed))

    async def _ids(self, db: RawConnection, reach: ParcelReach, printed: Printed) -> list[UUID]:
        if printed.parcel_ids is not None:
            there = await reading.ids_in_reach(db, reach, printed.parcel_ids)
            if missing := set(printed.parcel_ids) - there:
                raise ParcelNotFound(details={"parcel_id": str(min(missing))})
            return list(dict.fromkeys(printed.parcel_ids))
        if printed.batch_id is not None:
            ids = await reading.ids_of_batch(db, reach, printed.batch_id)
        else:
            ids = await reading.ids_of_state(db, reach, printed.state or "open", limit=PRINTED_MOST + 1)
        if len(ids) > PRINTED_MOST:
            raise PrintTooLarge(details={"limit": PRINTED_MOST})
        if not ids:
            raise ParcelNotFound
        return ids

    async def _parcels(self, db: RawConnection, reach: ParcelReach, printed: Printed) -> list[OpenParcel]:
        ids = await self._ids(db, reach, printed)
        parcels: list[OpenParcel] = []
        # in pieces, so that others have their turn in between
        for start in range(0, len(ids), _AT_ONCE):
            parcels += await reading.open_parcels(db, self._rows.envelopes, ids[start : start + _AT_ONCE])
        return sorted(parcels, key=lambda each: (each.row["producer_name"] or "", each.row["made_at"], each.row["code"]))

    async def _drawn(self, kind: str, facts: bytes) -> bytes:
        try:
            return await self._drawing.run(facts, kind)
        except WorkFailed:
            raise Unavailable(retry_after_seconds=5) from None


def vnd(amount: int) -> str:
    return f"{amount:,} ₫".replace(",", ".")


def spoken(phone: str | None) -> str:
    """As it is dialled in Vietnam; empty without one."""
    if not phone:
        return ""
    try:
        return phonenumbers.format_number(phonenumbers.parse(phone, "VN"), phonenumbers.PhoneNumberFormat.NATIONAL)
    except phonenumbers.NumberParseException:
        return phone


def _addressed(parcels: Sequence[OpenParcel], about: Facts) -> bytes:
    return json.dumps([about | _with_receiver(each) for each in parcels]).encode()


def _with_receiver(parcel: OpenParcel) -> Facts:
    row, receiver = parcel.row, parcel.receiver
    sizes = [row[name] for name in ("length_cm", "width_cm", "height_cm")]
    return {
        "code": row["code"],
        "name": "" if receiver is None else receiver.name,
        "phone": "" if receiver is None else spoken(receiver.phone),
        "address": "" if receiver is None else ", ".join((receiver.street, receiver.ward_name, receiver.province_name)),
        "note": "" if receiver is None else receiver.note,
        "cod": vnd(parcel.cod_vnd) if parcel.cod_vnd else "",
        "value": vnd(parcel.value_vnd),
        "weight": _grams(parcel.weight_grams),
        "sizes": "" if None in sizes else f"{f' {TIMES} '.join(map(str, sizes))} cm",
        "orders": [order.code for order, _ in parcel.orders],
        "lines": [
            {
                "quantity": line["quantity"],
                "product": line["product_name"],
                "unit": line["unit"],
                "code": reading.product_code(line),
                "price": vnd(line["unit_price_vnd"]),
                "amount": vnd(line["unit_price_vnd"] * line["quantity"]),
            }
            for line in parcel.lines
        ],
    }


def _picked(picks: PickList) -> list[Facts]:
    return [
        {
            "name": each.producer_name,
            "made": _now(),
            "sums": f"{len(each.products)} món · {sum(product.quantity for product in each.products)} đơn vị",
            "products": [
                {
                    "quantity": product.quantity,
                    "product": product.product_name,
                    "unit": product.unit,
                    "parcels": product.parcels,
                    "code": product.product_code,
                    # what Code 128 and people can both read
                    "scannable": len(product.product_code) <= 24 and _SCANNABLE.issuperset(product.product_code),
                }
                for product in each.products
            ],
        }
        for each in picks.producers
    ]


def _listed(parcels: Sequence[OpenParcel]) -> bytes:
    by_packer = defaultdict[str, list[OpenParcel]](list)
    for each in parcels:
        by_packer[each.row["producer_name"] or "Đóng gói tập trung"].append(each)
    lists = [
        {
            "name": name,
            "made": _now(),
            "sums": f"{len(own)} kiện · {_grams(sum(each.weight_grams for each in own))} · thu hộ {vnd(sum(each.cod_vnd for each in own))}",
            "parcels": [_row(each) for each in own],
        }
        for name, own in by_packer.items()
    ]
    return json.dumps(lists).encode()


def _row(parcel: OpenParcel) -> Facts:
    shown = masked_receiver(parcel.receiver)
    return {
        "code": parcel.row["code"],
        "orders": [order.code for order, _ in parcel.orders],
        "goods": [f"{line['quantity']} {TIMES} {line['product_name']} ({line['unit']})" for line in parcel.lines],
        "where": " · ".join(part for part in (shown.name, shown.ward_name, shown.province_name) if part),
        "weight": _grams(parcel.weight_grams),
        "cod": vnd(parcel.cod_vnd) if parcel.cod_vnd else "",
    }


def _grams(grams: int) -> str:
    return f"{grams:,} g".replace(",", ".")


def _now() -> str:
    return utc_now().astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M")
