"""Token buckets per network address: generous, because a whole commune may share one, but not without end."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from app.infra.clock import monotonic
from app.realtime.rate_limit import TokenBucket

_ADDRESSES_MAX = 50_000


class AddressLimits:
    """Paces new sockets per address; IPv6 counts by /64, the part that one household or phone is given.

    Loopback is free: it is a proxy on this machine that does not say for whom it speaks.
    """

    def __init__(self, *, per_second: float, burst: float, now: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, address: str) -> float:
        """0.0 when one more socket may come, else the seconds to wait."""
        network = _network_of(address)
        if network is None:
            return 0.0
        bucket = self._buckets.get(network)
        if bucket is None:
            if len(self._buckets) >= _ADDRESSES_MAX:
                # Everyone starts anew: better than to remember without bound.
                self._buckets.clear()
            bucket = self._buckets[network] = TokenBucket(per_second=self._per_second, burst=self._burst, now=self._now)
        return bucket.take()


def _network_of(address: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return None if parsed.is_loopback else str(ipaddress.ip_network((parsed, 64), strict=False))
        parsed = parsed.ipv4_mapped
    return None if parsed.is_loopback else str(parsed)


def client_address(peer: str, forwarded_for: str, *, trusted: tuple[str, ...]) -> str:
    """Who asks: the peer, or for a trusted proxy the last address in X-Forwarded-For that is not such a proxy itself."""
    if peer not in trusted:
        return peer
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if hop not in trusted), peer)
