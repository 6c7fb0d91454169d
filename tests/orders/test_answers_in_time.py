"""Every order is answered by its deadline, whatever hangs or fails, and an order that was confirmed is in the ledger."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from app.errors import AppError, OutcomeUnknown
from app.infra.bounded_pool import server_settings
from app.infra.clock import monotonic
from app.infra.database import Database, open_database
from app.infra.redis_client import RedisClients
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.orders import batch, group_commit
from app.orders.batch import BatchResult
from app.orders.books import WantedOrder
from app.orders.errors import Busy, SoldOut
from app.orders.group_commit import PlacingQueues
from app.protocol.server_events import OrderReceipt
from app.settings import DatabaseSettings, OrderSettings
from tests.freezing import frozen_for
from tests.orders.builders import Market, a_market, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth
from tests.races.writers import acknowledged
from tests.selling import a_waitlist

DEADLINE_SECONDS = 2.0
SETTINGS = OrderSettings(place_deadline_seconds=DEADLINE_SECONDS)
HASTY = DatabaseSettings(connect_timeout_seconds=1.0, placing_timeout_seconds=1.5, lock_timeout_seconds=0.5)

TRIES_OF_A_BUYER = 4

Timed = tuple[OrderReceipt | BaseException, float]


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    async with open_database(postgres_url, HASTY) as opened:
        yield opened


@pytest.fixture
async def market(database: Database) -> Market:
    return await a_market(database)


class Told:
    """What the node was told after each commit."""

    def __init__(self) -> None:
        self.results: list[BatchResult] = []

    async def __call__(self, session_id: UUID, result: BatchResult) -> None:
        self.results.append(result)

    def sold_out(self) -> list[UUID]:
        return [offer_id for result in self.results for offer_id in result.newly_sold_out]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def queues(database: Database, told: Told) -> AsyncIterator[PlacingQueues]:
    opened = PlacingQueues(database.placing, SETTINGS, told)
    yield opened
    await opened.close()


async def _timed(queues: PlacingQueues, order: WantedOrder) -> Timed:
    started = monotonic()
    try:
        return await queues.place(order), monotonic() - started
    except AppError as error:
        return error, monotonic() - started


async def _order_for(queues: PlacingQueues, orders: Sequence[WantedOrder], seconds: float) -> list[Timed]:
    """Place these orders spread over the given time."""
    placing = []
    for order in orders:
        placing.append(asyncio.ensure_future(_timed(queues, order)))
        await asyncio.sleep(seconds / len(orders))
    return await asyncio.gather(*placing)


@pytest.mark.slow
async def test_a_frozen_database_delays_no_answer_beyond_the_deadline_and_loses_none(
    database: Database, market: Market, queues: PlacingQueues, postgres_server: EmbeddedPostgres, postgres_url: str
) -> None:
    offer_id = await an_offer(database, market, total=1_000)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(80)]
    await queues.place(orders[0])

    async with frozen_for(postgres_server.pid, 8):
        during = await _order_for(queues, orders[1:], 8)
    repeated = await asyncio.gather(*(queues.place(order) for order in orders))
    after = [await _timed(queues, a_wanted_order(market, {offer_id: 1})) for _ in range(10)]

    assert max(seconds for _, seconds in during) < DEADLINE_SECONDS + 1
    assert {type(answer) for answer, _ in during} <= {OrderReceipt, Busy, OutcomeUnknown}
    assert all(isinstance(answer, OrderReceipt) and seconds < 1 for answer, seconds in after)
    truth = await read_truth(postgres_url, market.session_id)
    known = acknowledged(orders[1:], [answer for answer, _ in during]) + acknowledged(orders, repeated)
    assert complaints_about(truth, known) == []
    assert len(truth.orders) == 90


async def test_an_order_that_was_never_taken_is_busy_and_not_unknown(
    database: Database, market: Market, queues: PlacingQueues, postgres_server: EmbeddedPostgres
) -> None:
    offer_id = await an_offer(database, market, total=1_000)
    await queues.place(a_wanted_order(market, {offer_id: 1}))

    async with frozen_for(postgres_server.pid, 2.5):
        first = asyncio.ensure_future(_timed(queues, a_wanted_order(market, {offer_id: 1})))
        await asyncio.sleep(0.1)
        later = await asyncio.gather(*(_timed(queues, a_wanted_order(market, {offer_id: 1})) for _ in range(5)))
        await first

    assert {type(answer) for answer, _ in later} == {Busy}


async def test_a_ledger_that_stays_locked_is_a_known_rollback(database: Database, market: Market, queues: PlacingQueues) -> None:
    """The lock is given up by the server's limit; nothing was written, so it is tried again, and at the deadline it is `busy`."""
    offer_id = await an_offer(database, market, total=10)

    with capture_logs() as logs:
        async with database.pool.acquire() as holder, holder.transaction():
            await holder.execute("SELECT 1 FROM ledgers WHERE session_id = $1 FOR UPDATE", market.session_id)
            short, _ = await asyncio.gather(_timed(queues, a_wanted_order(market, {offer_id: 1})), asyncio.sleep(DEADLINE_SECONDS + 0.2))
            waiting = asyncio.ensure_future(_timed(queues, a_wanted_order(market, {offer_id: 1})))
            await asyncio.sleep(0.8)
        placed, _ = await waiting

    assert isinstance(short[0], Busy | OutcomeUnknown)
    assert isinstance(placed, OrderReceipt)
    events = Counter(entry["event"] for entry in logs)
    assert events["batch_not_written"] >= 2
    assert events["batch_outcome_unknown"] == 0
    assert any("LockNotAvailableError" in entry.get("error", "") for entry in logs)
    assert await database.pool.fetchval("SELECT count(*) FROM orders") == 1


async def test_a_process_that_stands_still_with_the_ledger_locked_loses_its_lock(
    database: Database, market: Market, queues: PlacingQueues, postgres_url: str
) -> None:
    """As a worker does that is frozen within a batch; the server ends its transaction, so that the other workers go on."""
    offer_id = await an_offer(database, market, total=10)
    still = await asyncpg.connect(postgres_url, server_settings=server_settings(HASTY, use_seconds=HASTY.placing_timeout_seconds))
    await still.execute("BEGIN")
    await still.execute("SELECT 1 FROM ledgers WHERE session_id = $1 FOR UPDATE", market.session_id)

    wanted = a_wanted_order(market, {offer_id: 1})
    answers = [(await _timed(queues, wanted))[0]]
    while not isinstance(answers[-1], OrderReceipt) and len(answers) < TRIES_OF_A_BUYER:
        answers.append((await _timed(queues, wanted))[0])
    still.terminate()

    assert isinstance(answers[-1], OrderReceipt), answers


async def test_joining_a_waitlist_is_answered_by_the_deadline_too(
    database: Database, redis: RedisClients, market: Market, postgres_server: EmbeddedPostgres
) -> None:
    offer_id = await an_offer(database, market, total=1)
    await database.pool.execute("UPDATE offers SET remaining = 0 WHERE id = $1", offer_id)
    waitlist = a_waitlist(database, redis, SETTINGS)
    device = uuid4()

    async with frozen_for(postgres_server.pid, 3):
        started = monotonic()
        refusals = await asyncio.gather(
            *(waitlist.join(market.session_id, offer_id, each, 1) for each in (device, uuid4(), uuid4())), return_exceptions=True
        )
        took = monotonic() - started

    assert {type(refusal) for refusal in refusals} == {Busy}
    assert took < DEADLINE_SECONDS + 1
    assert (await waitlist.join(market.session_id, offer_id, device, 1)).place <= 3


async def _cancel_the_writer(queues: PlacingQueues) -> None:
    (writer,) = [task for task in asyncio.all_tasks() if task.get_name().startswith("placing.write")]
    writer.cancel()


async def test_a_writer_that_fails_is_started_again_at_once_and_loses_no_order(
    database: Database, market: Market, queues: PlacingQueues, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    offer_id = await an_offer(database, market, total=1_000)
    answer, faults = group_commit._answer, iter([True, False, True])

    def fail_before_answering(batch, answers):
        if next(faults, False):
            raise RuntimeError("a mistake of ours")
        answer(batch, answers)

    monkeypatch.setattr(group_commit, "_answer", fail_before_answering)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(40)]

    timed = [await _timed(queues, order) for order in orders[:5]]
    placing = asyncio.gather(*(_timed(queues, order) for order in orders[5:]))
    await asyncio.sleep(0)
    await _cancel_the_writer(queues)
    timed += await placing

    assert next(faults, None) is None
    assert [answer for answer, _ in timed if not isinstance(answer, OrderReceipt)] == []
    assert max(seconds for _, seconds in timed) < 1
    truth = await read_truth(postgres_url, market.session_id)
    assert complaints_about(truth, acknowledged(orders, [answer for answer, _ in timed])) == []
    assert len(truth.orders) == 40


async def test_a_session_without_orders_gives_its_writer_back(database: Database, market: Market, told: Told) -> None:
    offer_id = await an_offer(database, market, total=10)
    queues = PlacingQueues(database.placing, SETTINGS, told, idle_seconds=0.1)

    await queues.place(a_wanted_order(market, {offer_id: 1}))
    held = len(queues._queues)
    await asyncio.sleep(0.4)
    left = len(queues._queues)
    await queues.place(a_wanted_order(market, {offer_id: 1}))
    await queues.close()

    assert (held, left) == (1, 0)


async def test_sold_out_is_said_once_each_time_it_becomes_so_over_all_nodes(database: Database, market: Market, told: Told) -> None:
    offer_id = await an_offer(database, market, total=5)
    here, there = PlacingQueues(database.placing, SETTINGS, told), PlacingQueues(database.placing, SETTINGS, told)

    async def press(times: int) -> None:
        for _ in range(times):
            nodes = [here, there] * 3
            answers = await asyncio.gather(*(_timed(node, a_wanted_order(market, {offer_id: 1})) for node in nodes))
            assert {type(answer) for answer, _ in answers} <= {OrderReceipt, SoldOut}

    await press(4)
    first = told.sold_out()
    await database.pool.execute("UPDATE offers SET remaining = 2 WHERE id = $1", offer_id)
    await press(3)
    await asyncio.gather(here.close(), there.close())

    assert first == [offer_id]
    assert told.sold_out() == [offer_id] * 2


async def test_one_order_that_cannot_be_decided_is_refused_at_once_and_the_others_are_placed(
    database: Database, market: Market, queues: PlacingQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever mistake of ours it is that one order meets."""
    offer_id = await an_offer(database, market, total=100)
    spoilt = {uuid4() for _ in range(3)}
    accept = batch._accept

    def stumble(books, order):
        if order.key in spoilt:
            raise ValueError("a mistake of ours")
        return accept(books, order)

    monkeypatch.setattr(batch, "_accept", stumble)
    keys = [*spoilt, *(uuid4() for _ in range(30))]

    timed = await asyncio.gather(*(_timed(queues, a_wanted_order(market, {offer_id: 1}, key=key)) for key in keys))

    assert [answer.code for answer, _ in timed[:3] if isinstance(answer, AppError)] == ["order_cannot_be_written"] * 3
    assert all(isinstance(answer, OrderReceipt) for answer, _ in timed[3:])
    assert max(seconds for _, seconds in timed) < 1
