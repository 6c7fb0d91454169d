"""Where a socket comes from, as eight bytes that mean nothing outside of one session: a mute by address goes by them, no address is kept."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

from app.infra.client_networks import counted_network
from app.infra.key_ring import KeyRing

UNKNOWN_NETWORK: Final = bytes(8)


class NetworkDigests:
    """Digests under a key of the service, so that whoever has a digest alone cannot try addresses out."""

    def __init__(self, ring: KeyRing) -> None:
        # The oldest: a mute goes on when the secret is replaced during a session.
        self._key = ring.oldest.derived("networks")

    def of(self, session_id: UUID, address: str) -> bytes:
        """The digest of an address's network in one session; `UNKNOWN_NETWORK` for a proxy that does not say for whom it speaks."""
        network = counted_network(address)
        if network is None:
            return UNKNOWN_NETWORK
        return hashlib.blake2b(network.encode(), digest_size=8, key=self._key, person=session_id.bytes).digest()
