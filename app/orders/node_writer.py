"""The writer of a node: takes batches of all its workers and commits them, so that the ledger's lock is held by one process that is
seldom busy instead of by many that wait for the processor.

It is a shortcut and no truth of its own: a worker that does not reach it writes by itself, under the same lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import structlog
from typing_extensions import override

from app.infra.bounded_pool import BoundedPool
from app.infra.clock import monotonic
from app.infra.committing import CommitUnknown, NotCommitted, commit
from app.infra.database import RawConnection
from app.infra.tasks import TaskOwner
from app.infra.tracing import Span, carried_on
from app.ledger.append import OpenLedger
from app.orders.batch import BatchResult, BatchWriter
from app.orders.books import WantedOrder
from app.orders.writer_wire import Batch, Frames, FrameTooLong, Outcome, committed, framed, split
from app.settings import OrderSettings

log = structlog.get_logger(__name__)

_LANES_KEPT = 200
_FINISH_SECONDS = 0.3


class TooLate(Exception):
    """The worker no longer waits for this batch and may be writing it itself."""


class PunctualWriter(BatchWriter):
    """Writes a batch only if the ledger's lock is got in time; after that its worker, who repeats it, has to wait for that lock."""

    def __init__(self, due_at: float) -> None:
        super().__init__()
        self._due_at = due_at

    @override
    async def lock_ledger(self, db: RawConnection, session_id: UUID) -> OpenLedger | None:
        ledger = await super().lock_ledger(db, session_id)
        if monotonic() >= self._due_at:
            raise TooLate
        return ledger


@dataclass(slots=True, eq=False)
class _Waiting:
    batch: Batch
    answer: asyncio.Future[Outcome]


class _Lane:
    """One session: what waits is written together, one transaction after the other."""

    def __init__(self, pool: BoundedPool, session_id: UUID, settings: OrderSettings) -> None:
        self._pool = pool
        self._session_id = session_id
        self._settings = settings
        self._waiting: deque[_Waiting] = deque()
        self._orders = 0
        self._codes: list[str] = []
        self.is_running = False

    def add(self, batch: Batch) -> asyncio.Future[Outcome] | None:
        """The outcome to come; None when too many wait already."""
        if self._orders + len(batch.orders) > self._settings.queue_max_orders:
            return None
        waiting = _Waiting(batch, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._orders += len(batch.orders)
        return waiting.answer

    async def run(self) -> None:
        """Write until nothing waits."""
        while self._waiting:
            together = [self._take()]
            count = len(together[0].batch.orders)
            while self._waiting and count + len(self._waiting[0].batch.orders) <= self._settings.batch_max_orders:
                together.append(self._take())
                count += len(together[-1].batch.orders)
            await self._write(together)

    def _take(self) -> _Waiting:
        waiting = self._waiting.popleft()
        self._orders -= len(waiting.batch.orders)
        return waiting

    async def _write(self, together: Sequence[_Waiting]) -> None:
        """Commit these in one transaction; where that fails for certain, each by itself: one worker's batch must not spoil the others'."""
        together = [each for each in together if not self._is_overdue(each)]
        if not together:
            return
        orders = [order for each in together for order in each.batch.orders]
        try:
            with self._span(together, len(orders)):
                result = await self._commit(orders, min(each.batch.due_at for each in together))
        except NotCommitted as failure:
            self._codes.clear()
            if len(together) > 1:
                for each in together:
                    await self._write([each])
                return
            log.info("batch_given_back", session=str(self._session_id), orders=len(orders), error=str(failure))
            _settle(together[0], Outcome(number=together[0].batch.number, state="not_written"))
        except BaseException as failure:
            # Also when this process is about to end: the workers find by their keys what was written.
            self._codes.clear()
            for each in together:
                _settle(each, Outcome(number=each.batch.number, state="unknown"))
            if not isinstance(failure, CommitUnknown):
                raise
        else:
            for each, part in zip(together, split(result, [len(each.batch.orders) for each in together]), strict=True):
                _settle(each, committed(each.batch.number, part))

    def _span(self, together: Sequence[_Waiting], orders: int) -> Span:
        traced = [each.batch.traced_as for each in together]
        return carried_on("order.writer", traced, {"ocop.session_id": self._session_id, "ocop.batch_orders": orders})

    async def _commit(self, orders: Sequence[WantedOrder], due_at: float) -> BatchResult:
        return await commit(self._pool, partial(self._write_batch, PunctualWriter(due_at), orders))

    async def _write_batch(self, write: PunctualWriter, orders: Sequence[WantedOrder], db: RawConnection) -> BatchResult:
        return await write(db, self._session_id, orders, self._codes)

    def _is_overdue(self, waiting: _Waiting) -> bool:
        if monotonic() < waiting.batch.due_at:
            return False
        _settle(waiting, Outcome(number=waiting.batch.number, state="not_written"))
        return True


def _settle(waiting: _Waiting, outcome: Outcome) -> None:
    if not waiting.answer.done():
        waiting.answer.set_result(outcome)


class NodeWriter:
    """Listens at a path that only this system's user may open. `start`, then `close`, which finishes what was begun."""

    def __init__(self, pool: BoundedPool, settings: OrderSettings) -> None:
        self._pool = pool
        self._settings = settings
        self._lanes: dict[UUID, _Lane] = {}
        self._writing = TaskOwner("node writer")
        self._guests: set[_Guest] = set()
        self._gone = asyncio.Event()
        self._gone.set()
        self._server: asyncio.Server | None = None

    async def start(self, path: Path) -> None:
        """Raises `OSError` when the path cannot be used."""
        await asyncio.to_thread(path.unlink, missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.get_running_loop().create_unix_server(partial(_Guest, self), str(path))
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Take nothing more, finish what was begun, and only then let the workers go: a cut line means that nothing is under way."""
        if self._server is not None:
            self._server.close()
        await self._writing.finish(_FINISH_SECONDS)
        for guest in list(self._guests):
            guest.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FINISH_SECONDS):
                await self._gone.wait()

    def take(self, guest: _Guest, batch: Batch) -> None:
        """Have it written, and tell the guest."""
        lane = self._lane(batch.session_id)
        answer = lane.add(batch)
        if answer is None:
            guest.tell(Outcome(number=batch.number, state="not_written"))
            return
        answer.add_done_callback(partial(self._answered, guest))
        if not lane.is_running:
            lane.is_running = True
            self._writing.start(f"write {batch.session_id}", lane.run()).add_done_callback(partial(self._lane_ended, lane))

    def come(self, guest: _Guest) -> None:
        self._guests.add(guest)
        self._gone.clear()

    def gone(self, guest: _Guest) -> None:
        self._guests.discard(guest)
        if not self._guests:
            self._gone.set()

    @staticmethod
    def _answered(guest: _Guest, answer: asyncio.Future[Outcome]) -> None:
        if not answer.cancelled():
            guest.tell(answer.result())

    @staticmethod
    def _lane_ended(lane: _Lane, running: asyncio.Task[None]) -> None:
        lane.is_running = False
        if not running.cancelled() and (error := running.exception()) is not None:
            log.error("node_writer_lane_ended", error=repr(error), exc_info=error)

    def _lane(self, session_id: UUID) -> _Lane:
        lane = self._lanes.get(session_id)
        if lane is None:
            if len(self._lanes) >= _LANES_KEPT:
                self._lanes = {known: each for known, each in self._lanes.items() if each.is_running}
            lane = self._lanes[session_id] = _Lane(self._pool, session_id, self._settings)
        return lane


class _Guest(asyncio.Protocol):
    """One worker that is connected."""

    def __init__(self, writer: NodeWriter) -> None:
        self._writer = writer
        self._frames = Frames()

    def tell(self, outcome: Outcome) -> None:
        if not self._transport.is_closing():
            self._transport.write(framed(outcome))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._transport.close()

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as asyncio calls it for streams
        self._transport = transport
        self._writer.come(self)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for content in self._frames.feed(data):
                self._writer.take(self, Batch.model_validate_json(content))
        except (FrameTooLong, ValueError):
            # None of our workers, or one of another release. Its line is not cut: that would say that nothing of it is under way.
            log.exception("node_writer_not_understood")
            self._transport.pause_reading()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._writer.gone(self)
