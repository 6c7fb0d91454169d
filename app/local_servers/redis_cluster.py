"""A real Redis Cluster on one machine: masters, with replicas when wanted, as children of this process; for `make run-cluster` and tests."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import redis

from app.infra.startup import StartupError
from app.local_servers.redis_on_port import RedisOnPort, are_free, free_ports

SLOTS = 16_384
_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.05


class LocalRedisCluster:
    """`masters` servers below `data_dir/redis-cluster`, and `replicas_each` for each of them; all on ports of 127.0.0.1 behind one password.

    `url` is what REDIS_URL wants. Masters come first in `servers`, then the replicas in the same order; each server dies with this process,
    and one that has ended comes back as a part of the cluster when it is started again. The ports are kept in the folder; when somebody else
    has them, the cluster is made anew without its data, which Redis may lose at any time. The caller holds the lock of the data folder.
    """

    def __init__(self, data_dir: Path, *, masters: int = 3, replicas_each: int = 0, node_timeout_ms: int = 5_000) -> None:
        self._folder = data_dir / "redis-cluster"
        self._note = self._folder / "cluster.json"
        self._masters = masters
        self._count = masters * (1 + replicas_each)
        self._settings = {
            "cluster-enabled": "yes",
            "cluster-config-file": "nodes.conf",
            "cluster-node-timeout": str(node_timeout_ms),
            # Rooms on the other masters go on when one is away.
            "cluster-require-full-coverage": "no",
            "repl-diskless-sync": "yes",
            "repl-diskless-sync-delay": "0",
        }
        self.servers: list[RedisOnPort] = []
        self._password = ""

    @property
    def url(self) -> str:
        """`redis+cluster://:password@host:port,…`. Raises `RuntimeError` before `start`."""
        if not self.servers:
            raise RuntimeError("the cluster has not been started")
        return f"redis+cluster://:{self._password}@{','.join(server.address for server in self.servers)}"

    @property
    def is_running(self) -> bool:
        """Whether all of its servers are."""
        return bool(self.servers) and all(server.is_running for server in self.servers)

    def start(self) -> None:
        """Return once every slot is served and every replica follows. Raises `StartupError` when it does not come to that."""
        is_new = self._prepare()
        try:
            for server in self.servers:
                server.start()
            if is_new:
                self._form()
            self._wait(self._is_whole, "is not whole")
            self._remember()
        except BaseException:
            self.stop(seconds=1.0)
            raise

    def stop(self, *, seconds: float = 5.0) -> None:
        """All at once; killed past `seconds`."""
        for server in self.servers:
            server.ask_to_stop()
        for server in self.servers:
            server.stop(seconds=seconds)

    def _prepare(self) -> bool:
        """Who listens where; True when the cluster has to be made."""
        known = self._remembered()
        if known is None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(mode=0o700, parents=True)
            self._password, ports = secrets.token_urlsafe(24), free_ports(self._count)
        else:
            self._password, ports = known
        self.servers = [
            RedisOnPort(self._folder / f"{number}", port=port, password=self._password, settings=self._settings)
            for number, port in enumerate(ports, start=1)
        ]
        return known is None

    def _remembered(self) -> tuple[str, list[int]] | None:
        try:
            note = json.loads(self._note.read_text(encoding="ascii"))
            password, ports = str(note["password"]), [int(port) for port in note["ports"]]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (password, ports) if len(ports) == self._count and are_free(ports) else None

    def _remember(self) -> None:
        descriptor = os.open(self._note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump({"password": self._password, "ports": [server.port for server in self.servers]}, file)

    def _form(self) -> None:
        """Divide the slots, make the servers known to each other, give every master its replicas."""
        masters = self.servers[: self._masters]
        for number, server in enumerate(self.servers):
            server.ask("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for number, server in enumerate(masters):
            first, end = (SLOTS * each // len(masters) for each in (number, number + 1))
            server.ask("CLUSTER ADDSLOTS", *range(first, end))
        for server in self.servers[1:]:
            self.servers[0].ask("CLUSTER MEET", *server.address.split(":"))
        self._wait(self._all_are_known, "did not come together")
        ids = [str(server.ask("CLUSTER MYID")) for server in masters]
        for number, server in enumerate(self.servers[self._masters :]):
            server.ask("CLUSTER REPLICATE", ids[number % self._masters])

    def _all_are_known(self) -> bool:
        return all(_said(server, "CLUSTER INFO").get("cluster_known_nodes") == str(self._count) for server in self.servers)

    def _is_whole(self) -> bool:
        for server in self.servers:
            cluster = _said(server, "CLUSTER INFO")
            if cluster.get("cluster_state") != "ok" or cluster.get("cluster_slots_ok") != str(SLOTS):
                return False
            if str(server.ask("ROLE")[0]) == "slave" and str(server.ask("ROLE")[3]) != "connected":
                return False
        return sum(str(server.ask("ROLE")[0]) == "master" for server in self.servers) == self._masters

    def _wait(self, condition: Callable[[], bool], complaint: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            try:
                if condition():
                    return
            except redis.RedisError as error:
                if isinstance(error, redis.AuthenticationError):
                    raise StartupError("The local Redis cluster refuses its own password: another program has its ports.") from error
            if time.monotonic() > deadline or not self.is_running:
                raise StartupError(f"The local Redis cluster {complaint} (logs below {self._folder}). Removing that folder is safe.")
            time.sleep(_LOOK_SECONDS)


def _said(server: RedisOnPort, command: str) -> dict[str, str]:
    """`name:value` lines of an answer."""
    answer = server.ask(command)
    if isinstance(answer, dict):
        return {str(name): str(value) for name, value in answer.items()}
    return dict(line.split(":", 1) for line in str(answer).splitlines() if ":" in line)
