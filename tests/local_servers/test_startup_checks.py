"""Each check refuses with one line that says what to do and never shows a secret."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from app.infra.startup import StartupError
from app.local_servers.server_account import place_data_folder, socket_folder
from app.local_servers.startup_checks import (
    DataFolderLock,
    check_database_is_reachable,
    check_port_is_free,
    check_redis_is_reachable,
    is_held,
)
from app.settings import PROJECT_ROOT
from tests.local_servers.service_process import free_port


def test_a_port_shared_with_reuse_port_still_counts_as_taken():
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]

        with pytest.raises(StartupError, match=f"Port {port} is in use .* OCOP_PORT={port + 1} make run"):
            check_port_is_free("127.0.0.1", port, seconds=0.2)


def test_a_free_port_passes():
    check_port_is_free("127.0.0.1", free_port())


def test_the_second_holder_is_told_who_holds_the_folder(server_folder: Path):
    with DataFolderLock(server_folder, address="http://localhost:1"):
        assert is_held(server_folder)
        with pytest.raises(StartupError, match=rf"already running \(pid {os.getpid()}\) at http://localhost:1"):
            DataFolderLock(server_folder, address="http://localhost:2").acquire()

    assert not is_held(server_folder)


def test_a_holder_that_is_stopping_is_waited_for(server_folder: Path):
    leaving = DataFolderLock(server_folder, address="http://localhost:1")
    leaving.acquire()
    leaving.announce_stopping()
    timer = threading.Timer(0.5, leaving.release)
    timer.start()
    started_at = time.monotonic()

    with DataFolderLock(server_folder, address="http://localhost:2"):
        waited = time.monotonic() - started_at

    timer.join()
    assert waited >= 0.4


def test_a_folder_below_a_file_cannot_be_a_data_folder(server_folder: Path):
    blocked = server_folder / "a-file"
    blocked.touch()

    with pytest.raises(StartupError, match=r"cannot be written .* Set OCOP_DATA_DIR"):
        place_data_folder(blocked / "data", is_default=False, project_root=PROJECT_ROOT)


def test_a_socket_folder_is_short_enough_and_private(server_folder: Path):
    long_folder = server_folder / ("long" * 25)
    long_folder.mkdir()

    found = socket_folder(long_folder / "pg", ".s.PGSQL.5432", account=None)

    try:
        assert len(os.fsencode(found / ".s.PGSQL.5432")) <= 107
        assert found.stat().st_mode & 0o777 == 0o700
    finally:
        found.rmdir()


def test_an_unreachable_database_names_the_host_and_no_password():
    port = free_port()

    with pytest.raises(StartupError, match=f"no PostgreSQL answers at 127.0.0.1:{port}") as refused:
        check_database_is_reachable(f"postgresql+asyncpg://ocop:geheim@127.0.0.1:{port}/ocop")

    assert "geheim" not in str(refused.value)


def test_a_reachable_database_passes_and_a_missing_one_is_named(postgres_url: str):
    check_database_is_reachable(postgres_url)

    with pytest.raises(StartupError, match="has no such database"):
        check_database_is_reachable(postgres_url.replace("/ocop_test_", "/no_such_"))


def test_an_unreachable_redis_names_the_host_and_no_password():
    port = free_port()

    with pytest.raises(StartupError, match=f"no Redis answers at 127.0.0.1:{port}") as refused:
        check_redis_is_reachable(f"redis://:geheim@127.0.0.1:{port}/0")

    assert "geheim" not in str(refused.value)


def test_a_reachable_redis_passes_and_a_wrong_scheme_is_explained(redis_url: str):
    check_redis_is_reachable(redis_url)

    with pytest.raises(StartupError, match="REDIS_URL is not a Redis address"):
        check_redis_is_reachable("localhost:6379")
