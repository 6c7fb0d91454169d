"""One etcd and two Patroni nodes with the embedded PostgreSQL, all real, configured by what is in `deploy/patroni`."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from app.infra.migrations import upgrade_to_newest
from app.local_servers.child_process import ChildProcess, last_lines, spawn, stop_leftovers
from app.local_servers.embedded_postgres import DATABASE, SERVER_ENVIRONMENT, reachable_programs
from app.local_servers.server_account import account_for, can_enter, private_folder
from app.settings import PROJECT_ROOT
from tests.conftest import make_server_folder
from tests.local_servers.service_process import free_port

SHIPPED = PROJECT_ROOT / "deploy/patroni"
_PATRONI = PROJECT_ROOT / "build/patroni/bin/patroni"
_SOCKETS = "/var/run/postgresql"
_SECONDS = 120.0
_LOOK_SECONDS = 0.1
_HOST = "127.0.0.1"


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not true():
        assert time.monotonic() < deadline, f"not within {_SECONDS:.0f} s: {what}"
        time.sleep(_LOOK_SECONDS)


class Etcd:
    """One member, which is a cluster of its own."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("etcd")
        assert program is not None
        self.address = f"{_HOST}:{free_port()}"
        clients, peers = f"http://{self.address}", f"http://{_HOST}:{free_port()}"
        self._child = spawn(
            "etcd",
            [
                *(program, "--name", "etcd1", "--data-dir", folder / "etcd", "--initial-cluster", f"etcd1={peers}"),
                *("--listen-client-urls", clients, "--advertise-client-urls", clients),
                *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers),
            ],
            env=SERVER_ENVIRONMENT,
            cwd=folder,
            log_file=folder / "etcd.log",
        )

    def stop(self) -> None:
        self._child.kill()


class PatroniNode:
    """Patroni and its PostgreSQL on a port of their own. Nothing runs before `start`."""

    def __init__(self, name: str, folder: Path, etcd: Etcd) -> None:
        self.name, self._folder = name, folder
        self._account = account_for(folder / name)
        self._home = private_folder(folder / name, account=self._account)
        self._data = self._home / "data"
        self._programs = reachable_programs(self._account)
        self.log_file = folder / f"{name}.log"
        self.port, self._api = free_port(), f"{_HOST}:{free_port()}"
        self._child: ChildProcess | None = None
        self._is_killed = False
        self._configuration = folder / f"{name}.yml"
        shipped = (SHIPPED / "patroni.yml").read_text(encoding="utf-8")
        assert shipped.count(_SOCKETS) == 1
        self._configuration.write_text(shipped.replace(_SOCKETS, str(self._home)), encoding="utf-8")
        self._configuration.chmod(0o644)
        address = f"{_HOST}:{self.port}"
        self._named = {
            "PATRONI_NAME": name,
            "PATRONI_RESTAPI_LISTEN": self._api,
            "PATRONI_RESTAPI_CONNECT_ADDRESS": self._api,
            "PATRONI_POSTGRESQL_LISTEN": address,
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": address,
            "PATRONI_POSTGRESQL_DATA_DIR": str(self._data),
            "PATRONI_POSTGRESQL_BIN_DIR": str(self._programs),
            "PATRONI_POSTGRESQL_PGPASS": str(self._home / "pgpass"),
            "PATRONI_ETCD3_HOSTS": etcd.address,
            "PATRONI_SUPERUSER_PASSWORD": "of-postgres",
            "PATRONI_REPLICATION_PASSWORD": "of-replicator",
            "PATRONI_REWIND_PASSWORD": "of-rewinder",
            "PATRONI_RESTAPI_USERNAME": "patroni",
            "PATRONI_RESTAPI_PASSWORD": "of-patroni",
        }
        shipped_names = {line.partition("=")[0] for line in (SHIPPED / "patroni.env").read_text().splitlines() if not line.startswith("#")}
        assert shipped_names == set(self._named)

    def start(self) -> None:
        self._is_killed = False
        python = (_PATRONI.parent / "python").resolve()
        for folder in (_PATRONI.parent, python.parent):
            assert can_enter(folder, self._account), f"{folder} is closed to PostgreSQL's user; keep checkout and Python where it is not"
        self._child = spawn(
            "patroni",
            [_PATRONI, self._configuration],
            env={**SERVER_ENVIRONMENT, **self._named, "HOME": str(self._home), "LC_ALL": "C.UTF-8"},
            cwd=self._home,
            log_file=self.log_file,
            account=self._account,
        )

    def is_ready_as(self, role: str) -> bool:
        """Patroni's own word on it: `leader`, `replica`, `sync` for the standby that COMMIT waits for."""
        assert self._child is None or self._child.is_running or self._is_killed, f"{self.name} ended: {last_lines(self.log_file)}"
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{self._api}/{role}", timeout=1.0) as answer:
            return bool(answer.status == 200)
        return False

    def run_sql(self, script: str, **variables: str) -> str:
        """As superuser through its socket."""
        settings = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
        environment = {**SERVER_ENVIRONMENT, "PGPASSWORD": "of-postgres"}
        address = ["-h", str(self._home), "-p", str(self.port), "-U", "postgres", "-d", "postgres"]
        done = subprocess.run(
            [str(self._programs / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", *address, *settings],
            input=script,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def kill(self) -> None:
        """As a machine that loses its power."""
        self._is_killed = True
        family = self._family()
        _signal(family, signal.SIGKILL)
        psutil.wait_procs(family, timeout=_SECONDS)
        assert self._child is not None
        self._child.kill()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """As a machine that stands still and goes on later, with what it believed."""
        family = self._family()
        _signal(family, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(family, signal.SIGCONT)

    def stop(self) -> None:
        if self._child is not None:
            self._child.kill()
        stop_leftovers(self._data, frozenset({"postgres"}), first_signal=signal.SIGKILL, seconds=5.0)

    def _family(self) -> list[psutil.Process]:
        """Patroni first; PostgreSQL is no child of it."""
        assert self._child is not None
        postmaster = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        first = [psutil.Process(self._child.pid), psutil.Process(postmaster)]
        found = [*first, *(child for process in first for child in process.children(recursive=True))]
        return list(dict.fromkeys(found))


def _signal(family: list[psutil.Process], number: signal.Signals) -> None:
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


class PatroniPair:
    """Started, with the roles that the service needs and the newest schema; `leader` has a synchronous standby."""

    def __init__(self, nodes: tuple[PatroniNode, PatroniNode]) -> None:
        self.nodes = nodes

    @property
    def url(self) -> str:
        """What DATABASE_URL says: both hosts, the service's role."""
        return self.url_of(*self.nodes)

    def url_of(self, *nodes: PatroniNode, role: str = "ocop_app", password: str = "of-service") -> str:  # noqa: S107 - of a test's server
        return f"postgresql://{role}:{password}@{','.join(f'{_HOST}:{node.port}' for node in nodes)}/{DATABASE}"

    def leader_and_standby(self) -> tuple[PatroniNode, PatroniNode]:
        """Once both are what they should be."""
        first, second = self.nodes
        orders = ((first, second), (second, first))
        wait_until(
            lambda: any(a.is_ready_as("leader") and b.is_ready_as("sync") for a, b in orders), "a leader and its synchronous standby"
        )
        return orders[0] if first.is_ready_as("leader") else orders[1]


@contextlib.contextmanager
def patroni_pair() -> Iterator[PatroniPair]:
    folder = make_server_folder()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        etcd = Etcd(folder)
        stack.callback(etcd.stop)
        nodes = (PatroniNode("db1", folder, etcd), PatroniNode("db2", folder, etcd))
        pair = PatroniPair(nodes)
        try:
            for node in nodes:
                stack.callback(node.stop)
                node.start()
            leader, standby = pair.leader_and_standby()
            leader.run_sql((SHIPPED / "roles.sql").read_text(encoding="utf-8"), owner_password="of-owner", service_password="of-service")
            # COMMIT waits for the standby's disk, not until it has read there what was written.
            wait_until(lambda: DATABASE in standby.run_sql("SELECT datname FROM pg_database").splitlines(), "the standby has the database")
            upgrade_to_newest(pair.url_of(*nodes, role="ocop", password="of-owner"))
            yield pair
        except BaseException:
            for node in nodes:
                print(f"{node.name}: {last_lines(node.log_file, 15)}")  # noqa: T201 - what Patroni said is how one finds out
            raise
