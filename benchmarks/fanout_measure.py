"""One server's fan-out, measured from outside: handshakes, memory of idle viewers, processor time per delivery, latency."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from benchmarks.load.machine import core_busy_seconds, cpu_seconds, pss_bytes
from benchmarks.load.viewers import Report, Target, Viewers

_WARM_UP_VIEWERS = 200
_SETTLE_SECONDS = 15.0  # a viewer is idle when the timers for silent newcomers are over
_WINDOWS = 3
_WINDOW_DELIVERIES = 250_000
# Frozen clients read nothing: so many rounds must fit into the kernel's receive buffers.
_WINDOW_ROUNDS_MAX = 30
_PACED_ROUNDS = 12
_PACED_SECONDS = 0.5
_QUIET_SECONDS = 0.2
_QUIET_SHARE = 0.1
_PATIENCE_SECONDS = 120.0
_CLOCK_STEP = 0.01


class Server(Protocol):
    """A server under measurement."""

    @property
    def pids(self) -> list[int]: ...

    async def send_rounds(self, count: int, *, interval_seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Ground:
    """Where it is measured: one core for the server, one for everything else, and a folder for small files."""

    server_core: int
    client_core: int
    folder: Path


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured for one server. Processor times in microseconds, latencies in milliseconds."""

    viewers: int
    payload_bytes: int
    handshakes_per_core_s: float
    handshakes_per_s: float
    hellos_per_core_s: float | None
    bytes_per_viewer: float
    cpu_per_delivery_us: float
    cpu_per_delivery_us_windows: tuple[float, ...]
    core_busy_per_delivery_us: float
    deliveries: int
    frames_per_delivery: float
    tick_p50_ms: float | None
    tick_p99_ms: float | None
    last_viewer_p50_ms: float | None
    last_viewer_p99_ms: float | None
    lost: int


async def measure(server: Server, target: Target, *, count: int, ground: Ground) -> Figures:
    """Everything about one server that is already running. Raises `LoadFailed`, `TimeoutError`."""
    seconds = int(3 * _PATIENCE_SECONDS)
    cores = [ground.client_core]
    # The first connections pay for imports, caches and free lists; they stay, so what follows is the price of one more viewer.
    async with Viewers(target, count=_WARM_UP_VIEWERS, seconds=seconds, cores=cores, folder=ground.folder) as warm_up:
        await warm_up.wait_joined(_PATIENCE_SECONDS)
        await asyncio.sleep(_SETTLE_SECONDS)
        before, cpu_before = pss_bytes(server.pids), cpu_seconds(server.pids)
        crowd = Viewers(
            replace(target, tickets=target.tickets[_WARM_UP_VIEWERS:]),
            count=count,
            seconds=seconds,
            cores=cores,
            folder=ground.folder,
            hold_hello=True,
        )
        async with crowd:
            entry = await _let_in(server, crowd, cpu_before=cpu_before, says_hello=target.hello is not None)
            await asyncio.sleep(_SETTLE_SECONDS)
            per_viewer = (pss_bytes(server.pids) - before) / max(1, entry.opened)
            windows = [await _window(server, crowd, warm_up, ground, entry.opened) for _ in range(_WINDOWS)]
            paced = await _paced(server, crowd)
    return _figures(entry, windows, paced, per_viewer=per_viewer)


@dataclass(frozen=True, slots=True)
class _Window:
    cpu: float
    busy: float
    deliveries: int
    frames: int


@dataclass(frozen=True, slots=True)
class _Entry:
    opened: int
    seconds: float
    handshake_cpu: float
    hello_cpu: float | None


async def _let_in(server: Server, crowd: Viewers, *, cpu_before: float, says_hello: bool) -> _Entry:
    """Wait for all handshakes, then let all hellos follow, so that each has its own price; not every server knows a hello."""
    opened, seconds = await crowd.wait_open(_PATIENCE_SECONDS)
    upgraded = cpu_seconds(server.pids)
    crowd.say_hello()
    await crowd.wait_joined(_PATIENCE_SECONDS)
    joined = cpu_seconds(server.pids)
    return _Entry(opened, seconds, upgraded - cpu_before, joined - upgraded if says_hello else None)


async def _window(server: Server, crowd: Viewers, warm_up: Viewers, ground: Ground, opened: int) -> _Window:
    """Rounds back to back while the clients are frozen: only the server uses its core. Deliveries are counted by the clients afterwards."""
    rounds = min(_WINDOW_ROUNDS_MAX, math.ceil(_WINDOW_DELIVERIES / max(1, opened)))
    await asyncio.gather(crowd.reset(), warm_up.reset())
    crowd.freeze()
    warm_up.freeze()
    try:
        cpu, busy = cpu_seconds(server.pids), core_busy_seconds(ground.server_core)
        await server.send_rounds(rounds, interval_seconds=0.0)
        await _quiet(server)
        cpu, busy = cpu_seconds(server.pids) - cpu, core_busy_seconds(ground.server_core) - busy
    finally:
        crowd.thaw()
        warm_up.thaw()
    return _Window(cpu, busy, *await _drained(crowd, warm_up))


async def _quiet(server: Server) -> None:
    """Wait until the server has handed over everything: libraries that queue do so after the last round was told."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        before = cpu_seconds(server.pids)
        await asyncio.sleep(_QUIET_SECONDS)
        if cpu_seconds(server.pids) - before <= _QUIET_SECONDS * _QUIET_SHARE:
            return


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


async def _paced(server: Server, crowd: Viewers) -> Report:
    """Rounds with the clients awake and time between them: how late a tick is."""
    await crowd.reset()
    await server.send_rounds(_PACED_ROUNDS, interval_seconds=_PACED_SECONDS)
    await _drained(crowd)
    return await crowd.report()


def _figures(entry: _Entry, windows: Sequence[_Window], paced: Report, *, per_viewer: float) -> Figures:
    per_delivery = [window.cpu * 1e6 / max(1, window.deliveries) for window in windows]
    busy = [window.busy * 1e6 / max(1, window.deliveries) for window in windows]
    last = sorted(paced.last_viewer_ms)
    return Figures(
        viewers=entry.opened,
        payload_bytes=paced.tick_bytes,
        handshakes_per_core_s=entry.opened / max(_CLOCK_STEP, entry.handshake_cpu),
        handshakes_per_s=entry.opened / entry.seconds,
        hellos_per_core_s=None if entry.hello_cpu is None else entry.opened / max(_CLOCK_STEP, entry.hello_cpu),
        bytes_per_viewer=per_viewer,
        cpu_per_delivery_us=statistics.median(per_delivery),
        cpu_per_delivery_us_windows=tuple(per_delivery),
        core_busy_per_delivery_us=statistics.median(busy),
        deliveries=sum(window.deliveries for window in windows),
        frames_per_delivery=sum(window.frames for window in windows) / max(1, sum(window.deliveries for window in windows)),
        tick_p50_ms=paced.p50_ms,
        tick_p99_ms=paced.p99_ms,
        last_viewer_p50_ms=statistics.median(last) if last else None,
        last_viewer_p99_ms=last[math.ceil(0.99 * len(last)) - 1] if last else None,
        lost=paced.lost,
    )


def tickets_needed(count: int) -> int:
    """How many tickets `measure` uses for `count` viewers."""
    return count + _WARM_UP_VIEWERS
