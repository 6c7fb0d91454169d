"""The service's secrets by key id: the one in use, those that were in use before, and one that may follow.

Everything that is signed, hashed or wrapped with a secret says or tries which one it was, so a secret can be replaced while tickets,
links and limits made with the one before go on. `app/local_servers/key_file.py` keeps them in the data folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from app.infra.startup import StartupError
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class ServiceSecret:
    """One secret. Its id says which one it is and nothing about it."""

    text: str

    @property
    def key_id(self) -> str:
        return hashlib.sha256(b"ocop-live key id\0" + self.text.encode()).hexdigest()[:8]

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose; those of another purpose tell nothing about them."""
        return hashlib.sha256(f"ocop-live {purpose}\0{self.text}".encode()).digest()


class KeyRing:
    """`current` makes what is new; all of `every`, which begins with it, read what is there.

    `oldest` is for marks that must not change while an older secret is still kept. `upcoming` is known to this process and used by none
    yet: once every node knows it, it may become current without one of them meeting what it cannot read.
    """

    def __init__(self, current: str, *, former: Sequence[str] = (), upcoming: str | None = None) -> None:
        in_use = dict.fromkeys([current, *former])
        self.current = ServiceSecret(current)
        self.oldest = ServiceSecret(list(in_use)[-1])
        self.every = tuple(ServiceSecret(text) for text in dict.fromkeys([*in_use, *([] if upcoming is None else [upcoming])]))

    def find(self, key_id: str) -> ServiceSecret | None:
        return next((secret for secret in self.every if secret.key_id == key_id), None)


def key_ring_of(settings: Settings) -> KeyRing:
    """Raises `StartupError` when there is no secret."""
    if settings.secret_key is None:
        raise StartupError("OCOP_SECRET_KEY is not set.")
    return KeyRing(
        settings.secret_key.get_secret_value(),
        former=[each.get_secret_value() for each in settings.former_secret_keys],
        upcoming=None if settings.next_secret_key is None else settings.next_secret_key.get_secret_value(),
    )
