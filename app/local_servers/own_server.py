"""What the embedded servers are to the supervisor: one child process each, started and stopped by themselves."""

from __future__ import annotations

import signal

from app.local_servers.child_process import ChildProcess, how_it_ended


class OwnServer:
    """`name` is for people. SIGTERM ends it; a server that wants something else says so itself."""

    name: str

    def __init__(self) -> None:
        self._child: ChildProcess | None = None

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.is_running

    @property
    def wants_restart(self) -> bool:
        """True when it was started and has ended without being asked to."""
        return self._child is not None and not self._child.is_running

    @property
    def ending(self) -> str:
        """How it ended, for people."""
        return how_it_ended(None if self._child is None else self._child.exit_code)

    @property
    def pid(self) -> int:
        """Id of the process that was started. Raises `RuntimeError` before `start`."""
        if self._child is None:
            raise RuntimeError(f"{self.name} has not been started")
        return self._child.pid

    def ask_to_stop(self) -> None:
        """Begin its end, and do not wait for it."""
        if self._child is not None:
            self._child.send(signal.SIGTERM)

    def _end(self, *, seconds: float) -> None:
        """Ask, wait so many seconds, kill."""
        if self._child is None:
            return
        self.ask_to_stop()
        if not self._child.wait(seconds):
            self._child.kill()
        self._child = None
