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
    """Either of the two, below `data_dir`: the one that takes writes, or, with `follows`, the one that follows it.

    A standby without files begins with a copy of its primary's, which must run for that. The caller holds the lock of the data folder.
    """

    def __init__(
        self, data_dir: Path, *, follows: ReplicatedPostgres | None = None, shared_buffers_mb: int = 128, max_connections: int = 100
    ) -> None:
        super().__init__(data_dir, shared_buffers_mb=shared_buffers_mb, max_connections=max_connections)
        self.name = "PostgreSQL primary" if follows is None else "PostgreSQL standby"
        self._follows = follows

    @override
    def start(self) -> None:
        if self._follows is not None and not (self._cluster / "standby.signal").exists():
            _copy(self._follows.sockets, self._data_dir)
        super().start()

    def let_commits_wait(self) -> None:
        """From now on COMMIT waits until a standby has it. Returns when one follows; raises `StartupError` when none comes."""
        if self.run_sql("SHOW synchronous_standby_names") != "*":
            self.run_sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self.run_sql("SELECT pg_reload_conf()")
        deadline = time.monotonic() + _STREAMING_SECONDS
        while "streaming sync" not in self.run_sql("SELECT state || ' ' || sync_state FROM pg_stat_replication").splitlines():
            if time.monotonic() > deadline:
                raise StartupError(f"No standby follows PostgreSQL after {_STREAMING_SECONDS:.0f} s (log of the primary: {self.log_file}).")
            time.sleep(_LOOK_SECONDS)

    @override
    def _options(self) -> list[str]:
        options = ["-c", f"wal_keep_size={_KEPT_FOR_STANDBY}", "-c", "wal_receiver_status_interval=1", "-c", "hot_standby_feedback=on"]
        if self._follows is not None:
            options += ["-c", f"primary_conninfo=host={self._follows.sockets} user=postgres"]
        return [*super()._options(), *options]


def url_of_all(*servers: ReplicatedPostgres, role: str) -> str:
    """One address for all of them, in this order; who wants to write finds the one that takes writes."""
    return f"postgresql://{role}@/{DATABASE}?host={','.join(str(server.sockets) for server in servers)}"


def _copy(sockets: Path, data_dir: Path) -> None:
    """The files of the server that listens there, in `data_dir/postgres`; half a copy is not left there."""
    account = account_for(data_dir / "postgres")
    if (data_dir / "postgres").exists():
        raise StartupError(f"The files in {data_dir} are no standby's. Take them away, then it is made anew.")
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
    unfinished.rename(data_dir / "postgres")
