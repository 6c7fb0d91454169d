"""Parcels are made: of orders that wait to be packed, first as a proposal, then in one transaction; merged, split, dissolved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from uuid import UUID, uuid4

from app.accounts.audit import insert_audit
from app.accounts.intentions import Intention, claim_intention_raw
from app.accounts.service import CurrentUser
from app.fulfilment.queries import masked_receiver
from app.fulfilment.sealed_rows import SealedRows
from app.infra.clock import utc_now
from app.infra.database import Database, RawConnection
from app.orders.contacts import Contact
from app.parcels import reading
from app.parcels.contents import OrderFacts, OrderLine, address_of, read_orders, receivers_of, together
from app.parcels.errors import BuyersDiffer
from app.parcels.reading import ParcelReach
from app.parcels.refreshing import hold_orders, refresh, tidy
from app.parcels.schemas import (
    GROUPS_MOST,
    ORDERS_TOGETHER_MOST,
    GoodsInParcel,
    MadeParcels,
    NewParcels,
    OrderLeft,
    ParcelPreview,
    ParcelsWanted,
    Problem,
    ProposedGroup,
    ProposedParcel,
)
from app.parcels.states import PackedBy, new_code

# Something of them is in no parcel yet. Which of them are really ready is for their ledgers to say.
_WAITING = """
SELECT d.order_id FROM desk_orders d WHERE d.organisation_id = $1 AND d.queue IN ('pack', 'sent') AND NOT d.is_rehearsal
  AND ($2::uuid[] IS NULL OR d.session_id = ANY($2))
  AND (SELECT sum(quantity) FROM order_lines WHERE order_id = d.order_id)
    > (SELECT coalesce(sum(quantity), 0) FROM parcel_lines WHERE order_id = d.order_id)
  AND (EXISTS (SELECT FROM parcel_orders WHERE order_id = d.order_id)
    OR NOT EXISTS (SELECT FROM ledger_entries WHERE order_id = d.order_id AND kind = 'handed_over'))
ORDER BY d.ready_at, d.order_id LIMIT $3
"""
_IN_PARCELS = "SELECT order_id, sold_by, quantity, part FROM parcel_lines WHERE order_id = ANY($1::uuid[])"
_ASKED_AGAIN = "SELECT order_id FROM desk_orders WHERE order_id = ANY($1::uuid[]) AND queue = 'again'"
_PRODUCERS = "SELECT id, name FROM producers WHERE id = ANY($1::uuid[])"
_PRODUCTS = "SELECT id, name, unit FROM products WHERE id = ANY($1::uuid[])"
_PACKED_BY = "SELECT packed_by FROM parcel_settings WHERE organisation_id = $1"
_INSERT = """
INSERT INTO parcels (id, organisation_id, producer_id, code, batch_id, made_by, made_at)
SELECT t.id, $1, t.producer_id, t.code, $2, $3, $4 FROM unnest($5::uuid[], $6::uuid[], $7::text[]) AS t(id, producer_id, code)
ON CONFLICT (organisation_id, code) DO NOTHING RETURNING id
"""
_INSERT_ORDERS = """
INSERT INTO parcel_orders (parcel_id, order_id, carries_cod) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::boolean[])
"""
_CARRIED = "SELECT order_id FROM parcel_orders WHERE order_id = ANY($1::uuid[]) AND carries_cod"
_INSERT_LINES = """
INSERT INTO parcel_lines (parcel_id, order_id, sold_by, part, product_id, unit_price_vnd, quantity)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::uuid[], $6::bigint[], $7::int[])
"""


@dataclass(frozen=True, slots=True)
class _Rest:
    """Units of an order's line that are in no parcel yet, and the number that a further part of it gets."""

    order_id: UUID
    line: OrderLine
    quantity: int
    part: int


@dataclass(frozen=True, slots=True)
class _Box:
    """What one parcel is made of. `carries`: orders of whose boxes it is the first."""

    producer_id: UUID | None
    rests: Sequence[_Rest]
    carries: frozenset[UUID]

    @property
    def order_ids(self) -> list[UUID]:
        return list(dict.fromkeys(rest.order_id for rest in self.rests))


class ParcelMaking:
    """Who asks may make parcels of the whole organisation; rehearsals make none."""

    def __init__(self, database: Database, rows: SealedRows) -> None:
        self._database = database
        self._rows = rows

    async def waiting(self, user: CurrentUser) -> int:
        """How many orders wait for a parcel; no more than a preview shows are counted."""
        async with self._database.pool.acquire() as db:
            return len(await db.fetch(_WAITING, user.organisation_id, None, GROUPS_MOST))

    async def preview(self, user: CurrentUser, wanted: ParcelsWanted) -> ParcelPreview:
        """Which boxes would be made, and of which orders none would. Changes nothing."""
        async with self._database.pool.acquire() as db:
            order_ids, more = await self._wanted(db, user, wanted)
            orders = await read_orders(db, order_ids)
            contacts = await receivers_of(db, self._rows.envelopes, orders)
            rests = await _rests(db, orders)
            left, fitting = await _judge(db, user, order_ids, orders, contacts, rests)
            packed_by = await packed_by_of(db, user.organisation_id)
            groups = [
                group[start : start + ORDERS_TOGETHER_MOST]
                for group in (together(fitting) if wanted.merge else [[each] for each in fitting])
                for start in range(0, len(group), ORDERS_TOGETHER_MOST)
            ]
            carried = await _carried(db, fitting)
            boxes = [(group, _boxes(group, rests, packed_by, carried)) for group in groups]
            shown = await _Names.of(db, boxes)
        proposed = [
            ProposedGroup(
                orders=[reading.order_in_parcel(orders[each], carries_cod=any(each in box.carries for box in made)) for each in group],
                receiver=masked_receiver(contacts[group[0]]),
                parcels=[shown.proposed(box, orders) for box in made],
            )
            for group, made in boxes
        ]
        return ParcelPreview(groups=proposed, parcels=sum(len(made) for _, made in boxes), left=left, more=more)

    async def make(self, user: CurrentUser, new: NewParcels, intention: Intention | None) -> MadeParcels:
        """Make them. Orders that do not fit are left, and named; the same key again answers with what it made the first time.

        Raises `BuyersDiffer` when orders of one group go to different places.
        """
        batch_id = uuid4()
        async with self._database.pool.acquire() as db, db.transaction():
            claim = await claim_intention_raw(db, user.id, intention, batch_id)
            reach = ParcelReach(user.organisation_id)
            if not claim.is_first:
                return MadeParcels(batch_id=claim.subject_id, parcel_ids=await reading.ids_of_batch(db, reach, claim.subject_id), left=[])
            named = [order_id for group in new.groups for order_id in group]
            # others' orders are not even locked
            own = [each.id for each in (await read_orders(db, named)).values() if each.organisation_id == user.organisation_id]
            held = await hold_orders(db, self._rows.envelopes, own)
            await refresh(db, held)
            rests = await _rests(db, held.facts)
            left, fitting = await _judge(db, user, named, held.facts, held.contacts, rests)
            packed_by = await packed_by_of(db, user.organisation_id)
            carried = await _carried(db, fitting)
            boxes: list[_Box] = []
            for group in new.groups:
                fits = [order_id for order_id in group if order_id in fitting]
                if len({address_of(fitting[order_id]) for order_id in fits}) > 1:
                    raise BuyersDiffer(details={"orders": [held.facts[order_id].code for order_id in fits]})
                boxes += _boxes(fits, rests, packed_by, carried)
            made = await self._write(db, user, batch_id, boxes)
            await tidy(db, made, held.facts)
            details = {"batch": str(batch_id), "parcels": len(made), "orders": len(fitting)}
            await insert_audit(db, organisation_id=user.organisation_id, user_id=user.id, action="parcel.made", details=details)
        return MadeParcels(batch_id=batch_id, parcel_ids=made, left=left)

    async def _wanted(self, db: RawConnection, user: CurrentUser, wanted: ParcelsWanted) -> tuple[list[UUID], bool]:
        if wanted.order_ids is not None:
            return list(dict.fromkeys(wanted.order_ids)), False
        rows = await db.fetch(_WAITING, user.organisation_id, wanted.session_ids, GROUPS_MOST + 1)
        return [row["order_id"] for row in rows[:GROUPS_MOST]], len(rows) > GROUPS_MOST

    async def _write(self, db: RawConnection, user: CurrentUser, batch_id: UUID, boxes: Sequence[_Box]) -> list[UUID]:
        ids = await insert_parcels(db, user, batch_id, [box.producer_id for box in boxes])
        pairs = [(each, order_id, order_id in box.carries) for each, box in zip(ids, boxes, strict=True) for order_id in box.order_ids]
        await db.execute(_INSERT_ORDERS, *([pair[column] for pair in pairs] for column in range(3)))
        rests = [(parcel_id, rest) for parcel_id, box in zip(ids, boxes, strict=True) for rest in box.rests]
        await db.execute(
            _INSERT_LINES,
            [parcel_id for parcel_id, _ in rests],
            [rest.order_id for _, rest in rests],
            [rest.line.sold_by for _, rest in rests],
            [rest.part for _, rest in rests],
            [rest.line.product_id for _, rest in rests],
            [rest.line.unit_price_vnd for _, rest in rests],
            [rest.quantity for _, rest in rests],
        )
        return ids


async def insert_parcels(db: RawConnection, user: CurrentUser, batch_id: UUID, producers: Sequence[UUID | None]) -> list[UUID]:
    """Empty parcels, one for each of these producers (None: packed centrally), with codes that the organisation does not have yet."""
    ids = [uuid4() for _ in producers]
    missing = dict(zip(ids, producers, strict=True))
    now = utc_now()
    while missing:
        rows = await db.fetch(
            _INSERT,
            *(user.organisation_id, batch_id, user.id, now),
            list(missing),
            list(missing.values()),
            [new_code() for _ in missing],
        )
        # a code that somebody has already: another one
        made = {row["id"] for row in rows}
        missing = {each: producer for each, producer in missing.items() if each not in made}
    return ids


async def packed_by_of(db: RawConnection, organisation_id: UUID) -> PackedBy:
    found: PackedBy | None = await db.fetchval(_PACKED_BY, organisation_id)
    return found or "organisation"


async def _rests(db: RawConnection, orders: Mapping[UUID, OrderFacts]) -> dict[UUID, list[_Rest]]:
    """Per order what is in no parcel yet."""
    taken, parts = defaultdict[tuple[UUID, UUID], int](int), defaultdict[tuple[UUID, UUID], int](int)
    for row in await db.fetch(_IN_PARCELS, list(orders)):
        key = (row["order_id"], row["sold_by"])
        taken[key] += row["quantity"]
        parts[key] = max(parts[key], row["part"] + 1)
    return {
        order.id: [
            _Rest(order.id, line, left, parts[order.id, line.sold_by])
            for line in order.lines
            if (left := line.quantity - taken[order.id, line.sold_by]) > 0
        ]
        for order in orders.values()
    }


async def _judge(
    db: RawConnection,
    user: CurrentUser,
    named: Iterable[UUID],
    orders: Mapping[UUID, OrderFacts],
    contacts: Mapping[UUID, Contact | None],
    rests: Mapping[UUID, Sequence[_Rest]],
) -> tuple[list[OrderLeft], dict[UUID, Contact]]:
    """Which of these orders cannot be packed and why; and the others with whom they go to."""
    asked_again = {row["order_id"] for row in await db.fetch(_ASKED_AGAIN, list(orders))}
    left: list[OrderLeft] = []
    fitting: dict[UUID, Contact] = {}
    for order_id in named:
        order, contact = orders.get(order_id), contacts.get(order_id)
        problem: Problem | None = None
        if order is None or order.organisation_id != user.organisation_id:
            order, problem = None, "order_not_found"
        elif not order.is_ready or order_id in asked_again or (order.is_gone and all(rest.part == 0 for rest in rests[order_id])):
            problem = "order_not_ready"
        elif not rests[order_id]:
            problem = "already_in_parcel"
        elif contact is None:
            problem = "receiver_erased"
        else:
            fitting[order_id] = contact
        if problem is not None:
            left.append(OrderLeft(order_id=order_id, code="" if order is None else order.code, problem=problem))
    return left, fitting


async def _carried(db: RawConnection, order_ids: Collection[UUID]) -> frozenset[UUID]:
    """Orders of which another parcel collects already what they owe."""
    return frozenset(row["order_id"] for row in await db.fetch(_CARRIED, list(order_ids)))


def _boxes(group: Collection[UUID], rests: Mapping[UUID, Sequence[_Rest]], packed_by: PackedBy, carried: Collection[UUID]) -> list[_Box]:
    """One box for the group, or one for each producer of its goods."""
    by_packer = defaultdict[UUID | None, list[_Rest]](list)
    for order_id in group:
        for rest in rests[order_id]:
            by_packer[rest.line.producer_id if packed_by == "producer" else None].append(rest)
    boxes: list[_Box] = []
    seen = set(carried)
    for producer_id, inside in by_packer.items():
        first = frozenset(rest.order_id for rest in inside) - seen
        seen |= first
        boxes.append(_Box(producer_id, inside, first))
    return boxes


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of what is in some boxes and of who packs them."""

    producers: Mapping[UUID, str]
    products: Mapping[UUID, tuple[str, str]]

    @classmethod
    async def of(cls, db: RawConnection, boxes: Sequence[tuple[Sequence[UUID], Sequence[_Box]]]) -> _Names:
        every = [box for _, made in boxes for box in made]
        producers = {box.producer_id for box in every if box.producer_id is not None}
        products = {rest.line.product_id for box in every for rest in box.rests}
        return cls(
            {row["id"]: row["name"] for row in await db.fetch(_PRODUCERS, list(producers))},
            {row["id"]: (row["name"], row["unit"]) for row in await db.fetch(_PRODUCTS, list(products))},
        )

    def proposed(self, box: _Box, orders: Mapping[UUID, OrderFacts]) -> ProposedParcel:
        units = defaultdict[UUID, int](int)
        for rest in box.rests:
            units[rest.line.product_id] += rest.quantity
        return ProposedParcel(
            producer_id=box.producer_id,
            producer_name=None if box.producer_id is None else self.producers[box.producer_id],
            goods=list(starmap(self._goods, units.items())),
            units=sum(units.values()),
            weight_grams=sum(rest.quantity * rest.line.weight_grams for rest in box.rests),
            value_vnd=sum(rest.quantity * rest.line.unit_price_vnd for rest in box.rests),
            cod_vnd=sum(orders[each].owed_vnd for each in box.carries),
        )

    def _goods(self, product_id: UUID, quantity: int) -> GoodsInParcel:
        name, unit = self.products[product_id]
        return GoodsInParcel(product_name=name, unit=unit, quantity=quantity)
