"""A node's writer commits for all its workers. It is a shortcut only: without it, or when it dies or stands still, nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from app.infra.clock import monotonic
from app.infra.committing import NotCommitted, commit
from app.infra.database import Database, RawConnection
from app.infra.watched_commits import CommitUnknown
from app.orders.batch import BatchResult
from app.orders.books import WantedOrder
from app.orders.errors import KeyReused, SoldOut
from app.orders.group_commit import PlacingQueues
from app.orders.node_writer import NodeWriter, PunctualWriter, TooLate
from app.orders.writer_client import WriterClient
from app.protocol.server_events import OrderReceipt
from app.settings import PROJECT_ROOT, OrderSettings, child_environment
from tests.freezing import frozen_for
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.patience import START_SECONDS
from tests.races.checkers import Acknowledged, complaints_about, read_truth
from tests.races.writers import acknowledged, place_all

pytestmark = pytest.mark.slow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders"


@pytest.fixture
async def writer(database: Database, path: Path) -> AsyncIterator[NodeWriter]:
    opened = NodeWriter(database.placing, OrderSettings())
    await opened.start(path)
    yield opened
    await opened.close()


@pytest.fixture
async def process(postgres_url: str, path: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    """`ocop order-writer`, listening."""
    names = {"DATABASE_URL": postgres_url, "OCOP_ORDERS__WRITER_SOCKET": str(path), "OCOP_SECRET_KEY": "tests" * 8}
    command = [sys.executable, "-m", "app.cli", "order-writer"]
    running = subprocess.Popen(command, env=child_environment(names), cwd=PROJECT_ROOT)  # noqa: ASYNC220 - ended by name below
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await asyncio.to_thread(path.exists):
                assert running.poll() is None
                await asyncio.sleep(0.05)
        yield running
    finally:
        running.send_signal(signal.SIGCONT)
        running.kill()
        running.wait()


class Worker:
    """The placing queues of one worker that knows a writer."""

    def __init__(self, database: Database, path: Path, stack: AsyncExitStack) -> None:
        self.results: list[BatchResult] = []
        self.client = WriterClient(str(path))
        self.queues = PlacingQueues(database.placing, OrderSettings(), self._after_commit, elsewhere=self.client)
        stack.push_async_callback(self.client.close)
        stack.push_async_callback(self.queues.close)

    async def _after_commit(self, session_id: UUID, result: BatchResult) -> None:
        self.results.append(result)


@pytest.fixture
async def workers(database: Database, path: Path) -> AsyncIterator[list[Worker]]:
    async with AsyncExitStack() as stack:
        yield [Worker(database, path, stack) for _ in range(3)]


async def test_orders_of_all_workers_become_one_ledger_and_each_gets_its_own_answer(
    database: Database, market: Market, writer: NodeWriter, workers: list[Worker], postgres_url: str
) -> None:
    offer_id = await an_offer(database, market, total=50)
    orders = [[a_wanted_order(market, {offer_id: 1}) for _ in range(20)] for _ in workers]

    answers = await asyncio.gather(*(place_all(worker.queues, own) for worker, own in zip(workers, orders, strict=True)))

    everyone = [answer for own in answers for answer in own]
    placed = [answer for answer in everyone if isinstance(answer, OrderReceipt)]
    refused = [answer for answer in everyone if isinstance(answer, SoldOut)]
    assert (len(placed), len(refused)) == (50, 10)
    assert {refusal.details["offer_id"] for refusal in refused} == {str(offer_id)}
    assert sorted(receipt.number for receipt in placed) == list(range(1, 51))
    known = [each for own, answer in zip(orders, answers, strict=True) for each in acknowledged(own, answer)]
    assert complaints_about(await read_truth(postgres_url, market.session_id), known) == []
    # one of the workers, and only one, tells the room
    assert sum(offer_id in result.newly_sold_out for worker in workers for result in worker.results) == 1


async def test_a_repeat_at_another_worker_gets_the_same_receipt(
    database: Database, market: Market, writer: NodeWriter, workers: list[Worker]
) -> None:
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 1})

    first = await workers[0].queues.place(order)

    assert await workers[1].queues.place(order) == first
    with pytest.raises(KeyReused):
        await workers[2].queues.place(
            a_wanted_order(market, {offer_id: 2}, device_id=order.device_id, key=order.key, digest=b"other content")
        )


async def test_without_a_writer_the_worker_writes_by_itself(database: Database, market: Market, workers: list[Worker]) -> None:
    offer_id = await an_offer(database, market)

    receipt = await workers[0].queues.place(a_wanted_order(market, {offer_id: 1}))

    assert receipt.number == 1


@pytest.mark.parametrize("fault", ["killed", "frozen", "told to stop"])
async def test_a_writer_that_goes_under_load_loses_and_doubles_nothing(
    fault: str, database: Database, market: Market, process: subprocess.Popen[bytes], workers: list[Worker], postgres_url: str
) -> None:
    offer_id = await an_offer(database, market, total=10_000)
    orders = [[a_wanted_order(market, {offer_id: 1}) for _ in range(150)] for _ in workers]
    known: list[Acknowledged] = []
    some_are_known = asyncio.Event()

    async def order(worker: Worker, own: list[WantedOrder]) -> None:
        for start in range(0, len(own), 5):
            part = own[start : start + 5]
            known.extend(acknowledged(part, await place_all(worker.queues, part)))
            if len(known) >= 60:
                some_are_known.set()

    ordering = asyncio.gather(*(order(worker, own) for worker, own in zip(workers, orders, strict=True)))
    await some_are_known.wait()
    match fault:
        case "killed":
            os.kill(process.pid, signal.SIGKILL)
        case "told to stop":
            os.kill(process.pid, signal.SIGTERM)
        case _:
            async with frozen_for(process.pid, 6):
                pass
    await ordering
    repeated = [
        each for worker, own in zip(workers, orders, strict=True) for each in acknowledged(own, await place_all(worker.queues, own))
    ]

    truth = await read_truth(postgres_url, market.session_id)
    assert complaints_about(truth, known + repeated) == []
    assert len(truth.orders) == 450


async def test_a_batch_whose_time_has_passed_is_not_written_any_more(database: Database, market: Market) -> None:
    """Its worker may have written it meanwhile, or have been told that it is sold out."""
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 1})

    async def late(db: RawConnection) -> BatchResult:
        return await PunctualWriter(monotonic() - 0.001)(db, market.session_id, [order])

    with pytest.raises(NotCommitted) as failure:
        await commit(database.placing, late)

    assert isinstance(failure.value.__cause__, TooLate)
    async with database.pool.acquire() as db:
        assert await db.fetchval("SELECT last_seq FROM ledgers WHERE session_id = $1", market.session_id) == 0


async def test_a_ledger_that_stays_locked_keeps_a_worker_no_longer_than_the_writer_may_take(
    database: Database, market: Market, writer: NodeWriter, workers: list[Worker]
) -> None:
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 1})

    async with database.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT 1 FROM ledgers WHERE session_id = $1 FOR UPDATE", market.session_id)
        started = monotonic()
        with pytest.raises(CommitUnknown):
            await workers[0].client.commit(market.session_id, [order])
        assert monotonic() - started < 5.0
    # what the writer still had in hand was too late when it got the lock
    placed = await workers[0].queues.place(order)

    assert placed.number == 1


async def test_a_batch_that_cannot_be_written_spoils_no_other_workers(
    database: Database, market: Market, writer: NodeWriter, workers: list[Worker]
) -> None:
    offer_id = await an_offer(database, market)
    good = a_wanted_order(market, {offer_id: 1})
    spoilt = replace(a_wanted_order(market, {offer_id: 1}), order_id=good.order_id)
    async with database.pool.acquire() as holder:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM ledgers WHERE session_id = $1 FOR UPDATE", market.session_id)
            first = asyncio.ensure_future(workers[0].client.commit(market.session_id, [good]))
            await asyncio.sleep(0.2)
            others = [
                asyncio.ensure_future(worker.client.commit(market.session_id, [order]))
                for worker, order in ((workers[1], spoilt), (workers[2], a_wanted_order(market, {offer_id: 1})))
            ]
            await asyncio.sleep(0.2)
        _, (given_back, written) = await first, await asyncio.gather(*others)

    assert given_back is None
    assert written is not None
    assert isinstance(written.answers[0], OrderReceipt)


async def test_only_this_systems_user_may_open_the_socket(writer: NodeWriter, path: Path) -> None:
    mode = (await asyncio.to_thread(path.stat)).st_mode
    assert mode & 0o177 == 0


async def test_what_is_no_frame_of_ours_is_not_listened_to_and_harms_nobody(
    database: Database, market: Market, writer: NodeWriter, workers: list[Worker], path: Path
) -> None:
    offer_id = await an_offer(database, market)
    strangers = []
    for absurd in (b"\xff\xff\xff\xff", b"\0\0\0\2{}", b"GET / HTTP/1.1\r\n\r\n"):
        _, stranger = await asyncio.open_unix_connection(str(path))
        stranger.write(absurd)
        await stranger.drain()
        strangers.append(stranger)

    assert (await workers[0].queues.place(a_wanted_order(market, {offer_id: 1}))).number == 1
    for stranger in strangers:
        stranger.close()
        await stranger.wait_closed()
