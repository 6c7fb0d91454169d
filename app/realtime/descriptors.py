"""Small parts of the detached sockets: sets of descriptors, and their last word."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator
from itertools import compress


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


def end_sending(fd: int) -> None:
    """Tell the peer that nothing more comes; reading goes on."""
    opened = socket.socket(fileno=fd)
    with contextlib.suppress(OSError):
        opened.shutdown(socket.SHUT_WR)
    opened.detach()
