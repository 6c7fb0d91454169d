"""Production starts only where a confirmed commit is on disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.infra.startup import StartupError
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.startup_checks import check_commits_are_durable
from app.settings import PROJECT_ROOT, child_environment
from tests.local_servers.service_process import free_port, service
from tests.patience import START_SECONDS


@pytest.fixture
def careless_url(durable_server: EmbeddedPostgres) -> str:
    """A database whose commits are confirmed before they are written."""
    if not durable_server.run_sql("SELECT 1 FROM pg_database WHERE datname = 'careless'"):
        durable_server.run_sql("CREATE DATABASE careless OWNER ocop")
    durable_server.run_sql("ALTER DATABASE careless SET synchronous_commit = off")
    return durable_server.url_of("careless")


def test_our_own_server_writes_before_it_confirms(durable_server: EmbeddedPostgres):
    check_commits_are_durable(durable_server.url)


def test_synchronous_commit_off_is_refused(careless_url: str):
    with pytest.raises(StartupError, match="synchronous_commit=off, so an accepted order could be lost"):
        check_commits_are_durable(careless_url)


def test_fsync_off_is_refused(server_folder: Path, monkeypatch: pytest.MonkeyPatch):
    durable = EmbeddedPostgres._options
    monkeypatch.setattr(EmbeddedPostgres, "_options", lambda server: [*durable(server), "-c", "fsync=off"])
    server = EmbeddedPostgres(server_folder, shared_buffers_mb=16)
    server.start()
    try:
        with pytest.raises(StartupError, match="has fsync=off"):
            check_commits_are_durable(server.url)
    finally:
        server.stop()


def test_production_does_not_start_on_it(server_folder: Path, careless_url: str):
    with service(server_folder, DATABASE_URL=careless_url, OCOP_ENVIRONMENT="production", OCOP_ALLOWED_HOSTS='["cho.test"]') as refused:
        refused.process.wait(START_SECONDS)

        assert refused.process.returncode == 1
        assert "synchronous_commit=off" in refused.output
        assert len(refused.output.strip().splitlines()) == 1


def test_a_production_worker_does_not_start_on_it(careless_url: str):
    environment = child_environment(
        {
            "DATABASE_URL": careless_url,
            "REDIS_URL": "redis://127.0.0.1:1",
            "OCOP_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz"[::-1],
            "OCOP_ALLOWED_HOSTS": '["cho.test"]',
            "OCOP_ENVIRONMENT": "production",
            "OCOP_PORT": str(free_port()),
        }
    )
    worker = subprocess.run(
        [sys.executable, "-m", "app.cli", "worker"],
        env=environment,
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )

    assert worker.returncode == 1
    assert worker.stderr.startswith("ocop: PostgreSQL at ")
    assert len(worker.stderr.strip().splitlines()) == 1
