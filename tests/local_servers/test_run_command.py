"""`ocop run` from start to end: the processes it owns, how it ends, how it recovers."""

from __future__ import annotations

import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.embedded_redis import EmbeddedRedis
from tests.conftest import make_server_folder
from tests.local_servers.service_process import ServiceProcess, free_port, service
from tests.patience import START_SECONDS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running() -> Iterator[ServiceProcess]:
    """A service that is ready, for tests that leave it so."""
    folder = make_server_folder()
    with service(folder) as started:
        started.wait_until_ready()
        yield started
    shutil.rmtree(folder)


def ends_by(number: signal.Signals, running: ServiceProcess) -> None:
    """A stop signal ends everything in under ten seconds, in order."""
    started_at = time.monotonic()

    running.send(number)
    running.wait_until_gone(within=10)

    assert time.monotonic() - started_at < 10
    assert running.process.returncode == 0
    assert "Stopped." in running.output


def test_a_stop_while_starting_leaves_nothing_behind(server_folder: Path):
    with service(server_folder) as running:
        while "Preparing PostgreSQL" not in running.output:
            time.sleep(0.02)
        time.sleep(0.2)
        running.descendants()

        running.send(signal.SIGTERM)
        running.wait_until_gone(within=10)

        assert running.process.returncode == 0


def test_after_kill_minus_nine_a_start_waits_for_the_dying_and_recovers_and_ctrl_c_ends_it(server_folder: Path):
    port = free_port()
    with service(server_folder, port=port) as killed:
        killed.wait_until_ready()
        assert killed.named("app.cli worker")
        killed.send(signal.SIGKILL)

        with service(server_folder, port=port) as recovered:
            killed.wait_until_gone(within=8)
            recovered.wait_until_ready()

            assert recovered.answer("/healthz") == 200
            ends_by(signal.SIGINT, recovered)


def test_a_killed_part_is_started_again(running: ServiceProcess):
    for part in ("app.cli worker", "postgres -D", "redis-server"):
        victim = running.named(part)[0]

        victim.kill()

        deadline = time.monotonic() + 20
        while victim in running.named(part) or not running.named(part) or running.answer("/readyz") != 200:
            assert time.monotonic() < deadline, running.output
            time.sleep(0.1)


def test_a_second_start_says_who_is_running_and_harms_nothing(running: ServiceProcess):
    with service(running.data_dir) as second:
        second.process.wait(START_SECONDS)

        assert second.process.returncode == 1
        assert second.output.strip() == f"ocop: ocop is already running (pid {running.process.pid}) at http://localhost:{running.port}."
    assert running.answer("/readyz") == 200


def test_a_busy_port_is_one_line_and_nothing_is_started(server_folder: Path):
    with socket.socket() as stranger:
        stranger.bind(("0.0.0.0", 0))  # noqa: S104 - the stranger takes the port as our service would
        stranger.listen()
        port = stranger.getsockname()[1]

        with service(server_folder, port=port) as refused:
            refused.process.wait(START_SECONDS)

            assert refused.process.returncode == 1
            assert refused.output.strip().startswith(f"ocop: Port {port} is in use by another program.")
            assert len(refused.output.strip().splitlines()) == 1
    assert not (server_folder / "postgres").exists()


def test_a_data_folder_that_cannot_be_written_is_one_line(server_folder: Path):
    blocked = server_folder / "a-file"
    blocked.touch()

    with service(blocked / "data") as refused:
        refused.process.wait(START_SECONDS)

        assert refused.process.returncode == 1
        assert refused.output.startswith(f"ocop: The data folder {blocked / 'data'} cannot be written")
        assert len(refused.output.strip().splitlines()) == 1


def test_an_unreachable_database_is_one_line_without_the_password(server_folder: Path):
    url = f"postgresql://ocop:geheim@127.0.0.1:{free_port()}/ocop"
    with service(server_folder, DATABASE_URL=url) as refused:
        refused.process.wait(START_SECONDS)

        assert refused.process.returncode == 1
        assert refused.output.startswith("ocop: DATABASE_URL: no PostgreSQL answers at 127.0.0.1:")
        assert len(refused.output.strip().splitlines()) == 1
        assert "geheim" not in refused.output
    assert not (server_folder / "redis").exists()


def test_a_wrong_setting_is_one_line_that_names_it(server_folder: Path):
    with service(server_folder, OCOP_WORKERS="many") as refused:
        refused.process.wait(START_SECONDS)

        assert refused.process.returncode == 1
        assert refused.output.startswith("ocop: Setting OCOP_WORKERS=many: ")


def test_with_both_urls_no_server_of_ours_is_started(
    server_folder: Path, postgres_server: EmbeddedPostgres, postgres_url: str, redis_server: EmbeddedRedis
):
    assert postgres_server.is_running
    assert redis_server.is_running

    with service(
        server_folder, OCOP_WORKERS="1", DATABASE_URL=postgres_url, REDIS_URL=redis_server.url, OCOP_REDIS_PREFIX="test-run"
    ) as running:
        running.wait_until_ready()

        assert not running.named("postgres -D")
        assert not running.named("redis-server")


def test_workers_connect_as_a_role_that_owns_nothing_and_never_learn_the_owners_address(running: ServiceProcess):
    until = time.monotonic() + 20
    while len(workers := running.named("app.cli worker")) < 2:
        assert time.monotonic() < until, running.output
        time.sleep(0.05)
    known = [worker.environ() for worker in workers]

    server = EmbeddedPostgres(running.data_dir)
    roles = server.run_sql("SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'ocop-live'")

    assert all("ocop_app@" in each["DATABASE_URL"] and "DATABASE_OWNER_URL" not in each for each in known)
    assert roles == "ocop_app"


def test_an_unreachable_owner_is_one_line_that_names_its_setting(server_folder: Path, postgres_url: str):
    owner = f"postgresql://ocop:geheim@127.0.0.1:{free_port()}/ocop"
    with service(server_folder, DATABASE_URL=postgres_url, DATABASE_OWNER_URL=owner) as refused:
        refused.process.wait(START_SECONDS)

        assert refused.process.returncode == 1
        assert refused.output.startswith("ocop: DATABASE_OWNER_URL: no PostgreSQL answers at 127.0.0.1:")
        assert "geheim" not in refused.output


def test_a_worker_that_is_killed_while_it_starts_is_started_again_and_a_stop_signal_ends_everything(server_folder: Path):
    with service(server_folder) as running:
        while not (workers := running.named("app.cli worker")):
            time.sleep(0.01)
        assert "ocop-live is ready." not in running.output
        workers[0].send_signal(signal.SIGKILL)

        running.wait_until_ready()

        assert "ended unexpectedly (killed by SIGKILL); starting it again" in running.output
        until = time.monotonic() + 20
        while len(running.named("app.cli worker")) < 2:
            assert time.monotonic() < until, running.output
            time.sleep(0.05)
        ends_by(signal.SIGTERM, running)
