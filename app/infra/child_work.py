"""Work on files that strangers sent, in a process of its own: it holds no loop, cannot take the service down, and is killed when it is late.

A process per file instead of a pool: what a hostile file does to it ends with it, and its memory goes back at once.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import structlog

from app.errors import Unavailable
from app.settings import PROJECT_ROOT

log = structlog.get_logger(__name__)

_RETRY_AFTER_SECONDS = 5.0


class WorkFailed(Exception):
    """The child was killed by a limit of its own, crashed, or said too much: the file is to blame."""


class ChildWork:
    """Runs `python -m <module>` with bytes in and bytes out; at most `at_once` run, at most `waiting_max` wait."""

    def __init__(self, module: str, *, at_once: int, waiting_max: int, seconds: float, answer_max_bytes: int) -> None:
        self._module = module
        self._slots = asyncio.Semaphore(at_once)
        self._places = at_once + waiting_max
        self._seconds = seconds
        self._answer_max_bytes = answer_max_bytes
        self._inside = 0

    async def run(self, content: bytes, *arguments: str) -> bytes:
        """What the module wrote. Raises `WorkFailed`; `Unavailable` when too many wait already, or when this machine is too busy for it."""
        if self._inside >= self._places:
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
        self._inside += 1
        try:
            async with self._slots:
                return await self._run(content, arguments)
        finally:
            self._inside -= 1

    async def _run(self, content: bytes, arguments: tuple[str, ...]) -> bytes:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=PROJECT_ROOT,
        )
        try:
            async with asyncio.timeout(self._seconds):
                answer, _ = await child.communicate(content)
        except TimeoutError:
            # Time on the processor has a limit of its own: whoever is late had too little of it.
            log.warning("child_work_late", module=self._module, seconds=self._seconds)
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS) from None
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if child.returncode != 0 or len(answer) > self._answer_max_bytes:
            log.warning("child_work_failed", module=self._module, returncode=child.returncode, answer_bytes=len(answer))
            raise WorkFailed(f"{self._module} ended with {child.returncode}")
        return answer
