"""HAProxy with the configuration that we ship, on free ports and in a folder of its own."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.local_servers.local_proxy import haproxy_program
from app.settings import PROJECT_ROOT
from tests.sockets.nginx_server import adapted, certificate_in, free_port, wait_until_listening

SHIPPED = PROJECT_ROOT / "deploy" / "haproxy" / "haproxy.cfg"


@dataclass(frozen=True)
class HAProxy:
    """A running HAProxy; what a stopped one wrote is in `log`."""

    port: int
    trust: ssl.SSLContext
    control: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def command(self, words: str) -> str:
        """HAProxy's own command language, as an operator would use it with socat."""
        with socket.socket(socket.AF_UNIX) as told:
            told.settimeout(10)
            told.connect(str(self.control))
            told.sendall(f"{words}\n".encode())
            return b"".join(iter(lambda: told.recv(65_536), b"")).decode()

    def states(self, backend: str) -> dict[str, str]:
        """`UP`, `DOWN`, `DRAIN`… of each server."""
        rows = [line.split(",") for line in self.command("show stat").splitlines() if line.startswith(f"{backend},")]
        return {row[1]: row[17].split(" ")[0] for row in rows if row[1] != "BACKEND"}


def configuration_for(folder: Path, nodes: Sequence[str], *, port: int, plain_port: int, certificate: Path) -> Path:
    """The shipped file, its names and places replaced; two nodes."""
    first, second = nodes
    text = adapted(
        SHIPPED,
        {
            r"bind :80\b": f"bind 127.0.0.1:{plain_port}",
            r"bind :443\b": f"bind 127.0.0.1:{port}",
            r"/etc/haproxy/certs/\S+": str(certificate),
            r"/run/haproxy/admin\.sock mode": f"{folder}/admin.sock mode",
            r"    (?:user|group) haproxy\n": "",
            r"    log .*\n": "",
            r"maxconn 100000": "maxconn 4000",
            r"10\.0\.0\.11:8000": first,
            r"10\.0\.0\.12:8000": second,
        },
    )
    path = folder / "haproxy.cfg"
    path.write_text(text, encoding="utf-8")
    return path


@contextlib.contextmanager
def haproxy_before(nodes: Sequence[str], folder: Path) -> Iterator[HAProxy]:
    """HAProxy in front of two nodes. Fails, and says what to install, when there is none."""
    certificate, key = certificate_in(folder)
    both = folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    port = free_port()
    path = configuration_for(folder, nodes, port=port, plain_port=free_port(), certificate=both)
    process = subprocess.Popen([haproxy_program(), "-db", "-f", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until_listening(port, process)
        yield HAProxy(port, ssl.create_default_context(cafile=str(certificate)), folder / "admin.sock")
    finally:
        process.terminate()
        process.communicate(timeout=10)
