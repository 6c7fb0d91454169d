"""What must hold before anything is started; every failure is one line that says what to do."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import asyncpg
import redis

from app.infra.postgres_hosts import PostgresHosts
from app.infra.redis_address import read_redis_url
from app.infra.redis_client import open_redis
from app.infra.redis_tls import tls_problem
from app.infra.startup import StartupError

_REACH_SECONDS = 5.0
_STOPPING_PATIENCE_SECONDS = 12.0


class DataFolderLock:
    """Holds a data folder for one running service; a dead holder's lock is gone by itself.

    Other processes read who holds it, at which address, and whether it is just stopping.
    """

    def __init__(self, data_dir: Path, *, address: str) -> None:
        self._path = data_dir / "lock"
        self._address = address
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock; waits only for a holder that is stopping. Raises `StartupError` when another service runs."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + _STOPPING_PATIENCE_SECONDS
        while not _try_lock(descriptor):
            holder = _read_holder(self._path)
            # nothing at all: it is just being written, or the holder has just let go
            if (holder and not holder.get("stopping")) or time.monotonic() > deadline:
                os.close(descriptor)
                raise StartupError(f"ocop is already running (pid {holder.get('pid', '?')}) at {holder.get('address', '?')}.")
            time.sleep(0.1)
        self._descriptor = descriptor
        self._write(stopping=False)

    def announce_stopping(self) -> None:
        """From now on a second start waits for our end instead of giving up."""
        self._write(stopping=True)

    def release(self) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, *, stopping: bool) -> None:
        if self._descriptor is None:
            return
        text = json.dumps({"pid": os.getpid(), "address": self._address, "stopping": stopping})
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)


def is_held(data_dir: Path) -> bool:
    """Whether a service runs on this data folder right now."""
    try:
        descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def holder_address(data_dir: Path) -> str | None:
    """Where the service that holds the folder says it is, `http://host:port`; None when none does."""
    found = str(_read_holder(data_dir / "lock").get("address", ""))
    return found if is_held(data_dir) and found.startswith("http") else None


def check_port_is_free(host: str, port: int, *, seconds: float = 3.0) -> None:
    """Raise `StartupError` unless `port` can be bound; waits up to `seconds` for a predecessor that is just ending.

    Bound without SO_REUSEPORT, which our own workers use and which would hide a service that does too.
    """
    deadline = time.monotonic() + seconds
    while (failure := _bind_failure(host, port)) is not None:
        if failure.errno == errno.EADDRINUSE and time.monotonic() < deadline:
            time.sleep(0.1)
            continue
        if failure.errno == errno.EADDRINUSE:
            raise StartupError(f"Port {port} is in use by another program. Choose another, for example: OCOP_PORT={port + 1} make run")
        if failure.errno == errno.EACCES:
            raise StartupError(f"Port {port} needs root. Choose one above 1023, for example: OCOP_PORT=8000 make run")
        raise StartupError(f"Cannot listen on {host}:{port} ({failure.strerror or failure}). Check OCOP_HOST and OCOP_PORT.")


def check_database_is_reachable(url: str, *, setting: str = "DATABASE_URL") -> None:
    """Connect once. Raises `StartupError` that names the host and the reason, never the password."""
    place = _place_of(url, default_port=5432)
    try:
        asyncio.run(_connect_once(url))
    except (OSError, TimeoutError) as error:
        raise StartupError(f"{setting}: no PostgreSQL answers at {place} ({_reason(error)}). Start it or correct the URL.") from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise StartupError(f"{setting}: PostgreSQL at {place} refuses the user name or password.") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise StartupError(f"{setting}: PostgreSQL at {place} has no such database. Create it first (createdb).") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise StartupError(f"{setting}: PostgreSQL at {place} cannot be used ({type(error).__name__}). Check the address.") from error


def check_commits_are_durable(url: str) -> None:
    """Raise `StartupError` when PostgreSQL confirms commits that a crash or power loss may undo, for this role and database."""
    answer = asyncio.run(_ask(url, "SELECT current_setting('fsync'), current_setting('synchronous_commit')"))
    fsync, synchronous_commit = answer or ("unknown", "unknown")
    if fsync != "on" or synchronous_commit == "off":
        raise StartupError(
            f"PostgreSQL at {_place_of(url, default_port=5432)} has fsync={fsync} and synchronous_commit={synchronous_commit}, so an accepted "
            "order could be lost. Production needs both on."
        )


def check_redis_is_reachable(url: str) -> None:
    """Ping once. Raises `StartupError` that names the hosts and the reason, never the password."""
    address = read_redis_url(url)
    place = address.place
    try:
        asyncio.run(_ping_redis(url))
    except redis.AuthenticationError as error:
        raise StartupError(f"REDIS_URL: Redis at {place} refuses the user name or password.") from error
    except (redis.RedisError, OSError, TimeoutError) as error:
        why = asyncio.run(tls_problem(address.tls, address.places)) if address.tls else None
        if why is not None:
            raise StartupError(f"REDIS_URL: {why}.") from error
        raise StartupError(f"REDIS_URL: no Redis answers at {place} ({type(error).__name__}). Start it or correct the URL.") from error


async def _ping_redis(url: str) -> None:
    async with open_redis(url) as clients, asyncio.timeout(_REACH_SECONDS):
        await clients.ping()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(path: Path) -> dict[str, object]:
    try:
        holder = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _bind_failure(host: str, port: int) -> OSError | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            # Connections of a service that has just ended (TIME_WAIT) do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return error
    return None


async def _ask(url: str, question: str) -> asyncpg.Record | None:
    connection = await PostgresHosts(url).connect(timeout=_REACH_SECONDS)
    try:
        return await connection.fetchrow(question)
    finally:
        await connection.close()


async def _connect_once(url: str) -> None:
    connection = await PostgresHosts(url).connect(timeout=_REACH_SECONDS)
    await connection.close()


def _place_of(url: str, *, default_port: int) -> str:
    parts = urlsplit(url)
    socket_folder = parse_qs(parts.query).get("host")
    if socket_folder:
        return socket_folder[0]
    if parts.scheme == "unix":
        return parts.path
    try:
        return f"{parts.hostname}:{parts.port or default_port}"
    except ValueError:
        return str(parts.hostname)


def _reason(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else getattr(error, "strerror", None) or type(error).__name__
