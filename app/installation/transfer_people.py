"""People in a package: their data keys wrapped by a key that a passphrase makes, and known by marks that only this package knows."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any
from uuid import UUID

from app.infra.key_ring import KeyRing
from app.infra.sealing import Envelopes, SealUnreadable, WrappedKey
from app.installation.transfer_errors import PackageChanged, PassphraseRefused
from app.installation.transfer_package import PeopleSeal, Row
from app.orders.contacts import Pseudonyms, contact_of

PASSPHRASE_LEAST = 12
# 64 MiB and about a quarter of a second for each try.
_COST, _BLOCK, _LANES, _MEMORY = 2**16, 8, 1, 128 << 20


class Marks:
    """Devices, networks and numbers as others: equal ones stay equal within the package, and nothing leads back from them.

    The key is made for one package and kept nowhere.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)

    def replace(self, row: Row) -> None:
        for column in ("device_id", "network", "phone_digest"):
            if (value := row.get(column)) is not None:
                mark = hmac.digest(self._key, f"{column}\0{value}".encode(), "sha256")
                row[column] = str(UUID(bytes=mark[:16], version=4)) if column == "device_id" else _bytea(mark[: len(value) // 2 - 1])


def new_seal(passphrase: str) -> tuple[PeopleSeal, str]:
    """How a new package is sealed, and the secret that wraps. Raises `PassphraseRefused`."""
    if len(passphrase) < PASSPHRASE_LEAST:
        raise PassphraseRefused(f"A passphrase has at least {PASSPHRASE_LEAST} signs.")
    salt = os.urandom(16)
    secret = _secret_of(passphrase, salt)
    return PeopleSeal(salt=salt.hex(), key_id=KeyRing(secret).current.key_id), secret


def opened_seal(seal: PeopleSeal, passphrase: str) -> str:
    """The secret that the package was wrapped with. Raises `PassphraseRefused`."""
    secret = _secret_of(passphrase, bytes.fromhex(seal.salt))
    if KeyRing(secret).current.key_id != seal.key_id:
        raise PassphraseRefused("The package was sealed with another passphrase.")
    return secret


class Resealing:
    """Wraps the data keys of rows anew: for the package on the way out, for this installation on the way in."""

    def __init__(self, current: str, former: list[str]) -> None:
        ring = KeyRing(current, former=former)
        self._envelopes, self._pseudonyms = Envelopes(ring), Pseudonyms(ring)

    def wrap(self, row: Row) -> bool:
        """False: no secret that is known opens it, and the row is as it was."""
        if row.get("key_id") is None:
            return True
        try:
            key = self._envelopes.rewrapped(WrappedKey(row["key_id"], _bytes(row["wrapped_key"])))
        except SealUnreadable:
            return False
        row["key_id"], row["wrapped_key"] = key.key_id, _bytea(key.wrapped)
        return True

    def take_in(self, table: str, row: Row) -> None:
        """A row of a package, for this installation: it must open, and a receiver's number is hashed as it is here.

        Raises `PackageChanged`.
        """
        try:
            if not self.wrap(row):
                raise PackageChanged(f"A row of {table} does not open with the passphrase.")
            if table == "order_contacts":
                opened: Any = {
                    "order_id": UUID(row["order_id"]),
                    "key_id": row["key_id"],
                    "wrapped_key": _bytes(row["wrapped_key"]),
                    "sealed": _bytes(row["sealed"]),
                }
                contact = contact_of(self._envelopes, opened)
                row["phone_digest"] = None if contact is None else _bytea(self._pseudonyms.phone_digest(contact.phone))
        except (SealUnreadable, KeyError, TypeError, ValueError) as error:
            raise PackageChanged(f"A row of {table} does not open with the passphrase.") from error


def _secret_of(passphrase: str, salt: bytes) -> str:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES, maxmem=_MEMORY, dklen=32).hex()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("\\x"))


def _bytea(value: bytes) -> str:
    return f"\\x{value.hex()}"
