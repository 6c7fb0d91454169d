"""A process beside the workers, ended by SIGTERM or Ctrl-C; with heavy work it stands at the end of the queue for the processor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine
from typing import Any

from app.infra.cores import share_of_core
from app.infra.processor_share import take_share

_NICE = 10
# What `nice` is among the processes of a session, among sessions.
_SHARE = 0.1


def run_until_told(work: Coroutine[Any, Any, None], *, beside_workers: int | None = None) -> None:
    """Run it; a signal cancels it, and it puts its things in order.

    With `beside_workers` it goes below so many workers (as in `worker_count`); without, others wait for it, and it goes before them.
    """
    if beside_workers is not None:
        os.nice(_NICE)
        take_share(share_of_core(beside_workers) * _SHARE)
    asyncio.run(_run(work))


async def _run(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
