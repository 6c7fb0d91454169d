"""All sockets of this worker, by room and audience. Frames are encoded once by the caller and handed to everyone without waiting."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection
from uuid import UUID

from app.infra.clock import monotonic
from app.protocol.close_codes import CloseCode
from app.realtime.connection import Connection, DeviceLimits
from app.realtime.errors import CapacityReached
from app.realtime.identity import Audience
from app.realtime.rate_limit import TokenBucket
from app.settings import RealtimeSettings

_CAPACITY_RETRY_SECONDS = (2.0, 10.0)
_LIMITS_KEPT_SECONDS = 60.0
_CHUNK = 1_000


class _Room:
    """Members that have said hello, and sockets per viewing device: a device is one viewer however many sockets it holds."""

    __slots__ = ("devices", "members")

    def __init__(self) -> None:
        self.members: dict[Audience, dict[Connection, None]] = {"viewer": {}, "staff": {}, "bridge": {}}
        self.devices: Counter[UUID] = Counter()


class Hub:
    """Admission, membership and broadcast. One per worker; every method runs on the loop's thread."""

    def __init__(self, settings: RealtimeSettings, *, now: Callable[[], float] = monotonic) -> None:
        self._settings = settings
        self._now = now
        self._sockets: set[Connection] = set()
        self._sockets_of_device: Counter[UUID] = Counter()
        self._rooms: dict[UUID, _Room] = {}
        self._limits: dict[tuple[UUID, UUID], tuple[DeviceLimits, float]] = {}
        self._limits_swept_at = now()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def socket_count(self) -> int:
        return len(self._sockets)

    def check_capacity(self) -> None:
        """Raise `CapacityReached` when this worker carries as many sockets as it may; asked before the handshake is answered."""
        if len(self._sockets) >= self._settings.max_viewers_per_worker:
            retry_after = random.uniform(*_CAPACITY_RETRY_SECONDS)  # noqa: S311 - spreads returns, no secret
            raise CapacityReached(retry_after_seconds=retry_after)

    def admit(self, connection: Connection) -> bool:
        """Count an accepted socket and give it its limits. False: its device holds too many already; close it, do not release it."""
        device_id = connection.identity.device_id
        if self._sockets_of_device[device_id] >= self._settings.sockets_per_device:
            return False
        self._sockets_of_device[device_id] += 1
        self._sockets.add(connection)
        self._empty.clear()
        connection.limits = self._limits_of(connection.session_id, device_id)
        return True

    def release(self, connection: Connection) -> None:
        """Forget a socket that was admitted, whether or not it joined its room."""
        self._sockets.discard(connection)
        if not self._sockets:
            self._empty.set()
        _take_one(self._sockets_of_device, connection.identity.device_id)
        room = self._rooms.get(connection.session_id)
        if room is None or connection not in room.members[connection.identity.audience]:
            return
        del room.members[connection.identity.audience][connection]
        if connection.identity.audience == "viewer":
            _take_one(room.devices, connection.identity.device_id)
        if not any(room.members.values()):
            del self._rooms[connection.session_id]

    async def wait_until_empty(self, seconds: float) -> bool:
        """Wait until no socket is left, at most so long; whether that happened."""
        try:
            async with asyncio.timeout(seconds):
                return await self._empty.wait()
        except TimeoutError:
            return False

    def join(self, connection: Connection) -> None:
        """From now on the socket gets its room's frames; a viewer's device counts as present. Joining twice changes nothing."""
        if connection not in self._sockets:
            return
        room = self._rooms.setdefault(connection.session_id, _Room())
        members = room.members[connection.identity.audience]
        if connection in members:
            return
        members[connection] = None
        if connection.identity.audience == "viewer":
            room.devices[connection.identity.device_id] += 1

    def present_devices(self, session_id: UUID) -> Collection[UUID]:
        """The distinct viewing devices of a room on this worker; staff and bridges are never viewers."""
        room = self._rooms.get(session_id)
        return room.devices.keys() if room else ()

    def has_members(self, session_id: UUID, audience: Audience) -> bool:
        room = self._rooms.get(session_id)
        return room is not None and bool(room.members[audience])

    def has_sockets(self, session_id: UUID) -> bool:
        """Whether any socket of a room is open here, also one that has not said hello."""
        return any(connection.session_id == session_id for connection in self._sockets)

    async def broadcast(self, session_id: UUID, audience: Audience, frame: bytes) -> float:
        """Hand one encoded frame to all members of one audience; returns the seconds this round took.

        Never waits for a viewer, only lets the loop breathe between chunks. Who joins meanwhile does not get this frame.
        """
        room = self._rooms.get(session_id)
        if room is None:
            return 0.0
        started = self._now()
        members = tuple(room.members[audience])
        for start in range(0, len(members), _CHUNK):
            for connection in members[start : start + _CHUNK]:
                connection.send_tick(frame)
            # Two turns of the loop: one wakes the writers, one lets them write, so the time includes their work.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return self._now() - started

    def close_room(self, session_id: UUID, code: CloseCode, *, spread_seconds: float) -> None:
        """Close every member of a room at a random moment within the spread, so that they do not all act at once."""
        self._close_spread([each for each in self._sockets if each.session_id == session_id], code, spread_seconds)

    def close_all(self, code: CloseCode, *, spread_seconds: float) -> None:
        """The same for every socket of this worker."""
        self._close_spread(list(self._sockets), code, spread_seconds)

    def send_all(self, make_frame: Callable[[], bytes]) -> None:
        """Send every socket a frame of its own, ahead of its closing."""
        for connection in tuple(self._sockets):
            connection.send(make_frame())

    def _close_spread(self, connections: Collection[Connection], code: CloseCode, spread_seconds: float) -> None:
        loop = asyncio.get_running_loop()
        for connection in connections:
            loop.call_later(random.uniform(0, spread_seconds), connection.close, code)  # noqa: S311 - spreads load, no secret

    def _limits_of(self, session_id: UUID, device_id: UUID) -> DeviceLimits:
        """Kept for a minute after the last admission, so that coming back does not refill the buckets."""
        self._sweep_limits()
        key = (session_id, device_id)
        known = self._limits.get(key)
        limits = known[0] if known else self._new_limits()
        self._limits[key] = (limits, self._now())
        return limits

    def _new_limits(self) -> DeviceLimits:
        settings = self._settings
        return DeviceLimits(
            commands=TokenBucket(per_second=settings.commands_per_second, burst=settings.commands_burst, now=self._now),
            comments=TokenBucket(per_second=1 / settings.comment_interval_seconds, burst=1, now=self._now),
        )

    def _sweep_limits(self) -> None:
        moment = self._now()
        if moment - self._limits_swept_at < _LIMITS_KEPT_SECONDS:
            return
        self._limits_swept_at = moment
        self._limits = {
            key: (limits, at)
            for key, (limits, at) in self._limits.items()
            if key[1] in self._sockets_of_device or moment - at < _LIMITS_KEPT_SECONDS
        }


def _take_one(counter: Counter[UUID], key: UUID) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
