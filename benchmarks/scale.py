"""`make bench-scale N=300000`: as many viewers as this machine can hold on the real service, while people chat and order."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from app.infra.clock import utc_now
from app.infra.startup import StartupError
from benchmarks.load.activity import Activity
from benchmarks.load.build import BENCH_FOLDER
from benchmarks.load.machine import KernelMemory, available_bytes, file_limit, kernel_memory, processor_name, pss_bytes
from benchmarks.load.service import Plan, RunningService, running_service, viewers_per_worker
from benchmarks.load.viewers import LoadFailed, Report, Viewers

_DEFAULT_PORT = 18_740
_RUN_SECONDS_MAX = 8 * 60
_CONNECT_SECONDS_MAX = 300.0
_SETTLE_SECONDS = 6.0
_PROGRESS_SECONDS = 5.0
_CLIENT_FILES_RESERVED = 200
_STALLED_BUFFER = "4096"  # small, so that stalled viewers are full after some ticks and not after minutes
# Viewers on the same cores look at their sockets so often; woken by each arrival they would interrupt the service a hundred thousand times.
_NAP_MS = "5"
# For the refusal: both kernel ends of an idle connection with a tick in flight, and one viewer in the service.
_BYTES_PER_VIEWER = 14_000
_BYTES_PER_WORKER = 160_000_000
_BYTES_OF_STORES = 600_000_000
_MEMORY_SHARE = 0.9

console = Console(width=None if sys.stdout.isatty() else 120)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the run found. Memory in bytes; kernel memory is that of both ends, as they share this machine."""

    wanted: int
    workers: int
    open: int
    joined: int
    lost: int
    stalled: int
    stalled_gone: int
    refused: dict[str, int]
    closes: dict[str, int]
    handshake_seconds: float
    pss_before: int
    pss_after: int
    kernel_tcp: int
    kernel_slab: int
    measured_seconds: float
    rounds_per_second: float
    ticks_per_second: float
    interval_p50_ms: float | None
    interval_p99_ms: float | None
    interval_max_ms: float | None
    longest_silence_ms: int
    never_ticked: int
    tick_p50_ms: float | None
    tick_p99_ms: float | None
    comments: int
    comment_p50_ms: float | None
    comment_p99_ms: float | None
    orders: int
    rush_order_p50_ms: float | None
    rush_order_p99_ms: float | None
    order_p50_ms: float | None
    order_p99_ms: float | None
    orders_acknowledged_but_missing: int
    activity_refusals: dict[str, int]
    activity_troubles: dict[str, int]
    workers_lost: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """The run as asked for on the command line."""

    count: int
    seconds: int
    port: int
    talkers: int
    buyers: int
    stall_every: int
    workers_asked: int = 0
    with_writer: bool = True
    with_turns: bool = True

    @property
    def workers(self) -> int:
        return self.workers_asked or math.ceil(self.count / viewers_per_worker())


@dataclass(frozen=True, slots=True)
class _Held:
    """What the service and the kernel hold at one moment."""

    pss: int
    kernel: KernelMemory


def _held_by(service: RunningService) -> _Held:
    return _Held(pss_bytes(service.pids), kernel_memory())


def _plan_of(wanted: Wanted) -> Plan:
    return Plan(port=wanted.port, workers=wanted.workers, with_writer=wanted.with_writer, with_turns=wanted.with_turns)


async def run(wanted: Wanted) -> Outcome:
    """Start, fill, watch, stop. Raises `StartupError`, `LoadFailed`."""
    async with running_service(_plan_of(wanted)) as service:
        activity = Activity(service, talkers=wanted.talkers, buyers=wanted.buyers)
        # Signing all tickets and reading the memory of many processes take seconds of this process: not while people are timed.
        target = service.target(wanted.count)
        activity.start()
        try:
            await asyncio.sleep(_SETTLE_SECONDS)
            before = _held_by(service)
            activity.tally.forget_times()
            crowd = Viewers(
                target,
                count=wanted.count,
                seconds=_RUN_SECONDS_MAX,
                per_process=file_limit() - _CLIENT_FILES_RESERVED,
                folder=BENCH_FOLDER,
                more=["-z", _NAP_MS, *(["-k", str(wanted.stall_every), "-b", _STALLED_BUFFER] if wanted.stall_every else [])],
            )
            async with crowd:
                handshake_seconds = await _fill(crowd, wanted)
                rush_ms = list(activity.tally.order_ms)
                await asyncio.sleep(_SETTLE_SECONDS)
                report = await _watch(crowd, activity, wanted.seconds)
                await activity.stop()
                after = _held_by(service)
                # A viewer that does not read does not see its end, so the service is asked.
                sockets = await service.counter("ocop_sockets")
        finally:
            await activity.stop()
        missing = len(set(activity.tally.order_keys) - await service.committed_order_keys())
        return _outcome(
            wanted,
            service,
            activity,
            report,
            handshake_seconds=handshake_seconds,
            held=(before, after),
            sockets=sockets,
            stalled=sum(math.ceil(share / wanted.stall_every) for share in crowd.shares) if wanted.stall_every else 0,
            rush_ms=rush_ms,
            missing=missing,
        )


async def _fill(crowd: Viewers, wanted: Wanted) -> float:
    """Wait until everybody has an answer or the time is up; seconds it took."""
    started = time.monotonic()
    progress = asyncio.ensure_future(_tell_progress(crowd, wanted.count))
    try:
        async with asyncio.timeout(_CONNECT_SECONDS_MAX):
            await crowd.wait_open(_CONNECT_SECONDS_MAX)
            seconds = time.monotonic() - started
            await crowd.wait_joined(_CONNECT_SECONDS_MAX)
    except TimeoutError:
        console.print(f"Not everybody was in after {_CONNECT_SECONDS_MAX:.0f} s; going on with those who are.", style="yellow")
        seconds = time.monotonic() - started
    finally:
        progress.cancel()
    return seconds


async def _tell_progress(crowd: Viewers, count: int) -> None:
    while True:
        await asyncio.sleep(_PROGRESS_SECONDS)
        joined, lost, refused = (sum(line[name] for line in crowd.latest) for name in ("joined", "lost", "refused"))
        console.print(f"  {joined:>9,} of {count:,} joined, {lost:,} lost, {refused:,} refused")


async def _watch(crowd: Viewers, activity: Activity, seconds: int) -> Report:
    console.print(f"Watching for {seconds} s…")
    await crowd.reset()
    activity.tally.forget_times()
    await asyncio.sleep(seconds)
    return await crowd.report()


def _outcome(  # noqa: PLR0913 - everything that was seen comes together here
    wanted: Wanted,
    service: RunningService,
    activity: Activity,
    report: Report,
    *,
    handshake_seconds: float,
    held: tuple[_Held, _Held],
    sockets: int,
    stalled: int,
    rush_ms: Sequence[float],
    missing: int,
) -> Outcome:
    before, after = held
    tally = activity.tally
    return Outcome(
        wanted=wanted.count,
        workers=wanted.workers,
        open=report.open,
        joined=report.joined,
        lost=report.lost,
        stalled_gone=report.open + report.slow_gone - sockets,
        refused=report.refusals,
        closes=report.closes,
        stalled=stalled,
        handshake_seconds=handshake_seconds,
        pss_before=before.pss,
        pss_after=after.pss,
        kernel_tcp=after.kernel.tcp - before.kernel.tcp,
        kernel_slab=after.kernel.slab - before.kernel.slab,
        measured_seconds=wanted.seconds,
        rounds_per_second=report.ticks / max(1, report.joined) / wanted.seconds,
        ticks_per_second=report.ticks / wanted.seconds,
        interval_p50_ms=report.interval_p50_ms,
        interval_p99_ms=report.interval_p99_ms,
        interval_max_ms=report.interval_max_ms,
        longest_silence_ms=report.silent_ms,
        never_ticked=report.never_ticked,
        tick_p50_ms=report.p50_ms,
        tick_p99_ms=report.p99_ms,
        comments=tally.comments,
        comment_p50_ms=_share(tally.comment_ms, 0.5),
        comment_p99_ms=_share(tally.comment_ms, 0.99),
        orders=len(tally.order_keys),
        rush_order_p50_ms=_share(rush_ms, 0.5),
        rush_order_p99_ms=_share(rush_ms, 0.99),
        order_p50_ms=_share(tally.order_ms, 0.5),
        order_p99_ms=_share(tally.order_ms, 0.99),
        orders_acknowledged_but_missing=missing,
        activity_refusals=dict(tally.refusals),
        activity_troubles=dict(tally.troubles),
        workers_lost=wanted.workers - service.workers_running,
    )


def _share(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    return statistics.median(values) if share == 0.5 else sorted(values)[math.ceil(share * len(values)) - 1]


def _print(outcome: Outcome) -> None:
    per_viewer = (outcome.pss_after - outcome.pss_before) / max(1, outcome.joined)
    rows = (
        ("viewers joined", f"{outcome.joined:,} of {outcome.wanted:,}, {outcome.workers} workers"),
        ("lost / refused", f"{outcome.lost:,} / {sum(outcome.refused.values()):,}  {outcome.closes or ''} {outcome.refused or ''}"),
        ("viewers that do not read", f"{outcome.stalled:,}, of them {outcome.stalled_gone:,} let go"),
        ("handshakes", f"{outcome.handshake_seconds:.1f} s, {outcome.open / max(outcome.handshake_seconds, 0.001):,.0f} per second"),
        ("service memory (PSS)", f"{outcome.pss_after / 1e6:,.0f} MB, of it {per_viewer:,.0f} bytes per viewer"),
        ("kernel memory, both ends", f"{(outcome.kernel_tcp + outcome.kernel_slab) / 1e6:,.0f} MB"),
        ("rounds per second", f"{outcome.rounds_per_second:.2f}, {outcome.ticks_per_second:,.0f} ticks per second"),
        (
            "update interval of a viewer",
            f"{_ms(outcome.interval_p50_ms)} median, {_ms(outcome.interval_p99_ms)} p99, {_ms(outcome.interval_max_ms)} longest",
        ),
        ("longest silence at the end", f"{outcome.longest_silence_ms:,} ms; {outcome.never_ticked:,} viewers without any tick"),
        ("tick latency", f"{_ms(outcome.tick_p50_ms)} median, {_ms(outcome.tick_p99_ms)} p99"),
        ("comments", f"{outcome.comments:,}; answered in {_ms(outcome.comment_p50_ms)} median, {_ms(outcome.comment_p99_ms)} p99"),
        ("orders", f"{outcome.orders:,}; receipt in {_ms(outcome.order_p50_ms)} median, {_ms(outcome.order_p99_ms)} p99"),
        ("orders while all came in", f"receipt in {_ms(outcome.rush_order_p50_ms)} median, {_ms(outcome.rush_order_p99_ms)} p99"),
        ("receipts without an order", f"{outcome.orders_acknowledged_but_missing:,}"),
        ("refusals and troubles", f"{outcome.activity_refusals or 'none'} / {outcome.activity_troubles or 'none'}"),
        ("workers lost", f"{outcome.workers_lost}"),
    )
    table = Table(title=f"{outcome.wanted:,} viewers on this machine", show_header=False)
    for title, value in rows:
        table.add_row(title, value)
    console.print(table)


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms"


def _write(outcome: Outcome) -> None:
    machine = {"processor": processor_name(), "cores": os.cpu_count(), "kernel": os.uname().release}
    path = BENCH_FOLDER / "scale.json"
    path.write_text(json.dumps({"measured_at": utc_now().isoformat(), "machine": machine, **asdict(outcome)}, indent=2) + "\n")
    console.print(f"Written to {path}")


def _refusal(wanted: Wanted) -> str | None:
    """Why this machine cannot do the run; None when it can."""
    needed = wanted.count * _BYTES_PER_VIEWER + wanted.workers * _BYTES_PER_WORKER + _BYTES_OF_STORES
    usable = available_bytes() * _MEMORY_SHARE
    if needed > usable:
        return f"{wanted.count:,} viewers need about {needed / 1e9:.1f} GB, {usable / 1e9:.1f} GB can be used here. Ask for fewer: N=…"
    return None


def main() -> None:
    """Entry of `make bench-scale`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=300_000, help="viewers")
    parser.add_argument("--seconds", type=int, default=60, help="how long the full room is watched")
    parser.add_argument("--port", type=int, default=_DEFAULT_PORT)
    parser.add_argument("--talkers", type=int, default=30, help="people who comment about every three seconds")
    parser.add_argument("--buyers", type=int, default=20, help="people who order about once a second")
    parser.add_argument("--stall-every", type=int, default=0, help="every so many-th viewer stops reading; 100 = 1 %%")
    parser.add_argument(
        "--workers", type=int, default=0, help="workers; 0 = as many as the file limit demands. 18 = a small rush of the shape of 300,000"
    )
    parser.add_argument("--without-writer", action="store_true", help="every worker writes its orders by itself")
    parser.add_argument("--without-turns", action="store_true", help="every worker lets viewers in whenever it likes")
    chosen = parser.parse_args()
    wanted = Wanted(
        chosen.n,
        min(chosen.seconds, 90),
        chosen.port,
        chosen.talkers,
        chosen.buyers,
        chosen.stall_every,
        chosen.workers,
        with_writer=not chosen.without_writer,
        with_turns=not chosen.without_turns,
    )
    if reason := _refusal(wanted):
        raise SystemExit(reason)
    BENCH_FOLDER.mkdir(parents=True, exist_ok=True)
    console.print(f"Starting {wanted.workers} workers for {wanted.count:,} viewers…")
    try:
        outcome = asyncio.run(asyncio.wait_for(run(wanted), _RUN_SECONDS_MAX))
    except (StartupError, LoadFailed, TimeoutError) as error:
        raise SystemExit(f"The run failed: {str(error) or 'it took longer than eight minutes'}") from error
    _print(outcome)
    _write(outcome)


if __name__ == "__main__":
    main()
