"""Checkouts of this project whose order path is measured, each by a process of its own with its own packages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from app.settings import PROJECT_ROOT, child_environment
from benchmarks.load.tied import tied

_ENTRY = "orders_side"
_READY_SECONDS = 120.0
_ANSWER_SECONDS = 180.0
_END_SECONDS = 30.0


class SideFailed(Exception):
    """A tree cannot be measured, or ended while it was; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A checkout: its folder, and the name that it has in tables."""

    folder: Path
    label: str

    @classmethod
    def at(cls, folder: Path) -> Self:
        """Raises `SideFailed` when there is no such checkout."""
        found = folder.expanduser().resolve()
        if not (found / "benchmarks" / "orders_service.py").exists():
            raise SideFailed(f"{folder} is no checkout of this project: it has no benchmarks/orders_service.py.")
        return cls(found, label_of(found))

    @classmethod
    def other(cls, folder: Path) -> Self:
        """The same for a tree that must not be ours. Raises `SideFailed`."""
        found = cls.at(folder)
        if found.folder == PROJECT_ROOT.resolve():
            raise SideFailed("That is this very tree; name another checkout.")
        return found

    def command(self, stage: str, port: int) -> list[str]:
        """Its own Python and its own entry where it has them, else ours."""
        own_python = self.folder / ".venv" / "bin" / "python"
        python = str(own_python if own_python.exists() else Path(sys.executable))
        if (self.folder / "benchmarks" / f"{_ENTRY}.py").exists():
            return [python, "-m", f"benchmarks.{_ENTRY}", stage, str(port)]
        # Without -P the folder of the script, our own benchmarks, would come before what PYTHONPATH says.
        return [python, "-P", str(Path(__file__).with_name(f"{_ENTRY}.py")), stage, str(port)]


def label_of(folder: Path) -> str:
    """The commit, with a plus when files differ from it; the folder's name where git knows nothing."""

    def git(*arguments: str) -> str:
        return subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git the PATH has
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return folder.name


class Side:
    """`async with Side(tree, stage, port)`: its servers are up when the block begins. Raises `SideFailed`."""

    def __init__(self, tree: Tree, stage: str, port: int) -> None:
        self.tree = tree
        self._command = tree.command(stage, port)
        self._process: Process

    async def __aenter__(self) -> Self:
        environment = child_environment({"PYTHONPATH": str(self.tree.folder)})
        self._process = await asyncio.create_subprocess_exec(
            *tied(self._command), stdin=PIPE, stdout=PIPE, cwd=self.tree.folder, env=environment
        )
        try:
            self._check(await self._answer(_READY_SECONDS))
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._end()

    def _check(self, ready: dict[str, Any]) -> None:
        """With packages of another tree Python could take that tree's code, too."""
        if ready.get("tree") != str(self.tree.folder):
            raise SideFailed(f"Asked for {self.tree.folder}, Python took the code of {ready.get('tree')}.")

    async def ask(self, question: str) -> dict[str, Any]:
        """One measurement. Raises `SideFailed`."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        self._process.stdin.write(f"{question}\n".encode())
        return await self._answer(_ANSWER_SECONDS)

    def family(self) -> list[psutil.Process]:
        """Its process and all that it has started: workers, PostgreSQL, Redis. Parents come first."""
        own = psutil.Process(self._process.pid)
        return [own, *own.children(recursive=True)]

    async def _answer(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - a pipe
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), seconds)
        except TimeoutError:
            raise SideFailed(f"{self.tree.label} gave no answer within {seconds:.0f} s.") from None
        if not line:
            raise SideFailed(f"{self.tree.label} ended; what it wrote is above.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def _end(self) -> None:
        """It ends by itself when its stdin does, and then stops its servers; one that does not is killed, and they end with it."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _END_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@contextmanager
def standing_still(others: Iterable[Side]) -> Iterator[None]:
    """A tree that has not the turn does nothing at all: its checkpoints and timers would be the other's loss."""
    stopped: list[psutil.Process] = []
    try:
        for other in others:
            for process in other.family():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
                    stopped.append(process)
        yield
    finally:
        for process in reversed(stopped):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
