"""Programs that end with the benchmark, however it ends: one that stands still could not end by itself."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from app.local_servers import exec_with_parent


def tied(command: Sequence[str]) -> list[str]:
    """The command that runs `command`, whose program is named by its full path, until this process ends. Its process id stays the same."""
    settings = (os.getpid(), int(signal.SIGKILL), exec_with_parent.KEEP_USER, exec_with_parent.KEEP_USER)
    return [sys.executable, "-I", "-S", exec_with_parent.__file__, *map(str, settings), *command]
