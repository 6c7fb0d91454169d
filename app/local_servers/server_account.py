"""Where server files may live and as whom a server runs, when we are root and when we are not."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from app.infra.startup import StartupError
from app.local_servers.child_process import Account

SYSTEM_FOLDER = Path("/var/lib/ocop-live")
_ACCOUNT_NAME = "ocop-postgres"
_SOCKET_PATH_MAX_BYTES = 107
_SHORT_SOCKET_ROOT = Path("/tmp")  # noqa: S108 - a private 0700 folder is made below it and its owner is checked


def we_are_root() -> bool:
    return os.geteuid() == 0


def account_for(owned_folder: Path) -> Account | None:
    """The user PostgreSQL runs as: None = ourselves. As root: the owner of an existing folder, else a system user (made when missing).

    Raises `StartupError` when root has no other user to turn to.
    """
    if not we_are_root():
        return None
    if owned_folder.exists() and (owner := owned_folder.stat().st_uid) != 0:
        return Account(str(owner), owner, owned_folder.stat().st_gid)
    return _account_named(_ACCOUNT_NAME) or _create_account() or _account_named("nobody") or _no_account()


def can_enter(folder: Path, account: Account | None) -> bool:
    """Whether the account can walk down to `folder`, asked of the kernel itself; ourselves (None) always can."""
    if account is None:
        return True
    answer = subprocess.run(  # noqa: S603 - fixed program; the folder is an argument, not code
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        env={},
        capture_output=True,
        check=False,
    )
    return answer.returncode == 0


def place_data_folder(wanted: Path, *, is_default: bool, project_root: Path, for_postgres: bool = True) -> Path:
    """The data folder to use: `wanted`, or as root one below /var/lib when PostgreSQL's user could not reach the default.

    Creates it. Raises `StartupError` when it cannot be written, or a chosen folder cannot be reached.
    """
    _create(wanted)
    account = account_for(wanted / "postgres") if for_postgres else None
    if account is None:
        return wanted
    wanted.chmod(stat.S_IMODE(wanted.stat().st_mode) | 0o111)
    if can_enter(wanted, account):
        return wanted
    if not is_default:
        raise StartupError(
            f"As root, PostgreSQL runs as the user {account.name}, who cannot reach OCOP_DATA_DIR={wanted}: a folder above it is closed. "
            f"Choose another place, for example OCOP_DATA_DIR={SYSTEM_FOLDER / 'data'}, or run as an ordinary user."
        )
    short_hash = hashlib.sha256(str(project_root).encode()).hexdigest()[:10]
    elsewhere = SYSTEM_FOLDER / short_hash
    _create(elsewhere)
    SYSTEM_FOLDER.chmod(0o755)
    elsewhere.chmod(0o711)
    return elsewhere


def socket_folder(preferred: Path, socket_name: str, *, account: Account | None) -> Path:
    """A private folder (0700) for one unix socket: `preferred`, or a short one when the socket's path would be too long.

    Raises `StartupError` when the short folder belongs to someone else.
    """
    folder = preferred
    if len(os.fsencode(preferred / socket_name)) > _SOCKET_PATH_MAX_BYTES:
        short_hash = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:12]
        folder = _SHORT_SOCKET_ROOT / f"ocop-{os.geteuid()}-{short_hash}"
    return private_folder(folder, account=account)


def private_folder(folder: Path, *, account: Account | None) -> Path:
    """Make `folder` with mode 0700 for the account, or check that it is ours already. Raises `StartupError` when it is not."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StartupError(f"Cannot create the folder {folder}: {error.strerror}.") from error
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid if account else os.geteuid()}:
        raise StartupError(f"The folder {folder} belongs to someone else. Remove it or choose another OCOP_DATA_DIR.")
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def _create(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartupError(
            f"The data folder {folder} cannot be written ({error.strerror}). Set OCOP_DATA_DIR to a folder of your own."
        ) from error


def _account_named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid)


def _create_account() -> Account | None:
    program = shutil.which("useradd")
    if program is None:
        return None
    options = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    subprocess.run([program, *options, _ACCOUNT_NAME], capture_output=True, check=False)  # noqa: S603 - fixed arguments
    return _account_named(_ACCOUNT_NAME)


def _no_account() -> Account:
    raise StartupError("PostgreSQL refuses to run as root and there is no other user here. Run as an ordinary user or set DATABASE_URL.")
