"""`ocop run-cluster` from start to end: nodes behind HAProxy, a standby that confirms commits, parts that die, a second start."""

from __future__ import annotations

import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from app.installation.cluster_note import ClusterNote, read_note
from app.installation.status import Installation
from app.installation.status_probes import look_at
from app.local_servers.replicated_postgres import ReplicatedPostgres
from tests.conftest import make_server_folder
from tests.local_servers.service_process import ServiceProcess, free_port, service
from tests.patience import START_SECONDS

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

CLUSTER = ("run-cluster",)
READY_SECONDS = 150.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[ServiceProcess]:
    """Two nodes that are ready, for tests that leave them so."""
    folder = make_server_folder()
    with service(folder, command=CLUSTER, OCOP_DEMO="false", OCOP_WORKERS="1") as started:
        started.wait_until_ready(READY_SECONDS)
        yield started
    shutil.rmtree(folder)


def note_of(cluster: ServiceProcess) -> ClusterNote:
    note = read_note(cluster.data_dir / "cluster")
    assert note is not None
    return note


def eventually(holds: Callable[[], bool], cluster: ServiceProcess, *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, cluster.output
        time.sleep(0.1)


def runs_of_nodes(cluster: ServiceProcess) -> list[psutil.Process]:
    """The `ocop run` of each node."""
    return cluster.named("app.cli run --no-demo")


def primary_of(cluster: ServiceProcess) -> ReplicatedPostgres:
    return ReplicatedPostgres(cluster.data_dir / "cluster" / "postgres-1")


def test_commits_wait_for_a_standby_that_follows(cluster: ServiceProcess) -> None:
    states = primary_of(cluster).run_sql("SELECT state, sync_state FROM pg_stat_replication")

    assert states == "streaming|sync"


async def test_status_shows_nodes_the_standby_and_three_masters(cluster: ServiceProcess) -> None:
    note = note_of(cluster)
    found = await look_at(Installation(what="here", nodes=note.nodes, database_url=note.database_url, redis_url=note.redis_url))

    assert [part.problem for part in found.parts() if part.problem] == []
    assert [sum(node.workers.values()) for node in found.nodes] == [1, 1]
    assert [(server.role, server.commits_wait_for_standby) for server in found.postgres] == [("primary", True), ("standby", None)]
    assert found.postgres[1].behind_bytes is not None
    assert [server.role for server in found.redis] == ["master"] * 3


def test_a_killed_master_of_redis_comes_back(cluster: ServiceProcess) -> None:
    victim = cluster.named("redis-server")[0]

    victim.kill()

    eventually(lambda: "Redis" in cluster.output and len(cluster.named("redis-server")) == 3 and cluster.answer("/readyz") == 200, cluster)


def test_a_killed_node_is_not_missed_and_comes_back(cluster: ServiceProcess) -> None:
    victim, *others = runs_of_nodes(cluster)
    assert others != []

    victim.kill()

    for _ in range(50):
        assert cluster.answer("/api/v1/sessions") == 200
        time.sleep(0.05)
    eventually(lambda: len(runs_of_nodes(cluster)) == 2, cluster)


def test_a_killed_primary_comes_back_and_its_standby_follows_again(cluster: ServiceProcess) -> None:
    for victim in cluster.named(str(Path("postgres-1") / "postgres")):
        victim.kill()

    eventually(lambda: cluster.answer("/readyz") == 200 and "PostgreSQL 1 ended" in cluster.output, cluster)
    eventually(lambda: primary_of(cluster).run_sql("SELECT state, sync_state FROM pg_stat_replication") == "streaming|sync", cluster)


def test_a_killed_proxy_comes_back(cluster: ServiceProcess) -> None:
    (proxy,) = cluster.named("haproxy.cfg")

    proxy.kill()

    eventually(lambda: "HAProxy ended" in cluster.output and cluster.answer("/readyz") == 200, cluster)


def test_ctrl_c_ends_everything_and_a_second_start_finds_its_data(server_folder: Path) -> None:
    port = free_port()
    secrets = []
    for _ in range(2):
        with service(server_folder, port=port, command=CLUSTER, OCOP_DEMO="false", OCOP_WORKERS="1") as running:
            running.wait_until_ready(READY_SECONDS)
            secrets.append((server_folder / "cluster" / "secret_key").read_text())

            running.send(signal.SIGINT)
            running.wait_until_gone(within=20)

            assert running.process.returncode == 0
            assert running.output.rstrip().endswith("Stopped.")
    assert secrets[0] == secrets[1]


def test_a_promoted_standby_leads_in_the_next_start_too(server_folder: Path) -> None:
    lost, promoted = [server_folder / "cluster" / f"postgres-{number}" for number in (1, 2)]
    with service(server_folder, command=CLUSTER, OCOP_DEMO="false", OCOP_WORKERS="1") as running:
        running.wait_until_ready(READY_SECONDS)
        (lost / "postgres").rename(lost / "postgres.lost")
        for victim in running.named(str(Path("postgres-1") / "postgres")):
            victim.kill()
        ReplicatedPostgres(promoted).run_sql("SELECT pg_promote()")
        eventually(lambda: running.answer("/readyz") == 200 and ReplicatedPostgres(promoted).is_confirmed(), running)

        running.send(signal.SIGINT)
        running.wait_until_gone(within=20)
    with service(server_folder, command=CLUSTER, OCOP_DEMO="false", OCOP_WORKERS="1") as again:
        again.wait_until_ready(READY_SECONDS)

        assert (ReplicatedPostgres(lost).leads, ReplicatedPostgres(promoted).leads) == (False, True)
        assert ReplicatedPostgres(promoted).is_confirmed()


def test_a_taken_port_of_a_node_is_one_line_and_nothing_is_started(server_folder: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        with service(server_folder, port=taken - 101, command=CLUSTER) as refused:
            refused.process.wait(START_SECONDS)

            assert refused.process.returncode == 1
            assert refused.output.strip().startswith(f"ocop: Port {taken} is in use by another program.")
            assert len(refused.output.strip().splitlines()) == 1
    assert not (server_folder / "cluster" / "postgres-1").exists()


def test_stores_of_somebody_else_are_refused(server_folder: Path) -> None:
    with service(server_folder, command=CLUSTER, DATABASE_URL="postgresql://ocop@127.0.0.1/ocop") as refused:
        refused.process.wait(START_SECONDS)

        assert refused.process.returncode == 1
        assert "DATABASE_URL" in refused.output
