"""Turns that processes of one machine take at a kind of work, a few of them at a time. Linux; locks on files, which end with a process."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


class MachineTurns:
    """At most `at_once` of the processes that were given this folder are at their turn at any moment. Nothing here waits.

    A process that is frozen in its turn keeps it, so whoever waits for one must go on without after a while.
    """

    __slots__ = ("_files", "_held")

    def __init__(self, folder: Path, *, at_once: int) -> None:
        """Raises `OSError` when the folder is not there."""
        self._files = [os.open(folder / f"turn-{number}", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600) for number in range(at_once)]
        self._held: int | None = None

    def take(self) -> bool:
        """Whether it is this process's turn, now or since before."""
        for file in self._files if self._held is None else ():
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except OSError:
                continue
            self._held = file
            break
        return self._held is not None

    def give_back(self) -> None:
        """Let another process have it. Without a turn, nothing happens."""
        if self._held is not None:
            flock(self._held, LOCK_UN)
            self._held = None

    def close(self) -> None:
        """Give back, and never take again."""
        for file in self._files:
            os.close(file)
        self._files, self._held = [], None


def open_turns(folder: str, stack: AsyncExitStack, *, at_once: int) -> MachineTurns | None:
    """Turns in this folder, closed with `stack`; None where there is none, then nobody need wait for anybody."""
    if not folder:
        return None
    try:
        turns = MachineTurns(Path(folder), at_once=at_once)
    except OSError as error:
        log.warning("no_turns_in_folder", folder=folder, error=str(error))
        return None
    stack.callback(turns.close)
    return turns
