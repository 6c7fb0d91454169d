"""Servers that hang without dying: SIGSTOP to every process of theirs, SIGCONT at the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psutil


@contextmanager
def frozen(server_pid: int) -> Iterator[None]:
    """The server with this process and all its children stand still; new children too, as nobody is there to make them."""
    server = psutil.Process(server_pid)
    stopped = [server]
    server.send_signal(signal.SIGSTOP)
    try:
        for child in server.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(signal.SIGSTOP)
                stopped.append(child)
        yield
    finally:
        for process in reversed(stopped):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def frozen_for(server_pid: int, seconds: float) -> AsyncIterator[None]:
    """Frozen until `seconds` have passed, also when the body is done earlier."""
    with frozen(server_pid):
        thawing = asyncio.get_running_loop().time() + seconds
        yield
        await asyncio.sleep(max(0.0, thawing - asyncio.get_running_loop().time()))
