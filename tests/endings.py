"""Tasks of a test come to their end with it, whatever they are doing."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

_AGAIN_SECONDS = 1.0


async def ended(tasks: Collection[asyncio.Future[Any]]) -> list[Any]:
    """Cancel these tasks and wait for them; what each came to, exceptions included.

    A library below may lose a cancellation, as while a connection is made: a task that goes round for ever would then be waited for as long,
    and no time limit of a test reaches into the loop that waits. So it is asked until it has heard.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_AGAIN_SECONDS)
    return list(await asyncio.gather(*tasks, return_exceptions=True))
