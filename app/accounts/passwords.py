"""Password hashes: Argon2id in worker threads, few at a time. Called by `app/accounts/service.py`."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.errors import Unavailable

# OWASP's minimum for Argon2id: 19 MiB, two passes, one lane; about 30 ms of one core.
_MEMORY_KIB = 19_456
_PASSES = 2
_LANES = 1
_AT_ONCE = 2
_WAITING_MAX = 64
_ARGON2 = PasswordHash((Argon2Hasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES),))


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """`new_hash` is set when the password is right but was hashed with weaker parameters than today's."""

    matches: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks passwords without blocking the loop. At most 2 run at once, so a flood takes 38 MiB and not the memory."""

    def __init__(self) -> None:
        self._nobody = _hash_of_nobody()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """A new hash with its own salt. Raises `Unavailable` as `check` does."""
        async with self._one_more():
            return await asyncio.to_thread(_ARGON2.hash, _normal_form(password))

    async def check(self, password: str, password_hash: str | None) -> PasswordCheck:
        """Whether the password fits. Without a hash (unknown login) the same work is done and the answer is no.

        Raises `Unavailable` when too many checks wait already.
        """
        async with self._one_more():
            matches, new_hash = await asyncio.to_thread(_ARGON2.verify_and_update, _normal_form(password), password_hash or self._nobody)
        return PasswordCheck(matches and password_hash is not None, new_hash)

    @asynccontextmanager
    async def _one_more(self) -> AsyncIterator[None]:
        if self._waiting >= _WAITING_MAX:
            raise Unavailable("Too many logins at once.", retry_after_seconds=2.0)
        self._waiting += 1
        try:
            async with self._slots:
                yield
        finally:
            self._waiting -= 1


@cache
def _hash_of_nobody() -> str:
    """What an unknown login is checked against; made once, before anybody waits for it."""
    return _ARGON2.hash(secrets.token_urlsafe(16))


def _normal_form(password: str) -> str:
    """One spelling of a letter with diacritics: keyboards differ in whether they send ế as one character or three."""
    return unicodedata.normalize("NFC", password)
