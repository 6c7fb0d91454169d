"""The Redis Cluster of one machine: made of real servers, kept over a restart, whole again after a master was killed."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from redis.crc import key_slot

from app.local_servers.redis_cluster import SLOTS, LocalRedisCluster
from app.local_servers.redis_on_port import RedisOnPort

pytestmark = pytest.mark.slow

WITHIN_SECONDS = 90.0


@pytest.fixture
def cluster(server_folder: Path) -> Iterator[LocalRedisCluster]:
    made = LocalRedisCluster(server_folder)
    made.start()
    yield made
    made.stop()


def master_of(cluster: LocalRedisCluster, key: str) -> RedisOnPort:
    """Of a cluster as it was made: its masters have equal shares of the slots, in order."""
    return cluster.servers[key_slot(key.encode()) * 3 // SLOTS]


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_three_masters_share_all_slots_and_nobody_reads_without_the_password(cluster: LocalRedisCluster) -> None:
    for number in range(50):
        master_of(cluster, f"key-{number}").ask("SET", f"key-{number}", number)
    kept = [server.ask("DBSIZE") for server in cluster.servers]
    with socket.create_connection(("127.0.0.1", cluster.servers[0].port), timeout=5) as stranger:
        stranger.sendall(b"DBSIZE\r\n")
        answer = stranger.recv(100)

    assert answer.startswith(b"-NOAUTH")
    assert len(cluster.servers) == 3
    assert sum(kept) == 50
    assert min(kept) > 0
    assert cluster.servers[0].ask("CLUSTER INFO")["cluster_slots_ok"] == str(SLOTS)


def test_a_restart_keeps_the_cluster_its_address_and_its_data(cluster: LocalRedisCluster) -> None:
    url = cluster.url
    master_of(cluster, "kept").ask("SET", "kept", "yes")
    processes = [psutil.Process(server.pid) for server in cluster.servers]
    cluster.stop()
    assert not any(process.is_running() for process in processes)

    cluster.start()

    assert cluster.url == url
    assert master_of(cluster, "kept").ask("GET", "kept") == "yes"


def test_when_somebody_has_its_port_it_is_made_anew_elsewhere(cluster: LocalRedisCluster) -> None:
    port = cluster.servers[0].port
    cluster.stop()
    with socket.create_server(("127.0.0.1", port)):
        cluster.start()

        assert port not in {server.port for server in cluster.servers}
        assert master_of(cluster, "new").ask("SET", "new", "yes")


def test_a_replica_takes_over_and_the_killed_master_comes_back_as_one(server_folder: Path) -> None:
    cluster = LocalRedisCluster(server_folder, replicas_each=1, node_timeout_ms=500)
    cluster.start()
    try:
        master, replica = cluster.servers[0], cluster.servers[3]
        psutil.Process(master.pid).kill()
        eventually(lambda: replica.ask("ROLE")[0] == "master")
        assert master.wants_restart

        master.start()

        eventually(lambda: master.ask("ROLE")[0] == "slave")
        assert cluster.is_running
    finally:
        cluster.stop()
