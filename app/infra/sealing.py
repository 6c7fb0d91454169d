"""Envelopes for personal data: each order has a data key of its own, wrapped by the service's secret. Without that key nothing of it opens.

AES-256-GCM both times (`cryptography`). What is sealed is bound to what it is about, so that rows cannot be exchanged for one another.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import AppError
from app.infra.key_ring import KeyRing

_KEY_BYTES, _NONCE_BYTES = 32, 12
# Nonce and tag beside the content.
SEAL_BYTES = _NONCE_BYTES + 16
_PURPOSE = "personal data"


class SealUnreadable(AppError):
    """What is sealed was changed, or is sealed with a secret that this process does not have."""

    code = "seal_unreadable"
    http_status = 500
    title_vi = "Không mở được dữ liệu đã mã hóa."
    title_en = "Sealed data cannot be opened with the secrets of this service."


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: `key_id` says which secret opens it."""

    key_id: str
    wrapped: bytes


class DataKey:
    """The opened key of one order. `wrapped` is how it is stored."""

    __slots__ = ("_cipher", "wrapped")

    def __init__(self, key: bytes, wrapped: WrappedKey) -> None:
        self._cipher = AESGCM(key)
        self.wrapped = wrapped

    def seal(self, content: bytes, *, about: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, about)

    def open(self, sealed: bytes, *, about: bytes) -> bytes:
        """Raises `SealUnreadable`."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as error:
            raise SealUnreadable from error


class Envelopes:
    """Makes, wraps and opens data keys."""

    def __init__(self, ring: KeyRing) -> None:
        self._wrapping = {secret.key_id: AESGCM(secret.derived(_PURPOSE)) for secret in ring.every}
        self.current_id = ring.current.key_id

    def new_key(self) -> DataKey:
        key = os.urandom(_KEY_BYTES)
        return DataKey(key, self._wrap(key))

    def open_key(self, stored: WrappedKey) -> DataKey:
        """Raises `SealUnreadable`."""
        return DataKey(self._unwrap(stored), stored)

    def rewrapped(self, stored: WrappedKey) -> WrappedKey:
        """The same key under the current secret. Raises `SealUnreadable`."""
        return stored if stored.key_id == self.current_id else self._wrap(self._unwrap(stored))

    def _wrap(self, key: bytes) -> WrappedKey:
        nonce = os.urandom(_NONCE_BYTES)
        return WrappedKey(self.current_id, nonce + self._wrapping[self.current_id].encrypt(nonce, key, self.current_id.encode()))

    def _unwrap(self, stored: WrappedKey) -> bytes:
        cipher = self._wrapping.get(stored.key_id)
        if cipher is None:
            raise SealUnreadable(details={"key_id": stored.key_id})
        try:
            return cipher.decrypt(stored.wrapped[:_NONCE_BYTES], stored.wrapped[_NONCE_BYTES:], stored.key_id.encode())
        except (InvalidTag, ValueError) as error:
            raise SealUnreadable(details={"key_id": stored.key_id}) from error
