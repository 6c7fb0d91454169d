"""Watches how late the event loop is: one number that says whether a worker has more to do than it can."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

from app.infra.clock import monotonic
from app.infra.counters import LOOP_LATE_SECONDS, WORKERS
from app.infra.tasks import TaskOwner

INTERVAL_SECONDS = 0.5
PACKAGE = "ocop-live"


class LoopWatch:
    """One per worker."""

    def __init__(self) -> None:
        self._tasks = TaskOwner("loop_watch")

    def start(self) -> None:
        WORKERS.labels(version(PACKAGE)).set(1)
        self._tasks.spawn("look", self._look())

    async def close(self) -> None:
        await self._tasks.close()

    async def _look(self) -> None:
        while True:
            due = monotonic() + INTERVAL_SECONDS
            await asyncio.sleep(INTERVAL_SECONDS)
            LOOP_LATE_SECONDS.observe(max(0.0, monotonic() - due))
