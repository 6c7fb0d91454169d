"""The embedded Redis keeps its file through restarts, listens on its socket only, and says clearly when it is missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import redis

from app.local_servers.embedded_redis import EmbeddedRedis
from app.settings import PROJECT_ROOT, child_environment
from tests.patience import START_SECONDS

_START_WITHOUT_PROGRAM = """
import importlib.util, sys, pathlib
from app.local_servers.embedded_redis import EmbeddedRedis
from app.infra.startup import StartupError
sys.path[:] = [entry for entry in sys.path if not entry.endswith("site-packages")]
importlib.invalidate_caches()
try:
    EmbeddedRedis(pathlib.Path(sys.argv[1])).start()
except StartupError as error:
    print(error)
"""


def read(server: EmbeddedRedis, key: str) -> object:
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        return client.get(key)


def write(server: EmbeddedRedis, key: str, value: str) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.set(key, value, ex=60)


def test_a_restart_keeps_what_was_written(server_folder: Path):
    server = EmbeddedRedis(server_folder)
    server.start()
    write(server, "kept", "yes")
    server.stop()

    server.start()
    kept = read(server, "kept")
    server.stop()

    assert kept == "yes"


def test_kill_minus_nine_loses_at_most_the_last_second(server_folder: Path):
    server = EmbeddedRedis(server_folder)
    server.start()
    write(server, "kept", "yes")
    time.sleep(1.5)

    os.kill(server.pid, signal.SIGKILL)
    while server.is_running:
        time.sleep(0.02)
    server.start()
    kept = read(server, "kept")
    server.stop()

    assert kept == "yes"


def test_only_the_unix_socket_listens_and_nothing_is_evicted(redis_server: EmbeddedRedis):
    with redis.Redis.from_url(redis_server.url, decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}

    assert psutil.Process(redis_server.pid).net_connections("inet") == []


def test_a_living_orphan_on_the_same_files_is_ended_first(server_folder: Path):
    first = EmbeddedRedis(server_folder)
    first.start()
    write(first, "kept", "yes")

    second = EmbeddedRedis(server_folder)
    second.start()

    assert not first.is_running
    assert read(second, "kept") == "yes"
    second.stop()
    first.stop()


def test_a_missing_program_is_one_line_that_says_what_to_do(server_folder: Path):
    result = subprocess.run(
        [sys.executable, "-c", _START_WITHOUT_PROGRAM, str(server_folder)],
        cwd=PROJECT_ROOT,
        env=child_environment({"PATH": "/nonexistent"}),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=True,
    )

    assert result.stdout.startswith("There is no Redis server here. Install one")
    assert len(result.stdout.strip().splitlines()) == 1
