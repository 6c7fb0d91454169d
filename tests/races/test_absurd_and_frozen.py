"""One absurd order among ordinary ones, and connections that stand still, in courses of faults; each with what happens without its guard."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from uuid import UUID

import asyncpg
import psutil
import pytest

from app.infra.bounded_pool import BoundedPool
from app.infra.clock import monotonic
from app.infra.database import Database, RawConnection, open_database
from app.orders.batch import BatchResult, write_batch
from app.orders.books import WantedOrder
from app.settings import DatabaseSettings, OrderSettings
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth
from tests.races.conftest import seeds
from tests.races.writers import a_node, acknowledged, place_all

pytestmark = pytest.mark.slow

SETTINGS = OrderSettings(place_deadline_seconds=3.0)
ORDINARY = 40


def _codes(answers: Sequence[object]) -> Counter[str]:
    return Counter(str(getattr(answer, "code", "placed")) for answer in answers)


def _absurd(order: WantedOrder, choice: random.Random) -> WantedOrder:
    """What passed the door all the same, for instance because a limit there is wider than the table's."""
    contact, length = order.contact, choice.randint(1_000, 5_000)
    return choice.choice(
        [
            replace(order, contact=replace(contact, sealed=b"x" * (3_000 + length))),
            replace(order, contact=replace(contact, key_id=None)),  # type: ignore[arg-type]  # what the door never makes
            replace(order, contact=replace(contact, key_id=2**40)),  # type: ignore[arg-type]  # the same
            replace(order, contact=replace(contact, key_id="Lan\0")),
            replace(order, payment="cowries"),
        ]
    )


def _a_course(market: Market, offer_id: UUID, choice: random.Random) -> list[WantedOrder]:
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(ORDINARY)]
    place = choice.randrange(ORDINARY)
    return [*orders[:place], _absurd(a_wanted_order(market, {offer_id: 1}), choice), *orders[place:]]


@pytest.mark.parametrize("seed", seeds())
async def test_one_absurd_order_is_refused_at_once_and_delays_none_beside_it(
    database: Database, market: Market, postgres_url: str, seed: int
) -> None:
    choice, offer_id = random.Random(seed), await an_offer(database, market, total=1_000)  # noqa: S311 - a course that can be repeated

    for _ in range(5):
        orders, started = _a_course(market, offer_id, choice), monotonic()
        async with a_node(database.placing, SETTINGS) as node:
            answers = await place_all(node, orders)
        took = monotonic() - started

        assert _codes(answers) == {"placed": ORDINARY, "order_cannot_be_written": 1}
        assert took < SETTINGS.place_deadline_seconds
        assert complaints_about(await read_truth(postgres_url, market.session_id), acknowledged(orders, answers)) == []


async def test_where_it_is_taken_for_a_passing_fault_nobody_beside_it_is_served(database: Database, market: Market) -> None:
    """The control: the same order, in a batch whose writer says that it failed for want of time."""
    offer_id = await an_offer(database, market, total=1_000)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(ORDINARY)]
    orders[7] = replace(orders[7], contact=replace(orders[7].contact, sealed=b"x" * 5_000))

    async def mistakes_it(db: RawConnection, session_id: UUID, batch: Sequence[WantedOrder], codes: list[str]) -> BatchResult:
        try:
            return await write_batch(db, session_id, batch, codes)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise OSError("the disk is slow") from error

    async with a_node(database.placing, SETTINGS, write=mistakes_it) as node:
        answers = await place_all(node, orders)

    assert "placed" not in _codes(answers)


async def _stand_still(pool: BoundedPool, choice: random.Random, how_many: int) -> list[psutil.Process]:
    """Some of a pool's idle connections, which nobody will hear of any more."""
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(pool.acquire()) for _ in range(DatabaseSettings().placing_pool_size)]
        pids = [int(await each.fetchval("SELECT pg_backend_pid()")) for each in connections]
    backends = [psutil.Process(pid) for pid in choice.sample(pids, how_many)]
    for backend in backends:
        backend.send_signal(signal.SIGSTOP)
    return backends


async def _order_over_frozen_connections(url: str, settings: DatabaseSettings, market: Market, offer_id: UUID, seed: int) -> Counter[str]:
    choice = random.Random(seed)  # noqa: S311 - a course that can be repeated
    async with open_database(url, settings) as database:
        backends = await _stand_still(database.placing, choice, DatabaseSettings().placing_pool_size)
        try:
            async with a_node(database.placing, SETTINGS) as node:
                answers = await place_all(node, [a_wanted_order(market, {offer_id: 1}) for _ in range(ORDINARY)])
        finally:
            for backend in backends:
                backend.send_signal(signal.SIGCONT)
    return _codes(answers)


@pytest.mark.parametrize("seed", seeds())
async def test_connections_that_stand_still_cost_a_moment_and_no_order(
    database: Database, market: Market, postgres_url: str, seed: int
) -> None:
    offer_id = await an_offer(database, market, total=1_000)
    hasty = DatabaseSettings(placing_timeout_seconds=0.6, connect_timeout_seconds=0.6)

    got = await _order_over_frozen_connections(postgres_url, hasty, market, offer_id, seed)

    assert got == {"placed": ORDINARY}


async def test_waited_for_without_a_limit_they_cost_every_order(database: Database, market: Market, postgres_url: str) -> None:
    """The control: the same with a limit that nobody lives to see."""
    offer_id = await an_offer(database, market, total=1_000)
    patient = DatabaseSettings(placing_timeout_seconds=20.0, statement_timeout_seconds=20.0, transaction_timeout_seconds=25.0)

    got = await _order_over_frozen_connections(postgres_url, patient, market, offer_id, 1)

    assert "placed" not in got
