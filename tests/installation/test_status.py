"""`ocop status`: every part is shown as it is, and one that hangs is shown so instead of being waited for."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from app.installation.status import Installation, Status
from app.installation.status_probes import look_at
from app.installation.status_tables import show
from app.local_servers.embedded_redis import EmbeddedRedis
from app.settings import PROJECT_ROOT, child_environment
from tests.local_servers.service_process import free_port, service
from tests.redis_clusters import a_sentinel_group

pytestmark = pytest.mark.slow

# Two seconds for the parts, two for what follows from them, and the start of nothing.
WITHIN_SECONDS = 6.0


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


def words_of(status: Status) -> str:
    written = io.StringIO()
    show(status, Console(file=written, width=100))
    return written.getvalue()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    process = psutil.Process(pid)
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


async def test_stores_are_shown_and_a_node_that_is_not_there_is_shown_so(postgres_url: str, redis_url: str) -> None:
    found = await look_at(Installation(what="here", nodes=[nowhere()], database_url=postgres_url, redis_url=redis_url))

    assert [(server.role, server.problem) for server in found.postgres] == [("primary", None)]
    assert [(server.role, server.problem) for server in found.redis] == [("master", None)]
    assert "does not answer" in (found.nodes[0].problem or "")
    assert (found.waiting.jobs_waiting, found.waiting.live_rooms, found.waiting.problem) == (0, 0, None)
    assert f"{found.nodes[0].name}: does not answer" in words_of(found)


async def test_a_frozen_redis_is_shown_within_two_seconds_and_holds_up_nobody(postgres_url: str, own_redis: EmbeddedRedis) -> None:
    began = time.monotonic()
    with frozen(own_redis.pid):
        found = await look_at(Installation(what="here", nodes=[nowhere()], database_url=postgres_url, redis_url=own_redis.url))

    assert time.monotonic() - began < WITHIN_SECONDS
    assert found.redis[0].problem == "does not answer within 2 s"
    assert found.postgres[0].problem is None


async def test_stores_that_are_not_there_are_problems_and_no_errors() -> None:
    found = await look_at(
        Installation(
            what="here",
            nodes=[nowhere(), "http://["],
            database_url=f"postgresql://ocop@127.0.0.1:{free_port()},127.0.0.1:{free_port()}/ocop",
            redis_url=f"redis+cluster://:x@127.0.0.1:{free_port()},127.0.0.1:{free_port()}",
        )
    )

    assert all(part.problem for part in found.parts())
    assert len(found.postgres) == len(found.redis) == 2
    assert "x@" not in words_of(found)


async def test_under_sentinels_the_master_and_its_replicas_are_shown_too(postgres_url: str) -> None:
    with a_sentinel_group() as group:
        here = Installation(what="here", nodes=[nowhere()], database_url=postgres_url, redis_url=group.url)
        found = await look_at(here)
        master, replica = (f"Redis {server.address}" for server in (group.master, group.replica))
        sentinels = [(f"Sentinel {number}", "sentinel") for number in (1, 2, 3)]

        assert [(server.name, server.role) for server in found.redis] == [*sentinels, (master, "master"), (replica, "slave")]
        assert [server.problem for server in found.redis] == [None] * 5
        assert found.redis[3].replicas == 1
        assert master in words_of(found)

        with frozen(group.replica.pid):
            found = await look_at(here)
        assert [server.name for server in found.redis if server.problem] == [replica]
        found = await look_at(here.model_copy(update={"redis_url": f"{group.url}-other"}))
        assert {server.problem for server in found.redis} == {"knows no master of the name that REDIS_URL gives"}


def status_of(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = child_environment({"OCOP_DATA_DIR": str(folder), "DATABASE_URL": None, "REDIS_URL": None})
    command = [sys.executable, "-m", "app.cli", "status", *arguments]
    return subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_without_a_service_it_says_so_in_one_line(server_folder: Path) -> None:
    done = status_of(server_folder)

    assert done.returncode == 1
    assert done.stderr.startswith("ocop: Nothing runs on ")


def test_it_finds_a_running_service_by_its_folder_and_a_frozen_worker_is_a_problem(server_folder: Path) -> None:
    with service(server_folder, OCOP_WORKERS="1") as running:
        running.wait_until_ready()

        done = status_of(server_folder, "--json")

        assert done.returncode == 0, done.stdout
        found = json.loads(done.stdout)
        assert [sum(node["workers"].values()) for node in found["nodes"]] == [1]
        (worker,) = running.named("app.cli worker")
        with frozen(worker.pid):
            done = status_of(server_folder)
        assert done.returncode == 1
        assert "does not answer within 2 s" in done.stdout


def test_a_killed_worker_is_no_worker_any_more(server_folder: Path) -> None:
    """Its counters stay, but its sockets and its waiting orders went with it."""
    with service(server_folder, OCOP_WORKERS="2") as running:
        running.wait_until_ready()
        running.named("app.cli worker")[0].kill()
        deadline = time.monotonic() + 30
        while "ended unexpectedly" not in running.output or len(running.named("app.cli worker")) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)

        while (workers := sum(json.loads(status_of(server_folder, "--json").stdout)["nodes"][0]["workers"].values())) != 2:
            assert workers < 3
            assert time.monotonic() < deadline
