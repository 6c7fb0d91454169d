"""What a child of `child_work.py` does before it reads anything. The standard library only: a child shall start at once."""

from __future__ import annotations

import os
import sys

MEMORY_MAX_BYTES = 1_500 * 1024 * 1024
CPU_MAX_SECONDS = 8
# A third of the share of a worker that is busy: orders come first, and pictures come through all the same.
_NICENESS = 5


def limit_this_process() -> None:
    """Little memory, little time on the processor, and behind everybody else there."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - there is none elsewhere

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_MAX_SECONDS, CPU_MAX_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.nice(_NICENESS)
