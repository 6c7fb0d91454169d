"""Small parts of the detached sockets: sets of descriptors, and waiting lists by time."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator
from itertools import compress
from typing import Generic, TypeVar

from app.infra.clock import monotonic

T = TypeVar("T")


def can_detach_sockets() -> bool:
    """Only Linux has epoll and TCP_USER_TIMEOUT."""
    return hasattr(select, "epoll") and hasattr(socket, "TCP_USER_TIMEOUT")


class FdSet:
    """A set of fds at one byte each: those of a room's viewers."""

    __slots__ = ("_members", "count")

    def __init__(self) -> None:
        self._members = bytearray()
        self.count = 0

    def __contains__(self, fd: int) -> bool:
        return fd < len(self._members) and self._members[fd] == 1

    def __iter__(self) -> Iterator[int]:
        return compress(range(len(self._members)), self._members)

    def add(self, fd: int) -> None:
        if fd >= len(self._members):
            self._members.extend(bytes(fd + 1_024 - len(self._members)))
        self.count += not self._members[fd]
        self._members[fd] = 1

    def remove(self, fd: int) -> None:
        self.count -= self._members[fd]
        self._members[fd] = 0


class Deadlines(Generic[T]):
    """Who waits for something, each equally long, so the oldest come first. Waiting twice changes nothing."""

    __slots__ = ("_due_at", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._due_at: dict[T, float] = {}

    def __contains__(self, waiting: T) -> bool:
        return waiting in self._due_at

    def __len__(self) -> int:
        return len(self._due_at)

    def add(self, waiting: T) -> None:
        self._due_at.setdefault(waiting, monotonic() + self._seconds)

    def discard(self, waiting: T) -> None:
        self._due_at.pop(waiting, None)
        self._shrink()

    def take_overdue(self) -> list[T]:
        """Those whose time is up; they wait no more."""
        now = monotonic()
        due = []
        for waiting, due_at in self._due_at.items():
            if due_at > now:
                break
            due.append(waiting)
        for waiting in due:
            del self._due_at[waiting]
        self._shrink()
        return due

    def _shrink(self) -> None:
        if not self._due_at:
            self._due_at.clear()  # an emptied dictionary keeps the table of its fullest moment


def end_sending(fd: int) -> None:
    """Tell the peer that nothing more comes; reading goes on."""
    opened = socket.socket(fileno=fd)
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_WR)
    opened.detach()
