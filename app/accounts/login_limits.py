"""What failed logins cost: time. Called by `app/accounts/service.py`.

Nobody is locked out by what others try: each further failure of one login from one address, of an address, or of a login from everywhere
makes the next attempts wait a little longer, up to a bound, and the right password gets in after that. A device that has signed in to this
login before is counted by itself, so neighbours behind the same address do not slow it down.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from app.accounts.errors import TooManyLogins
from app.accounts.store import LoginAttempts
from app.infra.client_networks import network_of
from app.infra.redis_client import RedisClients

WINDOW_SECONDS = 15 * 60
# So many failures are free; then the delay begins and doubles up to its bound. Below a request's deadline, all together.
FREE_PER_LOGIN_AND_ADDRESS = 5
FREE_PER_ADDRESS = 30
FREE_PER_LOGIN = 50
FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 8.0
# Attempts that wait or are being checked at one time: of one login from one address (or device), of one address, of this process.
AT_ONCE_PER_LOGIN_AND_ADDRESS = 4
AT_ONCE_PER_ADDRESS = 20
AT_ONCE = 400
KNOWN_DEVICE_SECONDS = 90 * 24 * 3600

# How an attempt waits: for so many seconds, 0 included.
Sleep = Callable[[float], Awaitable[object]]


class LoginLimits:
    """Counts failed logins for 15 minutes, IPv6 addresses by their /64 network, and delays what comes after too many."""

    def __init__(self, redis: RedisClients, *, prefix: str, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep
        self._attempts = LoginAttempts(redis, prefix=prefix, window_seconds=WINDOW_SECONDS)
        self._at_once: Counter[str] = Counter()

    @asynccontextmanager
    async def attempt(self, login: str, address: str, device: str | None) -> AsyncIterator[None]:
        """Around the check of one password; waits first when there were failures. `device`: what the browser remembers of a success.

        Raises `TooManyLogins` when too many attempts wait already.
        """
        network = network_of(address)
        is_known = device is not None and await self._attempts.knows(_bucket("device", f"{login}\0{device}"))
        source = f"device {device}" if is_known else network
        places = [(_bucket("login", f"{login}\0{source}"), AT_ONCE_PER_LOGIN_AND_ADDRESS)]
        if not is_known:
            places += [(_bucket("address", network), AT_ONCE_PER_ADDRESS), ("all", AT_ONCE)]
        for place, limit in places:
            if self._at_once[place] >= limit:
                raise TooManyLogins(details={"limit": place.partition("-")[0]}, retry_after_seconds=LONGEST_DELAY_SECONDS)
        self._at_once.update(place for place, _ in places)
        try:
            await self._sleep(await self._delay(login, network, source, is_known=is_known))
            yield
        finally:
            self._at_once.subtract(place for place, _ in places)
            for place, _ in places:
                if self._at_once[place] <= 0:
                    del self._at_once[place]

    async def succeeded(self, login: str, address: str, device: str) -> None:
        """The attempt was right: its counts begin anew, the address gets this one attempt back, the device is known from now on."""
        network = network_of(address)
        for source in (network, f"device {device}"):
            await self._attempts.forget(_bucket("login", f"{login}\0{source}"))
        await self._attempts.forget(_bucket("anywhere", login))
        await self._attempts.give_back(_bucket("address", network))
        await self._attempts.remember(_bucket("device", f"{login}\0{device}"), KNOWN_DEVICE_SECONDS)

    async def _delay(self, login: str, network: str, source: str, *, is_known: bool) -> float:
        """Counted before the outcome is known, so that attempts at the same moment cannot pass together."""
        counted = [(_bucket("login", f"{login}\0{source}"), FREE_PER_LOGIN_AND_ADDRESS)]
        if not is_known:
            counted += [(_bucket("address", network), FREE_PER_ADDRESS), (_bucket("anywhere", login), FREE_PER_LOGIN)]
        return max([delay_after((await self._attempts.take(bucket)).number - 1 - free) for bucket, free in counted])


def delay_after(failures: int) -> float:
    """Seconds to wait after so many failures that were not free."""
    return 0.0 if failures < 0 else min(FIRST_DELAY_SECONDS * 2.0 ** min(failures, 20), LONGEST_DELAY_SECONDS)


def _bucket(kind: str, value: str) -> str:
    """Hashed, so that Redis holds neither user names nor addresses."""
    return f"{kind}-{hashlib.sha256(value.encode()).hexdigest()[:32]}"
