"""Pools and baskets under every door at once: no unit is sold twice, nothing stands still, every answer is true."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID, uuid4

import pytest

from app.accounts.service import CurrentUser
from app.errors import AppError
from app.fulfilment.transitions import Step, append_steps
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.orders.batch import FEW_ORDERS, BatchWriter
from app.orders.books import WantedOrder
from app.orders.schemas import NewStock
from app.orders.shelf import ShelfWant
from app.protocol.server_events import OrderReceipt
from tests.orders.builders import Market, a_pool, a_product, a_wanted_order, an_offer
from tests.races.careless import DiesBeforeStockIsTaken, WithoutLocks
from tests.races.checkers import Truth, complaints_about, pools_oversold_or_lost, read_truth
from tests.races.conftest import seeds
from tests.races.test_guards import LEDGER_ORDER, NODES, four_nodes_sell, without_constraints
from tests.races.writers import a_node, acknowledged, place_all
from tests.selling import a_waitlist, selling_services

ORDERS = 120


def baskets(market: Market, chance: random.Random, offers: Sequence[UUID], products: Sequence[tuple[UUID, int]]) -> list[WantedOrder]:
    """Orders of one to three lines over the same offers and products, each in an order of its own: their locks cross."""
    orders = []
    for _ in range(ORDERS):
        lines: list[tuple[UUID, int]] = chance.sample([*((each, 0) for each in offers), *products], chance.randrange(1, 4))
        wanted = {subject: chance.randrange(1, 3) for subject, price_vnd in lines if not price_vnd}
        shelf = {subject: ShelfWant(chance.randrange(1, 3), price_vnd) for subject, price_vnd in lines if price_vnd}
        orders.append(a_wanted_order(market, wanted, shelf=shelf))
    return orders


async def two_products(database: Database, market: Market, *, units: int) -> tuple[list[UUID], list[tuple[UUID, int]]]:
    """Two products with pools of so many units, an offer for the first."""
    first, second = market.product_id, await a_product(database, market)
    await a_pool(database, market, first, units=units, limit=1_000)
    await a_pool(database, market, second, units=units, limit=1_000)
    return [await an_offer(database, market, total=units, limit=1_000)], [(first, 180_000), (second, 90_000)]


@pytest.mark.parametrize("seed", seeds())
async def test_baskets_that_cross_on_two_nodes_sell_each_unit_once(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, postgres_url: str, seed: int
) -> None:
    """While both nodes place, orders are cancelled, people wait in line, and the host changes the pools."""
    chance = random.Random(seed)  # noqa: S311 - a course that can be repeated
    offers, products = await two_products(database, market, units=60)
    orders = baskets(market, chance, offers, products)
    selling = selling_services(database, redis, redis_prefix)
    waitlist = a_waitlist(database, redis)
    host = CurrentUser(market.user_id, market.organisation_id, "Đoàn xã", "host", "Lan", "host")

    async def buy(node, wanted: list[WantedOrder]) -> list[OrderReceipt | BaseException]:
        answers = await place_all(node, wanted)
        for number, answer in enumerate(answers):
            if isinstance(answer, OrderReceipt) and number % 3 == 0:
                async with database.pool.acquire() as db, db.transaction():
                    await append_steps(db, market.session_id, [Step(answer.order_id, "cancelled")], call_seconds=0.01)
        return answers

    async def restock() -> None:
        for product_id, _ in products * 3:
            with suppress(AppError):
                await selling.stock.set(
                    host, market.session_id, product_id, NewStock(units=chance.randrange(60, 90), per_viewer_limit=1_000)
                )

    async def wait_in_line() -> None:
        for _ in range(6):
            with suppress(AppError):
                await waitlist.join(market.session_id, offers[0], uuid4(), 2)
            await waitlist.call_due()

    async with a_node(database.placing) as here, a_node(database.placing) as there, asyncio.timeout(60):
        rounds = [orders[start : start + 20] for start in range(0, ORDERS, 20)]
        buying = asyncio.gather(*(buy(here if number % 2 else there, each) for number, each in enumerate(rounds)))
        await asyncio.gather(buying, restock(), wait_in_line())
    await selling.placing.close()

    answers = [answer for each in buying.result() for answer in each]
    assert [answer for answer in answers if not isinstance(answer, OrderReceipt | AppError)] == []
    assert complaints_about(await read_truth(postgres_url, market.session_id), acknowledged(orders, answers)) == []


async def test_a_basket_that_is_repeated_at_both_nodes_is_one_order(database: Database, market: Market, postgres_url: str) -> None:
    offers, products = await two_products(database, market, units=10)
    order = a_wanted_order(market, {offers[0]: 1}, shelf={product_id: ShelfWant(2, price_vnd) for product_id, price_vnd in products})

    async with a_node(database.placing) as here, a_node(database.placing) as there:
        answers = [answer for each in await asyncio.gather(place_all(here, [order] * 5), place_all(there, [order] * 5)) for answer in each]

    assert len({answer.order_id for answer in answers if isinstance(answer, OrderReceipt)}) == 1
    truth = await read_truth(postgres_url, market.session_id)
    assert (len(truth.orders), complaints_about(truth)) == (1, [])


async def test_a_writer_that_dies_before_commit_leaves_no_part_of_a_basket(database: Database, market: Market, postgres_url: str) -> None:
    """Killed between the order's rows and the pools'; the buyer repeats with the same key."""
    offers, products = await two_products(database, market, units=10)
    order = a_wanted_order(market, {offers[0]: 1}, shelf={products[1][0]: ShelfWant(2, 90_000)})

    async with a_node(database.placing, write=DiesBeforeStockIsTaken()) as node:
        (failed,) = await place_all(node, [order])
        between = await read_truth(postgres_url, market.session_id)
        receipt = await node.place(order)

    truth = await read_truth(postgres_url, market.session_id)
    assert isinstance(failed, AppError)
    assert (between.orders, [pool["sold"] for pool in between.pools]) == ([], [0, 0])
    assert receipt.number == 1
    assert complaints_about(truth) == []


def forty_from_the_shelf(market: Market, product_id: UUID) -> list[WantedOrder]:
    return [a_wanted_order(market, {}, shelf={product_id: ShelfWant(1, 180_000)}) for _ in range(40)]


@pytest.mark.parametrize("few", [0, FEW_ORDERS], ids=["copied", "inserted"])
async def test_four_nodes_sell_one_pool_under_the_lock(database: Database, market: Market, postgres_url: str, few: int) -> None:
    product_id = await a_pool(database, market, units=10)

    await four_nodes_sell(database, forty_from_the_shelf(market, product_id), BatchWriter(few_orders=few))

    truth = await read_truth(postgres_url, market.session_id)
    assert (len(truth.orders), complaints_about(truth)) == (10, [])


async def test_without_the_locks_and_the_key_of_the_ledger_a_pool_is_oversold(
    database: Database, market: Market, postgres_url: str
) -> None:
    """The control: with its guards gone the checker must see it."""
    product_id = await a_pool(database, market, units=10)

    async with without_constraints(database, *LEDGER_ORDER):
        await four_nodes_sell(database, forty_from_the_shelf(market, product_id), WithoutLocks(nodes=NODES))

    truth: Truth = await read_truth(postgres_url, market.session_id)
    assert pools_oversold_or_lost(truth) != []
