"""What one node saw in one room between two flushes. What it means (views, watch time, peak) is decided over all nodes, in Redis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from app.live.device_moves import DeviceMoves
from app.live.polling import PollingDevices
from app.metrics.service import Flush, RoomFigures

# About 20 MB of a node at most; beyond it the oldest are forgotten, and what comes again is counted again.
INTEREST_KNOWN = 200_000


class KnownInterest:
    """What a node has counted of a room's interest, so that it counts each once; the latest `INTEREST_KNOWN`."""

    def __init__(self) -> None:
        self._known: dict[bytes, None] = {}

    def is_new(self, key: bytes) -> bool:
        if key in self._known:
            return False
        if len(self._known) >= INTEREST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[key] = None
        return True


class RoomCounters:
    """News of one room on one node. `now` is a monotonic clock in seconds; a device's key is the 16 bytes of its id.

    A device is told of when its first socket here enters and when its last one leaves. Statistics that forgot this node (it was
    silent for too long, or Redis was lost) are told all its devices again.
    """

    def __init__(self, *, node: str, now: Callable[[], float]) -> None:
        self._node = node
        self._now = now
        self._starts = 0
        self._number = 0
        self._known_since: str | None = None
        self._unsent: Flush | None = None
        self._counts: Counter[str] = Counter()
        self._commented: dict[bytes, None] = {}
        self._opened: dict[bytes, None] = {}
        self._basket: dict[bytes, None] = {}
        self._interest = KnownInterest()
        self._present: set[bytes] = set()
        self._present_told = 0
        self._moves = DeviceMoves()
        self.polling = PollingDevices()

    @property
    def has_news(self) -> bool:
        """Whether a flush would tell more than the one before, apart from the time that passes."""
        is_present = bool(self._present) or self._present_told > 0 or bool(self.polling)
        return self._unsent is not None or is_present or bool(self._moves) or any(self._counts.values()) or bool(self._basket)

    def device_entered(self, device_key: bytes) -> None:
        """The first socket of a device said hello."""
        self._present.add(device_key)
        self._moves.comes(device_key, self._now())

    def device_left(self, device_key: bytes) -> None:
        """The last socket of a device is gone."""
        self._present.discard(device_key)
        if not self._present:
            self._present = set()  # an emptied set keeps the table of its fullest moment
        self._moves.goes(device_key, self._now())

    def liked(self, count: int) -> None:
        self._counts["likes"] += count

    def commented(self, device_key: bytes) -> None:
        self._counts["comments"] += 1
        self._commented[device_key] = None

    def opened_product(self, device_key: bytes, product_key: bytes) -> None:
        """A device opened a product's details; again it is not counted again."""
        if self._interest.is_new(device_key + product_key):
            self._counts["product_opens"] += 1
            self._opened[device_key] = None

    def began_basket(self, device_key: bytes) -> None:
        """A device put the first line into a basket."""
        if self._interest.is_new(device_key):
            self._basket[device_key] = None

    def next_flush(self, *, at_ms: int) -> Flush:
        """What has happened since the last flush that arrived. Until `flush_arrived` the same flush is returned again, unchanged.

        After a great many arrivals at once it is a part of them: the rest comes with the next flushes, with their true times.
        """
        if self._unsent is not None:
            return self._unsent
        moment = self._now()
        self.polling.forget_silent(moment)
        if self._moves.is_full or self.polling.moves.is_full:
            self._start_anew()
        self._number += 1
        self._unsent = Flush(
            node=f"{self._node}~{self._starts}" if self._starts else self._node,
            number=self._number,
            at_ms=at_ms,
            increments={name: count for name, count in self._counts.items() if count},
            commented_devices=tuple(self._commented),
            opened_devices=tuple(self._opened),
            basket_devices=tuple(self._basket),
            watching=self._moves.take(),
            polling=self.polling.moves.take(),
        )
        self._present_told = len(self._present)
        self._counts.clear()
        self._commented.clear()
        self._opened.clear()
        self._basket.clear()
        return self._unsent

    def flush_arrived(self, figures: RoomFigures) -> None:
        """The flush last returned has been counted, with this answer."""
        self._unsent = None
        if self._known_since not in {None, figures.node_known_since}:
            # What statistics still have under this name may be wrong: it ends when the name has been silent.
            self._take_another_name()
            self._tell_all()
        else:
            self._known_since = figures.node_known_since

    def _start_anew(self) -> None:
        """Drop what waits and go on under another name: what the old one had not told ends when that name has been silent."""
        self._moves, self.polling.moves = DeviceMoves(), DeviceMoves()
        self._take_another_name()
        self._tell_all()

    def _take_another_name(self) -> None:
        self._starts += 1
        self._number = 0
        self._known_since = None

    def _tell_all(self) -> None:
        moment = self._now()
        self._moves.stays(self._present, moment)
        self.polling.moves.stays(self.polling.devices, moment)
