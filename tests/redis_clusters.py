"""Redis that fails over, of real servers: a cluster whose slots can be moved, and a master with its replica under three Sentinels."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import redis
from redis.crc import key_slot
from typing_extensions import override

from app.local_servers.redis_cluster import LocalRedisCluster
from app.local_servers.redis_on_port import LOOPBACK, RedisOnPort, free_ports
from tests.conftest import make_quick_folder

WITHIN_SECONDS = 90.0
NODE_TIMEOUT_MS = 700
MASTER_NAME = "market"
_PASSWORD = "a-password-of-tests"


class Cluster(LocalRedisCluster):
    """Three masters, each with a replica unless told otherwise, that notice a death within a second."""

    def __init__(self, folder: Path, *, replicas_each: int = 1) -> None:
        super().__init__(folder, replicas_each=replicas_each, node_timeout_ms=NODE_TIMEOUT_MS)

    def master_of(self, key: str) -> RedisOnPort:
        """Who serves a key just now, as most of the living say: a server that has just come back may be behind."""
        slot = key_slot(key.encode())
        ports = [_port_of(server.ask("CLUSTER SLOTS"), slot) for server in self.servers if server.is_running]
        port = max(set(ports), key=ports.count)
        return next(server for server in self.servers if server.port == port)

    def replica_of(self, master: RedisOnPort) -> RedisOnPort:
        return next(server for server in self.servers if (role := server.ask("ROLE"))[0] == "slave" and role[2] == master.port)

    def kill_master_of(self, key: str) -> RedisOnPort:
        """As a machine that loses its power."""
        server = self.master_of(key)
        kill(server)
        return server

    def wait_for_another_master(self, key: str, before: RedisOnPort) -> None:
        """Until a replica has taken over."""
        eventually(lambda: self.master_of(key) is not before and self.master_of(key).ask("ROLE")[0] == "master")

    def wait_for_replicas(self) -> None:
        """Until every server that is no master copies one."""
        eventually(lambda: all(role[0] == "master" or role[3] == "connected" for role in (each.ask("ROLE") for each in self.servers)))

    def move_slot_of(self, key: str, *, keys_at_once: int = 2) -> RedisOnPort:
        """Bring a key's slot with all its keys to the next master, as an operator's tool does; returns that master."""
        slot = key_slot(key.encode())
        source = self.master_of(key)
        masters = [server for server in self.servers if server.is_running and server.ask("ROLE")[0] == "master"]
        target = masters[(masters.index(source) + 1) % len(masters)]
        source_id, target_id = str(source.ask("CLUSTER MYID")), str(target.ask("CLUSTER MYID"))
        target.ask("CLUSTER SETSLOT", slot, "IMPORTING", source_id)
        source.ask("CLUSTER SETSLOT", slot, "MIGRATING", target_id)
        while keys := source.ask("CLUSTER GETKEYSINSLOT", slot, keys_at_once):
            source.ask("MIGRATE", LOOPBACK, target.port, "", 0, 5_000, "AUTH", self._password, "KEYS", *keys)
        for server in (target, source, *masters):
            server.ask("CLUSTER SETSLOT", slot, "NODE", target_id)
        return target


def _port_of(slots: Sequence[Any], slot: int) -> int:
    return next(int(master[1]) for first, last, master, *_ in slots if first <= slot <= last)


def cut_off(replica: RedisOnPort, master: RedisOnPort) -> None:
    """From now on the replica hears nothing of its master; everybody else hears both."""
    replica.ask("CONFIG", "SET", "masterauth", "not-its-password")
    master.ask("CLIENT", "KILL", "TYPE", "replica")


def kill(server: RedisOnPort) -> None:
    """At once; nothing is said to anybody."""
    process = psutil.Process(server.pid)
    process.kill()
    process.wait(10)


def eventually(condition: Callable[[], bool], within_seconds: float = WITHIN_SECONDS) -> None:
    """Wait until it holds; what servers that are just away refuse counts as not yet."""
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            if condition():
                return
        except redis.RedisError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)


class SentinelGroup:
    """A master, its replica, and three Sentinels that agree on a death within a second. `url` is what REDIS_URL wants."""

    def __init__(self, folder: Path) -> None:
        ports = free_ports(5)
        together = {"repl-diskless-sync": "yes", "repl-diskless-sync-delay": "0"}
        self.master = RedisOnPort(folder / "master", port=ports[0], password=_PASSWORD, settings=together)
        self.replica = RedisOnPort(
            folder / "replica", port=ports[1], password=_PASSWORD, settings=together | {"replicaof": f"{LOOPBACK} {ports[0]}"}
        )
        self._watches = {
            "sentinel monitor": f"{MASTER_NAME} {LOOPBACK} {ports[0]} 2",
            "sentinel auth-pass": f"{MASTER_NAME} {_PASSWORD}",
            "sentinel down-after-milliseconds": f"{MASTER_NAME} {NODE_TIMEOUT_MS}",
            "sentinel failover-timeout": f"{MASTER_NAME} 5000",
        }
        self.sentinels = [_Sentinel(folder / f"sentinel-{port}", port=port, settings=self._watches) for port in ports[2:]]
        self.url = f"redis+sentinel://:{_PASSWORD}@{','.join(each.address for each in self.sentinels)}/{MASTER_NAME}"

    def start(self) -> None:
        for server in (self.master, self.replica):
            server.start()
        eventually(lambda: self.replica.ask("ROLE")[3] == "connected")
        for sentinel in self.sentinels:
            sentinel.start()
        eventually(lambda: all(len(each.ask("SENTINEL SENTINELS", MASTER_NAME)) == 2 for each in self.sentinels))
        eventually(lambda: all(len(each.ask("SENTINEL SLAVES", MASTER_NAME)) == 1 for each in self.sentinels))

    def stop(self) -> None:
        for server in (*self.sentinels, self.replica, self.master):
            server.stop()

    def kill_master(self) -> None:
        """As a machine that loses its power; the replica takes over in a while."""
        kill(self.master)

    def wait_until_master(self, server: RedisOnPort) -> None:
        """Until the Sentinels have made it the master."""
        eventually(lambda: server.ask("ROLE")[0] == "master")

    def wait_until_copies(self, server: RedisOnPort) -> None:
        """Until it is the other's replica."""
        eventually(lambda: (role := server.ask("ROLE"))[0] == "slave" and role[3] == "connected")


class _Sentinel(RedisOnPort):
    """The same program in its other part: it has no data, no password, and writes what it learns into its file."""

    def __init__(self, data_dir: Path, *, port: int, settings: Mapping[str, str]) -> None:
        super().__init__(data_dir, port=port, password="", settings=settings)

    @override
    def _lines(self) -> dict[str, str]:
        return {"bind": LOOPBACK, "port": str(self.port), "dir": str(self._folder), "daemonize": "no", **self._settings}

    @override
    def _options(self) -> list[str]:
        return [str(self._config), "--sentinel"]


@contextmanager
def a_cluster(*, replicas_each: int = 1) -> Iterator[Cluster]:
    folder = make_quick_folder()
    cluster = Cluster(folder, replicas_each=replicas_each)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


@contextmanager
def a_sentinel_group() -> Iterator[SentinelGroup]:
    folder = make_quick_folder()
    group = SentinelGroup(folder)
    try:
        group.start()
        yield group
    finally:
        group.stop()
        shutil.rmtree(folder)
