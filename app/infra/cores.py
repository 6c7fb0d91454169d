"""How many processes of ours a machine has room for."""

from __future__ import annotations

import os
import socket
import sys


def core_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def worker_count(wanted: int) -> int:
    """Worker processes of one machine: as many as wanted, 0 = one per core; one where they cannot share a port."""
    if not can_share_a_port():
        return 1
    return wanted or core_count()


def share_of_core(workers: int) -> float:
    """What part of a core each of so many workers can count on, at most 1; `workers` as in `worker_count`."""
    return min(1.0, core_count() / worker_count(workers))


def can_share_a_port() -> bool:
    """Whether several workers may listen on one port, the kernel spreading connections among them."""
    return hasattr(socket, "SO_REUSEPORT")
