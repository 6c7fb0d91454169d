"""What the kernel knows: processor time and memory of processes, memory of sockets, limits. Linux only."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_CORES = os.sched_getaffinity(0)
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_USER_TIME, _SYSTEM_TIME = 11, 12  # positions in /proc/<pid>/stat after the program's name


@dataclass(frozen=True, slots=True)
class KernelMemory:
    """Memory that belongs to no process, in bytes. `tcp` is what waits in socket buffers, `slab` holds the sockets themselves."""

    tcp: int
    slab: int
    sockets: int


def cores() -> list[int]:
    """The cores this process was given, whatever it has bound itself to since."""
    return sorted(_CORES)


@contextmanager
def on_cores(wanted: Iterable[int]) -> Iterator[None]:
    """Children started inside the block stay on these cores; they inherit it at fork, before they have threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of processes with all their threads, ended ones too; steps of 10 ms.

    On loopback the receiving half of the network stack runs inside the sender's `send`, so this holds the whole delivery.
    """
    total = 0
    for pid in pids:
        # The name stands in brackets and may itself hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])
    return total / _TICKS_PER_SECOND


def running_seconds(pids: Iterable[int]) -> float:
    """The same to the nanosecond, but without threads that have ended, and a thread that runs right now is behind by a scheduler's tick."""
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def core_busy_seconds(core: int) -> float:
    """Everything but idle time of one core since the machine started: a check on `cpu_seconds` when nothing else runs there."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _waiting, *interrupts = map(int, fields[:7])
            return (user + nice + system + sum(interrupts)) / _TICKS_PER_SECOND
    raise ValueError(f"there is no core {core}")


def pss_bytes(pids: Iterable[int]) -> int:
    """Proportional set size: own memory in full, shared memory divided by the number of its users."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def kernel_memory() -> KernelMemory:
    tcp = sockets = 0
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        fields = line.split()
        if fields[0] == "sockets:":
            sockets = int(fields[2])
        elif fields[0] == "TCP:":
            tcp = int(fields[fields.index("mem") + 1]) * _PAGE_BYTES
    return KernelMemory(tcp=tcp, slab=_meminfo("Slab"), sockets=sockets)


def available_bytes() -> int:
    """Memory that can be had without swapping."""
    return _meminfo("MemAvailable")


def file_limit() -> int:
    """Files, and so sockets, that one process may open at most; the soft limit is raised to it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def processor_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine


def _meminfo(name: str) -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"/proc/meminfo has no {name}")
