"""An import at the command line reaches every worker of a running service without a restart."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.catalog.places_watch import PLACES_SECONDS
from app.settings import PROJECT_ROOT, child_environment
from tests.local_servers.service_process import ServiceProcess, service

NEW_NAME = "Phường Hương Sơn"
# Connections are spread over two workers; so many answers in a row come from one of them alone about once in a million runs.
IN_A_ROW = 20


def name_of_huong_son(running: ServiceProcess) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    try:
        connection.request("GET", "/api/v1/addresses/provinces/42/wards")
        wards = json.loads(connection.getresponse().read())["items"]
    finally:
        connection.close()
    return next(str(ward["name"]) for ward in wards if ward["code"] == 18133)


@pytest.mark.slow
def test_every_worker_of_a_running_service_knows_an_import_within_the_promised_time(server_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(f"code,province_code,name,valid_from\n18133,42,{NEW_NAME},2026-01-01\n", encoding="utf-8")
    with service(server_folder) as running:
        running.wait_until_ready()
        before = name_of_huong_son(running)

        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "places", "import", str(file)],
            env=child_environment({"OCOP_DATA_DIR": str(server_folder), "DATABASE_URL": None, "REDIS_URL": None}),
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        deadline = time.monotonic() + PLACES_SECONDS + 20
        names = [before]
        while names != [NEW_NAME] * IN_A_ROW and time.monotonic() < deadline:
            names = [name_of_huong_son(running) for _ in range(IN_A_ROW)]

        assert (done.returncode, before) == (0, "Xã Hương Sơn"), done.stderr
        assert names == [NEW_NAME] * IN_A_ROW
