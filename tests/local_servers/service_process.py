"""Runs `ocop run` as a person would, on a port and a data folder of its own; used by the tests of the whole command."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from app.settings import PROJECT_ROOT, child_environment
from tests.patience import START_SECONDS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServiceProcess:
    def __init__(self, data_dir: Path, *, port: int, command: Sequence[str] = ("run", "--no-demo"), **environment: str) -> None:
        self.data_dir = data_dir
        self.port = port
        descriptor, path = tempfile.mkstemp(prefix="ocop-test-", suffix=".out")
        self._output = Path(path)
        env = child_environment({"OCOP_PORT": str(port), "OCOP_DATA_DIR": str(data_dir), "OCOP_WORKERS": "2"})
        for name in ("DATABASE_URL", "REDIS_URL", "OCOP_SECRET_KEY"):
            env.pop(name, None)
        with os.fdopen(descriptor, "wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env | environment,
                cwd=PROJECT_ROOT,
                start_new_session=True,
            )
        self._seen: set[psutil.Process] = set()

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_until_ready(self, within: float = START_SECONDS) -> None:
        deadline = time.monotonic() + within
        while "ocop-live is ready." not in self.output or self.answer("/readyz") != 200:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)
        self.descendants()

    def answer(self, path: str) -> int:
        """Status of a GET; 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def descendants(self) -> list[psutil.Process]:
        """Every process that it has started so far and that still lives."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._seen.update(psutil.Process(self.process.pid).children(recursive=True))
        return [process for process in self._seen if is_alive(process)]

    def named(self, part_of_command: str) -> list[psutil.Process]:
        found = []
        for process in self.descendants():
            with contextlib.suppress(psutil.NoSuchProcess):
                if part_of_command in " ".join(process.cmdline()):
                    found.append(process)
        return found

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait_until_gone(self, within: float) -> None:
        """It and everything it started have ended."""
        deadline = time.monotonic() + within
        self.process.wait(within)
        while left := self.descendants():
            assert time.monotonic() < deadline, f"still running: {left}\n{self.output}"
            time.sleep(0.05)

    def end(self) -> None:
        """Clean up after the test, whatever state it left."""
        self.descendants()
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for process in self.descendants():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(list(self._seen), timeout=10)
        self._output.unlink(missing_ok=True)


@contextlib.contextmanager
def service(
    data_dir: Path, *, port: int | None = None, command: Sequence[str] = ("run", "--no-demo"), **environment: str
) -> Iterator[ServiceProcess]:
    started = ServiceProcess(data_dir, port=port or free_port(), command=command, **environment)
    try:
        yield started
    finally:
        started.end()


def is_alive(process: psutil.Process) -> bool:
    """Not one that has ended and that nobody has asked how."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
