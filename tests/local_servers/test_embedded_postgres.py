"""The embedded PostgreSQL keeps its promises through restarts, kills and leftovers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

from app.infra.startup import StartupError
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow

_START_AND_WAIT = """
import sys, time, pathlib
from app.local_servers.embedded_postgres import EmbeddedPostgres

server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), shared_buffers_mb=16)
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


def a_postgres(folder: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, shared_buffers_mb=16)


def test_a_restart_keeps_what_was_committed(server_folder: Path):
    server = a_postgres(server_folder)
    server.start()
    server.run_sql("CREATE TABLE kept AS SELECT 42 AS answer", database="ocop")
    server.stop()

    server.start()
    answer = server.run_sql("SELECT answer FROM kept", database="ocop")
    server.stop()

    assert answer == "42"


def test_committed_means_on_disk(durable_server: EmbeddedPostgres):
    assert durable_server.run_sql("SHOW fsync; SHOW synchronous_commit; SHOW full_page_writes;").split() == ["on", "on", "on"]


def test_only_the_unix_socket_listens(postgres_server: EmbeddedPostgres):
    assert postgres_server.run_sql("SHOW listen_addresses") == ""
    assert psutil.Process(postgres_server.pid).net_connections("inet") == []


async def test_the_login_of_the_url_owns_the_database_and_is_no_superuser(postgres_server: EmbeddedPostgres):
    connection = await asyncpg.connect(postgres_server.url)
    try:
        assert await connection.fetchval("SELECT current_setting('is_superuser')") == "off"
        assert await connection.fetchval("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'ocop'") == "ocop"
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert await connection.fetchval("SELECT lower('HƯƠNG ĐỨC')") == "hương đức"
    finally:
        await connection.close()


def test_kill_minus_nine_of_the_server_loses_nothing_committed(server_folder: Path):
    server = a_postgres(server_folder)
    server.start()
    server.run_sql("CREATE TABLE kept AS SELECT 42 AS answer", database="ocop")

    os.kill(server.pid, signal.SIGKILL)
    while server.is_running:
        time.sleep(0.02)
    server.start()
    answer = server.run_sql("SELECT answer FROM kept", database="ocop")
    server.stop()

    assert answer == "42"


def test_a_stale_pid_file_with_the_number_of_a_stranger_does_not_stop_the_start(server_folder: Path):
    server = a_postgres(server_folder)
    server.start()
    pid_file = server_folder / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop()

    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    server.start()
    server.stop()

    assert not pid_file.exists()


def test_the_server_dies_with_its_parent_and_frees_its_files(server_folder: Path):
    with subprocess.Popen(
        [sys.executable, "-c", _START_AND_WAIT, str(server_folder)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        orphan = psutil.Process(int(parent.stdout.readline()))

        parent.kill()

        psutil.wait_procs([orphan], timeout=5)
    assert not orphan.is_running()


def test_a_living_orphan_on_the_same_files_is_ended_first(server_folder: Path):
    first = a_postgres(server_folder)
    first.start()

    second = a_postgres(server_folder)
    second.start()

    assert not first.is_running
    assert second.run_sql("SELECT 1") == "1"
    second.stop()
    first.stop()


def test_an_interrupted_creation_starts_over(server_folder: Path):
    unfinished = server_folder / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    server = a_postgres(server_folder)
    server.start()
    server.stop()

    assert not unfinished.exists()


def test_a_data_folder_with_a_long_name_still_gets_a_socket(server_folder: Path):
    long_folder = server_folder / ("long" * 30)
    long_folder.mkdir(mode=0o711)
    server = a_postgres(long_folder)

    server.start()
    answer = server.run_sql("SELECT 1")
    sockets = Path(server.url.partition("host=")[2])
    server.stop()

    assert answer == "1"
    assert not sockets.exists() or long_folder not in sockets.parents


def test_files_of_another_version_are_refused_in_one_line(server_folder: Path):
    cluster = server_folder / "postgres"
    cluster.mkdir(mode=0o700)
    (cluster / "PG_VERSION").write_text("12\n")

    with pytest.raises(StartupError, match="written by PostgreSQL 12"):
        a_postgres(server_folder).start()
