"""The service's secrets in the data folder: one a line, the one in use first, then those that came before it. For its user's eyes only."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from app.infra.startup import StartupError

_SECRET_BYTES = 48


class KeyFile:
    """`secret_key` in a data folder. Every method raises `StartupError` when other users could read it."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "secret_key"

    def secrets(self) -> list[str]:
        """What is kept; a first secret is made when there is none."""
        return self.kept() or self._write([secrets.token_urlsafe(_SECRET_BYTES)], is_first=True)

    def kept(self) -> list[str]:
        """What is kept; nothing is made."""
        try:
            mode = stat.S_IMODE(self.path.stat().st_mode)
        except FileNotFoundError:
            return []
        if mode & 0o077:
            raise StartupError(f"Other users can read {self.path}. Run: chmod 600 {self.path} (and make a new key if they may have).")
        return [line.strip() for line in self.path.read_text(encoding="utf-8").splitlines() if line.strip()]

    def add_new(self) -> list[str]:
        """Put a new secret before the others: from the next start on it is the one in use."""
        return self._write([secrets.token_urlsafe(_SECRET_BYTES), *self.secrets()])

    def drop(self, secret: str) -> list[str]:
        """Forget one that is not in use any more: what only it could open stays closed for ever."""
        first, *rest = self.secrets()
        return self._write([first, *(each for each in rest if each != secret)])

    def _write(self, kept: list[str], *, is_first: bool = False) -> list[str]:
        """Whole or not at all, also when the machine stops in the middle. Of two that make the first secret at once, one makes it."""
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write("".join(f"{secret}\n" for secret in kept))
            file.flush()
            os.fsync(file.fileno())
        if is_first and not self._is_empty():
            try:
                self.path.hardlink_to(draft)
            except FileExistsError:
                kept = self.kept()
            draft.unlink()
        else:
            draft.replace(self.path)
        return kept

    def _is_empty(self) -> bool:
        return self.path.exists() and self.path.stat().st_size == 0
