"""Read-only SQL of parcels: counts, pages by keyset, one parcel with its lines."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from app.catalog.product_codes import code_from_id
from app.errors import MalformedRequest
from app.fulfilment.queries import masked_receiver
from app.infra.clock import from_ms, to_ms
from app.infra.database import RawConnection
from app.infra.sealing import Envelopes
from app.orders.contacts import Contact
from app.parcels.contents import OrderFacts, address_of, read_orders, receivers_of
from app.parcels.schemas import OrderInParcel, ParcelLineView, ParcelPage, ParcelRow, ParcelView, PickedProduct, PickList, ProducerPicks

_WHERE = "p.organisation_id = $1 AND ($2::uuid IS NULL OR p.producer_id = $2)"
_PAGE = f"""
SELECT p.id, p.made_at FROM parcels p WHERE {_WHERE} AND p.state = $3 AND (p.made_at, p.id) < ($4, $5)
ORDER BY p.made_at DESC, p.id DESC LIMIT $6
"""  # noqa: S608 - a constant of our own
_PAGE_OF_LOOKS = f"""
SELECT p.id, p.made_at FROM parcels p WHERE {_WHERE} AND p.looks_at IS NOT NULL AND (p.made_at, p.id) < ($3, $4)
ORDER BY p.made_at DESC, p.id DESC LIMIT $5
"""  # noqa: S608 - a constant of our own
_BATCH = f"SELECT p.id FROM parcels p WHERE {_WHERE} AND p.batch_id = $3 ORDER BY p.code"  # noqa: S608 - ours
_BY_CODE = f"SELECT p.id FROM parcels p WHERE {_WHERE} AND p.code = $3 AND p.state <> 'dissolved'"  # noqa: S608 - ours
_BY_ORDER_CODE = f"""
SELECT p.id FROM parcels p JOIN parcel_orders o ON o.parcel_id = p.id JOIN orders r ON r.id = o.order_id
WHERE {_WHERE} AND r.code = $3 AND p.state <> 'dissolved' ORDER BY (p.state = 'open') DESC, p.made_at LIMIT 1
"""  # noqa: S608 - a constant of our own
_OF_STATE = f"SELECT p.id FROM parcels p WHERE {_WHERE} AND p.state = $3 ORDER BY p.made_at, p.id LIMIT $4"  # noqa: S608 - ours
_PICKS = """
SELECT m.id AS producer_id, m.name AS producer_name, g.id AS product_id, g.name AS product_name, g.code AS product_code, g.unit,
  sum(greatest(l.quantity - l.packed, 0))::int AS quantity, count(DISTINCT l.parcel_id)::int AS parcels
FROM parcel_lines l JOIN products g ON g.id = l.product_id JOIN producers m ON m.id = g.producer_id
WHERE l.parcel_id = ANY($1::uuid[]) AND l.packed < l.quantity
GROUP BY m.id, g.id ORDER BY m.name, m.id, g.name, g.id
"""
_IN_REACH = f"SELECT p.id FROM parcels p WHERE {_WHERE} AND p.id = ANY($3::uuid[]) AND p.state <> 'dissolved'"  # noqa: S608 - ours
_COUNTS = f"""
SELECT count(*) FILTER (WHERE p.state = 'open')::int AS open, count(*) FILTER (WHERE p.state = 'packed')::int AS packed,
  count(*) FILTER (WHERE p.state = 'handed_over')::int AS handed_over, count(*) FILTER (WHERE p.looks_at IS NOT NULL)::int AS looks
FROM parcels p WHERE {_WHERE}
"""  # noqa: S608 - a constant of our own
_PARCELS = """
SELECT p.*, m.name AS producer_name FROM parcels p LEFT JOIN producers m ON m.id = p.producer_id WHERE p.id = ANY($1::uuid[])
"""
# Orders and lines by one statement: between two, a box may be emptied into another.
_CONTENTS = """
SELECT o.parcel_id, o.order_id, o.carries_cod, l.sold_by, l.product_id, l.unit_price_vnd, g.name AS product_name, g.code AS product_code, g.unit,
  g.weight_grams, sum(l.quantity)::int AS quantity, sum(l.packed)::int AS packed
FROM parcel_orders o LEFT JOIN parcel_lines l ON l.parcel_id = o.parcel_id AND l.order_id = o.order_id LEFT JOIN products g ON g.id = l.product_id
WHERE o.parcel_id = ANY($1::uuid[])
GROUP BY o.parcel_id, o.order_id, l.sold_by, l.product_id, l.unit_price_vnd, g.name, g.code, g.unit, g.weight_grams
ORDER BY o.parcel_id, g.name, o.order_id, l.sold_by
"""
_NEWEST = (from_ms(4_000_000_000_000), UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class ParcelReach:
    """Whose parcels somebody sees: the organisation's, or (`producer_id`) those that one producer packs."""

    organisation_id: UUID
    producer_id: UUID | None = None

    @property
    def parameters(self) -> tuple[UUID, UUID | None]:
        return self.organisation_id, self.producer_id


@dataclass(frozen=True, slots=True)
class OpenParcel:
    """A parcel with everything in it. `contacts` are those of its orders in the clear: nothing of them leaves without a mask or a log."""

    row: asyncpg.Record
    lines: Sequence[asyncpg.Record]
    orders: Sequence[tuple[OrderFacts, bool]]
    contacts: Mapping[UUID, Contact | None]

    @property
    def weight_grams(self) -> int:
        said: int | None = self.row["weight_grams"]
        return said or sum(line["quantity"] * line["weight_grams"] for line in self.lines)

    @property
    def value_vnd(self) -> int:
        return sum(line["quantity"] * line["unit_price_vnd"] for line in self.lines)

    @property
    def cod_vnd(self) -> int:
        """What is to be collected: as it was when it was handed over, or what its orders owe now."""
        frozen: int | None = self.row["cod_vnd"]
        return frozen if frozen is not None else sum(order.owed_vnd for order, carries in self.orders if carries)

    @property
    def receiver(self) -> Contact | None:
        """Where it goes: as its first order says that still knows its person."""
        return next((contact for order, _ in self.orders if (contact := self.contacts.get(order.id)) is not None), None)

    @property
    def receivers_differ(self) -> bool:
        return len({address_of(contact) for contact in self.contacts.values() if contact is not None}) > 1


async def open_parcels(db: RawConnection, envelopes: Envelopes, parcel_ids: Collection[UUID]) -> list[OpenParcel]:
    """These parcels in the order in which they are named; those that do not exist are left out."""
    ids = list(parcel_ids)
    rows = {row["id"]: row for row in await db.fetch(_PARCELS, ids)}
    lines, orders = defaultdict[UUID, list[asyncpg.Record]](list), defaultdict[UUID, dict[UUID, bool]](dict)
    for row in await db.fetch(_CONTENTS, ids):
        orders[row["parcel_id"]][row["order_id"]] = row["carries_cod"]
        if row["sold_by"] is not None:
            lines[row["parcel_id"]].append(row)
    order_ids = {order_id for each in orders.values() for order_id in each}
    facts = await read_orders(db, order_ids)
    contacts = await receivers_of(db, envelopes, order_ids)
    return [
        OpenParcel(
            rows[each],
            lines[each],
            sorted(((facts[order_id], carries) for order_id, carries in orders[each].items()), key=lambda pair: pair[0].placed_at),
            {order_id: contacts[order_id] for order_id in orders[each]},
        )
        for each in dict.fromkeys(ids)
        if each in rows
    ]


async def count_parcels(db: RawConnection, reach: ParcelReach) -> dict[str, int]:
    row = await db.fetchrow(_COUNTS, *reach.parameters)
    return {} if row is None else dict(row)


async def page_of(db: RawConnection, envelopes: Envelopes, reach: ParcelReach, state: str, *, cursor: str | None, limit: int) -> ParcelPage:
    """Parcels of a state, or (`looks`) those to be looked at; the newest first. Raises `MalformedRequest` for a cursor that is none of ours."""
    after = _NEWEST if cursor is None else _read_cursor(cursor)
    if state == "looks":
        rows = await db.fetch(_PAGE_OF_LOOKS, *reach.parameters, *after, limit + 1)
    else:
        rows = await db.fetch(_PAGE, *reach.parameters, state, *after, limit + 1)
    parcels = await open_parcels(db, envelopes, [row["id"] for row in rows[:limit]])
    last = rows[limit - 1] if len(rows) > limit else None
    return ParcelPage(
        parcels=[row_of(each) for each in parcels], next_cursor=None if last is None else _cursor(last["made_at"], last["id"])
    )


async def ids_of_batch(db: RawConnection, reach: ParcelReach, batch_id: UUID) -> list[UUID]:
    return [row["id"] for row in await db.fetch(_BATCH, *reach.parameters, batch_id)]


async def ids_of_state(db: RawConnection, reach: ParcelReach, state: str, *, limit: int) -> list[UUID]:
    """The longest waiting first."""
    return [row["id"] for row in await db.fetch(_OF_STATE, *reach.parameters, state, limit)]


async def picks_of(db: RawConnection, parcel_ids: Collection[UUID]) -> PickList:
    """Per producer what is still to be put into these parcels."""
    producers: dict[UUID, ProducerPicks] = {}
    for row in await db.fetch(_PICKS, list(parcel_ids)):
        of = producers.setdefault(
            row["producer_id"], ProducerPicks(producer_id=row["producer_id"], producer_name=row["producer_name"], products=[])
        )
        about = {name: row[name] for name in ("product_id", "product_name", "unit", "quantity", "parcels")}
        of.products.append(PickedProduct(**about, product_code=product_code(row)))
    units = sum(product.quantity for each in producers.values() for product in each.products)
    return PickList(producers=list(producers.values()), units=units)


async def ids_in_reach(db: RawConnection, reach: ParcelReach, parcel_ids: Collection[UUID]) -> set[UUID]:
    return {row["id"] for row in await db.fetch(_IN_REACH, *reach.parameters, list(parcel_ids))}


async def id_by_code(db: RawConnection, reach: ParcelReach, code: str) -> UUID | None:
    found: UUID | None = await db.fetchval(_BY_CODE, *reach.parameters, code)
    return found


async def id_by_order_code(db: RawConnection, reach: ParcelReach, code: str) -> UUID | None:
    """An open parcel of that order first."""
    found: UUID | None = await db.fetchval(_BY_ORDER_CODE, *reach.parameters, code)
    return found


def row_of(parcel: OpenParcel) -> ParcelRow:
    return ParcelRow(**_fields(parcel))


def view_of(parcel: OpenParcel) -> ParcelView:
    codes = {order.id: order.code for order, _ in parcel.orders}
    return ParcelView(
        **_fields(parcel),
        orders=[order_in_parcel(order, carries_cod=carries) for order, carries in parcel.orders],
        lines=[
            ParcelLineView(
                order_id=line["order_id"],
                order_code=codes[line["order_id"]],
                sold_by=line["sold_by"],
                product_id=line["product_id"],
                product_name=line["product_name"],
                product_code=product_code(line),
                unit=line["unit"],
                quantity=line["quantity"],
                packed=line["packed"],
            )
            for line in parcel.lines
        ],
        receivers_differ=parcel.receivers_differ,
    )


def product_code(line: asyncpg.Record) -> str:
    """The organisation's own code of a product, or the one made of its id."""
    return line["product_code"] or code_from_id(line["product_id"])


def order_in_parcel(order: OrderFacts, *, carries_cod: bool) -> OrderInParcel:
    return OrderInParcel(
        order_id=order.id,
        session_id=order.session_id,
        session_title=order.session_title,
        code=order.code,
        placed_at_ms=to_ms(order.placed_at) or 0,
        owed_vnd=order.owed_vnd,
        carries_cod=carries_cod,
    )


def _fields(parcel: OpenParcel) -> dict[str, Any]:
    row = parcel.row
    return {
        "parcel_id": row["id"],
        **{name: row[name] for name in ("code", "state", "looks_at", "producer_id", "producer_name")},
        "order_codes": [order.code for order, _ in parcel.orders],
        "receiver": masked_receiver(parcel.receiver),
        "units": sum(line["quantity"] for line in parcel.lines),
        "packed_units": sum(line["packed"] for line in parcel.lines),
        "weight_grams": parcel.weight_grams,
        "is_weighed": row["weight_grams"] is not None,
        **{name: row[name] for name in ("length_cm", "width_cm", "height_cm", "carrier", "tracking_code", "tracking_state")},
        "value_vnd": parcel.value_vnd,
        "cod_vnd": parcel.cod_vnd,
        **{f"{name}_ms": to_ms(row[name]) for name in ("made_at", "packed_at", "handed_over_at")},
    }


def _cursor(made_at: datetime, parcel_id: UUID) -> str:
    micros = (made_at - from_ms(0)) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(micros.to_bytes(8) + parcel_id.bytes).decode()


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        return from_ms(0) + timedelta(microseconds=int.from_bytes(raw[:8])), UUID(bytes=raw[8:])
    except (ValueError, OverflowError) as error:
        raise MalformedRequest(details={"errors": [{"where": "cursor", "code": "cursor_unknown"}]}) from error
