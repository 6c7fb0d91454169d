"""Child processes that never outlive this one; used by the embedded servers and the supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from app.local_servers import exec_with_parent

_LOG_MAX_BYTES = 10_000_000
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Account:
    """An operating system user that a child runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class ChildProcess:
    """A running or ended child, in a session and process group of its own: a Ctrl-C in the terminal does not reach it."""

    name: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative = killed by that signal."""
        return self.process.poll()

    @property
    def is_running(self) -> bool:
        return self.exit_code is None

    def send(self, number: signal.Signals) -> None:
        """Signal it; a child that has ended is left alone."""
        if self.is_running:
            self.process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """True once it has ended, False when it still runs after `seconds`."""
        deadline = time.monotonic() + seconds
        while self.is_running:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def kill(self) -> None:
        """End it and whatever it started in its group, at once, and collect its exit code."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


def spawn(  # noqa: PLR0913 - each argument is one independent property of the child
    name: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log_file: Path | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
    account: Account | None = None,
) -> ChildProcess:
    """Start `command`; the kernel sends it `death_signal` when this process ends, kill -9 included (Linux).

    Without `log_file` it shares our output. `account` drops root's rights first. The tie is to the calling *thread*, so
    call from the main thread only. It leads a session: see `app/infra/processor_share.py`. Raises `OSError` when the interpreter cannot be
    started.
    """
    user_id, group_id = (account.uid, account.gid) if account else (exec_with_parent.KEEP_USER, exec_with_parent.KEEP_USER)
    # A bare interpreter does what `preexec_fn` would: Python code between fork and exec can deadlock when threads exist.
    step = [sys.executable, "-I", "-S", exec_with_parent.__file__]
    settings = [str(number) for number in (os.getpid(), int(death_signal), user_id, group_id)]
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(_open_log(log_file)) if log_file else None
        process = subprocess.Popen(  # noqa: S603 - programs and arguments are ours
            [*step, *settings, *(str(part) for part in command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    return ChildProcess(name, process)


def stop_leftovers(folder: Path, program_names: frozenset[str], *, first_signal: signal.Signals, seconds: float) -> int:
    """End programs of these names whose working directory is `folder`: what a killed predecessor left behind.

    Returns how many there were. The caller must hold the lock of the data folder, or it would end a living service.
    """
    found = _running_in(folder, program_names)
    count = len(found)
    for number, patience in ((first_signal, seconds), (signal.SIGKILL, 5.0)):
        for leftover in found:
            with contextlib.suppress(psutil.Error):
                leftover.send_signal(number)
        deadline = time.monotonic() + patience
        while (found := _running_in(folder, program_names)) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if not found:
            break
    return count


def how_it_ended(exit_code: int | None) -> str:
    """`exit code 3`, `killed by SIGKILL`; for people."""
    if exit_code is None:
        return "still running"
    return f"exit code {exit_code}" if exit_code >= 0 else f"killed by {signal.Signals(-exit_code).name}"


def last_lines(log_file: Path, count: int = 3) -> str:
    """The end of a log as one line, for an error message; empty when there is none."""
    try:
        lines = log_file.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return " | ".join(line.strip() for line in lines[-count:] if line.strip())


def _running_in(folder: Path, program_names: frozenset[str]) -> list[psutil.Process]:
    place = str(folder.resolve())
    found = []
    for candidate in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if candidate.name() in program_names and candidate.cwd() == place:
                found.append(candidate)
    return found


def _open_log(log_file: Path) -> BinaryIO:
    log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log_file.exists() and log_file.stat().st_size > _LOG_MAX_BYTES:
        log_file.replace(log_file.with_suffix(log_file.suffix + ".1"))
    descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "ab")
