"""What the workers of a machine share when there are more of them than cores: the socket of their order writer, and turns at the door."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from app.infra.cores import core_count
from app.settings import Settings

_PATH_MAX_BYTES = 100  # the kernel takes 107


def writer_socket_of(settings: Settings, workers: int) -> str:
    """A path for the writer's socket; empty where no writer is wanted.

    With a core for each worker a writer would only be one more step; with more workers than cores the ledger's lock must not be held by
    processes that wait for the processor. Without a place for the socket each worker writes by itself, too.
    """
    if settings.orders.writer_socket:
        return ""  # somebody else's writer, who has been named to us
    folder = _folder(workers)
    path = "" if folder is None else str(folder / "orders")
    return path if len(path.encode()) <= _PATH_MAX_BYTES else ""


def turns_folder_of(settings: Settings, workers: int) -> str:
    """Where these workers take turns at letting viewers in (`infra/machine_turns.py`); empty where each has a core of its own."""
    return settings.realtime.turns_folder or str(_folder(workers) or "")


def _folder(workers: int) -> Path | None:
    """A folder that only this system's user may enter, gone with this process; None where workers need not share anything."""
    return None if workers <= core_count() or sys.platform != "linux" else _own_folder()


@cache
def _own_folder() -> Path | None:
    try:
        folder = Path(tempfile.mkdtemp(prefix="ocop-node-"))
    except OSError:
        return None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
