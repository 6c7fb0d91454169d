"""The two demo logins. Their passwords are made once, kept in the data folder for this user only, and printed by `make run`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.infra.startup import StartupError

FILE_NAME = "demo_accounts.json"
_ORGANISER_LOGIN = "bantochuc"
_HOST_LOGIN = "nguoidan"

# Short words without marks that are typed alike on every keyboard; four of them and two digits are about 30 bits.
_WORDS = (
    "bien", "song", "nui", "rung", "lua", "ngo", "khoai", "cam", "buoi", "chanh", "mit", "oi", "che", "mat", "ong", "nep",
    "dong", "que", "cho", "ghe", "thuyen", "buom", "chim", "ca", "tom", "cua", "muc", "sao", "trang", "nang", "gio", "mua",
    "may", "hoa", "sen", "cuc", "dao", "mai", "tre", "truc", "cau", "dua", "gung", "nghe", "keo", "banh", "bun", "muoi",
    "tho", "hat", "vui", "khoe", "xanh", "hong", "tim", "vang", "nam", "bac", "xuan", "ha", "thu", "dat", "duong", "nha",
)  # fmt: skip


class Account(BaseModel):
    """A login with its password in the clear: only for demo accounts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    login: str
    password: str


class DemoAccounts(BaseModel):
    """The organiser and the host of the demo market."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    organiser: Account
    host: Account


def read_demo_accounts(data_dir: Path) -> DemoAccounts | None:
    """The accounts as they were written; None when there are none yet. Raises `StartupError` when the file is damaged."""
    path = data_dir / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StartupError(f"Cannot read {path} ({error.strerror or error}).") from error
    try:
        return DemoAccounts.model_validate_json(text)
    except ValidationError as error:
        raise StartupError(f"{path} is damaged; delete it and start again, new demo logins will be made.") from error


def new_demo_accounts(number: int) -> DemoAccounts:
    """Fresh accounts; the first ones have plain logins, later ones the number behind it (for a data folder that was lost)."""
    suffix = "" if number == 1 else str(number)
    return DemoAccounts(
        organiser=Account(login=_ORGANISER_LOGIN + suffix, password=_new_password()),
        host=Account(login=_HOST_LOGIN + suffix, password=_new_password()),
    )


def write_demo_accounts(data_dir: Path, accounts: DemoAccounts) -> None:
    """Keep the accounts, readable for this user only. Raises `StartupError` when the folder cannot be written."""
    path = data_dir / FILE_NAME
    fresh = path.with_suffix(".new")
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(accounts.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise StartupError(f"Cannot write {path} ({error.strerror or error}).") from error


def _new_password() -> str:
    words = [secrets.choice(_WORDS) for _ in range(4)]
    return "-".join([*words, f"{secrets.randbelow(90) + 10}"])
