"""HAProxy before several nodes of one machine, as a child of this process. What a market's proxy needs is `deploy/haproxy/haproxy.cfg`."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from app.infra.startup import StartupError
from app.local_servers.child_process import last_lines, spawn
from app.local_servers.own_server import OwnServer
from app.local_servers.server_account import private_folder, socket_folder

_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
_READY_SECONDS = 10.0
_CONTROL = "control.sock"
_CONNECTIONS_WANTED, _FILES_RESERVED = 100_000, 200
_SYSTEM_PROGRAMS = os.defpath + ":/usr/sbin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin"

# A node is asked by its readiness. Where none is ready, a store is away from all of them: then whoever lives gets the requests,
# because orders need PostgreSQL alone and pages say best themselves what is missing.
_CONFIGURATION = """\
global
    maxconn {maxconn}
    stats socket {socket} mode 600 level operator

defaults
    mode http
    option redispatch
    option http-server-close
    retries 3
    timeout connect 2s
    timeout client 65s
    timeout server 65s
    timeout queue 5s
    timeout http-request 15s
    timeout http-keep-alive 30s
    timeout tunnel 30s

frontend market
    bind {address}
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto http
    use_backend alive if {{ nbsrv(ready) eq 0 }}
    default_backend ready

backend ready
    balance leastconn
    retry-on conn-failure empty-response
    http-request disable-l7-retry unless {{ method GET HEAD }} or {{ method POST }} {{ path_end /orders }}
    option httpchk
    http-check send meth GET uri /readyz
    http-check expect status 200
    default-server inter 1s fastinter 300ms fall 2 rise 1
{servers}

backend alive
    balance leastconn
    option httpchk
    http-check send meth GET uri /healthz
    http-check expect status 200
    default-server inter 1s fastinter 300ms fall 2 rise 1
{servers}
"""


class LocalProxy(OwnServer):
    """Listens on `host:port` and spreads what comes over `nodes`, which are `host:port` each; files and log below `data_dir`."""

    name = "HAProxy"

    def __init__(self, data_dir: Path, *, host: str, port: int, nodes: Sequence[str]) -> None:
        super().__init__()
        self._folder = data_dir / "proxy"
        self.log_file = data_dir / "logs" / "proxy.log"
        self._host, self._port, self._nodes = host, port, tuple(nodes)

    @property
    def control(self) -> Path:
        """Socket that takes HAProxy's own commands (`show stat`, `set server ready/node-1 state drain`)."""
        return socket_folder(self._folder, _CONTROL, account=None) / _CONTROL

    def start(self) -> None:
        """Return once it listens. Raises `StartupError` when there is no HAProxy or it does not come up."""
        program = haproxy_program()
        private_folder(self._folder, account=None)
        self.control.unlink(missing_ok=True)
        file = self._folder / "haproxy.cfg"
        file.write_text(self._configuration(), encoding="utf-8")
        self._child = spawn(
            "haproxy",
            [program, "-db", "-f", file],
            env=_ENVIRONMENT,
            cwd=self._folder,
            log_file=self.log_file,
            death_signal=signal.SIGTERM,
        )
        try:
            self._wait_until_listening()
        except BaseException:
            self.stop(seconds=1.0)
            raise

    def stop(self, *, seconds: float = 1.0) -> None:
        """End it with everything that goes through it; killed past `seconds`."""
        self._end(seconds=seconds)

    def _configuration(self) -> str:
        servers = "\n".join(f"    server node-{number} {node} check" for number, node in enumerate(self._nodes, start=1))
        address = f"{self._host or '*'}:{self._port}" if self._host != "::" else f":::{self._port}"
        return _CONFIGURATION.format(maxconn=_connections_most(), socket=self.control, address=address, servers=servers)

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        host = "127.0.0.1" if self._host in {"", "0.0.0.0", "::"} else self._host  # noqa: S104 - compared, not bound
        while not _listens(host, self._port):
            if not self.is_running:
                raise StartupError(f"HAProxy did not start: {last_lines(self.log_file)} (log: {self.log_file})")
            if time.monotonic() > deadline:
                raise StartupError(f"HAProxy does not listen after {_READY_SECONDS:.0f} s (log: {self.log_file})")
            time.sleep(0.02)


def haproxy_program() -> Path:
    """Raises `StartupError` that says what to install."""
    found = shutil.which("haproxy") or shutil.which("haproxy", path=_SYSTEM_PROGRAMS)
    if found is None:
        raise StartupError("A cluster needs HAProxy 2.4 or newer before its nodes. On Debian: sudo apt-get install haproxy")
    return Path(found)


def _connections_most() -> int:
    """Each takes two files; checks and listeners take some, too."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(100, min(_CONNECTIONS_WANTED, (hard - _FILES_RESERVED) // 2))


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), 1.0):
            return True
    except OSError:
        return False
