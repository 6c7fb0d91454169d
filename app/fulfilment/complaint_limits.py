"""How often one device and one network may complain about sessions. Called by `session_complaints.py`.

Wide enough for a commune behind one address, narrow enough that nobody buries the organiser's work list. Counted over all nodes in Redis, in
this process while Redis is away.
"""

from __future__ import annotations

import hmac
from uuid import UUID

from app.accounts.store import LoginAttempts
from app.errors import TooManyRequests
from app.infra.client_networks import network_of
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients

# Seconds → complaints.
OF_A_DEVICE = {60: 3, 86_400: 12}
OF_A_NETWORK = {60: 20, 86_400: 200}


class ComplaintLimits:
    def __init__(self, redis: RedisClients, *, prefix: str, ring: KeyRing) -> None:
        # The oldest that is kept: replacing the secret gives nobody new attempts.
        self._key = ring.oldest.derived("complaint limits")
        self._windows = {seconds: LoginAttempts(redis, prefix=prefix, window_seconds=seconds) for seconds in OF_A_DEVICE}

    async def admit(self, device_id: UUID, address: str) -> None:
        """Count one, or raise `TooManyRequests` with the time until the next may come."""
        # The network comes first: once it is refused, it cannot use up what its devices may still do.
        await self._admit("network", network_of(address), OF_A_NETWORK)
        await self._admit("device", str(device_id), OF_A_DEVICE)

    async def _admit(self, kind: str, value: str, most: dict[int, int]) -> None:
        for seconds, attempts in self._windows.items():
            bucket = f"complaint-{kind}-{seconds}-{hmac.digest(self._key, value.encode(), 'sha256').hex()[:32]}"
            attempt = await attempts.take(bucket)
            if attempt.number > most[seconds]:
                raise TooManyRequests(retry_after_seconds=max(1.0, round(attempt.seconds_left, 1)))
