"""What one node counts in one room between two flushes, in the terms of `app/metrics/definitions.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from uuid import UUID

from app.live.device_moves import DeviceMoves
from app.live.polling import PollingDevices
from app.metrics.service import Flush

SAME_VIEW_SECONDS = 30.0
VIEW_COUNTS_AFTER_SECONDS = 10.0
_KNOWN_ABSENT_MAX = 200_000


class RoomCounters:
    """Counts of one room on one node. `now` is a monotonic clock in seconds; a device's key is the 16 bytes of its id.

    A view is a device's entry into the room; coming back to the same node within 30 seconds continues the view. A view of 10
    seconds is counted once the device has watched that long without leaving. Watch time adds up for distinct devices, not sockets.
    """

    def __init__(self, *, node: str, now: Callable[[], float]) -> None:
        self._node = node
        self._now = now
        self._number = 0
        self._unsent: Flush | None = None
        self._counts: Counter[str] = Counter()
        self._entered: dict[bytes, None] = {}
        self._commented: dict[bytes, None] = {}
        self._short_since: dict[bytes, float] = {}
        self._left_at: dict[bytes, tuple[float, bool]] = {}
        self._present = 0
        self._present_told = 0
        self._moves = DeviceMoves()
        self._watched_until = now()
        self._watch_seconds = 0.0
        self.polling = PollingDevices()

    @property
    def has_news(self) -> bool:
        """Whether a flush would tell more than the one before, apart from the time that passes."""
        return self._unsent is not None or self._present > 0 or self._present_told > 0 or bool(self.polling) or any(self._counts.values())

    def device_entered(self, device_key: bytes, *, present: int) -> None:
        """The first socket of a device said hello; `present` is the number of devices from now on."""
        moment = self._accrue(present)
        left_at, was_counted = self._left_at.pop(device_key, (float("-inf"), False))
        if moment - left_at > SAME_VIEW_SECONDS:
            self._counts["views"] += 1
            was_counted = False
        if not was_counted:
            self._short_since[device_key] = moment
        self._entered[device_key] = None
        self._moves.comes(device_key)

    def device_left(self, device_key: bytes, *, present: int) -> None:
        """The last socket of a device is gone."""
        moment = self._accrue(present)
        self._ripen(moment)
        was_counted = self._short_since.pop(device_key, None) is None
        self._left_at[device_key] = (moment, was_counted)
        self._moves.goes(device_key)

    def liked(self, count: int) -> None:
        self._counts["likes"] += count

    def commented(self, device_key: bytes) -> None:
        self._counts["comments"] += 1
        self._commented[device_key] = None

    def next_flush(self, *, at_ms: int) -> Flush:
        """What has happened since the last flush that arrived. Until `flush_arrived` the same flush is returned again, unchanged."""
        if self._unsent is not None:
            return self._unsent
        moment = self._accrue(self._present)
        self._ripen(moment)
        self._forget_absent(moment)
        whole_ms = int(self._watch_seconds * 1000)
        self._watch_seconds -= whole_ms / 1000
        self._counts["watch_ms"] += whole_ms
        self._number += 1
        self._unsent = Flush(
            node=self._node,
            number=self._number,
            viewers_now=self._present,
            at_ms=at_ms,
            increments={name: count for name, count in self._counts.items() if count},
            entered_devices=tuple(map(_id_of, self._entered)),
            commented_devices=tuple(map(_id_of, self._commented)),
            polling_now=self.polling.count(moment),
            watching=self._moves.take(),
            polling=self.polling.moves.take(),
        )
        self._present_told = self._present
        self._counts.clear()
        self._entered.clear()
        self._commented.clear()
        return self._unsent

    def flush_arrived(self) -> None:
        """The flush last returned has been counted."""
        self._unsent = None

    def _accrue(self, present: int) -> float:
        moment = self._now()
        self._watch_seconds += (moment - self._watched_until) * self._present
        self._watched_until = moment
        self._present = present
        return moment

    def _ripen(self, moment: float) -> None:
        # Insertion order is the order of entry, so the first one that is too young ends the search.
        ripe = []
        for device_key, since in self._short_since.items():
            if moment - since < VIEW_COUNTS_AFTER_SECONDS:
                break
            ripe.append(device_key)
        for device_key in ripe:
            del self._short_since[device_key]
        if not self._short_since:
            self._short_since.clear()  # an emptied dictionary keeps the table of its fullest moment
        self._counts["views_10s"] += len(ripe)

    def _forget_absent(self, moment: float) -> None:
        while self._left_at:
            device_key, (left_at, _) = next(iter(self._left_at.items()))
            if moment - left_at <= SAME_VIEW_SECONDS and len(self._left_at) <= _KNOWN_ABSENT_MAX:
                return
            del self._left_at[device_key]


def _id_of(device_key: bytes) -> str:
    return str(UUID(bytes=device_key))
