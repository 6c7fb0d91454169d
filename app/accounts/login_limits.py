"""How many failed logins are borne, by user name and by address. Called by `app/accounts/service.py`.

Nobody can lock the owner of a login out: what others try from elsewhere only slows its sign-in down by a second.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress

from app.accounts.errors import TooManyLogins
from app.accounts.store import LoginAttempts
from app.infra.redis_client import RedisClients

WINDOW_SECONDS = 15 * 60
FAILURES_PER_LOGIN_AND_ADDRESS = 10
# So many of one login from everywhere, and each further attempt waits first: guesses stay few, the right password still comes in.
FAILURES_BEFORE_SLOWING = 50
SLOWED_SECONDS = 1.0
# A whole market team may sit behind one address, so it bears more than one user name does.
FAILURES_PER_ADDRESS = 30


class LoginLimits:
    """Counts failed logins for 15 minutes: 10 of one user name from one address, 30 of one address (IPv6: of one /64 network)."""

    def __init__(self, redis: RedisClients, *, prefix: str) -> None:
        self._attempts = LoginAttempts(redis, prefix=prefix, window_seconds=WINDOW_SECONDS)

    async def admit(self, login: str, address: str) -> None:
        """Count an attempt, or raise `TooManyLogins` with the time until the window ends."""
        # The address comes first: once it is refused, it can no longer use up the attempts of other people's user names.
        await self._admit("address", network_of(address), FAILURES_PER_ADDRESS)
        await self._admit("login", _of(login, address), FAILURES_PER_LOGIN_AND_ADDRESS)
        attempt = await self._attempts.take(_bucket("login_anywhere", login))
        if attempt.number > FAILURES_BEFORE_SLOWING:
            await asyncio.sleep(SLOWED_SECONDS)

    async def succeeded(self, login: str, address: str) -> None:
        """The attempt was right: the user name starts anew from here, the address gets this one attempt back."""
        await self._attempts.forget(_bucket("login", _of(login, address)))
        await self._attempts.forget(_bucket("login_anywhere", login))
        await self._attempts.give_back(_bucket("address", network_of(address)))

    async def _admit(self, kind: str, value: str, limit: int) -> None:
        attempt = await self._attempts.take(_bucket(kind, value))
        if attempt.number > limit:
            raise TooManyLogins(details={"limit": kind}, retry_after_seconds=round(attempt.seconds_left, 1))


def _of(login: str, address: str) -> str:
    return f"{login}\0{network_of(address)}"


def network_of(address: str) -> str:
    """The part of an address that one person cannot change at will: all of an IPv4 address, the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def _bucket(kind: str, value: str) -> str:
    """Hashed, so that Redis holds neither user names nor addresses."""
    return f"{kind}-{hashlib.sha256(value.encode()).hexdigest()[:32]}"
