"""Keeps the parts of one running service alive and ends them in order; used by `ocop run`."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol

from app.infra.startup import StartupError
from app.local_servers.child_process import ChildProcess, how_it_ended, spawn

_POLL_SECONDS = 0.1
_FIRST_BACKOFF_SECONDS = 0.5
# Short, because while a store is away nobody can order; long enough that a part that cannot live does not eat the machine.
_LONGEST_BACKOFF_SECONDS = 4.0
_STEADY_SECONDS = 20.0
# A part that was killed while it started lives the next time; one that cannot live ends again and again.
_HOPELESS_FAILURES = 3


class StopRequested(KeyboardInterrupt):
    """Ctrl-C or SIGTERM while the service was still starting."""


class StopSignals:
    """Counts SIGINT, SIGTERM and SIGHUP; the first asks for a stop, the second for a quick one."""

    def __init__(self) -> None:
        self.count = 0
        self._interrupts = False

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Answer the signals inside the block; main thread only."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._arrived) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def interrupting(self) -> Iterator[None]:
        """Inside the block the first signal raises `StopRequested` wherever the program stands."""
        self._interrupts = True
        try:
            if self.count:
                raise StopRequested
            yield
        finally:
            self._interrupts = False

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self._interrupts:
            self._interrupts = False
            raise StopRequested


class Part(Protocol):
    """Something that runs: a server or a program of ours."""

    @property
    def name(self) -> str: ...

    @property
    def is_running(self) -> bool: ...

    @property
    def wants_restart(self) -> bool: ...

    @property
    def ending(self) -> str: ...

    def start(self) -> None: ...

    def ask_to_stop(self) -> None: ...

    def stop(self, *, seconds: float) -> None: ...


class Program:
    """One of our own commands as a child. `may_finish`: exit code 0 is an end, not a crash."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log_file: Path | None = None,
        may_finish: bool = False,
    ) -> None:
        self.name = name
        self._command = command
        self._env = env
        self._cwd = cwd
        self._log_file = log_file
        self._may_finish = may_finish
        self._child: ChildProcess | None = None

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.is_running

    @property
    def ending(self) -> str:
        """How it ended: `exit code 3`, or `killed by SIGKILL`."""
        return how_it_ended(None if self._child is None else self._child.exit_code)

    @property
    def wants_restart(self) -> bool:
        if self._child is None or self._child.exit_code is None:
            return False
        return not (self._may_finish and self._child.exit_code == 0)

    def start(self) -> None:
        # Killed outright when the supervisor is killed: the stores end at the same moment, and the port must be free again.
        self._child = spawn(
            self.name,
            self._command,
            env=self._env,
            cwd=self._cwd,
            log_file=self._log_file,
            death_signal=signal.SIGKILL,
        )

    def ask_to_stop(self) -> None:
        if self._child is not None:
            self._child.send(signal.SIGTERM)

    def stop(self, *, seconds: float) -> None:
        if self._child is not None:
            self.ask_to_stop()
            if not self._child.wait(seconds):
                self._child.kill()
            self._child = None


@dataclass
class _Watched:
    part: Part
    stage: int
    stop_seconds: float
    started_at: float
    failures: int = 0
    restart_at: float | None = None
    last_ending: str = ""


class Supervisor:
    """Starts parts in order, restarts what crashes, stops in the opposite order; parts of one stage stop together."""

    def __init__(self, signals: StopSignals, report: Callable[[str], None]) -> None:
        self._signals = signals
        self._report = report
        self._watched: list[_Watched] = []

    def start(self, part: Part, *, stage: int, stop_seconds: float) -> None:
        """Start `part` and care for it from now on; it gets `stop_seconds` to end. Passes on the part's `StartupError`."""
        self._watched.append(_Watched(part, stage, stop_seconds, time.monotonic()))
        part.start()

    def adopt(self, part: Part, *, stage: int, stop_seconds: float) -> None:
        """Care from now on for a part that runs already: one of several that could only be started together."""
        self._watched.append(_Watched(part, stage, stop_seconds, time.monotonic()))

    def hopeless(self, *, stage: int) -> list[str]:
        """Parts of a stage that ended so often that they will not live, each with how it ended."""
        parts = [watched for watched in self._watched if watched.stage == stage and watched.failures >= _HOPELESS_FAILURES]
        return [f"{watched.part.name} ({watched.last_ending})" for watched in parts]

    def tend(self) -> None:
        """Look after every part once: what has ended is started again after its pause."""
        for watched in self._watched:
            self._look_after(watched)

    def watch(self) -> None:
        """Return when a stop is asked for; until then bring back what crashes, waiting longer after each failure."""
        while not self._signals.count:
            self.tend()
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End everything, last stage first. A second signal cuts the waiting short."""
        for stage in sorted({watched.stage for watched in self._watched}, reverse=True):
            parts = [watched for watched in self._watched if watched.stage == stage]
            deadline = time.monotonic() + max(watched.stop_seconds for watched in parts)
            for watched in parts:
                watched.part.ask_to_stop()
            while any(watched.part.is_running for watched in parts) and time.monotonic() < deadline and self._signals.count < 2:
                time.sleep(0.02)
            for watched in parts:
                watched.part.stop(seconds=0.0)
        self._watched.clear()

    def _look_after(self, watched: _Watched) -> None:
        now = time.monotonic()
        if watched.restart_at is None:
            if not watched.part.wants_restart:
                return
            if now - watched.started_at > _STEADY_SECONDS:
                watched.failures = 0
            pause = _next_pause(watched)
            watched.restart_at = now + pause
            watched.last_ending = watched.part.ending
            self._report(f"{watched.part.name} ended unexpectedly ({watched.last_ending}); starting it again in {pause:g} s.")
        elif now >= watched.restart_at:
            watched.restart_at = None
            watched.started_at = now
            try:
                watched.part.start()
            except StartupError as error:
                # It may have been killed while it started, so this is no reason to wait longer than after any other end.
                self._report(str(error))
                watched.restart_at = time.monotonic() + _next_pause(watched)


def _next_pause(watched: _Watched) -> float:
    pause: float = min(_FIRST_BACKOFF_SECONDS * 2**watched.failures, _LONGEST_BACKOFF_SECONDS)
    watched.failures += 1
    return pause
