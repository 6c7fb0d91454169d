"""Many who ask at once are answered together: one call for all that waits, so a flood costs as much as a few."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from app.errors import AppError
from app.infra.tasks import TaskOwner

log = structlog.get_logger(__name__)

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Gathering(Generic[Item, Answer]):
    """One call of `work` at a time with up to `most` items; it returns an answer, or a refusal to raise, for each in order.

    Whoever has no answer after `seconds`, finds `queue_max` others waiting, or is in a call that failed, gets what `busy` makes.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer | AppError]]],
        *,
        busy: Callable[[], AppError],
        seconds: float,
        most: int,
        queue_max: int,
    ) -> None:
        self._name = name
        self._work = work
        self._busy = busy
        self._seconds = seconds
        self._most = most
        self._queue_max = queue_max
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._tasks = TaskOwner(name)
        self._is_working = False

    async def ask(self, item: Item) -> Answer:
        """The answer to one item. Raises its refusal, or `busy`."""
        if len(self._waiting) >= self._queue_max:
            raise self._busy()
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if not self._is_working:
            self._start()
        try:
            async with asyncio.timeout(self._seconds):
                return await answer
        except TimeoutError:
            raise self._busy() from None

    async def close(self) -> None:
        """Stop; who still waits gets no answer but `busy` in the end."""
        await self._tasks.close()

    def _start(self) -> None:
        self._is_working = True
        self._tasks.start("answer", self._answer_all()).add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._is_working = False
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("gathering_failed", name=self._name, exc_info=failure)
        if self._waiting and not task.cancelled():
            self._start()

    async def _answer_all(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            wanted = [(item, answer) for item, answer in batch if not answer.done()]
            if wanted:
                await self._answer(wanted)

    async def _answer(self, batch: Sequence[tuple[Item, asyncio.Future[Answer]]]) -> None:
        answers: Sequence[Answer | AppError]
        try:
            answers = await self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it was, those who asked must hear of it
            log.warning("gathered_work_failed", name=self._name, items=len(batch), error=repr(error))
            answers = [self._busy() for _ in batch]
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, AppError):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)
