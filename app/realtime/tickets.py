"""Signed tickets: a viewer needs no account, the ticket in a cookie says which device it is."""

from __future__ import annotations

import hmac
import secrets
from struct import error as StructError  # noqa: N812 - a class
from typing import Any, cast
from uuid import UUID

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode, base64_encode, bytes_to_int
from itsdangerous.signer import HMACAlgorithm
from starlette.responses import Response
from typing_extensions import override

from app.infra.clock import now_ms
from app.infra.key_ring import KeyRing
from app.realtime.errors import TicketInvalid

TICKET_COOKIE = "ocop_ticket"
TICKET_MAX_AGE_SECONDS = 30 * 24 * 3600
_SALT = "ocop.ticket.v1"
_TEXT_BYTES = 34  # 32 hexadecimal digits between quotation marks


class _OneCallHmac(HMACAlgorithm):
    """The library's own signature, without an object for each."""

    @override
    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha1")


class _RememberingSigner(TimestampSigner):
    """Derives the key of each secret once, not for every ticket of a rush."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - the library's
        super().__init__(*arguments, **named)
        self.algorithm = _OneCallHmac()
        self._derived = {secret: super(_RememberingSigner, self).derive_key(secret) for secret in self.secret_keys}

    @override
    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return self._derived[self.secret_keys[-1] if secret_key is None else secret_key]  # type: ignore[index]  # only ever asked with its own


class TicketSigner:
    """Issues and reads device tickets (HMAC, 30 days), also those that an older secret signed. A ticket proves a device, nothing about a
    person.
    """

    def __init__(self, ring: KeyRing) -> None:
        # The last one signs, all of them are tried.
        secrets_of_ring = [secret.text for secret in reversed(ring.every)]
        self._serializer = URLSafeTimedSerializer(secrets_of_ring, salt=_SALT, signer=_RememberingSigner)
        # One for all: `loads` would make a new one for every ticket.
        self._signer = cast("_RememberingSigner", self._serializer.make_signer(_SALT))
        self._newest_key = self._signer.derive_key()

    def issue(self, device_id: UUID | None = None) -> tuple[UUID, str]:
        """A device id (a new one unless given) and the ticket that proves it."""
        device = device_id or new_device_id(now_ms())
        return device, str(self._serializer.dumps(device.hex))

    def read(self, ticket: str) -> UUID:
        """The device of a ticket. Raises `TicketInvalid` when it was altered, is older than 30 days or is no ticket at all."""
        try:
            if (device := self._read_quickly(ticket.encode())) is not None:
                return device
            return UUID(hex=self._serializer.load_payload(self._signer.unsign(ticket.encode(), max_age=TICKET_MAX_AGE_SECONDS)))
        except (BadData, ValueError, TypeError, AttributeError, StructError) as error:
            raise TicketInvalid from error

    def _read_quickly(self, ticket: bytes) -> UUID | None:
        """The device of a good ticket of the newest secret, by the library's rule in a fifth of its time; None = whatever the library says."""
        signed, _, signature = ticket.rpartition(b".")
        if not hmac.compare_digest(base64_encode(hmac.digest(self._newest_key, signed, "sha1")), signature):
            return None
        payload, _, signed_at = signed.rpartition(b".")
        if payload.startswith(b"."):
            return None  # the library compressed it, as it does with an id that repeats itself
        age_seconds = self._signer.get_timestamp() - bytes_to_int(base64_decode(signed_at))
        text = base64_decode(payload)
        if not 0 <= age_seconds <= TICKET_MAX_AGE_SECONDS or len(text) != _TEXT_BYTES:
            return None
        return UUID(hex=text[1:-1].decode())


def new_device_id(at_ms: int) -> UUID:
    """A random id that says since when the device is known (RFC 9562, version 7): no node has to remember that."""
    return UUID(int=at_ms << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


def device_known_since_ms(device_id: UUID) -> int | None:
    """When its first ticket was issued; None for devices of before November 2026, which are old friends by now."""
    return device_id.int >> 80 if device_id.version == 7 else None


def set_ticket_cookie(response: Response, ticket: str, *, secure: bool) -> None:
    """Give the browser its ticket: unreadable for scripts, 30 days, for the whole site."""
    response.set_cookie(TICKET_COOKIE, ticket, max_age=TICKET_MAX_AGE_SECONDS, path="/", httponly=True, samesite="lax", secure=secure)
