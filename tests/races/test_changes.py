"""Changes against cancellations, orders, other changes and returns of the same pools, from several nodes at once: everything adds up."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from app.errors import AppError
from app.fulfilment.changes import Change, OrderChanges, WantedLine, append_change
from app.fulfilment.transitions import Step, append_steps
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.ledger.chain import Entry, entry_of
from app.ledger.course import Course
from app.ledger.kinds import EntryKind
from app.orders.books import WantedOrder
from app.orders.shelf import ShelfWant
from app.orders.waitlist import Waitlist
from app.protocol.server_events import OrderReceipt
from app.reports import verify
from app.reports.ladder import RevenueLadder
from tests.orders.builders import Market, a_pool, a_product, a_wanted_order, an_offer
from tests.races.careless import ChangesWithoutLocks
from tests.races.checkers import Truth, complaints_about, read_truth
from tests.races.conftest import seeds
from tests.races.test_guards import LEDGER_ORDER, without_constraints
from tests.races.writers import a_node, acknowledged, place_all
from tests.selling import a_waitlist

ORDERS = 40
WHOLE_STEPS: tuple[EntryKind, ...] = ("cancelled", "confirmed", "delivered", "paid", "returned", "refunded")


async def rows_that_differ(database: Database, truth: Truth) -> list[str]:
    """The rows of every order and of its changes against the fold over its entries."""
    courses = defaultdict[UUID, Course](Course)
    for _, body, _ in truth.ledger:
        entry = entry_of(body)
        courses[entry.order_id].add(entry)
    units = defaultdict[UUID, Counter[tuple[UUID, int]]](Counter)
    for row in await database.pool.fetch(
        "SELECT order_id, coalesce(offer_id, product_id) AS sold_by, unit_price_vnd, quantity FROM order_lines"
    ):
        units[row["order_id"]][row["sold_by"], row["unit_price_vnd"]] += row["quantity"]
    totals = await database.pool.fetch(
        "SELECT o.id, o.total_vnd + coalesce(sum(c.total_vnd), 0) AS total_vnd FROM orders o LEFT JOIN order_changes c ON c.order_id = o.id GROUP BY o.id"
    )
    complaints = []
    for order_id, total_vnd in totals:
        course = courses[order_id]
        by_ledger = Counter({(good.sold_by, good.unit_price_vnd): quantity for good, quantity in course.ordered.items()})
        worth_vnd = sum(quantity * good.unit_price_vnd for good, quantity in course.ordered.items()) + course.shipping_vnd
        if +units[order_id] != +by_ledger:
            complaints.append(f"order {order_id}: rows have {units[order_id]}, the ledger {by_ledger}")
        if total_vnd != worth_vnd:
            complaints.append(f"order {order_id}: rows cost {total_vnd}, the ledger says {worth_vnd}")
    return complaints


def counted_apart(truth: Truth) -> list[str]:
    """The verifier goes through every order and counts the ladder by itself."""
    entries = [entry_of(body) for _, body, _ in truth.ledger]
    lines = [json.loads(body) for _, body, _ in truth.ledger]
    verify.check_orders(lines)
    ladder = RevenueLadder()
    for entry in entries:
        ladder.add(entry)
    ours = {
        "ladder_vnd": {step.name: step.amount_vnd for step in ladder.steps()},
        "totals": truth.ladder().totals,
        "taken": truth.ladder().taken,
    }
    theirs = verify.figures_of(lines)
    difference = verify.first_difference(ours, {name: theirs[name] for name in ours})
    return [] if difference is None else [difference]


@dataclass
class Bustle:
    """Colleagues who change, cancel, deliver and take back, and people who wait; by one course of chance."""

    database: Database
    market: Market
    chance: random.Random
    offers: list[UUID]
    products: list[UUID]

    def orders(self, products: list[UUID]) -> list[WantedOrder]:
        """One unit of an offer each, and sometimes one from the shelf."""
        prices = dict(zip(self.products, (180_000, 90_000), strict=True))
        return [
            a_wanted_order(
                self.market,
                {self.offers[number % 2]: 1},
                shelf={product_id: ShelfWant(1, prices[product_id])} if self.chance.randrange(2) else {},
            )
            for number, product_id in enumerate(products)
        ]

    async def work(self, receipts: list[OrderReceipt]) -> None:
        for _ in range(40):
            with suppress(AppError):
                await self._do_something(self.chance.choice(receipts).order_id)

    async def wait(self, waitlist: Waitlist) -> None:
        for _ in range(6):
            with suppress(AppError):
                await waitlist.join(self.market.session_id, self.chance.choice(self.offers), uuid4(), 2)
            await waitlist.call_due()

    async def _do_something(self, order_id: UUID) -> None:
        async with self.database.pool.acquire() as db, db.transaction():
            if self.chance.randrange(3):
                await append_change(db, self.market.session_id, self._change(order_id), call_seconds=0.01)
                return
            kind = self.chance.choice(WHOLE_STEPS)
            steps = [Step(order_id, "confirmed"), Step(order_id, kind)]
            if kind == "returned":
                steps.append(Step(order_id, "restocked"))
            await append_steps(db, self.market.session_id, steps, call_seconds=0.01)

    def _change(self, order_id: UUID) -> Change:
        """Names some of the four sellers in an order of its own."""
        sellers = [*((each, None) for each in self.offers), *((None, each) for each in self.products)]
        chosen = self.chance.sample(sellers, self.chance.randrange(1, 4))
        return Change(order_id, [WantedLine(self.chance.randrange(4), *seller) for seller in chosen])


@pytest.mark.parametrize("seed", seeds())
async def test_changes_that_cross_with_everything_else_sell_each_unit_once(
    database: Database, redis: RedisClients, market: Market, postgres_url: str, seed: int
) -> None:
    """Two products, each sold by an offer and from the shelf out of one pool: locks cross."""
    chance = random.Random(seed)  # noqa: S311 - a course that can be repeated
    products = [market.product_id, await a_product(database, market)]
    for product_id in products:
        await a_pool(database, market, product_id, units=70, limit=1_000)
    offers = [await an_offer(database, market, total=60, limit=1_000) for _ in range(2)]
    bustle = Bustle(database, market, chance, offers, products)

    async with a_node(database.placing) as here, a_node(database.placing) as there, asyncio.timeout(90):
        orders, later = bustle.orders(products * (ORDERS // 2)), bustle.orders([products[1]] * ORDERS)
        first = await place_all(here, orders)
        placed = [answer for answer in first if isinstance(answer, OrderReceipt)]
        works = (bustle.work(placed[:15]), bustle.work(placed[:15]), bustle.work(placed))
        second, *_ = await asyncio.gather(place_all(there, later), *works, bustle.wait(a_waitlist(database, redis)))

    assert len(placed) > ORDERS // 2
    truth = await read_truth(postgres_url, market.session_id)
    assert complaints_about(truth, [*acknowledged(orders, first), *acknowledged(later, second)]) == []
    assert await rows_that_differ(database, truth) == []
    assert counted_apart(truth) == []
    assert truth.ladder().totals["orders_changed"] > 5


async def everybody_wants_one_more(database: Database, market: Market, change: OrderChanges) -> list[Entry | AppError | BaseException]:
    """Eight orders have one unit of ten each, out of a pool, too; all at once ask for another one."""
    await a_pool(database, market, units=10, limit=1_000)
    offer_id = await an_offer(database, market, total=10, limit=1_000)
    async with a_node(database.placing) as node:
        placed = await place_all(node, [a_wanted_order(market, {offer_id: 1}) for _ in range(8)])

    async def one_more(order_id: UUID) -> Entry | AppError:
        async with database.pool.acquire() as db, db.transaction():
            return (await change(db, market.session_id, Change(order_id, [WantedLine(2, offer_id)]), call_seconds=60)).entry

    placed_ids = [each.order_id for each in placed if isinstance(each, OrderReceipt)]
    return list(await asyncio.gather(*map(one_more, placed_ids), return_exceptions=True))


async def test_of_eight_changes_two_get_the_last_two_units(database: Database, market: Market, postgres_url: str) -> None:
    answers = await everybody_wants_one_more(database, market, OrderChanges())

    assert Counter(type(answer).__name__ for answer in answers) == {"Entry": 2, "SoldOut": 6}
    assert complaints_about(await read_truth(postgres_url, market.session_id)) == []


async def test_without_the_locks_and_the_rules_behind_them_changes_oversell(database: Database, market: Market, postgres_url: str) -> None:
    """The control: with its guards gone the checkers must see it."""
    rules = (
        "ALTER TABLE order_changes DROP CONSTRAINT pk_order_changes",
        "ALTER TABLE offers DROP CONSTRAINT ck_offers_remaining_within_total, DROP CONSTRAINT ck_offers_set_aside_within_remaining",
        "ALTER TABLE session_stock DROP CONSTRAINT ck_session_stock_within_units",
    )
    async with without_constraints(database, *rules, *LEDGER_ORDER):
        await everybody_wants_one_more(database, market, ChangesWithoutLocks(nodes=8))

    complaints = complaints_about(await read_truth(postgres_url, market.session_id))
    assert [each for each in complaints if each.startswith("pool")] != []
    assert [each for each in complaints if each.startswith("offer")] != []
    assert [each for each in complaints if "chain" in each or "head" in each] != []


async def test_the_same_change_sent_by_two_colleagues_is_made_once(
    database: Database, market: Market, queues_order: tuple[UUID, UUID]
) -> None:
    """Both have seen the order as it was placed."""
    offer_id, order_id = queues_order

    async def change() -> Entry:
        async with database.pool.acquire() as db, db.transaction():
            wish = Change(order_id, [WantedLine(3, offer_id)], seen_seq=1)
            return (await append_change(db, market.session_id, wish, call_seconds=60)).entry

    answers = await asyncio.gather(change(), change(), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["Entry", "OrderChangedMeanwhile"]


@pytest.fixture
async def queues_order(database: Database, market: Market) -> tuple[UUID, UUID]:
    """An offer, and an order of two units of it."""
    offer_id = await an_offer(database, market)
    async with a_node(database.placing) as node:
        (receipt,) = await place_all(node, [a_wanted_order(market, {offer_id: 2})])
    assert isinstance(receipt, OrderReceipt)
    return offer_id, receipt.order_id
