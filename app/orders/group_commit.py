"""Group commit: per session one bounded queue and one writer on this node, which commits all that waits together.

An order is answered only after COMMIT. Several nodes may write for one session; the ledger's row lock orders them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog

from app.errors import AppError
from app.infra.clock import monotonic
from app.infra.tasks import TaskOwner
from app.orders.batch import BatchResult, WantedOrder, write_batch
from app.orders.errors import Busy, OutcomeUnknown
from app.protocol.server_events import OrderReceipt
from app.settings import OrderSettings

log = structlog.get_logger(__name__)

AfterCommit = Callable[[UUID, BatchResult], Awaitable[None]]
RETRY_PAUSE_SECONDS = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    order: WantedOrder
    answer: asyncio.Future[OrderReceipt]
    deadline: float


class PlacingQueue:
    """The queue and the writer of one session on this node."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], session_id: UUID, settings: OrderSettings, after_commit: AfterCommit) -> None:
        self._pool = pool
        self._session_id = session_id
        self._settings = settings
        self._after_commit = after_commit
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def place(self, order: WantedOrder) -> OrderReceipt:
        """Wait for the order's commit. Raises the refusal, `Busy` when too many wait, `OutcomeUnknown` when the database went away."""
        if len(self._waiting) >= self._settings.queue_max_orders:
            raise Busy(retry_after_seconds=2)
        answer: asyncio.Future[OrderReceipt] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(order, answer, monotonic() + self._settings.place_deadline_seconds))
        self._idle.clear()
        self._wake.set()
        return await answer

    async def write_forever(self) -> None:
        """The writer: take what waits, commit it, answer, again."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while batch := self._take_batch():
                await self._commit(batch)
            self._idle.set()

    async def drain(self) -> None:
        """Wait until every order that was taken in has its answer."""
        await self._idle.wait()

    def _take_batch(self) -> list[_Waiting]:
        """The oldest orders first. Those nobody waits for, or that waited too long to be promised, are answered `busy` unwritten."""
        batch: list[_Waiting] = []
        now = monotonic()
        while self._waiting and len(batch) < self._settings.batch_max_orders:
            waiting = self._waiting.popleft()
            if waiting.answer.done():
                continue
            if waiting.deadline < now:
                waiting.answer.set_exception(Busy(retry_after_seconds=2))
                continue
            batch.append(waiting)
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Commit, split, or repeat a batch until each order has its answer.

        A statement that fails was rolled back: halves are tried, so that one bad order cannot sink the others.
        Anything else around COMMIT is an unknown outcome: the same batch again finds what was written by its keys.
        """
        while True:
            try:
                result = await asyncio.shield(self._write([waiting.order for waiting in batch]))
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
                return await self._split(batch, error)
            except Exception as error:  # noqa: BLE001 - asyncpg has raised errors of many classes around a lost COMMIT
                log.warning("batch_outcome_unknown", session=str(self._session_id), orders=len(batch), error=repr(error))
                await asyncio.sleep(RETRY_PAUSE_SECONDS)
                batch = _give_up_late(batch)
                if not batch:
                    return None
            else:
                _answer(batch, result.answers)
                return await self._after_commit(self._session_id, result)

    async def _write(self, orders: Sequence[WantedOrder]) -> BatchResult:
        async with self._pool.acquire(timeout=self._settings.place_deadline_seconds) as db, db.transaction():
            return await write_batch(db, self._session_id, orders)

    async def _split(self, batch: list[_Waiting], error: Exception) -> None:
        if len(batch) == 1:
            log.error("order_cannot_be_written", session=str(self._session_id), error=repr(error))
            if not batch[0].answer.done():
                batch[0].answer.set_exception(AppError(details={"reason": "order_cannot_be_written"}))
            return
        middle = len(batch) // 2
        await self._commit(batch[:middle])
        await self._commit(batch[middle:])


def _answer(batch: Sequence[_Waiting], answers: Sequence[OrderReceipt | AppError]) -> None:
    for waiting, answer in zip(batch, answers, strict=True):
        if waiting.answer.done():
            continue  # its client went away; the order stands, a repeat gets the receipt
        if isinstance(answer, AppError):
            waiting.answer.set_exception(answer)
        else:
            waiting.answer.set_result(answer)


def _give_up_late(batch: Sequence[_Waiting]) -> list[_Waiting]:
    """Those past their deadline learn that their outcome is unknown; the rest is tried again."""
    now = monotonic()
    still = []
    for waiting in batch:
        if waiting.deadline >= now:
            still.append(waiting)
        elif not waiting.answer.done():
            waiting.answer.set_exception(OutcomeUnknown(retry_after_seconds=2))
    return still


class PlacingQueues:
    """All placing queues of this node, one per session with orders."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], settings: OrderSettings, after_commit: AfterCommit) -> None:
        self._pool = pool
        self._settings = settings
        self._after_commit = after_commit
        self._queues: dict[UUID, PlacingQueue] = {}
        self._tasks = TaskOwner("placing")

    async def place(self, order: WantedOrder) -> OrderReceipt:
        queue = self._queues.get(order.session_id)
        if queue is None:
            queue = PlacingQueue(self._pool, order.session_id, self._settings, self._after_commit)
            self._queues[order.session_id] = queue
            self._tasks.spawn(f"write {order.session_id}", queue.write_forever())
        return await queue.place(order)

    async def close(self) -> None:
        """Finish what waits, then stop the writers. Call it after the sockets have stopped sending orders."""
        await asyncio.gather(*(queue.drain() for queue in self._queues.values()))
        await self._tasks.close()
