"""A whole cluster on one machine: nodes behind a proxy, a primary of PostgreSQL with its synchronous standby, three masters of Redis. For `ocop run-cluster`.

Each node is `ocop run` with three addresses given, as on a machine of its own, so killing one ends its workers and its jobs and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import SecretStr

from app.infra.migrations import upgrade_to_newest
from app.infra.startup import StartupError
from app.installation.banner import banner
from app.installation.cluster_note import ClusterNote, write_note
from app.installation.opening import secrets_of, with_data_folder, with_secret_key
from app.local_servers.child_process import last_lines
from app.local_servers.exec_with_parent import die_with_parent
from app.local_servers.local_proxy import LocalProxy, haproxy_program
from app.local_servers.reachable_at import address_of
from app.local_servers.readiness import is_ready
from app.local_servers.redis_cluster import LocalRedisCluster
from app.local_servers.replicated_postgres import ReplicatedPostgres, url_of_all
from app.local_servers.server_account import place_data_folder
from app.local_servers.startup_checks import DataFolderLock, check_port_is_free
from app.local_servers.supervisor import Program, StopRequested, StopSignals, Supervisor
from app.settings import PROJECT_ROOT, Settings, child_environment

# Stages stop in the opposite order. The proxy goes after the nodes, whose goodbye to their viewers goes through it.
_POSTGRES, _REDIS, _PROXY, _NODES, _DEMO = 1, 2, 3, 4, 5
_STOP_SECONDS = {_POSTGRES: 3.0, _REDIS: 1.0, _PROXY: 0.5, _NODES: 9.0, _DEMO: 0.8}
_READY_SECONDS = 120.0
_LOOPBACK = "127.0.0.1"
# Node 1 listens on the proxy's port and this.
_FIRST_NODE_ABOVE = 101

Say = Callable[[str], None]
Seed = Callable[[Settings], Sequence[str]]


def cluster_folder(settings: Settings) -> Path:
    """Beside the data of `ocop run`, in a folder of its own. Creates it."""
    folder = with_data_folder(settings).data_dir / "cluster"
    return place_data_folder(folder, is_default=False, project_root=PROJECT_ROOT)


def run_local_cluster(settings: Settings, *, nodes: int, say: Say, seed: Seed) -> None:
    """Start everything, say where it is, bring back what dies, and stop it all at the first signal. `seed` writes the demo market.

    Raises `StartupError` when something is in the way; then nothing of it runs.
    """
    if settings.die_with_parent:
        die_with_parent(os.getppid(), signal.SIGTERM)
    _refuse_what_is_not_meant(settings)
    signals = StopSignals()
    supervisor = Supervisor(signals, say)
    with signals.installed(), contextlib.ExitStack() as stack:
        lock = None
        try:
            with signals.interrupting():
                settings = settings.model_copy(update={"data_dir": cluster_folder(settings)})
                lock = stack.enter_context(DataFolderLock(settings.data_dir, address=address_of(settings, "localhost")))
                settings = with_secret_key(settings)
                logins = _Start(settings, nodes, supervisor, say).everything(seed)
                say(banner(settings, logins))
                say(
                    f"  {nodes} nodes, PostgreSQL with a synchronous standby, three Redis masters, HAProxy; logs in {settings.data_dir / 'logs'}\n"
                )
            supervisor.watch()
        except StopRequested:
            pass
        finally:
            if lock is not None:
                lock.announce_stopping()
            if signals.count:
                say("Stopping…")
            supervisor.stop()
    say("Stopped.")


def _refuse_what_is_not_meant(settings: Settings) -> None:
    if settings.environment == "production":
        raise StartupError("A cluster on one machine is for trying. In production each machine runs `ocop run`: docs/scaling.md.")
    if settings.database_url or settings.redis_url:
        raise StartupError("`ocop run-cluster` starts PostgreSQL and Redis itself: take DATABASE_URL and REDIS_URL out of the environment.")
    haproxy_program()


class _Start:
    """Stores, schema and market, proxy, nodes, viewers; in this order."""

    def __init__(self, settings: Settings, nodes: int, supervisor: Supervisor, say: Say) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._say = say
        first = settings.port + _FIRST_NODE_ABOVE
        self._ports = range(first, first + nodes)
        self._workers = settings.workers or 1

    def everything(self, seed: Seed) -> Sequence[str]:
        check_port_is_free(self._settings.host, self._settings.port)
        for port in self._ports:
            check_port_is_free(_LOOPBACK, port)
        settings = self._with_stores()
        self._say("Bringing the database to the newest schema…")
        upgrade_to_newest(_given(settings.database_owner_url))
        logins: Sequence[str] = ()
        if settings.demo:
            self._say("Preparing the demo market…")
            logins = seed(settings)
        self._say(f"Starting {len(self._ports)} nodes behind HAProxy…")
        proxy = self._proxy()
        write_note(settings.data_dir, self._note(settings, proxy))
        for number, port in enumerate(self._ports, start=1):
            self._supervisor.start(self._node(settings, number, port), stage=_NODES, stop_seconds=_STOP_SECONDS[_NODES])
        self._wait_until_ready()
        if settings.demo:
            self._supervisor.start(self._viewers(settings), stage=_DEMO, stop_seconds=_STOP_SECONDS[_DEMO])
        return logins

    def _with_stores(self) -> Settings:
        self._say("Preparing PostgreSQL and its standby…")
        folders = [self._settings.data_dir / f"postgres-{number}" for number in (1, 2)]
        for folder in folders:
            folder.mkdir(exist_ok=True)
            folder.chmod(0o711)
        connections = len(self._ports) * (self._workers + 1) * (self._settings.database.connections_per_worker + 4) + 20
        pair = [
            ReplicatedPostgres(folder, other_dir=other, max_connections=max(100, connections))
            for folder, other in zip(folders, reversed(folders), strict=True)
        ]
        for number, server in enumerate(pair, start=1):
            server.name = f"PostgreSQL {number}"
        # Who was promoted in an earlier run leads in this one.
        primary, standby = sorted(pair, key=lambda server: not server.leads)
        for server in (primary, standby):
            self._supervisor.start(server, stage=_POSTGRES, stop_seconds=_STOP_SECONDS[_POSTGRES])
        primary.let_commits_wait()
        self._say("Preparing three masters of Redis…")
        redis = LocalRedisCluster(self._settings.data_dir)
        redis.start()
        for number, master in enumerate(redis.servers, start=1):
            master.name = f"Redis {number}"
            self._supervisor.adopt(master, stage=_REDIS, stop_seconds=_STOP_SECONDS[_REDIS])
        return self._settings.model_copy(
            update={
                "database_owner_url": SecretStr(url_of_all(*pair, role="ocop")),
                "database_url": SecretStr(url_of_all(*pair, role="ocop_app")),
                "database_read_url": SecretStr(url_of_all(standby, primary, role="ocop_app")),
                "redis_url": SecretStr(redis.url),
            }
        )

    def _proxy(self) -> LocalProxy:
        nodes = [f"{_LOOPBACK}:{port}" for port in self._ports]
        proxy = LocalProxy(self._settings.data_dir, host=self._settings.host, port=self._settings.port, nodes=nodes)
        self._supervisor.start(proxy, stage=_PROXY, stop_seconds=_STOP_SECONDS[_PROXY])
        return proxy

    def _note(self, settings: Settings, proxy: LocalProxy) -> ClusterNote:
        return ClusterNote(
            address=address_of(settings, "localhost"),
            nodes=[f"http://{_LOOPBACK}:{port}" for port in self._ports],
            database_url=_given(settings.database_url),
            database_owner_url=_given(settings.database_owner_url),
            redis_url=_given(settings.redis_url),
            proxy_control=str(proxy.control),
        )

    def _node(self, settings: Settings, number: int, port: int) -> Program:
        folder = settings.data_dir / f"node-{number}"
        folder.mkdir(mode=0o700, exist_ok=True)
        environment = secrets_of(settings) | {
            "DATABASE_OWNER_URL": _given(settings.database_owner_url),
            "DATABASE_READ_URL": _given(settings.database_read_url),
            "OCOP_DATA_DIR": str(folder),
            "OCOP_HOST": _LOOPBACK,
            "OCOP_PORT": str(port),
            "OCOP_WORKERS": str(self._workers),
            "OCOP_TRUSTED_PROXIES": f'["{_LOOPBACK}"]',
        }
        return Program(
            f"node {number}",
            [sys.executable, "-m", "app.cli", "run", "--no-demo"],
            env=child_environment({**environment, "OCOP_DIE_WITH_PARENT": None}),
            cwd=PROJECT_ROOT,
            log_file=self._node_log(number),
        )

    def _node_log(self, number: int) -> Path:
        return self._settings.data_dir / "logs" / f"node-{number}.log"

    def _viewers(self, settings: Settings) -> Program:
        environment = {"OCOP_DATA_DIR": str(settings.data_dir), "OCOP_PORT": str(settings.port), "OCOP_HOST": settings.host}
        return Program(
            "demo",
            [sys.executable, "-m", "app.rehearsal"],
            env=child_environment({**environment, **secrets_of(settings)}),
            cwd=PROJECT_ROOT,
            log_file=settings.data_dir / "logs" / "demo.log",
            may_finish=True,
        )

    def _wait_until_ready(self) -> None:
        """Each node, then the proxy, which is told so a moment later."""
        deadline = time.monotonic() + _READY_SECONDS
        waiting = [*self._ports, self._settings.port]
        while waiting := [port for port in waiting if not is_ready(_LOOPBACK, port)]:
            self._supervisor.tend()
            if self._supervisor.hopeless(stage=_NODES) or time.monotonic() > deadline:
                number = min(waiting[0] - self._ports.start + 1, len(self._ports)) if waiting[0] in self._ports else 1
                log = self._node_log(number)
                raise StartupError(f"Node {number} is not ready: {last_lines(log)} (log: {log})")
            time.sleep(0.1)


def _given(secret: SecretStr | None) -> str:
    if secret is None:
        raise RuntimeError("the stores have not been started")
    return secret.get_secret_value()
