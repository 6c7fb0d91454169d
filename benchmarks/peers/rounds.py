"""What the Python peers share: the payload of a round, and commands on stdin. Runs under other environments than ours, so it imports
nothing of the project."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable

_END_BYTES = 2


def payload(size: int) -> str:
    """One round's text of exactly `size` bytes, stamped with the monotonic clock."""
    head = f'{{"type":"tick","ts":{time.monotonic_ns()},"viewers":123456,"offer":{{"id":42,"left":977}},"comment":"'
    return f'{head}{"x" * (size - len(head) - _END_BYTES)}"}}'


async def obey(send_round: Callable[[str], Awaitable[None]], size: int) -> None:
    """Carry out `<rounds> <microseconds between their starts>` from stdin and say `done` after each; end the process with stdin."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        count, interval_us = map(int, line.split())
        started = time.monotonic()
        for number in range(1, count + 1):
            await send_round(payload(size))
            await asyncio.sleep(max(0.0, started + number * interval_us / 1e6 - time.monotonic()))
        sys.stdout.write("done\n")
        sys.stdout.flush()
    os._exit(0)
