"""What the embedded servers are to the supervisor: one child process each, started and stopped by themselves."""

from __future__ import annotations

from app.local_servers.child_process import ChildProcess, how_it_ended


class OwnServer:
    """`name` is for people."""

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
