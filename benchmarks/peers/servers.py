"""The peers as running servers: started on one core, told to send rounds, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import json
import re
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from typing_extensions import override

from app.local_servers.child_process import ChildProcess, spawn
from app.settings import PROJECT_ROOT, child_environment
from benchmarks.load.build import BENCH_FOLDER, compiled
from benchmarks.load.machine import cpu_seconds, on_cores
from benchmarks.load.tied import tied
from benchmarks.load.viewers import Target
from benchmarks.peers import install
from benchmarks.peers.rounds import payload

_FOLDER = Path(__file__).parent
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_QUIET_SECONDS = 0.03  # three steps of the clock of processor time
_NATS_SUBJECT = "live"


class Peer(ABC):
    """`async with Peer(...)`: a server that listens on `port` and runs on `core` only. Entering raises `NotInstallable`."""

    name: ClassVar[str]

    def __init__(self, port: int, *, core: int, payload_bytes: int) -> None:
        self.port = port
        self._core = core
        self._payload_bytes = payload_bytes
        self.version = ""

    @abstractmethod
    async def start(self) -> None: ...

    @abstractmethod
    async def stop(self) -> None: ...

    @property
    @abstractmethod
    def pids(self) -> list[int]: ...

    @abstractmethod
    async def send_rounds(self, count: int, *, interval_seconds: float) -> None:
        """Send so many rounds to everybody, back to back when the interval is 0; returns when the server has handed over the last."""

    @property
    def target(self) -> Target:
        return Target(port=self.port)

    async def __aenter__(self) -> Self:
        await self.start()
        try:
            await _wait_until_listening(self.port)
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class CommandedPeer(Peer):
    """A program of ours around somebody's library: takes `<rounds> <µs>` on stdin, answers `done`."""

    _process: Process | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """The program and its arguments; sets `version`."""

    folder: Path = PROJECT_ROOT

    @override
    async def start(self) -> None:
        command = await asyncio.to_thread(self.command)
        arguments = [str(self.port), str(self._payload_bytes)]
        environment = child_environment({"PYTHONPATH": str(PROJECT_ROOT)})
        with on_cores([self._core]):
            self._process = await asyncio.create_subprocess_exec(
                *tied([*command, *arguments]), stdin=PIPE, stdout=PIPE, cwd=self.folder, env=environment
            )

    @override
    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    @property
    @override
    def pids(self) -> list[int]:
        assert self._process is not None  # noqa: S101 - asked for while it runs
        return [self._process.pid]

    @override
    async def send_rounds(self, count: int, *, interval_seconds: float) -> None:
        assert self._process is not None  # noqa: S101 - asked for while it runs
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        assert self._process.stdout is not None  # noqa: S101 - a pipe
        self._process.stdin.write(f"{count} {int(interval_seconds * 1e6)}\n".encode())
        if (await self._process.stdout.readline()).strip() != b"done":
            raise RuntimeError(f"{self.name} ended")


class SendLoop(CommandedPeer):
    name = "C send loop"

    @override
    def command(self) -> list[str]:
        self.version = "our own, cc -O2"
        return [str(compiled("sendloop"))]


class NodeWs(CommandedPeer):
    name = "node ws"

    @override
    def command(self) -> list[str]:
        program, self.folder = install.node(), install.folder_with_ws()
        package = json.loads((self.folder / "node_modules" / "ws" / "package.json").read_text())
        self.version = f"ws {package['version']}, node {_said([str(program), '--version'])}"
        return [str(program), str(_FOLDER / "node_ws.mjs")]


class FastApiPlain(CommandedPeer):
    name = "FastAPI plain loop"

    @override
    def command(self) -> list[str]:
        self.version = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("fastapi", "uvicorn", "websockets"))
        return [sys.executable, str(_FOLDER / "fastapi_plain.py")]


class WebsocketsBroadcast(CommandedPeer):
    name = "websockets broadcast"

    @override
    def command(self) -> list[str]:
        self.version = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("websockets", "uvloop"))
        return [sys.executable, str(_FOLDER / "websockets_broadcast.py")]


class Picows(CommandedPeer):
    name = "picows"

    @override
    def command(self) -> list[str]:
        python = str(install.python_of_peers())
        question = "import importlib.metadata as m; print('picows', m.version('picows') + ', uvloop', m.version('uvloop'))"
        self.version = _said([python, "-c", question])
        return [python, str(_FOLDER / "picows_plain.py")]


class NatsServer(Peer):
    """Rounds are published by this process over NATS' own protocol; it subscribes as well, to see when a round has come through."""

    name = "nats-server"
    _server: ChildProcess | None = None
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter | None = None

    @override
    async def start(self) -> None:
        program = await asyncio.to_thread(install.nats_server)
        self.version = _said([str(program), "--version"])
        options = (
            f'listen: "127.0.0.1:{self.port + 1}"\nmax_connections: 400000\nwebsocket {{ listen: "127.0.0.1:{self.port}", no_tls: true }}\n'
        )
        settings = BENCH_FOLDER / "nats.conf"
        settings.write_text(options)
        log_file = BENCH_FOLDER / "nats.log"
        with on_cores([self._core]):
            self._server = spawn("nats", [program, "-c", settings], env={}, cwd=BENCH_FOLDER, log_file=log_file)
        await _wait_until_listening(self.port + 1)
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port + 1)
        self._writer.write(f'CONNECT {{"verbose":false,"pedantic":false}}\r\nSUB {_NATS_SUBJECT} 1\r\n'.encode())

    @override
    async def stop(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            self._server.send(signal.SIGTERM)
            if not self._server.wait(_STOP_SECONDS):
                self._server.kill()

    @property
    @override
    def pids(self) -> list[int]:
        assert self._server is not None  # noqa: S101 - asked for while it runs
        return [self._server.pid]

    @property
    @override
    def target(self) -> Target:
        return Target(port=self.port, path="/", nats_subject=_NATS_SUBJECT)

    @override
    async def send_rounds(self, count: int, *, interval_seconds: float) -> None:
        assert self._writer is not None  # noqa: S101 - asked for while it runs
        started = time.monotonic()
        for number in range(1, count + 1):
            text = payload(self._payload_bytes)
            self._writer.write(f"PUB {_NATS_SUBJECT} {len(text)}\r\n{text}\r\n".encode())
            await self._message()
            await self._quiet()
            await asyncio.sleep(max(0.0, started + number * interval_seconds - time.monotonic()))

    async def _quiet(self) -> None:
        """Wait until everybody has this message. Our own copy comes early, and a next message would share a write with this one."""
        before = -1.0
        while (now := cpu_seconds(self.pids)) != before:
            before = now
            await asyncio.sleep(_QUIET_SECONDS)

    async def _message(self) -> None:
        assert self._writer is not None  # noqa: S101 - asked for while it runs
        while line := await self._reader.readline():
            if line.startswith(b"PING"):
                self._writer.write(b"PONG\r\n")
            elif found := re.match(rb"MSG \S+ \S+ (\d+)", line):
                await self._reader.readexactly(int(found[1]) + 2)
                return
        raise RuntimeError("nats-server ended")


PEERS: Sequence[type[Peer]] = (SendLoop, Picows, NodeWs, NatsServer, WebsocketsBroadcast, FastApiPlain)


async def _wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        if time.monotonic() > deadline:
            raise install.NotInstallable(f"it does not listen on port {port}")
        await asyncio.sleep(0.05)


def _said(command: list[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own programs
    return (result.stdout or result.stderr).strip()
