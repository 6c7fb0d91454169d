"""A process beside the workers, ended by SIGTERM or Ctrl-C; with heavy work it stands at the end of the queue for the processor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine
from typing import Any

_NICE = 10


def run_until_told(work: Coroutine[Any, Any, None], *, below_others: bool = True) -> None:
    """Run it, below everybody else unless they wait for it; a signal cancels it, and it puts its things in order."""
    if below_others:
        os.nice(_NICE)
    asyncio.run(_run(work))


async def _run(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
