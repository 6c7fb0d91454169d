"""One running server with its viewers, measured from outside: handshakes, memory, processor time per delivery, latency.

`fanout_contest.py` decides whose turn it is.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.load.machine import core_busy_seconds, pss_bytes, running_seconds
from benchmarks.load.viewers import LoadFailed, Report, Target, Viewers

WARM_UP_VIEWERS = 200
_WINDOW_DELIVERIES = 200_000
# Frozen clients read nothing: so many rounds must fit into the kernel's receive buffers.
_WINDOW_ROUNDS_MAX = 30
_PROBES = 2
_PACED_ROUNDS = 12
_PACED_SECONDS = 0.5
_QUIET_SECONDS = 0.2
_QUIET_SHARE = 0.1
_PATIENCE_SECONDS = 120.0
_CROWD_SECONDS = 3_600
_CLOCK_STEP = 0.001


class Server(Protocol):
    """A server under measurement."""

    @property
    def pids(self) -> list[int]: ...

    async def send_rounds(self, count: int, *, interval_seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """Where it is measured: one core for the servers, one for everything else, and a folder for small files."""

    server_core: int
    client_core: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Entry:
    """How viewers came in. Rates are per second of the server's processor time; None = the server knows no hello."""

    opened: int
    handshakes_per_core_s: float
    handshakes_per_s: float
    hellos_per_core_s: float | None


@dataclass(frozen=True, slots=True)
class Window:
    """Rounds back to back to frozen clients. `cpu` is the server's time and `busy` its whole core's, in seconds."""

    cpu: float
    busy: float
    deliveries: int
    frames: int

    @property
    def microseconds(self) -> float:
        """The server's processor time for one delivery."""
        return self.cpu * 1e6 / self.deliveries


class Contestant:
    """A server that is up, with a few viewers that came first and the crowd that is counted. Its methods raise `LoadFailed`,
    `TimeoutError` or whatever the server says when it ends."""

    def __init__(self, name: str, version: str, server: Server, target_for: Callable[[int], Target], ground: Ground) -> None:
        self.name = name
        self.version = version
        self._server = server
        self._target_for = target_for
        self._ground = ground
        self._stack = AsyncExitStack()
        self._pss_before = 0
        self._warm_up: Viewers
        self._crowd: Viewers
        self.entry: Entry

    @property
    def pids(self) -> list[int]:
        return self._server.pids

    async def warm_up(self) -> None:
        """The first connections pay for imports, caches and free lists; they stay, so what follows is the price of one more viewer."""
        self._warm_up = await self._stack.enter_async_context(self._viewers(WARM_UP_VIEWERS))
        await self._warm_up.wait_joined(_PATIENCE_SECONDS)

    async def payload_bytes(self) -> int:
        """The size of a tick as the first few get it."""
        await self._warm_up.reset()
        await self._server.send_rounds(_PROBES, interval_seconds=_PACED_SECONDS)
        await _drained(self._warm_up)
        return (await self._warm_up.report()).tick_bytes

    async def let_in(self, count: int) -> None:
        """All handshakes, then all hellos, so that each has its own price. The memory without them is noted right before."""
        self._pss_before, before = pss_bytes(self.pids), running_seconds(self.pids)
        self._crowd = await self._stack.enter_async_context(self._viewers(count, hold_hello=True))
        opened, seconds = await self._crowd.wait_open(_PATIENCE_SECONDS)
        upgraded = running_seconds(self.pids)
        self._crowd.say_hello()
        await self._crowd.wait_joined(_PATIENCE_SECONDS)
        joined = running_seconds(self.pids)
        self.entry = Entry(
            opened=opened,
            handshakes_per_core_s=_rate(opened, upgraded - before),
            handshakes_per_s=opened / seconds,
            hellos_per_core_s=None if self._target_for(1).hello is None else _rate(opened, joined - upgraded),
        )

    def bytes_per_viewer(self) -> float:
        """Growth since `let_in`."""
        return (pss_bytes(self.pids) - self._pss_before) / max(1, self.entry.opened)

    async def window(self) -> Window:
        """Only the server uses its core. Deliveries are counted by the clients afterwards."""
        rounds = min(_WINDOW_ROUNDS_MAX, math.ceil(_WINDOW_DELIVERIES / max(1, self.entry.opened)))
        crowds = (self._crowd, self._warm_up)
        await self.quiet()
        await asyncio.gather(*(crowd.reset() for crowd in crowds))
        for crowd in crowds:
            crowd.freeze()
        try:
            cpu, busy = running_seconds(self.pids), core_busy_seconds(self._ground.server_core)
            await self._server.send_rounds(rounds, interval_seconds=0.0)
            await self.quiet()
            cpu, busy = running_seconds(self.pids) - cpu, core_busy_seconds(self._ground.server_core) - busy
        finally:
            for crowd in crowds:
                crowd.thaw()
        deliveries, frames = await _drained(*crowds)
        if not deliveries:
            raise LoadFailed("no viewer got a round")
        return Window(cpu, busy, deliveries, frames)

    async def paced(self) -> Report:
        """Rounds with the clients awake and time between them: how late a tick is."""
        await self._crowd.reset()
        await self._server.send_rounds(_PACED_ROUNDS, interval_seconds=_PACED_SECONDS)
        await _drained(self._crowd)
        return await self._crowd.report()

    async def handshakes_per_core_s(self, count: int) -> float:
        """So many more viewers shake hands, say nothing and leave."""
        await self.quiet()
        before = running_seconds(self.pids)
        async with self._viewers(count, hold_hello=True) as passers_by:
            opened, _ = await passers_by.wait_open(_PATIENCE_SECONDS)
            rate = _rate(opened, running_seconds(self.pids) - before)
        await self.quiet()
        return rate

    async def quiet(self) -> None:
        """Wait until the server has done everything: libraries that queue go on after the last round was told."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            before = running_seconds(self.pids)
            await asyncio.sleep(_QUIET_SECONDS)
            if running_seconds(self.pids) - before <= _QUIET_SECONDS * _QUIET_SHARE:
                return

    async def send_home(self) -> None:
        """All viewers leave."""
        await self._stack.aclose()

    def _viewers(self, count: int, *, hold_hello: bool = False) -> Viewers:
        return Viewers(
            self._target_for(count),
            count=count,
            seconds=_CROWD_SECONDS,
            cores=[self._ground.client_core],
            folder=self._ground.folder,
            hold_hello=hold_hello,
        )


@contextmanager
def standing_still(others: Iterable[Contestant]) -> Iterator[None]:
    """Servers that have viewers but not the turn do nothing at all, not even their heartbeats; a turn is short enough for their timers."""
    pids = [pid for other in others for pid in other.pids]
    try:
        for pid in pids:
            _signal(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # whoever waits for this server finds out, in its turn


async def _drained(*crowds: Viewers) -> tuple[int, int]:
    """Ticks and frames that have arrived, once no more do."""
    seen = -1
    while True:
        await asyncio.sleep(_QUIET_SECONDS)
        reports = await asyncio.gather(*(crowd.report() for crowd in crowds))
        ticks = sum(report.ticks for report in reports)
        if ticks == seen:
            return ticks, sum(report.frames for report in reports)
        seen = ticks


def _rate(count: int, seconds: float) -> float:
    return count / max(_CLOCK_STEP, seconds)
