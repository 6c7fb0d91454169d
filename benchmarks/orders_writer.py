"""The writer alone, in one process: group commit against one transaction per order and against bare COPY, and its open loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from app.infra.clock import monotonic
from app.infra.database import Database
from app.orders.batch import BatchResult, write_batch
from app.orders.books import WantedOrder
from app.orders.group_commit import PlacingQueues
from app.settings import OrderSettings
from benchmarks.orders_market import HotOffer

SINGLE_CONNECTIONS = 20
COPY_BATCH = 1_000
COPIED_TABLES = ("ledger_entries", "orders", "order_lines", "order_contacts")


@dataclass(frozen=True, slots=True)
class Latencies:
    """Milliseconds from the planned moment of an order to its answer."""

    rate: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    answered: int


def latencies_of(rate: int, seconds: Sequence[float]) -> Latencies:
    ordered = sorted(seconds)
    p50, p99, longest = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.99, 1.0))
    return Latencies(rate, p50_ms=p50, p99_ms=p99, max_ms=longest, answered=len(ordered))


async def grouped_per_second(database: Database, orders: Sequence[WantedOrder]) -> float:
    """All orders wait already when the clock starts; the group commit writes and answers them."""
    queues = _queues(database, len(orders))
    waiting = [asyncio.ensure_future(queues.place(order)) for order in orders]
    await asyncio.sleep(0)
    started = monotonic()
    await asyncio.gather(*waiting)
    seconds = monotonic() - started
    await queues.close()
    return len(orders) / seconds


async def single_per_second(pool: asyncpg.Pool[asyncpg.Record], orders: Sequence[WantedOrder]) -> float:
    """The usual way: each order its own transaction, 20 connections, the same statements on the same tables."""
    waiting = iter(orders)
    codes: list[str] = []

    async def one_connection() -> None:
        for order in waiting:
            async with pool.acquire() as db, db.transaction():
                await write_batch(db, order.session_id, [order], codes)

    started = monotonic()
    await asyncio.gather(*(one_connection() for _ in range(SINGLE_CONNECTIONS)))
    return len(orders) / (monotonic() - started)


@dataclass(frozen=True, slots=True)
class CopiedRows:
    """Rows of one table, ready to be copied back."""

    table: str
    columns: list[str]
    rows: list[tuple[object, ...]]


async def take_rows(pool: asyncpg.Pool[asyncpg.Record], hot: HotOffer) -> list[CopiedRows]:
    """Everything that the group commit wrote for a session, in the order in which it wrote it."""
    of_session = {
        "ledger_entries": "SELECT * FROM ledger_entries WHERE session_id = $1 ORDER BY seq",
        "orders": "SELECT * FROM orders WHERE session_id = $1 ORDER BY seq",
        "order_lines": "SELECT l.* FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.session_id = $1 ORDER BY o.seq",
        "order_contacts": "SELECT c.* FROM order_contacts c JOIN orders o ON o.id = c.order_id WHERE o.session_id = $1 ORDER BY o.seq",
    }
    taken = []
    for table in COPIED_TABLES:
        records = await pool.fetch(of_session[table], hot.session_id)
        taken.append(CopiedRows(table, list(records[0].keys()), [tuple(record) for record in records]))
    return taken


async def copy_per_second(pool: asyncpg.Pool[asyncpg.Record], taken: Sequence[CopiedRows]) -> float:
    """The limit: the very same rows, known beforehand, by COPY in transactions of 1,000 orders; nothing is checked or answered."""
    count = len(taken[0].rows)
    started = monotonic()
    async with pool.acquire() as db:
        for start in range(0, count, COPY_BATCH):
            async with db.transaction():
                for each in taken:
                    await db.copy_records_to_table(each.table, records=each.rows[start : start + COPY_BATCH], columns=each.columns)
    return count / (monotonic() - started)


async def open_loop(database: Database, orders: Sequence[WantedOrder], *, rate: int) -> Latencies:
    """Orders come at their planned moments whether or not earlier ones are answered; time counts from the plan."""
    queues = _queues(database, len(orders))
    taken: list[float] = []

    async def one(order: WantedOrder, planned: float) -> None:
        await queues.place(order)
        taken.append(monotonic() - planned)

    started = monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number, order in enumerate(orders):
            planned = started + number / rate
            if (ahead := planned - monotonic()) > 0:
                await asyncio.sleep(ahead)
            tasks.create_task(one(order, planned))
    await queues.close()
    return latencies_of(rate, taken)


def _queues(database: Database, room_for: int) -> PlacingQueues:
    async def nothing_to_tell(session_id: UUID, result: BatchResult) -> None:
        return None

    return PlacingQueues(database.placing, OrderSettings(queue_max_orders=room_for + 1, place_deadline_seconds=120), nothing_to_tell)
