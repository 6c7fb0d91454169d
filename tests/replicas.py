"""A primary and its standby, both real: streaming, confirmed by the standby before COMMIT answers or not, and a promotion."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
from typing_extensions import override

from app.local_servers import embedded_postgres
from app.local_servers.child_process import spawn
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.local_servers.server_account import account_for, private_folder

_SECONDS = 60.0


class Replicated(EmbeddedPostgres):
    """Either of the two."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, shared_buffers_mb=32)
        self.folder = folder

    @override
    def _options(self) -> list[str]:
        # fsync is not what a failover is about
        return [*super()._options(), "-c", "fsync=off", "-c", "wal_receiver_status_interval=1"]

    def kill(self) -> None:
        """As a machine that loses its power: at once, nothing is said to anybody."""
        assert self._child is not None
        server = psutil.Process(self._child.pid)
        family = [*server.children(recursive=True), server]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=_SECONDS)
        self._child.kill()
        self._child = None

    def copy_to(self, folder: Path) -> Replicated:
        """A standby of this server in that folder, started, streaming."""
        standby = Replicated(folder)
        account = account_for(folder / "postgres")
        private_folder(folder / "postgres", account=account)
        copying = spawn(
            "pg_basebackup",
            [
                *(embedded_postgres.reachable_programs(account) / "pg_basebackup", "--host", self.sockets, "--username", "postgres"),
                *("--pgdata", folder / "postgres", "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast"),
            ],
            env=embedded_postgres.SERVER_ENVIRONMENT,
            cwd=folder,
            log_file=folder / "copying.log",
            account=account,
        )
        assert copying.wait(_SECONDS)
        assert copying.exit_code == 0, (folder / "copying.log").read_text()
        standby.start()
        return standby

    def promote(self) -> None:
        """From now on it takes writes."""
        self.run_sql("SELECT pg_promote()")

    def confirms_with(self, standby: Replicated | None) -> None:
        """COMMIT answers when the standby has it on its disk, or as soon as this server has."""
        names = "" if standby is None else "*"
        self.run_sql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.run_sql("SELECT pg_reload_conf()")
        wanted = "async" if standby is None else "sync"
        deadline = time.monotonic() + _SECONDS
        while self.run_sql("SELECT coalesce(string_agg(sync_state, ','), '') FROM pg_stat_replication") != wanted:
            assert time.monotonic() < deadline
            time.sleep(0.1)
