"""Each guard is taken away inside a test, and the checker that watches over it must complain: else it would prove nothing.

Where two guards stand behind each other, the first alone may go without harm; that is a test as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from app.infra.committing import Commit, commit
from app.infra.database import Database, RawConnection
from app.infra.redis_client import RedisClients
from app.ledger.chain import entry_of
from app.ledger.fold import delta_of
from app.metrics.service import MetricsService
from app.metrics.store import MetricsStore
from app.orders.batch import FEW_ORDERS, BatchResult, BatchWriter, write_batch
from app.orders.books import WantedOrder
from app.protocol.server_events import OrderReceipt
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.races.careless import BlindToRepeats, WithoutLocks, a_forgetful_store, told_and_never_committed
from tests.races.checkers import (
    Acknowledged,
    acknowledged_but_not_written,
    chain_broken,
    complaints_about,
    keys_used_twice,
    read_truth,
    sold_too_much_or_lost,
    statistics_differ,
)
from tests.races.writers import a_node, acknowledged, place_all

NODES = 4
LEDGER_ORDER = (
    "ALTER TABLE orders DROP CONSTRAINT fk_orders_ledger_entry, DROP CONSTRAINT uq_orders_seq",
    "ALTER TABLE order_changes DROP CONSTRAINT fk_order_changes_ledger_entry",
    "ALTER TABLE ledger_entries DROP CONSTRAINT pk_ledger_entries",
)


@asynccontextmanager
async def without_constraints(database: Database, *statements: str) -> AsyncIterator[None]:
    for statement in statements:
        await database.pool.execute(statement)
    yield


async def four_nodes_sell(database: Database, orders: list[WantedOrder], write: BatchWriter) -> list[OrderReceipt | BaseException]:
    share = len(orders) // NODES

    async def one_node(number: int) -> list[OrderReceipt | BaseException]:
        async with a_node(database.placing, write=write) as node:
            return await place_all(node, orders[number * share : (number + 1) * share])

    return [answer for answers in await asyncio.gather(*map(one_node, range(NODES))) for answer in answers]


@pytest.mark.parametrize("few", [0, FEW_ORDERS], ids=["copied", "inserted"])
async def test_four_nodes_sell_one_stock_under_the_lock(database: Database, market: Market, postgres_url: str, few: int) -> None:
    offer_id = await an_offer(database, market, total=10)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(40)]

    answers = await four_nodes_sell(database, orders, BatchWriter(few_orders=few))

    truth = await read_truth(postgres_url, market.session_id)
    assert complaints_about(truth, acknowledged(orders, answers)) == []
    assert len(truth.orders) == 10


async def test_without_the_lock_the_key_of_the_ledger_still_keeps_the_stock(database: Database, market: Market, postgres_url: str) -> None:
    offer_id = await an_offer(database, market, total=10)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(40)]

    answers = await four_nodes_sell(database, orders, WithoutLocks(nodes=NODES))

    assert complaints_about(await read_truth(postgres_url, market.session_id), acknowledged(orders, answers)) == []


async def test_without_the_lock_and_the_key_of_the_ledger_stock_is_oversold(database: Database, market: Market, postgres_url: str) -> None:
    offer_id = await an_offer(database, market, total=10)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(40)]

    async with without_constraints(database, *LEDGER_ORDER):
        await four_nodes_sell(database, orders, WithoutLocks(nodes=NODES))

    truth = await read_truth(postgres_url, market.session_id)
    assert sold_too_much_or_lost(truth) != []
    assert chain_broken(truth) != []


def sent_twice(order: WantedOrder) -> tuple[WantedOrder, WantedOrder]:
    """The same intention comes through the door twice: there each gets an id of its own."""
    return order, replace(order, order_id=uuid4())


async def test_without_the_look_for_repeats_the_unique_key_still_refuses_a_second_order(
    database: Database, market: Market, postgres_url: str
) -> None:
    offer_id = await an_offer(database, market, total=10)
    order = a_wanted_order(market, {offer_id: 1})

    async with a_node(database.placing, write=BlindToRepeats()) as node:
        answers = [(await place_all(node, [each]))[0] for each in sent_twice(order)]

    assert [isinstance(answer, OrderReceipt) for answer in answers] == [True, False]
    assert keys_used_twice(await read_truth(postgres_url, market.session_id)) == []


async def test_without_the_unique_key_a_repeat_makes_a_second_order(database: Database, market: Market, postgres_url: str) -> None:
    offer_id = await an_offer(database, market, total=10)
    order = a_wanted_order(market, {offer_id: 1})

    async with (
        without_constraints(database, "ALTER TABLE orders DROP CONSTRAINT uq_orders_client_key"),
        a_node(database.placing, write=BlindToRepeats()) as node,
    ):
        for each in sent_twice(order):
            await node.place(each)

    assert keys_used_twice(await read_truth(postgres_url, market.session_id)) != []


async def _project_twice(
    database: Database, redis: RedisClients, prefix: str, postgres_url: str, market: Market, *, store: type[MetricsStore] = MetricsStore
) -> list[str]:
    """The whole ledger applied by two projectors that both start at the first entry."""
    offer_id = await an_offer(database, market, total=30)
    async with a_node(database.placing) as node:
        await place_all(node, [a_wanted_order(market, {offer_id: 1}) for _ in range(20)])
    truth = await read_truth(postgres_url, market.session_id)
    deltas = [delta_of(entry_of(body)) for _, body, _ in truth.ledger]
    projectors = [MetricsService(database, redis, prefix, store=store) for _ in range(2)]
    await asyncio.gather(*(projector.apply(market.session_id, deltas) for projector in projectors))
    return await statistics_differ(redis, prefix, truth)


async def test_two_projectors_count_each_entry_once(
    database: Database, market: Market, redis: RedisClients, redis_prefix: str, postgres_url: str
) -> None:
    assert await _project_twice(database, redis, redis_prefix, postgres_url, market) == []


async def test_without_the_check_of_seq_two_projectors_count_twice(
    database: Database, market: Market, redis: RedisClients, redis_prefix: str, postgres_url: str
) -> None:
    assert await _project_twice(database, redis, redis_prefix, postgres_url, market, store=a_forgetful_store()) != []


async def _place_and_lose_the_commit(database: Database, market: Market, commit: Commit[BatchResult] = commit) -> list[Acknowledged]:
    """The connection dies just before the first COMMIT; returns what clients were told."""
    offer_id = await an_offer(database, market, total=30)
    deaths = iter([True])

    async def write_and_die(db: RawConnection, session_id: UUID, orders: Sequence[WantedOrder], codes: list[str]) -> BatchResult:
        result = await write_batch(db, session_id, orders, codes)
        if next(deaths, False):
            db.terminate()
        return result

    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(10)]
    async with a_node(database.placing, write=write_and_die, commit=commit) as node:
        return acknowledged(orders, await place_all(node, orders))


async def test_nobody_is_told_before_the_commit(database: Database, market: Market, postgres_url: str) -> None:
    known = await _place_and_lose_the_commit(database, market)

    truth = await read_truth(postgres_url, market.session_id)
    assert len(known) == 10
    assert acknowledged_but_not_written(known, truth) == []


async def test_an_answer_before_the_commit_is_an_order_that_was_never_written(
    database: Database, market: Market, postgres_url: str
) -> None:
    known = await _place_and_lose_the_commit(database, market, told_and_never_committed)

    assert acknowledged_but_not_written(known, await read_truth(postgres_url, market.session_id)) != []


async def test_the_checkers_see_an_altered_amount_a_missing_entry_and_a_lost_unit(
    database: Database, market: Market, postgres_url: str
) -> None:
    offer_id = await an_offer(database, market, total=30)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(5)]
    async with a_node(database.placing) as node:
        known = acknowledged(orders, await place_all(node, orders))
    truth = await read_truth(postgres_url, market.session_id)
    assert complaints_about(truth, known) == []

    seq, body, stored = truth.ledger[2]
    truth.ledger[2] = (seq, body.replace("129000", "129001"), stored)
    assert chain_broken(truth) == ["the chain breaks at 3"]
    del truth.ledger[2]
    assert len(acknowledged_but_not_written(known, truth)) == 1
    assert len(sold_too_much_or_lost(truth)) == 1
    assert acknowledged_but_not_written([*known, type(known[0])(uuid4(), uuid4(), uuid4(), 9, 1)], truth)[-1].endswith(
        "is not in the orders"
    )
