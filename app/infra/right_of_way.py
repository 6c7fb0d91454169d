"""Who goes first on a crowded loop: while an order is in hand, arrivals and rounds of the same worker stand back for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class RightOfWay:
    """One per worker. Whoever goes first holds it; nobody waits for it without bound."""

    __slots__ = ("_free", "_holders")

    def __init__(self) -> None:
        self._holders = 0
        self._free: asyncio.Future[None] | None = None

    @property
    def is_taken(self) -> bool:
        """Whether somebody who goes first is at work."""
        return self._holders > 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Around work that goes first."""
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            if not self._holders and self._free is not None:
                if not self._free.done():
                    self._free.set_result(None)
                self._free = None

    async def give_way(self, seconds: float) -> None:
        """Wait until nobody holds it, at most so many seconds: who always gave way would starve."""
        if not self._holders or seconds <= 0:
            return
        if self._free is None:
            self._free = asyncio.get_running_loop().create_future()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._free)
