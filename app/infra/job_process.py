"""The process that does heavy work: at the end of the queue for the processor, ended by SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine
from typing import Any

_NICE = 10


def run_until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run it below everybody else; a signal cancels it, and it puts its things in order."""
    os.nice(_NICE)
    asyncio.run(_run(work))


async def _run(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
