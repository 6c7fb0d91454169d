"""Boxes made, split, merged, packed, handed over, taken back and reported at once from two nodes: every unit is in one box at most."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.carriers.events import CarrierEvents, Said
from app.carriers.handing_over import HandingOver
from app.carriers.schemas import HandOver
from app.carriers.states import CARRIER_STATES
from app.errors import AppError
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.orders.batch import BatchWriter
from app.parcels import contents, making, refreshing
from app.parcels.schemas import Split, SplitLine
from tests.orders.builders import Market
from tests.orders.conftest import queues
from tests.parcels.builders import ROWS, Table, a_table
from tests.races.checkers import complaints_about, read_truth
from tests.races.conftest import seeds

__all__ = ["queues"]

BUYERS = ("+84912345671", "+84912345672")
ORDERS_OF_EACH, UNITS, STEPS, HANDS = 3, 6, 25, 4

_LINES = """
SELECT l.order_id, l.sold_by, sum(l.quantity)::int AS in_boxes, (SELECT sum(o.quantity) FROM order_lines o
  WHERE o.order_id = l.order_id AND coalesce(o.offer_id, o.product_id) = l.sold_by)::int AS ordered
FROM parcel_lines l JOIN parcels p ON p.id = l.parcel_id WHERE p.state <> 'dissolved' GROUP BY l.order_id, l.sold_by
"""
_ORDERS = """
SELECT po.order_id, count(*) FILTER (WHERE po.carries_cod) AS carrying, bool_or(p.state IN ('open', 'packed')) AS is_here,
  bool_and(p.state = 'handed_over' AND h.told_at IS NOT NULL) AS is_gone,
  (SELECT array_agg(e.kind) FROM ledger_entries e WHERE e.order_id = po.order_id) AS kinds
FROM parcel_orders po JOIN parcels p ON p.id = po.parcel_id LEFT JOIN parcel_handovers h ON h.parcel_id = p.id
WHERE p.state <> 'dissolved' GROUP BY po.order_id
"""
_BOXES = """
SELECT p.code, p.state, p.cod_vnd, h.told_at, h.mark,
  (SELECT count(*) FROM parcel_lines l WHERE l.parcel_id = p.id) AS lines,
  (SELECT count(*) FROM parcel_lines l WHERE l.parcel_id = p.id AND l.packed <> l.quantity) AS uncounted,
  (SELECT coalesce(sum(o.total_vnd), 0) FROM parcel_orders po JOIN orders o ON o.id = po.order_id
    WHERE po.parcel_id = p.id AND po.carries_cod) AS owed_at_most
FROM parcels p LEFT JOIN parcel_handovers h ON h.parcel_id = p.id
"""


async def complaints_about_boxes(database: Database) -> list[str]:
    """What of the boxes does not add up, after all that was asked is done and told."""
    found = [
        f"{row['in_boxes']} units of {row['ordered']} are in boxes"
        for row in await database.pool.fetch(_LINES)
        if row["in_boxes"] > row["ordered"]
    ]
    for row in await database.pool.fetch(_ORDERS):
        kinds = set(row["kinds"])
        if row["carrying"] > 1 or (row["carrying"] == 0 and row["is_here"]):
            found.append(f"{row['carrying']} boxes collect for an order")
        if row["is_gone"] and kinds.isdisjoint({"handed_over", "delivered", "cancelled"}):
            found.append(f"all boxes of an order are gone, its ledger says {sorted(kinds)}")
        if len(kinds - {"delivery_failed"}) != len([kind for kind in row["kinds"] if kind != "delivery_failed"]):
            found.append(f"an order is twice what it can be once: {row['kinds']}")
    for row in await database.pool.fetch(_BOXES):
        is_there = row["state"] != "dissolved"
        if is_there != (row["lines"] > 0):
            found.append(f"{row['code']} is {row['state']} with {row['lines']} lines")
        if row["state"] == "packed" and (row["uncounted"] or row["mark"] is not None or row["cod_vnd"] is not None):
            found.append(f"{row['code']} is packed, and not whole or half gone")
        if row["state"] == "handed_over" and (row["cod_vnd"] is None or row["cod_vnd"] > row["owed_at_most"]):
            found.append(f"{row['code']} collects {row['cod_vnd']} of {row['owed_at_most']}")
    return found


@dataclass
class Node:
    """One node: its packing table, what carriers tell it, and its hands."""

    table: Table
    events: CarrierEvents
    handing_over: HandingOver

    async def parcels(self, *states: str) -> list[UUID]:
        rows = await self.table.database.pool.fetch("SELECT id FROM parcels WHERE state = ANY($1::text[]) ORDER BY code", list(states))
        return [row["id"] for row in rows]


@pytest.fixture
def write() -> BatchWriter:
    return BatchWriter()


@pytest.fixture
async def nodes(database: Database, redis: RedisClients, redis_prefix: str, market: Market, queues: Any) -> AsyncIterator[list[Node]]:
    opened = []
    for _ in range(2):
        table = await a_table(database, redis, redis_prefix, market, queues)
        events = CarrierEvents(database, ROWS.envelopes, table.node.selling.desk, call_seconds=60)
        opened.append(Node(table, events, HandingOver(database, ROWS.envelopes, events, undo_seconds=60)))
    yield opened
    for node in opened:
        await node.table.node.close()


async def _make(node: Node, chance: random.Random, orders: list[list[UUID]]) -> None:
    await node.table.make(chance.sample(own := chance.choice(orders), chance.randrange(1, len(own) + 1)))


async def _split(node: Node, chance: random.Random, _: object) -> None:
    parcel = await node.table.read(chance.choice(await node.parcels("open")))
    line = chance.choice(parcel.lines)
    split = Split(lines=[SplitLine(order_id=line.order_id, sold_by=line.sold_by, quantity=chance.randrange(1, line.quantity + 1))])
    await node.table.packing.split(node.table.lan, parcel.parcel_id, split, None)


async def _merge(node: Node, chance: random.Random, _: object) -> None:
    into, other = chance.sample(await node.parcels("open"), 2)
    await node.table.packing.merge(node.table.lan, into, other, None)


async def _close(node: Node, chance: random.Random, _: object) -> None:
    await node.table.packing.close(node.table.minh, chance.choice(await node.parcels("open")), None, all_in=True)


async def _reopen(node: Node, chance: random.Random, _: object) -> None:
    await node.table.packing.reopen(node.table.minh, chance.choice(await node.parcels("packed")), None)


async def _dissolve(node: Node, chance: random.Random, _: object) -> None:
    await node.table.packing.dissolve(node.table.lan, chance.choice(await node.parcels("open", "packed")))


async def _hand_over(node: Node, chance: random.Random, _: object) -> None:
    there = await node.parcels("open", "packed", "handed_over")
    done = await node.handing_over.hand_over(node.table.lan, HandOver(parcel_ids=chance.sample(there, min(3, len(there)))), None)
    if done.mark is not None and chance.random() < 0.5:
        await asyncio.sleep(chance.random() * 0.05)
        await node.handing_over.undo(node.table.lan, done.mark, None)


async def _tell(node: Node, _: random.Random, __: object) -> None:
    await node.table.database.pool.execute("UPDATE parcel_handovers SET due_at = now() WHERE told_at IS NULL")
    await node.handing_over.tell_due()


async def _report(node: Node, chance: random.Random, _: object) -> None:
    said = Said(
        organisation_id=node.table.lan.organisation_id, source="notice", parcel_id=chance.choice(await node.parcels("packed", "handed_over")),
        parcel_code="", tracking_code="", words="", state=chance.choice(CARRIER_STATES),
        happened_at=utc_now() - timedelta(seconds=chance.randrange(120)),
    )  # fmt: skip
    await node.events.note(said)


async def _cancel(node: Node, chance: random.Random, orders: list[list[UUID]]) -> None:
    if chance.random() < 0.2:
        await node.table.step(chance.choice(chance.choice(orders)), "cancelled", reason="refused")


async def _follow(node: Node, _: random.Random, __: object) -> None:
    await node.table.follower.follow()


DEEDS: tuple[Callable[[Node, random.Random, list[list[UUID]]], Awaitable[None]], ...] = (
    *(_make, _make, _split, _split, _merge, _merge, _close, _close, _close, _reopen, _dissolve),
    *(_hand_over, _hand_over, _tell, _report, _cancel, _follow),
)


async def agreed_orders(node: Node) -> list[list[UUID]]:
    """Orders of two buyers, each buyer's to one address."""
    return [
        [await node.table.order({await node.table.offer(UNITS): UNITS}, phone=phone) for _ in range(ORDERS_OF_EACH)] for phone in BUYERS
    ]


@pytest.mark.parametrize("seed", seeds())
async def test_whatever_comes_at_once_every_unit_is_in_one_box_and_every_debt_is_collected_once(
    nodes: list[Node], database: Database, market: Market, postgres_url: str, seed: int
) -> None:
    orders = await agreed_orders(nodes[0])
    done = dict.fromkeys(DEEDS, 0)

    async def hand(number: int) -> None:
        chance = random.Random(seed * HANDS + number)  # noqa: S311 - a course that can be repeated
        for _ in range(STEPS):
            deed = chance.choice(DEEDS)
            try:
                await deed(nodes[number % 2], chance, orders)
                done[deed] += 1
            except (AppError, IndexError, ValueError):  # refused, or there was no box for it
                await asyncio.sleep(chance.random() * 0.01)

    async with asyncio.timeout(90):
        await asyncio.gather(*(hand(number) for number in range(HANDS)))
        await asyncio.gather(*(_tell(node, random.Random(seed), orders) for node in nodes))  # noqa: S311 - it draws nothing
        await nodes[0].table.follower.follow()

    assert min(done[_make], done[_close], done[_hand_over]) > 0
    assert await complaints_about_boxes(database) == []
    assert complaints_about(await read_truth(postgres_url, market.session_id)) == []


async def test_two_boxes_of_one_order_told_by_two_nodes_at_once_are_one_entry(nodes: list[Node], database: Database) -> None:
    here, there = nodes
    order_id = await here.table.order({await here.table.offer(UNITS): UNITS}, phone=BUYERS[0])
    parcel = await here.table.parcel(order_id)
    line = parcel.lines[0]
    split = Split(lines=[SplitLine(order_id=order_id, sold_by=line.sold_by, quantity=2)])
    other = (await here.table.packing.split(here.table.lan, parcel.parcel_id, split, None)).other
    for each in (parcel, other):
        await here.table.packing.close(here.table.lan, each.parcel_id, None, all_in=True)
        await here.handing_over.hand_over(here.table.lan, HandOver(parcel_ids=[each.parcel_id]), None)
    await database.pool.execute("UPDATE parcel_handovers SET due_at = now()")

    told = await asyncio.gather(here.handing_over.tell_due(), there.handing_over.tell_due(), here.handing_over.tell_due())

    assert sum(told) == 2
    assert await here.table.node.course(order_id) == ["placed", "confirmed", "handed_over"]
    assert await complaints_about_boxes(database) == []


@pytest.mark.parametrize("seed", seeds())
async def test_taken_back_or_told_but_never_both(nodes: list[Node], database: Database, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a course that can be repeated
    here, there = nodes
    marks = {}
    for _ in range(8):
        parcel = await here.table.parcel(order_id := await here.table.order())
        await here.table.packing.close(here.table.lan, parcel.parcel_id, None, all_in=True)
        done = await here.handing_over.hand_over(here.table.lan, HandOver(parcel_ids=[parcel.parcel_id]), None)
        assert done.mark is not None
        marks[order_id] = done.mark
        due = "UPDATE parcel_handovers SET due_at = $2 WHERE mark = $1"
        await database.pool.execute(due, done.mark, utc_now() + timedelta(milliseconds=chance.randrange(150, 400)))

    async def undo(mark: UUID) -> bool:
        await asyncio.sleep(chance.random() * 0.4)
        try:
            return (await here.handing_over.undo(here.table.lan, mark, None)).undone == 1
        except AppError:
            return False

    async def clock() -> None:
        for _ in range(12):
            await there.handing_over.tell_due()
            await asyncio.sleep(0.05)

    *undone, _ = await asyncio.gather(*(undo(mark) for mark in marks.values()), clock())

    courses = [(await here.table.node.course(order_id))[2:] for order_id in marks]
    assert courses == [[] if is_undone else ["handed_over"] for is_undone in undone]
    assert await complaints_about_boxes(database) == []


async def test_control_without_its_locks_an_orders_units_are_in_two_boxes(
    nodes: list[Node], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two makings that have both read before either writes, no lock and no key between them: the checker must see it."""
    order_id = await nodes[0].table.order({await nodes[0].table.offer(UNITS): UNITS}, phone=BUYERS[0])
    monkeypatch.setattr(contents, "_LOCK", contents._CONTACTS)
    monkeypatch.setattr(refreshing, "_LOCK", refreshing._LOCK.replace("FOR NO KEY UPDATE OF p", ""))
    await database.pool.execute("ALTER TABLE parcel_lines DROP CONSTRAINT pk_parcel_lines")
    await database.pool.execute("DROP INDEX uq_parcel_orders_cod")
    have_read, rests = asyncio.Barrier(2), making._rests

    async def read_together(*args: Any) -> Any:
        found = await rests(*args)
        await have_read.wait()
        return found

    monkeypatch.setattr(making, "_rests", read_together)

    async with asyncio.timeout(20):
        await asyncio.gather(*(node.table.make([order_id]) for node in nodes))

    assert await complaints_about_boxes(database) == [f"{2 * UNITS} units of {UNITS} are in boxes", "2 boxes collect for an order"]
