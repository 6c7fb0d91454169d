"""Follows one command through the code: which files of app/ it enters, from the socket's bytes to its reply."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from app.settings import PROJECT_ROOT

_APP = str(PROJECT_ROOT / "app") + "/"
# What every file is written in: clock, tasks, columns, messages, names of keys. To know what an order does one need not open them.
ALPHABET = ("app/infra/", "app/protocol/", "app/redis_keys.py")


@dataclass
class Walk:
    """Calls into files of ours, in order, by the tasks that carry the command and by bare callbacks: from file, into file, function.

    `beyond` is a function with which something else begins, such as what follows a commit: what it calls is left out.
    """

    tasks: tuple[str, ...]
    beyond: str
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    _seen: set[FrameType] = field(default_factory=set)

    def between(self, first: str, last: str) -> Walk:
        """The walk from the first call of one function to the last call of another, wherever the first was called from."""
        names = [name for _, _, name in self.calls]
        begin, end = names.index(first), len(names) - names[::-1].index(last)
        (_, into, name), *rest = self.calls[begin:end]
        return Walk(self.tasks, self.beyond, [("", into, name), *rest])

    def files(self) -> list[str]:
        """Each file that is not of the alphabet once, in the order of first entry."""
        return list(dict.fromkeys(into for _, into, _ in self.calls if not into.startswith(ALPHABET)))

    def ways_back(self) -> list[tuple[str, str]]:
        """Calls from a file into one that led to it: where a reader comes into a file for the second time from behind."""
        leads_to: dict[str, set[str]] = {}
        for out, into, _ in self.calls:
            if out and out != into and not into.startswith(ALPHABET):
                leads_to.setdefault(out, set()).add(into)
        return [(out, into) for out, aims in leads_to.items() for into in aims if out in _reached(leads_to, into)]

    def note(self, frame: FrameType, event: str, _: object) -> None:
        into = frame.f_code.co_filename
        # a coroutine that goes on after it waited is the same frame again
        if event != "call" or not into.startswith(_APP) or frame in self._seen or not self._is_of_the_command(frame):
            return
        self._seen.add(frame)
        self.calls.append((_file_of_ours(frame.f_back), str(Path(into).relative_to(PROJECT_ROOT)), frame.f_code.co_qualname))

    def _is_of_the_command(self, frame: FrameType | None) -> bool:
        task = asyncio.current_task()
        if task is not None and getattr(task.get_coro(), "__qualname__", "") not in self.tasks:
            return False
        while frame is not None:
            if frame.f_code.co_qualname == self.beyond:
                return False
            frame = frame.f_back
        return True


def _reached(leads_to: dict[str, set[str]], start: str) -> set[str]:
    reached, pending = {start}, [start]
    while pending:
        for aim in leads_to.get(pending.pop(), set()) - reached:
            reached.add(aim)
            pending.append(aim)
    return reached


def _file_of_ours(frame: FrameType | None) -> str:
    """Where a call comes from, through whatever library; empty for the event loop."""
    while frame is not None and not frame.f_code.co_filename.startswith(_APP):
        frame = frame.f_back
    return "" if frame is None else str(Path(frame.f_code.co_filename).relative_to(PROJECT_ROOT))


@contextmanager
def walking(*tasks: str, beyond: str) -> Iterator[Walk]:
    """Notes the calls of this thread while it is open. `tasks` are the names of the coroutines that carry the command."""
    walk = Walk(tasks, beyond)
    sys.setprofile(walk.note)
    try:
        yield walk
    finally:
        sys.setprofile(None)
