"""Nodes as they are deployed: `ocop run` of a tree each, behind HAProxy, on stores of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from app.local_servers.embedded_redis import EmbeddedRedis
from app.local_servers.local_proxy import LocalProxy
from app.rehearsal.demo_accounts import DemoAccounts, read_demo_accounts
from app.settings import PROJECT_ROOT, child_environment
from tests.conftest import QuickPostgres
from tests.local_servers.service_process import free_port
from tests.patience import START_SECONDS

SECRET = "secret-of-deployed-nodes-in-tests-only"
READY_SECONDS = START_SECONDS
# What a stop may take, and somewhat more on a busy machine.
STOP_SECONDS = 30.0


@dataclass
class Deployment:
    """Stores and proxy run; nodes are started and stopped by their number, 1 or 2, each from any tree of the code."""

    folder: Path
    postgres_url: str
    redis_url: str
    port: int
    node_ports: dict[int, int]
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, tree: Path, *words: str) -> None:
        """One of the tree's own `ocop` commands on these stores, waited for."""
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *words],
            cwd=tree,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def accounts(self) -> DemoAccounts:
        found = read_demo_accounts(self.folder)
        assert found is not None
        return found

    def log_of(self, number: int) -> str:
        return (self.folder / f"node-{number}.log").read_text(errors="replace")

    async def start(self, number: int, tree: Path = PROJECT_ROOT) -> None:
        """Return once it is ready."""
        port = self.node_ports[number]
        self._spawn(number, tree, port)
        deadline = time.monotonic() + READY_SECONDS
        async with httpx2.AsyncClient(timeout=5, trust_env=False) as http:
            while True:
                assert self.running[number].poll() is None, self.log_of(number)
                assert time.monotonic() < deadline, self.log_of(number)
                try:
                    if (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == httpx2.codes.OK:
                        return
                except httpx2.HTTPError:
                    pass
                await asyncio.sleep(0.1)

    def _spawn(self, number: int, tree: Path, port: int) -> None:
        with (self.folder / f"node-{number}.log").open("ab") as log:
            self.running[number] = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "run", "--no-demo"],
                cwd=tree,
                env=self._environment(OCOP_PORT=str(port), OCOP_HOST="127.0.0.1", OCOP_TRUSTED_PROXIES='["127.0.0.1"]'),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    async def stop(self, number: int) -> None:
        """As a deploy does: told to, and waited for."""
        node = self.running.pop(number)
        node.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(node.wait, STOP_SECONDS) == 0, self.log_of(number)

    def end(self) -> None:
        """Whatever a test left."""
        for node in self.running.values():
            family = [*psutil.Process(node.pid).children(recursive=True)] if node.poll() is None else []
            if node.poll() is None:
                os.kill(node.pid, signal.SIGKILL)
            node.wait()
            psutil.wait_procs(family, timeout=10)
        self.running.clear()

    def _environment(self, **further: str) -> dict[str, str]:
        return child_environment(
            {
                "DATABASE_URL": self.postgres_url,
                "DATABASE_OWNER_URL": self.postgres_url,
                "REDIS_URL": self.redis_url,
                "OCOP_SECRET_KEY": SECRET,
                "OCOP_DATA_DIR": str(self.folder),
                "OCOP_WORKERS": "1",
                **further,
            }
        )


@contextmanager
def deployment(folder: Path) -> Iterator[Deployment]:
    """Nothing but empty stores and the proxy runs at first."""
    with ExitStack() as stack:
        postgres = QuickPostgres(folder, shared_buffers_mb=64)
        redis = EmbeddedRedis(folder)
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        port, node_ports = free_port(), {1: free_port(), 2: free_port()}
        proxy = LocalProxy(folder, host="127.0.0.1", port=port, nodes=[f"127.0.0.1:{each}" for each in node_ports.values()])
        proxy.start()
        stack.callback(proxy.stop)
        deployed = Deployment(folder, postgres.url, redis.url, port, node_ports)
        stack.callback(deployed.end)
        yield deployed


def tree_of(commit: str, folder: Path) -> Path:
    """The code of a commit in a folder of its own; fetched from where this clone came from when it has only the newest commits."""
    archive = folder / "tree.tar"
    if not _is_at_hand(commit):
        subprocess.run(["git", "fetch", "--quiet", "origin", commit], cwd=PROJECT_ROOT, check=False, timeout=60)  # noqa: S607
    assert _is_at_hand(commit), f"this test runs code of commit {commit}, which this clone lacks: git fetch --unshallow"
    with archive.open("wb") as file:
        subprocess.run(["git", "archive", commit], cwd=PROJECT_ROOT, stdout=file, check=True)  # noqa: S607
    tree = folder / "tree"
    tree.mkdir()
    subprocess.run(["tar", "-xf", str(archive), "-C", str(tree)], check=True)  # noqa: S607
    return tree


def _is_at_hand(commit: str) -> bool:
    asked = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(asked, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL, check=False).returncode == 0
