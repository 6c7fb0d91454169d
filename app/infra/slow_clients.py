"""Who is slow, by address: one that lets many requests drip takes from itself and not from the others."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import Unavailable
from app.infra.clock import monotonic

_RETRY_AFTER_SECONDS = 2.0
# A browser that has just connected is not slow yet, however many do it at the same moment.
_YOUNG_SECONDS = 1.0


def counted_address(address: str) -> str | None:
    """The part of an address that one client cannot change at will: all of IPv4, the /64 of IPv6.

    None for this machine: it is a proxy that does not say for whom it speaks.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return None if parsed.is_loopback else str(ipaddress.ip_network((parsed, 64), strict=False))
        parsed = parsed.ipv4_mapped
    return None if parsed.is_loopback else str(parsed)


class SlowBodies:
    """Bodies that are being read, of the whole process and of each address."""

    def __init__(self, *, at_once: int, per_address: int) -> None:
        self._at_once = at_once
        self._per_address = per_address
        self._all = 0
        self._of: Counter[str] = Counter()

    @contextmanager
    def one_more(self, address: str) -> Iterator[None]:
        """While a body is read. Raises `Unavailable` when there are too many."""
        key = counted_address(address)
        if self._all >= self._at_once or (key is not None and self._of[key] >= self._per_address):
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
        self._all += 1
        if key is not None:
            self._of[key] += 1
        try:
            yield
        finally:
            self._all -= 1
            if key is not None:
                self._of[key] -= 1
                if not self._of[key]:
                    del self._of[key]


class SlowHeads:
    """Connections whose request's head is not complete. Beyond the limit of its address the oldest gives way to the newest."""

    def __init__(self, *, per_address: int) -> None:
        self._per_address = per_address
        self._of: dict[str, OrderedDict[asyncio.Transport, float]] = {}

    def begin(self, address: str, transport: asyncio.Transport) -> None:
        """A head is awaited on this connection."""
        key = counted_address(address)
        if key is None:
            return
        waiting = self._of.setdefault(key, OrderedDict())
        waiting[transport] = now = monotonic()
        if len(waiting) > self._per_address:
            oldest, since = next(iter(waiting.items()))
            if now - since > _YOUNG_SECONDS:
                del waiting[oldest]
                oldest.abort()

    def end(self, address: str, transport: asyncio.Transport) -> None:
        """The head is complete, or the connection gone."""
        key = counted_address(address)
        if key is None or (waiting := self._of.get(key)) is None:
            return
        waiting.pop(transport, None)
        if not waiting:
            del self._of[key]
