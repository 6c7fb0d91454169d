"""Placing queues as nodes have them, and crowds that order through them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from app.infra.bounded_pool import BoundedPool
from app.infra.committing import Commit, commit
from app.orders.batch import BatchResult, write_batch
from app.orders.books import WantedOrder
from app.orders.group_commit import PlacingQueues, WriteBatch
from app.protocol.server_events import OrderReceipt
from app.settings import OrderSettings
from tests.races.checkers import Acknowledged, told


@asynccontextmanager
async def a_node(
    pool: BoundedPool, settings: OrderSettings | None = None, *, write: WriteBatch = write_batch, commit: Commit[BatchResult] = commit
) -> AsyncIterator[PlacingQueues]:
    """One node's queues; closed, with everything answered, at the end. Others than ours stand for a node that goes wrong (`careless.py`)."""

    async def nothing_to_tell(session_id: UUID, result: BatchResult) -> None:
        return None

    queues = PlacingQueues(pool, settings or OrderSettings(), nothing_to_tell, write=write, commit=commit)
    try:
        yield queues
    finally:
        await queues.close()


async def place_all(queues: PlacingQueues, orders: Sequence[WantedOrder]) -> list[OrderReceipt | BaseException]:
    """The answer of each order, refusals included."""
    return await asyncio.gather(*(queues.place(order) for order in orders), return_exceptions=True)


def acknowledged(orders: Sequence[WantedOrder], answers: Sequence[OrderReceipt | BaseException]) -> list[Acknowledged]:
    """What the clients of these orders know to be placed."""
    return [told(order.device_id, answer) for order, answer in zip(orders, answers, strict=True) if isinstance(answer, OrderReceipt)]
