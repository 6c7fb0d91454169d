"""A room for those whom no node has a socket for: the same snapshot as a cacheable document, and beacons that count who polls.

Any proxy or CDN may answer the polls of one second from one answer of ours. Who polls is therefore not seen in the polls; each
polling device sends a small beacon instead, less often the more there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from app.infra.clock import monotonic, now_ms
from app.live.device_moves import DeviceMoves
from app.live.mirror import RoomMirror
from app.live.tellings import SnapshotFrames, ToldFigures
from app.realtime.room_log import LogPosition

CACHE_SECONDS = 1
BEACON_SECONDS = 30.0
BEACONS_PER_SECOND = 50.0  # what one room on one node will take
BEACONS_MISSED = 2.5  # so many intervals without a beacon, and the device is gone
DEVICES_MAX = 200_000


@dataclass(frozen=True, slots=True)
class PolledTick:
    """A `room.snapshot` with the id `poll`, and the tag of its content."""

    etag: str
    body: bytes


class PolledRoom:
    """Keeps the document of this second."""

    def __init__(self) -> None:
        self._tick: PolledTick | None = None
        self._of: tuple[LogPosition, ToldFigures] | None = None
        self._built_at = float("-inf")

    def document(self, position: LogPosition, *, mirror: RoomMirror, figures: ToldFigures) -> PolledTick:
        """The room as of now; up to a second old while nothing in it has changed."""
        now = monotonic()
        if self._tick is None or self._of != (position, figures) or now - self._built_at >= CACHE_SECONDS:
            body = SnapshotFrames().frame("poll", position=position, at_ms=now_ms(), mirror=mirror, figures=figures, for_staff=False)
            content = body.partition(b'"session":')[2]
            digest = hashlib.blake2b(content, digest_size=9).hexdigest()
            self._tick = PolledTick(f'"{position.epoch}-{position.offset}-{digest}"', body)
            self._of, self._built_at = (position, figures), now
        return self._tick


class PollingDevices:
    """Devices that sent a beacon lately, on one node in one room. In order of their last beacon, so old ones are found first."""

    def __init__(self) -> None:
        self._seen_at: dict[bytes, float] = {}
        self.moves = DeviceMoves()

    def __bool__(self) -> bool:
        return bool(self._seen_at)

    @property
    def interval_seconds(self) -> float:
        """When a device should send its next beacon: later the more there are, so that beacons stay few."""
        return max(BEACON_SECONDS, len(self._seen_at) / BEACONS_PER_SECOND)

    def beacon(self, device_key: bytes) -> float:
        """Note a device; returns the seconds after which it should be heard of again."""
        now = monotonic()
        was_known = self._seen_at.pop(device_key, None) is not None
        if len(self._seen_at) < DEVICES_MAX:
            self._seen_at[device_key] = now
            if not was_known:
                self.moves.comes(device_key, now)
        return self.interval_seconds

    @property
    def devices(self) -> Iterable[bytes]:
        """Those that poll."""
        return self._seen_at.keys()

    def forget_silent(self, now: float) -> None:
        """Let go of devices that have not been heard of for too long."""
        oldest = now - BEACONS_MISSED * self.interval_seconds
        for device_key in [each for each, seen_at in self._seen_at.items() if seen_at < oldest]:
            del self._seen_at[device_key]
            self.moves.goes(device_key, now)
