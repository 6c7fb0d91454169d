"""Group commit: per session one bounded queue and one writer on this node, which commits all that waits together.

An order is answered only after COMMIT, and always by its deadline. Several nodes may write for one session; the ledger's row lock
orders them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

import asyncpg
import structlog

from app.errors import AppError, OutcomeUnknown
from app.infra import tracing
from app.infra.bounded_pool import BoundedPool
from app.infra.clock import monotonic
from app.infra.committing import Commit, CommitUnknown, NotCommitted, commit
from app.infra.database import RawConnection
from app.infra.tasks import TaskOwner
from app.orders.batch import BatchResult, write_batch
from app.orders.books import WantedOrder
from app.orders.counters import BATCH_FAILURES, BATCH_ORDERS, WAITING
from app.orders.errors import Busy, OrderCannotBeWritten, SpoiltOrder
from app.protocol.server_events import OrderReceipt
from app.settings import OrderSettings

log = structlog.get_logger(__name__)

AfterCommit = Callable[[UUID, BatchResult], Awaitable[None]]
WriteBatch = Callable[[RawConnection, UUID, Sequence[WantedOrder], list[str]], Awaitable[BatchResult]]


class Elsewhere(Protocol):
    """Another process that commits batches (`writer_client.py`)."""

    async def commit(self, session_id: UUID, orders: Sequence[WantedOrder]) -> BatchResult | None:
        """None: certainly nothing was written. Raises `CommitUnknown`."""


RETRY_PAUSE_SECONDS = 0.3
# A session without orders for so long gives its queue and writer back.
IDLE_SECONDS = 600.0
_RESTART_PAUSE_SECONDS = 0.05
# So much later than its deadline an answer may come: a queue that stands still is not gone through for each of its orders.
_ALARM_PAUSE_SECONDS = 0.05
_RETRY_AFTER_SECONDS = 2

_PASSING = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_OF_THE_CONTENT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)


@dataclass(slots=True, eq=False)
class _Waiting:
    """An order and who waits for it until `due_at` (by `monotonic`). `may_be_written`: a COMMIT that held it was sent, or is about to be."""

    order: WantedOrder
    answer: asyncio.Future[OrderReceipt]
    due_at: float
    may_be_written: bool = False
    turn: tracing.Turn = tracing.NO_TURN

    def give_up(self) -> None:
        """Its time has passed."""
        if not self.answer.done():
            refused = OutcomeUnknown if self.may_be_written else Busy
            self.answer.set_exception(refused(retry_after_seconds=_RETRY_AFTER_SECONDS))


class PlacingQueue:
    """The queue and the writer of one session on this node."""

    def __init__(  # noqa: PLR0913 - each is one independent property of the queue
        self,
        pool: BoundedPool,
        session_id: UUID,
        settings: OrderSettings,
        after_commit: AfterCommit,
        *,
        write: WriteBatch = write_batch,
        commit: Commit[BatchResult] = commit,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._pool = pool
        self._write_batch = write
        self._commit_work = commit
        self._elsewhere = elsewhere
        self._session_id = session_id
        self._settings = settings
        self._after_commit = after_commit
        self._waiting: deque[_Waiting] = deque()
        self._in_hand: list[_Waiting] = []
        self._codes: list[str] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0

    async def place(self, order: WantedOrder, *, since: float | None = None) -> OrderReceipt:
        """Wait for the order's commit, at most until its deadline, which counts from `since` (by `monotonic`), or from now.

        Raises the refusal, `OrderCannotBeWritten`, `Busy` when nothing was placed for want of time, `OutcomeUnknown` when it was being
        written at the deadline.
        """
        if len(self._waiting) >= self._settings.queue_max_orders:
            raise Busy(retry_after_seconds=_RETRY_AFTER_SECONDS)
        due_at = (monotonic() if since is None else since) + self._settings.place_deadline_seconds
        waiting = _Waiting(order, asyncio.get_running_loop().create_future(), due_at)
        self._waiting.append(waiting)
        self._watch(due_at)
        self._idle.clear()
        self._wake.set()
        of_the_order: tracing.Attributes = {"ocop.session_id": self._session_id, "ocop.order_id": order.order_id}
        with WAITING.track_inprogress(), tracing.turn("order", of_the_order) as waiting.turn:
            receipt = await waiting.answer
            # a repeat is answered with the order that was written first
            waiting.turn.set("ocop.order_id", receipt.order_id)
            return receipt

    async def write_until_idle(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """The writer: take what waits, commit it, answer, again. Ends when nothing has come for `idle_seconds`."""
        self._take_back()
        while await self._woken(idle_seconds):
            while batch := self._take_batch():
                await self._commit(batch)
            self._in_hand = []
            self._idle.set()

    async def drain(self) -> None:
        """Wait until every order that was taken in has its answer."""
        await self._idle.wait()

    @property
    def is_empty(self) -> bool:
        return not self._waiting and not self._in_hand

    def _watch(self, due_at: float) -> None:
        """Be woken by then: one alarm for all that wait costs less than one for each of them."""
        if self._alarm is None or due_at < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = asyncio.get_running_loop().call_later(due_at - monotonic(), self._give_up_overdue)
            self._alarm_at = due_at

    def _give_up_overdue(self) -> None:
        self._alarm, now = None, monotonic()
        due: list[float] = []
        for waiting in (*self._in_hand, *self._waiting):
            if waiting.due_at <= now:
                waiting.give_up()
            elif not waiting.answer.done():
                due.append(waiting.due_at)
        if due:
            self._watch(max(min(due), now + _ALARM_PAUSE_SECONDS))

    async def _woken(self, idle_seconds: float) -> bool:
        try:
            async with asyncio.timeout(idle_seconds):
                await self._wake.wait()
        except TimeoutError:
            return not self.is_empty
        self._wake.clear()
        return True

    def _take_batch(self) -> list[_Waiting]:
        """The oldest orders that somebody still waits for."""
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < self._settings.batch_max_orders:
            waiting = self._waiting.popleft()
            if not waiting.answer.done():
                batch.append(waiting)
        self._in_hand = batch
        return batch

    def _take_back(self) -> None:
        """What a writer that failed had in hand comes first again; a repeat finds by its key what was written."""
        if self._in_hand:
            self._waiting.extendleft(reversed(self._in_hand))
            self._in_hand = []
            self._wake.set()

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        """Commit, split, or repeat a batch until each order has its answer or its deadline has passed.

        What was certainly not written is tried again or refused for good. An unknown outcome is asked: the same batch again finds what
        was written by its keys.
        """
        while batch := [waiting for waiting in batch if not waiting.answer.done()]:
            known = [waiting for waiting in batch if not waiting.may_be_written]
            for waiting in batch:
                waiting.may_be_written = True
            try:
                with self._span(batch):
                    result = await asyncio.shield(self._committed([waiting.order for waiting in batch]))
            except NotCommitted as failure:
                for waiting in known:
                    waiting.may_be_written = False
                # Where the server is another one now, others may have got these codes there.
                self._codes.clear()
                if is_code_taken(failure.__cause__):
                    continue
                if is_of_the_content(failure.__cause__):
                    return await self._sort_out(batch, failure.__cause__)
                BATCH_FAILURES.labels("not_written").inc()
                log.warning("batch_not_written", session=str(self._session_id), orders=len(batch), error=str(failure))
                await asyncio.sleep(RETRY_PAUSE_SECONDS)
            except CommitUnknown as failure:
                self._codes.clear()
                BATCH_FAILURES.labels("outcome_unknown").inc()
                log.warning("batch_outcome_unknown", session=str(self._session_id), orders=len(batch), error=str(failure))
                await asyncio.sleep(RETRY_PAUSE_SECONDS)
            else:
                BATCH_ORDERS.observe(len(batch))
                _answer(batch, result.answers)
                return await self._after_commit(self._session_id, result)
        return None

    def _span(self, batch: Sequence[_Waiting]) -> tracing.Span:
        of_the_batch: tracing.Attributes = {"ocop.session_id": self._session_id, "ocop.batch_orders": len(batch)}
        return tracing.together("order.batch", [waiting.turn for waiting in batch], of_the_batch)

    async def _committed(self, orders: Sequence[WantedOrder]) -> BatchResult:
        """By the writer of the node where there is one and it can, or here."""
        if self._elsewhere is not None and (result := await self._elsewhere.commit(self._session_id, orders)) is not None:
            return result
        return await self._commit_work(self._pool, partial(self._write, orders))

    async def _write(self, orders: Sequence[WantedOrder], db: RawConnection) -> BatchResult:
        return await self._write_batch(db, self._session_id, orders, self._codes)

    async def _sort_out(self, batch: Sequence[_Waiting], error: BaseException | None) -> None:
        """Refuse the order that spoils its batch and commit the others. Where only the database saw it, halves are tried."""
        if isinstance(error, SpoiltOrder):
            self._refuse(batch[error.index], error.__cause__)
            return await self._commit([*batch[: error.index], *batch[error.index + 1 :]])
        if len(batch) == 1:
            return self._refuse(batch[0], error)
        middle = len(batch) // 2
        await self._commit(batch[:middle])
        return await self._commit(batch[middle:])

    def _refuse(self, waiting: _Waiting, error: BaseException | None) -> None:
        log.error("order_cannot_be_written", session=str(self._session_id), error=repr(error))
        if not waiting.answer.done():
            waiting.answer.set_exception(refusal(error))


def _answer(batch: Sequence[_Waiting], answers: Sequence[OrderReceipt | AppError]) -> None:
    for waiting, answer in zip(batch, answers, strict=True):
        if waiting.answer.done():
            continue  # its client went away; the order stands, a repeat gets the receipt
        if isinstance(answer, AppError):
            waiting.answer.set_exception(answer)
        else:
            waiting.answer.set_result(answer)


class PlacingQueues:
    """All placing queues of this node, one per session with orders. A writer that ends for any reason is started again at once."""

    def __init__(  # noqa: PLR0913 - each is one independent property of the queue
        self,
        pool: BoundedPool,
        settings: OrderSettings,
        after_commit: AfterCommit,
        *,
        idle_seconds: float = IDLE_SECONDS,
        write: WriteBatch = write_batch,
        commit: Commit[BatchResult] = commit,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._pool = pool
        self._write_batch = write
        self._commit_work = commit
        self._elsewhere = elsewhere
        self._settings = settings
        self._after_commit = after_commit
        self._idle_seconds = idle_seconds
        self._queues: dict[UUID, PlacingQueue] = {}
        self._tasks = TaskOwner("placing")
        self._is_closing = False

    async def place(self, order: WantedOrder, *, since: float | None = None) -> OrderReceipt:
        """As `PlacingQueue.place`, in the queue of the order's session."""
        queue = self._queues.get(order.session_id)
        if queue is None:
            queue = PlacingQueue(
                self._pool,
                order.session_id,
                self._settings,
                self._after_commit,
                write=self._write_batch,
                commit=self._commit_work,
                elsewhere=self._elsewhere,
            )
            self._queues[order.session_id] = queue
            self._start_writer(order.session_id, queue)
        return await queue.place(order, since=since)

    async def close(self) -> None:
        """Finish what waits, then stop the writers. Call it after the sockets have stopped sending orders."""
        draining = asyncio.gather(*(queue.drain() for queue in self._queues.values()))
        # Every order has its answer by its deadline; a writer that hangs for longer is of no use to anyone.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.place_deadline_seconds):
                await draining
        self._is_closing = True
        await self._tasks.close()

    def _start_writer(self, session_id: UUID, queue: PlacingQueue, *, after_seconds: float = 0.0) -> None:
        async def write() -> None:
            await asyncio.sleep(after_seconds)
            await queue.write_until_idle(self._idle_seconds)

        self._tasks.start(f"write {session_id}", write()).add_done_callback(partial(self._writer_ended, session_id, queue))

    def _writer_ended(self, session_id: UUID, queue: PlacingQueue, writer: asyncio.Task[None]) -> None:
        failure = None if writer.cancelled() else writer.exception()
        if self._is_closing:
            return
        if failure is None and not writer.cancelled() and queue.is_empty:
            del self._queues[session_id]
            return
        log.error("placing_writer_ended", session=str(session_id), error=repr(failure), exc_info=failure)
        self._start_writer(session_id, queue, after_seconds=_RESTART_PAUSE_SECONDS)


def is_of_the_content(error: BaseException | None) -> bool:
    """True when the same rows would fail again: what the database refuses for what it is, and mistakes of our own code.

    Locks, time limits, deadlocks, lost connections and a full disk pass; they say nothing about the orders.
    """
    return isinstance(error, _OF_THE_CONTENT) or not isinstance(error, _PASSING)


def is_code_taken(error: BaseException | None) -> bool:
    """True when only the code that an order was to be called by is another's: after a failover that lost what was not confirmed."""
    return isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == "uq_orders_code"


def refusal(error: BaseException | None) -> AppError:
    """What the buyer of a spoilt order is told: its own reason if it has one."""
    return error if isinstance(error, AppError) else OrderCannotBeWritten()
