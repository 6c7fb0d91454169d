"""Token buckets per network address: generous, because a whole commune may share one, but not without end."""

from __future__ import annotations

from collections.abc import Callable

from app.infra.client_networks import counted_network
from app.infra.clock import monotonic
from app.realtime.rate_limit import KeyedLimits


class AddressLimits:
    """Paces per address; IPv6 counts by /64, the part that one household or phone is given.

    Loopback is free: it is a proxy on this machine that does not say for whom it speaks.
    """

    def __init__(self, *, per_second: float, burst: float, now: Callable[[], float] = monotonic) -> None:
        self._limits = KeyedLimits(per_second=per_second, burst=burst, now=now)

    def take(self, address: str) -> float:
        """0.0 when one more may come, else the seconds to wait."""
        network = counted_network(address)
        return 0.0 if network is None else self._limits.take(network)


def client_address(peer: str, forwarded_for: str, *, trusted: tuple[str, ...]) -> str:
    """Who asks: the peer, or for a trusted proxy the last address in X-Forwarded-For that is not such a proxy itself."""
    if peer not in trusted:
        return peer
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if hop not in trusted), peer)
