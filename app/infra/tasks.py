"""Background tasks that are never lost: a reference is kept, failures are logged, all are stopped with their owner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Protocol

import structlog

from app.infra.counters import JOB_FAILURES

log = structlog.get_logger(__name__)

_CANCEL_AGAIN_SECONDS = 0.5


class TaskOwner:
    """Keeps tasks alive and ends them together. One per long-lived object; `close` waits for all."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Run a task that nobody waits for."""
        self.start(name, work).add_done_callback(self._done)

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a task that the caller looks after as well, e.g. to cancel it alone."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self._name}.{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @staticmethod
    def _done(task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task_failed", task=task.get_name(), exc_info=error)

    async def finish(self, seconds: float) -> None:
        """Give what runs so many seconds to end by itself, then `close`."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        await self.close()

    async def close(self) -> None:
        """Cancel what still runs and wait until it has ended."""
        tasks = {task for task in self._tasks if task is not asyncio.current_task()}
        pending = tasks
        while pending:
            for task in pending:
                task.cancel()
            # A library below may lose a cancellation (seen with jobs stopped in their first store call), so we ask until it is heard.
            _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_SECONDS)
        await asyncio.gather(*tasks, return_exceptions=True)


async def repeat(name: str, interval_seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` for ever with a pause between runs. A failure is logged and the next run comes all the same."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever it was, the next run may work
            JOB_FAILURES.labels(name).inc()
            log.warning("job_failed", job=name, error=repr(error))
        await asyncio.sleep(interval_seconds)


class Closing(Protocol):
    """What ends with its owner."""

    async def close(self) -> None: ...


class Jobs(Closing, Protocol):
    """What runs until then."""

    def start(self) -> None: ...


def start_jobs(stack: AsyncExitStack, *all_jobs: Jobs, then_close: tuple[Closing, ...] = ()) -> None:
    """Start jobs, and have them closed with the stack, the last one first; then what they used."""
    for jobs in all_jobs:
        jobs.start()
        stack.push_async_callback(jobs.close)
    for service in then_close:
        stack.push_async_callback(service.close)
