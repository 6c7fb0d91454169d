"""Who is slow, by address: one that lets many requests drip takes from itself and not from the others."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Protocol

from app.errors import Unavailable
from app.infra.client_networks import counted_network
from app.infra.clock import monotonic

_RETRY_AFTER_SECONDS = 2.0
# A browser that has just connected is not slow yet, however many do it at the same moment.
_YOUNG_SECONDS = 1.0


class SlowBodies:
    """Bodies that are being read, of the whole process and of each address, and the memory they may come to take."""

    def __init__(self, *, at_once: int, per_address: int, max_bytes: int) -> None:
        self._at_once = at_once
        self._per_address = per_address
        self._max_bytes = max_bytes
        self._all = 0
        self._bytes = 0
        self._of: Counter[str] = Counter()

    @contextmanager
    def one_more(self, address: str, expected_bytes: int) -> Iterator[None]:
        """While a body is read. Raises `Unavailable` when there are too many or they would be too large."""
        key = counted_network(address)
        is_full = self._all >= self._at_once or self._bytes + expected_bytes > self._max_bytes
        if is_full or (key is not None and self._of[key] >= self._per_address):
            raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
        self._all += 1
        self._bytes += expected_bytes
        if key is not None:
            self._of[key] += 1
        try:
            yield
        finally:
            self._all -= 1
            self._bytes -= expected_bytes
            if key is not None:
                self._of[key] -= 1
                if not self._of[key]:
                    del self._of[key]


class Abortable(Protocol):
    """A connection that can be given up without a word."""

    def abort(self) -> None: ...


class SlowHeads:
    """Connections whose request's head is not complete. Beyond the limit of its address the oldest gives way to the newest.

    Proxies are not counted: one address of theirs stands for everybody.
    """

    def __init__(self, *, per_address: int, proxies: Collection[str] = ()) -> None:
        self._per_address = per_address
        self._proxies = frozenset(proxies)
        self._of: dict[str, OrderedDict[Abortable, float]] = {}

    def begin(self, address: str, connection: Abortable) -> None:
        """A head is awaited on this connection."""
        key = self._key(address)
        if key is None:
            return
        waiting = self._of.setdefault(key, OrderedDict())
        waiting[connection] = now = monotonic()
        if len(waiting) > self._per_address:
            oldest, since = next(iter(waiting.items()))
            if now - since > _YOUNG_SECONDS:
                del waiting[oldest]
                oldest.abort()

    def end(self, address: str, connection: Abortable) -> None:
        """The head is complete, or the connection gone."""
        key = self._key(address)
        if key is None or (waiting := self._of.get(key)) is None:
            return
        waiting.pop(connection, None)
        if not waiting:
            del self._of[key]

    def _key(self, address: str) -> str | None:
        return None if address in self._proxies else counted_network(address)
