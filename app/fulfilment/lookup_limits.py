"""How often somebody may ask for an order by phone and code. Called by `buyer_orders.py`.

Counted per address, phone and code, in windows that get longer: whoever goes on guessing waits a minute, then a quarter of an hour,
then a day. Right answers count as well, so that the limits say nothing about what was right.
"""

from __future__ import annotations

import hmac

from app.accounts.store import LoginAttempts
from app.errors import TooManyRequests
from app.infra.client_networks import network_of
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients

# Seconds → attempts.
WINDOWS_OF_ONE = {60: 5, 900: 15, 86_400: 40}
# A commune may share one address.
WINDOWS_OF_ADDRESS = {60: 20, 900: 80, 86_400: 400}


class LookupLimits:
    """The counters that sign-in uses, shared over all nodes; counted in this process while Redis is away."""

    def __init__(self, redis: RedisClients, *, prefix: str, ring: KeyRing) -> None:
        # The oldest that is kept: replacing the secret gives nobody new attempts.
        self._key = ring.oldest.derived("lookup limits")
        self._windows = {seconds: LoginAttempts(redis, prefix=prefix, window_seconds=seconds) for seconds in WINDOWS_OF_ONE}

    async def admit(self, address: str, phone: str, code: str | None) -> None:
        """Count an attempt, whose code is None when no code is spelt so, or raise `TooManyRequests` with the time until it may be tried again."""
        # The address comes first: once it is refused, it cannot use up the attempts of other people's phones and codes.
        await self._admit("address", network_of(address), WINDOWS_OF_ADDRESS)
        await self._admit("phone", phone, WINDOWS_OF_ONE)
        if code is not None:
            await self._admit("code", code, WINDOWS_OF_ONE)

    async def _admit(self, kind: str, value: str, most: dict[int, int]) -> None:
        for seconds, attempts in self._windows.items():
            # Hashed with a key, so that Redis holds neither phones nor addresses, nor anything that they can be tried on.
            bucket = f"lookup-{kind}-{seconds}-{hmac.digest(self._key, value.encode(), 'sha256').hex()[:32]}"
            attempt = await attempts.take(bucket)
            if attempt.number > most[seconds]:
                raise TooManyRequests(retry_after_seconds=max(1.0, round(attempt.seconds_left, 1)))
