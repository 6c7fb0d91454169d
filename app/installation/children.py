"""What `ocop run` starts beside the stores: its own commands, and the environment they share."""

from __future__ import annotations

import sys

from app.infra.cores import worker_count
from app.infra.telemetry import counters_folder
from app.installation.opening import secrets_of
from app.local_servers.crowded_node import turns_folder_of, writer_socket_of
from app.local_servers.supervisor import Program
from app.settings import PROJECT_ROOT, Settings, child_environment


def own_command(name: str) -> list[str]:
    """A command of `ocop` as a child of its own."""
    return [sys.executable, "-m", "app.cli", name]


def environment_for_children(settings: Settings) -> dict[str, str]:
    """What workers and jobs are told. Holds secrets."""
    changes = {"OCOP_DATA_DIR": str(settings.data_dir), "OCOP_HOST": settings.host, "OCOP_PORT": str(settings.port)}
    changes["OCOP_WORKERS"] = str(settings.workers)
    changes["OCOP_REALTIME__TURNS_FOLDER"] = turns_folder_of(settings, worker_count(settings.workers))
    changes["PROMETHEUS_MULTIPROC_DIR"] = counters_folder(settings.data_dir)
    # a worker cannot lose the owner's address that it never had
    return child_environment(changes | {"DATABASE_OWNER_URL": None} | secrets_of(settings))


def order_writer_for(settings: Settings, environment: dict[str, str], *, workers: int) -> Program | None:
    """The writer of the orders of all these workers, of which `environment` tells them from now on; None where each writes by itself."""
    path = writer_socket_of(settings, workers)
    if not path:
        return None
    environment["OCOP_ORDERS__WRITER_SOCKET"] = path
    return Program("order writer", own_command("order-writer"), env=environment, cwd=PROJECT_ROOT)
