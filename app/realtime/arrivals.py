"""A rush at the door is let in a few at a time, so that those who are inside go on being served between them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from app.infra.clock import monotonic, processor_seconds
from app.infra.machine_turns import MachineTurns
from app.infra.right_of_way import RightOfWay

_SECONDS_PER_TURN = 0.003
# While an order is in hand arrivals stand back, but not for longer than this at a time: orders may come without a pause.
_STAND_BACK_SECONDS = 0.2
_LOOK_AGAIN_SECONDS = 0.01
# What answering a hello takes of the processor, about; it is done after its turn came, so it cannot be measured here.
_HELLO_SECONDS = 0.0003
# A worker of many on few cores lets people in for so long, then another one does.
_MACHINE_TURN_SECONDS = 0.1
# Asking wakes the process: asked more often, those who wait take from those who work.
_ASK_AGAIN_SECONDS = 0.025
# Who holds the turns may be frozen. Eighteen workers on two cores wait a second for theirs, some of them three.
_PATIENCE_SECONDS = 4.0
# A line of so many is a rush, and one for so long after.
_RUSH_LINE = 8
_RUSH_SECONDS = 2.0


class Door(Protocol):
    """Where those who arrive come from."""

    def hold(self) -> None:
        """Take those who have come by now, and the next ones only when asked again."""

    def release(self) -> None:
        """Take everybody as they come."""


class Arrivals:
    """Handles what arrives in order, so much per turn of the loop as takes about three milliseconds of the processor.

    While somebody holds the right of `way` nothing is handled for up to a fifth of a second, then one turn's share. With `turns` only a few
    workers of the machine handle any at a moment: eighteen that all do on two cores push each other out of the processor's caches, and every
    other process waits behind all of them.
    """

    __slots__ = ("_asks_since", "_door", "_is_at_work", "_rush_until", "_stood_back_since", "_turn_until", "_turns", "_waiting", "_way")

    def __init__(self, way: RightOfWay | None = None, turns: MachineTurns | None = None) -> None:
        self._way = way or RightOfWay()
        self._turns = turns
        self._door: Door | None = None
        self._turn_until: float | None = None
        self._asks_since: float | None = None
        self._waiting: deque[tuple[Callable[[], None], float]] = deque()
        self._is_at_work = False
        self._stood_back_since: float | None = None
        self._rush_until = float("-inf")

    @property
    def is_rush(self) -> bool:
        """Whether many arrive at once, now or a moment ago."""
        return monotonic() < self._rush_until

    def use_door(self, door: Door) -> None:
        """From now on this door is held while nobody is let in."""
        self._door = door

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, handle: Callable[[], None]) -> None:
        """Call `handle` in its turn, in a moment."""
        self._queue(handle, 0.0)

    async def turn(self) -> None:
        """Wait for a place among those who arrive: a hello is half of an arrival's work."""
        came: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue(partial(_come, came), _HELLO_SECONDS)
        await came

    def _queue(self, handle: Callable[[], None], seconds: float) -> None:
        self._waiting.append((handle, seconds))
        if len(self._waiting) >= _RUSH_LINE:
            self._rush_until = monotonic() + _RUSH_SECONDS
        self._go_on()

    def _go_on(self) -> None:
        if self._waiting and not self._is_at_work:
            self._is_at_work = True
            asyncio.get_running_loop().call_soon(self._take_some)

    def _take_some(self) -> None:
        if self._stands_back():
            self._end_turn()
            self._wait(_LOOK_AGAIN_SECONDS)
            return
        if not self._has_turn():
            self._wait(_ASK_AGAIN_SECONDS)
            return
        if self._door is not None:
            self._door.release()
        until = processor_seconds() + _SECONDS_PER_TURN
        try:
            while self._waiting and processor_seconds() < until:
                handle, seconds = self._waiting.popleft()
                handle()
                until -= seconds
        finally:
            is_over = self._turn_until is not None and monotonic() >= self._turn_until
            if is_over or not self._waiting:
                self._end_turn()
            if is_over and self._waiting:
                self._wait(_ASK_AGAIN_SECONDS)
            else:
                self._is_at_work = False
                self._go_on()

    def _wait(self, seconds: float) -> None:
        if self._door is not None:
            self._door.hold()
        asyncio.get_running_loop().call_later(seconds, self._take_some)

    def _has_turn(self) -> bool:
        """Whether this worker may let people in now; after four seconds without a turn it does so without."""
        if self._turns is None or self._turn_until is not None:
            return True
        now = monotonic()
        if self._asks_since is None:
            self._asks_since = now
        if not self._turns.take() and now - self._asks_since < _PATIENCE_SECONDS:
            return False
        self._asks_since = None
        self._turn_until = now + _MACHINE_TURN_SECONDS
        return True

    def _end_turn(self) -> None:
        if self._turns is not None and self._turn_until is not None:
            self._turns.give_back()
            self._turn_until = None

    def _stands_back(self) -> bool:
        if not self._way.is_taken:
            self._stood_back_since = None
            return False
        now = monotonic()
        if self._stood_back_since is None:
            self._stood_back_since = now
        if now - self._stood_back_since < _STAND_BACK_SECONDS:
            return True
        self._stood_back_since = None
        return False


def _come(came: asyncio.Future[None]) -> None:
    if not came.done():  # its viewer may have left meanwhile
        came.set_result(None)
