"""A rush at the door is let in a few at a time, so that those who are inside go on being served between them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from app.infra.clock import processor_seconds

_SECONDS_PER_TURN = 0.003


class Arrivals:
    """Handles what arrives in order, so much per turn of the loop as takes about three milliseconds of the processor."""

    __slots__ = ("_is_at_work", "_loop", "_waiting")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Callable[[], None]] = deque()
        self._is_at_work = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, handle: Callable[[], None]) -> None:
        """Call `handle` in its turn, in a moment."""
        self._waiting.append(handle)
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting and not self._is_at_work:
            self._is_at_work = True
            self._loop.call_soon(self._take_some)

    def _take_some(self) -> None:
        until = processor_seconds() + _SECONDS_PER_TURN
        try:
            while self._waiting and processor_seconds() < until:
                self._waiting.popleft()()
        finally:
            self._is_at_work = False
            self._go_on()
