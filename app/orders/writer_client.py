"""A worker's way to the writer of its node: a batch goes over a Unix socket, its outcome comes back.

Where no writer answers, the worker writes by itself as if there were none: the ledger's lock keeps all writers apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog
from typing_extensions import override

from app.infra.clock import monotonic
from app.infra.tracing import here
from app.infra.watched_commits import CommitUnknown
from app.orders.batch import BatchResult
from app.orders.books import WantedOrder
from app.orders.writer_wire import Batch, Frames, FrameTooLong, Outcome, framed, result_of

log = structlog.get_logger(__name__)

# A batch that has not been begun by then is not begun any more, so that its worker may write it without fear of a second writer.
_BEGIN_SECONDS = 2.0
# A transaction that had begun is ended by the server's time limits; what comes later nobody waits for.
_ANSWER_SECONDS = 2.0
# After a failure the worker writes by itself for so long.
_AWAY_SECONDS = 5.0
_CONNECT_SECONDS = 0.5


class WriterClient:
    """One per worker."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._line: _Line | None = None
        self._opening: asyncio.Task[_Line | None] | None = None
        self._away_until = float("-inf")
        self._number = 0

    async def commit(self, session_id: UUID, orders: Sequence[WantedOrder]) -> BatchResult | None:
        """Have a batch committed by the writer; None: certainly nothing was written, write it here.

        Raises `CommitUnknown` when nobody can say; then nothing of it is begun any more, so the same batch again finds what was written.
        """
        line = self._line if self._line is not None and not self._line.is_lost else await self._connected()
        if line is None:
            return None
        self._number += 1
        batch = Batch(
            number=self._number,
            session_id=session_id,
            due_at=monotonic() + _BEGIN_SECONDS,
            orders=tuple(orders),
            traced_as=None if (place := here()) is None else place.text,
        )
        try:
            outcome = await line.ask(batch)
        except ConnectionError as error:
            # The writer ends a connection only with its own end: what it had not committed is rolled back, or holds the ledger's lock.
            self._leave_it_alone("lost")
            raise CommitUnknown("the writer is gone") from error
        except TimeoutError as error:
            self._leave_it_alone("late")
            raise CommitUnknown("the writer did not answer") from error
        if outcome.state == "unknown":
            raise CommitUnknown("the writer does not know")
        try:
            return result_of(outcome) if outcome.state == "committed" else None
        except KeyError as error:
            raise CommitUnknown(f"the writer answered {error}") from error

    async def close(self) -> None:
        """End the connection. Call it when no order waits any more."""
        if self._opening is not None:
            self._opening.cancel()
        if self._line is not None:
            self._line.close()

    def _leave_it_alone(self, why: str) -> None:
        self._away_until = monotonic() + _AWAY_SECONDS
        if self._line is not None:
            self._line.close()
            self._line = None
        log.warning("order_writer_left_alone", why=why, seconds=_AWAY_SECONDS)

    async def _connected(self) -> _Line | None:
        if monotonic() < self._away_until:
            return None
        if self._opening is None or self._opening.done():
            self._opening = asyncio.get_running_loop().create_task(self._connect())
        return await asyncio.shield(self._opening)

    async def _connect(self) -> _Line | None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, self._line = await asyncio.get_running_loop().create_unix_connection(_Line, self._path)
        except (OSError, TimeoutError) as error:
            self._away_until = monotonic() + _AWAY_SECONDS
            log.info("order_writer_not_there", error=repr(error))
            return None
        return self._line


class _Line(asyncio.Protocol):
    """One connection. Batches wait for their outcomes by number."""

    def __init__(self) -> None:
        self._frames = Frames()
        self._waiting: dict[int, asyncio.Future[Outcome]] = {}
        self.is_lost = False

    async def ask(self, batch: Batch) -> Outcome:
        """Raises `ConnectionError` when the line is cut first, `TimeoutError`."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[batch.number] = answer
        try:
            self._transport.write(framed(batch))
            done, _ = await asyncio.wait({answer}, timeout=batch.due_at + _ANSWER_SECONDS - monotonic())
            if not done:
                raise TimeoutError
            return answer.result()
        finally:
            self._waiting.pop(batch.number, None)

    def close(self) -> None:
        """Cut it."""
        self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as asyncio calls it for streams
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for content in self._frames.feed(data):
                outcome = Outcome.model_validate_json(content)
                answer = self._waiting.get(outcome.number)
                if answer is not None and not answer.done():
                    answer.set_result(outcome)
        except (FrameTooLong, ValueError):
            # Those who wait go on waiting until nothing of theirs can be begun any more.
            log.exception("order_writer_not_understood")

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError())
