"""A real Redis of our own that listens on a port of this machine, behind a password: as a part of a cluster, or a primary with its replica."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import redis
from typing_extensions import override

from app.infra.startup import StartupError
from app.local_servers.embedded_redis import EmbeddedRedis
from app.local_servers.server_account import private_folder

LOOPBACK = "127.0.0.1"
# Below the ports that outgoing connections take. The other end of a cluster's servers is this much higher.
_PORTS = range(20_000, 22_700)
_BUS_ABOVE = 10_000
_PORT_ATTEMPTS = 200


class RedisOnPort(EmbeddedRedis):
    """One server below `data_dir` on `127.0.0.1:port`; `settings` are lines of its configuration file, by name.

    The password stands in the file, not in the command, which everybody on the machine may read.
    """

    def __init__(self, data_dir: Path, *, port: int, password: str, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(data_dir)
        self.port = port
        self._password = password
        self._settings = dict(settings or {})
        self._config = data_dir / "redis" / "redis.conf"

    @property
    @override
    def url(self) -> str:
        return f"redis://:{self._password}@{self.address}/0"

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @override
    def start(self) -> None:
        self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_folder(self._folder, account=None)
        self._write_config()
        super().start()

    def client(self, *, seconds: float = 2.0) -> redis.Redis:
        """A client for whoever sets the server up; the caller closes it."""
        return redis.Redis(
            host=LOOPBACK,
            port=self.port,
            password=self._password or None,
            socket_timeout=seconds,
            decode_responses=True,
            single_connection_client=True,
        )

    def ask(self, command: str, *arguments: str | int) -> Any:  # noqa: ANN401 - each command has its own answer
        """One command's answer. Lets `redis.RedisError` through."""
        with self.client() as client:
            return client.execute_command(command, *arguments)

    def _lines(self) -> dict[str, str]:
        return {"bind": LOOPBACK, "port": str(self.port), "requirepass": self._password, "masterauth": self._password, **self._settings}

    def _write_config(self) -> None:
        descriptor = os.open(self._config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.writelines(f"{name} {value}\n" for name, value in self._lines().items())

    @override
    def _options(self) -> list[str]:
        options = super()._options()
        at = options.index("--port")
        return [str(self._config), *options[:at], *options[at + 2 :]]

    @override
    def _answers(self) -> bool:
        try:
            return bool(self.ask("PING"))
        except redis.RedisError:
            return False


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now, each with the one of a cluster's bus. Raises `StartupError` when there are not so many."""
    found: list[int] = []
    for port in random.sample(_PORTS, _PORT_ATTEMPTS):  # a place to begin, no secret
        if len(found) == count:
            break
        if are_free([port]):
            found.append(port)
    if len(found) < count:
        raise StartupError(f"There are no {count} free ports between {_PORTS.start} and {_PORTS.stop} for Redis.")
    return found


def are_free(ports: list[int]) -> bool:
    """Whether all of them and those of their buses can be listened on."""
    return all(_can_listen(port) and _can_listen(port + _BUS_ABOVE) for port in ports)


def _can_listen(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True
