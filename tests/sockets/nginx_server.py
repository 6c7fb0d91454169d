"""nginx with the configuration that we ship, on free ports and in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.infra.clock import utc_now
from app.settings import PROJECT_ROOT

SHIPPED = PROJECT_ROOT / "deploy" / "nginx" / "ocop-live.conf"
MISSING = "These tests need nginx. `make test-nginx` installs it; on Debian by hand: sudo apt-get install nginx"


@dataclass(frozen=True)
class Nginx:
    """A running nginx."""

    port: int
    trust: ssl.SSLContext

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextlib.contextmanager
def nginx_before(node_address: str, folder: Path) -> Iterator[Nginx]:
    """nginx in front of one node. Fails, and says what to install, when there is none."""
    program = shutil.which("nginx", path=os.defpath + ":/usr/sbin:/usr/local/sbin:/opt/homebrew/bin:/usr/local/bin")
    assert program is not None, MISSING
    tls_port, plain_port = free_port(), free_port()
    certificate, key = certificate_in(folder)
    ours = adapted(
        SHIPPED,
        {
            r"listen \[::\].*;\n": "",
            r"listen 80;": f"listen 127.0.0.1:{plain_port};",
            r"listen 443": f"listen 127.0.0.1:{tls_port}",
            r"server 127\.0\.0\.1:8000;": f"server {node_address};",
            r"/etc/letsencrypt/\S+/fullchain\.pem": str(certificate),
            r"/etc/letsencrypt/\S+/privkey\.pem": str(key),
            r"/var/cache/nginx/ocop-live": str(folder / "cache"),
        },
    )
    whole = folder / "nginx.conf"
    temporary = "".join(f"    {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user nobody nogroup;\n" if os.geteuid() == 0 else ""
    whole.write_text(
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log warn;\nworker_processes 1;\n"
        f"events {{ worker_connections 4096; }}\nhttp {{\n    access_log off;\n{temporary}{ours}\n}}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(whole)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until_listening(tls_port, process)
        yield Nginx(tls_port, ssl.create_default_context(cafile=str(certificate)))
    finally:
        process.terminate()
        process.communicate(timeout=10)


def adapted(shipped: Path, changes: dict[str, str]) -> str:
    """The shipped file with other addresses and places, each of which it must have."""
    text = shipped.read_text(encoding="utf-8")
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text)
        assert count, f"{shipped.name} has no {pattern!r} any more"
    return text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1].decode()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("the proxy does not listen")


def certificate_in(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ocop-live tests")])
    now = utc_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return certificate_path, key_path
