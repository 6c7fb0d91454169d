"""Where the workers of a machine meet their order writer, and whether they need one."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from pathlib import Path

from app.infra.cores import core_count
from app.settings import Settings

_PATH_MAX_BYTES = 100  # the kernel takes 107


def writer_socket_of(settings: Settings, workers: int) -> str:
    """A path for the socket in a folder that only this system's user may enter, gone with this process; empty where no writer is wanted.

    With a core for each worker a writer would only be one more step; with more workers than cores the ledger's lock must not be held by
    processes that wait for the processor. Without a place for the socket each worker writes by itself, too.
    """
    if settings.orders.writer_socket:
        return ""  # somebody else's writer, who has been named to us
    if workers <= core_count() or sys.platform != "linux":
        return ""
    try:
        folder = Path(tempfile.mkdtemp(prefix="ocop-writer-"))
    except OSError:
        return ""
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = str(folder / "orders")
    return path if len(path.encode()) <= _PATH_MAX_BYTES else ""
