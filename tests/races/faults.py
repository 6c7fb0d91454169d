"""What can happen to a running service from outside: parts killed, frozen, full or flooded, Redis emptied or put back to an old state."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import redis.asyncio as redis_client
from redis.exceptions import RedisError

from tests.freezing import frozen
from tests.local_servers.service_process import ServiceProcess
from tests.metrics.builders import eventually
from tests.races.floods import Floods
from tests.races.proxy import LossyProxy, once

WORKER = "app.cli worker"
POSTMASTER = "postgres -D"
BACKEND = "postgres: ocop_app"
REDIS = "redis-server"
FROZEN_SECONDS = (0.4, 1.5)
SEEN_WITHIN_SECONDS = 40.0


class Faults:
    """Each method is one fault and, where it does not heal by itself, its end."""

    def __init__(self, running: ServiceProcess, *, redis_url: str, proxy: LossyProxy, floods: Floods, choice: random.Random) -> None:
        self._running = running
        self._redis_url = redis_url
        self._redis_folder = running.data_dir / "redis"
        self._snapshot = running.data_dir / "redis-snapshot"
        self._proxy = proxy
        self._floods = floods
        self._choice = choice

    def all(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "a worker is killed": lambda: self._kill(WORKER),
            "a worker is frozen": lambda: self._freeze(WORKER),
            "a backend is killed": lambda: self._kill(BACKEND),
            "a backend is frozen": lambda: self._freeze(BACKEND),
            "the postmaster is killed": lambda: self._kill(POSTMASTER),
            "the postmaster is frozen": lambda: self._freeze(POSTMASTER),
            "all of PostgreSQL is frozen": self._freeze_postgresql,
            "PostgreSQL has no room": self._fill_postgresql,
            "Redis is full": self._fill_redis,
            "a crowd joins a waitlist": self._floods.joins,
            "a crowd guesses passwords": self._floods.logins,
            "a crowd reads reports": self._floods.reports,
            "Redis is killed": lambda: self._kill(REDIS),
            "Redis is frozen": lambda: self._freeze(REDIS),
            "Redis is emptied": self._empty_redis,
            "Redis comes back with an old state": self._restore_old_redis,
            "an answer to a client is lost": self._lose_an_answer,
            "all clients are cut off": self._cut_all,
        }

    async def take_snapshot(self) -> None:
        """Copy what Redis has on disk, to be put back later."""
        shutil.rmtree(self._snapshot, ignore_errors=True)
        shutil.copytree(
            self._redis_folder, self._snapshot, ignore=lambda folder, names: [name for name in names if _is_socket(folder, name)]
        )

    async def _victim(self, part: str) -> psutil.Process:
        await eventually(self._is_there(part), within_seconds=SEEN_WITHIN_SECONDS)
        return self._choice.choice(sorted(self._running.named(part), key=lambda process: process.pid))

    def _is_there(self, part: str) -> Callable[[], Awaitable[bool]]:
        async def look() -> bool:
            return bool(self._running.named(part))

        return look

    async def _kill(self, part: str) -> None:
        victim = await self._victim(part)
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.SIGKILL)

    async def _freeze(self, part: str) -> None:
        victim = await self._victim(part)
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(self._choice.uniform(*FROZEN_SECONDS))
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.send_signal(signal.SIGCONT)

    async def _a_while(self) -> None:
        await asyncio.sleep(self._choice.uniform(*FROZEN_SECONDS))

    async def _freeze_postgresql(self) -> None:
        """Every process of it, so that nobody hears that a connection is gone."""
        victim = await self._victim(POSTMASTER)
        with frozen(victim.pid):
            await self._a_while()

    async def _fill_postgresql(self) -> None:
        """No file of it grows any more, the log of its transactions neither; that ends it, and the supervisor starts it again."""
        victim = await self._victim(POSTMASTER)
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = [victim, *victim.children(recursive=True)]
            _limit_files(processes, "1")
            await self._a_while()
            _limit_files([*processes, *victim.children(recursive=True)], "unlimited")

    async def _fill_redis(self) -> None:
        """It refuses every write that needs room."""
        async with self._redis() as client:
            await _keeps_asking(lambda: client.config_set("maxmemory", 1))
        await self._a_while()
        async with self._redis() as client:
            await _keeps_asking(lambda: client.config_set("maxmemory", 0))

    @asynccontextmanager
    async def _redis(self) -> AsyncIterator[redis_client.Redis]:
        client = redis_client.Redis.from_url(self._redis_url)
        try:
            yield client
        finally:
            await client.aclose()

    async def _empty_redis(self) -> None:
        """As soon as it answers: it may just be coming back from another fault."""

        async with self._redis() as client:
            await _keeps_asking(client.flushall)

    async def _restore_old_redis(self) -> None:
        victim = await self._victim(REDIS)
        victim.send_signal(signal.SIGKILL)
        with contextlib.suppress(psutil.TimeoutExpired):
            await asyncio.to_thread(victim.wait, 0.2)
        # The supervisor waits half a second before it starts Redis again.
        for entry in self._snapshot.iterdir():
            place = self._redis_folder / entry.name
            if entry.is_dir():
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(entry, place)
            else:
                shutil.copy2(entry, place)

    async def _lose_an_answer(self) -> None:
        before = self._proxy.lost
        self._proxy.loses_answer = once(lambda data: b"POST" in data)

        async def is_lost() -> bool:
            return self._proxy.lost > before

        await eventually(is_lost, within_seconds=SEEN_WITHIN_SECONDS)

    async def _cut_all(self) -> None:
        self._proxy.cut()


def _is_socket(folder: str, name: str) -> bool:
    return (Path(folder) / name).is_socket()


def _limit_files(processes: list[psutil.Process], most_bytes: str) -> None:
    """As the account that owns them: root in a container may not."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            command = ["prlimit", "--pid", str(process.pid), f"--fsize={most_bytes}:unlimited"]
            owner: dict[str, Any] = {}
            if os.geteuid() == 0:
                owner = {"user": process.uids().real, "group": process.gids().real, "extra_groups": []}
            done = subprocess.run(command, check=False, capture_output=True, text=True, **owner)
            assert done.returncode == 0 or not process.is_running(), done.stderr


async def _keeps_asking(command: Callable[[], Awaitable[object]]) -> None:
    """Until Redis has done it: it may just be coming back from another fault."""

    async def is_done() -> bool:
        try:
            return bool(await command())
        except (RedisError, OSError):
            return False

    await eventually(is_done, within_seconds=SEEN_WITHIN_SECONDS)
