"""What is in `deploy/` is taken by the programs that it is for, and names only what there is."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from app.local_servers.local_proxy import haproxy_program
from app.settings import PROJECT_ROOT
from tests.sockets.haproxy_server import configuration_for
from tests.sockets.nginx_server import certificate_in

DEPLOY = PROJECT_ROOT / "deploy"
COMPOSE = (PROJECT_ROOT / "compose.yaml", DEPLOY / "caddy/compose.yaml")
_WANTED = re.compile(r"\$\{([A-Z_]+):?\?")
_SETTING = re.compile(r"\bOCOP_[A-Z0-9_]+\b")


def run(*command: str, cwd: Path = PROJECT_ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = [f"{name}={value}" for name, value in environment.items()]
    return subprocess.run(["env", *settings, *command], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)  # noqa: S607


@pytest.fixture
def rented(tmp_path: Path) -> Path:
    """A fresh checkout as far as the first start needs it."""
    (tmp_path / "deploy/caddy").mkdir(parents=True)
    shutil.copy2(DEPLOY / "caddy/first-start", tmp_path / "deploy/caddy/first-start")
    return tmp_path


def test_the_first_start_gives_compose_all_it_asks_for(rented: Path) -> None:
    done = run("deploy/caddy/first-start", "cho.example.vn", "lan@example.vn", cwd=rented)

    assert done.returncode == 0, done.stderr
    written = dict(line.split("=", 1) for line in (rented / ".env").read_text(encoding="utf-8").splitlines())
    wanted = {name for file in COMPOSE for name in _WANTED.findall(file.read_text(encoding="utf-8"))}
    assert wanted - set(written) == set()
    assert stat.S_IMODE((rented / ".env").stat().st_mode) == 0o600
    assert len({written[name] for name in ("OCOP_SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD")}) == 3
    assert re.fullmatch(r"[0-9a-f]{64}", written["OCOP_SECRET_KEY"])


def test_a_second_start_keeps_the_secrets(rented: Path) -> None:
    run("deploy/caddy/first-start", "cho.example.vn", "lan@example.vn", cwd=rented)
    first = (rented / ".env").read_bytes()

    again = run("deploy/caddy/first-start", "other.example.vn", "lan@example.vn", cwd=rented)

    assert (again.returncode, (rented / ".env").read_bytes()) == (0, first)


@pytest.mark.parametrize(
    "arguments",
    [(), ("cho.example.vn",), ('x"]', "lan@example.vn"), ("$(id)", "lan@example.vn"), ("cho.example.vn", "lan"), ("-h", "a@b.vn")],
)
def test_what_is_no_name_and_no_address_is_refused_and_nothing_is_written(rented: Path, arguments: tuple[str, ...]) -> None:
    done = run("deploy/caddy/first-start", *arguments, cwd=rented)

    assert done.returncode == 2
    assert not (rented / ".env").exists()


def test_deployments_name_only_settings_that_there_are() -> None:
    from app.settings import Settings  # noqa: PLC0415 - its environment prefix is what is asked

    known = {f"OCOP_{name.upper()}" for name in Settings.model_fields}
    of_the_deployment = {"OCOP_HOST", "OCOP_CERTIFICATE_MAIL", "OCOP_HTTP"}
    named = {
        name for path in [*DEPLOY.rglob("*"), *COMPOSE] if path.is_file() for name in _SETTING.findall(path.read_text(encoding="utf-8"))
    }

    assert len(named) > 10
    assert {name for name in named - of_the_deployment if name.split("__", 1)[0] not in known} == set()


@pytest.mark.deploy
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    units = [*(DEPLOY / "systemd").glob("*.service"), *(DEPLOY / "systemd").glob("*.timer")]
    for unit in units:
        text = re.sub(r"/opt/ocop-live/\S*(?=ocop |backup)\S*", "/bin/true", unit.read_text(encoding="utf-8"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")

    done = run("systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in units))

    assert len(units) == 3
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.deploy
def test_caddy_takes_its_configuration() -> None:
    done = run(
        *("caddy", "validate", "--config", "deploy/caddy/Caddyfile", "--adapter", "caddyfile"),
        OCOP_HOST="cho.example.vn",
        OCOP_CERTIFICATE_MAIL="lan@example.vn",
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.deploy
def test_haproxy_takes_its_configuration_without_a_warning(tmp_path: Path) -> None:
    certificate, key = certificate_in(tmp_path)
    (tmp_path / "both.pem").write_bytes(certificate.read_bytes() + key.read_bytes())
    nodes = ["10.0.0.11:8000", "10.0.0.12:8000"]
    path = configuration_for(tmp_path, nodes, port=443, plain_port=80, certificate=tmp_path / "both.pem")

    done = run(str(haproxy_program()), "-c", "-f", str(path))

    assert done.returncode == 0, done.stderr
    assert "[WARNING]" not in done.stdout + done.stderr


@pytest.mark.deploy
def test_kubernetes_takes_the_manifests() -> None:
    manifests = sorted(str(path) for path in (DEPLOY / "kubernetes").glob("*.yaml"))

    done = run("build/deploy/bin/kubernetes-validate", "--strict", *manifests)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count(" passed ") == 8
