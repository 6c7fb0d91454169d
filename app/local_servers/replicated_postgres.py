"""A primary and its standby on one machine, both real: COMMIT answers when the standby has it on its disk, too."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from typing_extensions import override

from app.infra.startup import StartupError
from app.local_servers.child_process import last_lines, spawn
from app.local_servers.embedded_postgres import DATABASE, SERVER_ENVIRONMENT, EmbeddedPostgres, reachable_programs
from app.local_servers.server_account import account_for, private_folder

_COPY_SECONDS = 300.0
_STREAMING_SECONDS = 60.0
_LOOK_SECONDS = 0.1
# What a primary keeps for a standby that was away.
_KEPT_FOR_STANDBY = "512MB"


class ReplicatedPostgres(EmbeddedPostgres):
    """One of the two, below `data_dir`; the other one is below `other_dir`. Their files say which of them follows, so a promotion is remembered.

    A server without files begins with a copy of the other's, which must take writes for that; only when neither has files it is a new one.
    The caller holds the lock of the data folder.
    """

    def __init__(self, data_dir: Path, *, other_dir: Path | None = None, shared_buffers_mb: int = 128, max_connections: int = 100) -> None:
        super().__init__(data_dir, shared_buffers_mb=shared_buffers_mb, max_connections=max_connections)
        self._other = None if other_dir is None else ReplicatedPostgres(other_dir)

    @property
    def has_files(self) -> bool:
        """Whole ones: half a copy does not count."""
        return self._cluster.exists()

    @property
    def leads(self) -> bool:
        """It has files and is nobody's standby: when it runs, it takes writes."""
        return self.has_files and not (self._cluster / "standby.signal").exists()

    @override
    def start(self) -> None:
        """As `EmbeddedPostgres.start`. Raises `StartupError`, too, when both would take writes, or when there is nobody to copy from."""
        if self._other is not None and self._other.has_files:
            if not self.has_files:
                self._become_standby_of(self._other)
            elif self.leads and self._other.leads:
                raise StartupError(
                    f"{self._cluster} and the other PostgreSQL would both take writes: one was promoted. "
                    "Take away the files of the one that was lost, then it is made anew as a standby."
                )
        super().start()

    def let_commits_wait(self) -> None:
        """From now on COMMIT waits until a standby has it. Returns when one follows; raises `StartupError` when none comes."""
        self._name_standbys()
        deadline = time.monotonic() + _STREAMING_SECONDS
        while not self.is_confirmed():
            if time.monotonic() > deadline:
                raise StartupError(f"No standby follows PostgreSQL after {_STREAMING_SECONDS:.0f} s (log of the primary: {self.log_file}).")
            time.sleep(_LOOK_SECONDS)

    def is_confirmed(self) -> bool:
        """Whether a standby has everything that was committed here, and COMMIT waits for it."""
        return "streaming sync" in self.run_sql("SELECT state || ' ' || sync_state FROM pg_stat_replication").splitlines()

    def _name_standbys(self) -> None:
        if self.run_sql("SHOW synchronous_standby_names") != "*":
            self.run_sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self.run_sql("SELECT pg_reload_conf()")

    def _become_standby_of(self, other: ReplicatedPostgres) -> None:
        if other.run_sql("SELECT pg_is_in_recovery()") != "f":
            raise StartupError(f"{self._cluster} is gone and the other PostgreSQL is a standby: promote it, then this one is made anew.")
        unfinished = _copy(other.sockets, self._data_dir)
        # Before this one is a standby at all: an acknowledged order must be on both from its first moment on.
        other._name_standbys()
        unfinished.rename(self._cluster)

    @override
    def _options(self) -> list[str]:
        options = ["-c", f"wal_keep_size={_KEPT_FOR_STANDBY}", "-c", "wal_receiver_status_interval=1", "-c", "hot_standby_feedback=on"]
        if self._other is not None:
            options += ["-c", f"primary_conninfo=host={self._other.sockets} user=postgres"]
        return [*super()._options(), *options]


def url_of_all(*servers: ReplicatedPostgres, role: str) -> str:
    """One address for all of them, in this order; who wants to write finds the one that takes writes."""
    return f"postgresql://{role}@/{DATABASE}?host={','.join(str(server.sockets) for server in servers)}"


def _copy(sockets: Path, data_dir: Path) -> Path:
    """The files of the server that listens there as a standby's, in a folder of `data_dir` that has yet to get its name."""
    account = account_for(data_dir / "postgres")
    shutil.rmtree(data_dir / "postgres.new", ignore_errors=True)
    unfinished = private_folder(data_dir / "postgres.new", account=account)
    log_file = data_dir / "logs" / "copying.log"
    child = spawn(
        "pg_basebackup",
        [
            *(reachable_programs(account) / "pg_basebackup", "--host", sockets, "--username", "postgres"),
            *("--pgdata", unfinished, "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast"),
        ],
        env=SERVER_ENVIRONMENT,
        cwd=data_dir,
        log_file=log_file,
        account=account,
    )
    try:
        finished = child.wait(_COPY_SECONDS)
    finally:
        child.kill()
    if not finished or child.exit_code != 0:
        raise StartupError(f"PostgreSQL could not copy its files for a standby: {last_lines(log_file)} (log: {log_file})")
    return unfinished
