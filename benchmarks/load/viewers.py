"""Control of `wsload`: one or several processes that together are the viewers of a measurement."""

from __future__ import annotations

import asyncio
import json
import math
import signal
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.load.build import compiled
from benchmarks.load.machine import cores as all_cores
from benchmarks.load.machine import on_cores
from benchmarks.load.tied import tied

Line = dict[str, Any]
_VIEWERS_PER_SOURCE = 20
_ANSWER_SECONDS = 30.0


class LoadFailed(Exception):
    """The load client ended or did not answer."""


@dataclass(frozen=True, slots=True)
class Target:
    """How viewers reach a server and how its ticks are told from other frames."""

    port: int
    path: str = "/ws"
    hello: str | None = None
    tickets: Sequence[str] = ()
    nats_subject: str | None = None
    marker: str = '"ts":'
    stamp_unit: str = "ns"
    tick_prefix: str | None = None

    def options(self) -> list[str]:
        optional = {"-f": self.hello, "-N": self.nats_subject, "-P": self.tick_prefix}
        chosen = [part for name, value in optional.items() if value is not None for part in (name, value)]
        return ["-p", str(self.port), "-u", self.path, "-M", self.marker, "-U", self.stamp_unit, *chosen]


@dataclass(frozen=True, slots=True)
class Report:
    """What the viewers saw since the last reset, all processes together. Times in milliseconds; None = nothing was seen."""

    joined: int
    open: int
    lost: int
    slow_gone: int
    refused: int
    frames: int
    ticks: int
    received_bytes: int
    tick_bytes: int
    p50_ms: float | None
    p99_ms: float | None
    last_viewer_ms: tuple[float, ...]
    interval_p50_ms: float | None
    interval_p99_ms: float | None
    interval_max_ms: float | None
    silent_ms: int
    never_ticked: int
    closes: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)


class Viewers:
    """`async with Viewers(...)`: connects `count` viewers; leaving the block ends them. Percentiles over processes are the worst one's."""

    def __init__(  # noqa: PLR0913 - each is one independent property of the crowd
        self,
        target: Target,
        *,
        count: int,
        seconds: int,
        per_process: int = 19_000,
        cores: Iterable[int] = (),
        folder: Path,
        hold_hello: bool = False,
        more: Sequence[str] = (),
    ) -> None:
        self._target = target
        self._cores = list(cores)
        self._folder = folder
        self._common = [*target.options(), "-t", str(seconds), "-c", *(["-F"] if hold_hello else []), *more]
        processes = math.ceil(count / per_process)
        self.shares = [count // processes + (number < count % processes) for number in range(processes)]
        self._members: list[_Member] = []

    async def __aenter__(self) -> Self:
        program = compiled("wsload")
        source = ticket = 0
        for number, count in enumerate(self.shares):
            sources = math.ceil(count / _VIEWERS_PER_SOURCE)
            own = ["-n", str(count), "-s", str(sources), "-S", str(source)]
            if self._target.tickets:
                own += ["-T", str(self._ticket_file(number, self._target.tickets[ticket : ticket + count]))]
            member = _Member(program, [*self._common, *own])
            await member.start(self._cores)
            self._members.append(member)
            source += sources
            ticket += count
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(member.end() for member in self._members))

    async def wait_open(self, seconds: float) -> tuple[int, float]:
        """Wait until every handshake has its answer: how many are open, and the seconds it took the slowest process."""
        lines = await asyncio.gather(*(member.line("open", seconds) for member in self._members))
        return sum(line["open"] for line in lines), max(line["seconds"] for line in lines)

    async def wait_joined(self, seconds: float) -> None:
        """Wait until every hello has its answer."""
        await asyncio.gather(*(member.line("joined", seconds) for member in self._members))

    def say_hello(self) -> None:
        """Let viewers that were held back say hello."""
        self._command("hello")

    async def reset(self) -> None:
        """Begin a new window for `report`."""
        self._command("reset")
        await asyncio.gather(*(member.line("reset", _ANSWER_SECONDS) for member in self._members))

    async def report(self) -> Report:
        self._command("report")
        lines = await asyncio.gather(*(member.line("report", _ANSWER_SECONDS) for member in self._members))
        return _together(lines)

    def freeze(self) -> None:
        """Stop the processes: the viewers take no processor time, the kernel goes on receiving for them."""
        for member in self._members:
            member.send(signal.SIGSTOP)

    def thaw(self) -> None:
        for member in self._members:
            member.send(signal.SIGCONT)

    @property
    def latest(self) -> list[Line]:
        """The last line per second of each process."""
        return [member.latest for member in self._members if member.latest]

    def _command(self, text: str) -> None:
        for member in self._members:
            member.command(text)

    def _ticket_file(self, number: int, tickets: Sequence[str]) -> Path:
        path = self._folder / f"tickets-{number}.txt"
        path.write_text("\n".join(tickets) + "\n")
        return path


class _Member:
    def __init__(self, program: Path, options: Sequence[str]) -> None:
        self._command = [str(program), *options]
        self._process: Process | None = None
        self._reader: asyncio.Future[None] | None = None
        self._lines: dict[str, asyncio.Queue[Line]] = {name: asyncio.Queue() for name in ("open", "joined", "reset", "report")}
        self.latest: Line = {}

    async def start(self, cores: Sequence[int]) -> None:
        with on_cores(cores or all_cores()):
            self._process = await asyncio.create_subprocess_exec(*tied(self._command), stdin=PIPE, stdout=PIPE, limit=1 << 20)
        self._reader = asyncio.ensure_future(self._read())

    async def line(self, event: str, seconds: float) -> Line:
        """The next line of this kind. Raises `LoadFailed` when the process ends first, `TimeoutError`."""
        assert self._reader is not None  # noqa: S101 - started by the crowd
        waiting = asyncio.ensure_future(self._lines[event].get())
        either: set[asyncio.Future[Any]] = {waiting, self._reader}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        if self._reader.done():
            raise LoadFailed("wsload ended")
        raise TimeoutError(f"wsload did not say `{event}` within {seconds:.0f} s; its last line: {self.latest}")

    def command(self, text: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(f"{text}\n".encode())

    def send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def end(self) -> None:
        if self._process is None or self._reader is None:
            return
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        await self._process.wait()
        await self._reader

    async def _read(self) -> None:
        assert self._process is not None  # noqa: S101 - set by start
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        async for text in self._process.stdout:
            line: Line = json.loads(text)
            if line["event"] == "second":
                self.latest = line
            else:
                self._lines[line["event"]].put_nowait(line)


def _together(lines: Sequence[Line]) -> Report:
    closes: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    for line in lines:
        closes.update(line["closes"])
        refusals.update(line["refusals"])
    return Report(
        joined=_sum(lines, "joined"),
        open=_sum(lines, "open"),
        lost=_sum(lines, "lost"),
        slow_gone=_sum(lines, "slow_gone"),
        refused=_sum(lines, "refused"),
        frames=_sum(lines, "frames"),
        ticks=_sum(lines, "ticks"),
        received_bytes=_sum(lines, "bytes"),
        tick_bytes=max(line["tick_bytes"] for line in lines),
        p50_ms=_worst(lines, "p50_us"),
        p99_ms=_worst(lines, "p99_us"),
        last_viewer_ms=_last_viewer_ms(lines),
        interval_p50_ms=_worst(lines, "interval_p50_us"),
        interval_p99_ms=_worst(lines, "interval_p99_us"),
        interval_max_ms=_worst(lines, "interval_max_us"),
        silent_ms=max(line["silent_ms"] for line in lines),
        never_ticked=_sum(lines, "never_ticked"),
        closes=dict(closes),
        refusals=dict(refusals),
    )


def _sum(lines: Sequence[Line], name: str) -> int:
    return sum(int(line[name]) for line in lines)


def _worst(lines: Sequence[Line], name: str) -> float | None:
    worst = max(float(line[name]) for line in lines)
    return None if worst < 0 else worst / 1000


def _last_viewer_ms(lines: Sequence[Line]) -> tuple[float, ...]:
    """Per round the time until its last viewer had it, whichever process that viewer belongs to."""
    last: dict[int, float] = {}
    for line in lines:
        for stamp, _, last_us in line["rounds"]:
            last[stamp] = max(last.get(stamp, 0.0), last_us / 1000)
    return tuple(last[stamp] for stamp in sorted(last))
