"""All sockets of this worker, by room and audience. Frames are encoded once by the caller and handed to everyone without waiting."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from app.infra.clock import monotonic, processor_seconds
from app.infra.machine_turns import MachineTurns
from app.infra.right_of_way import RightOfWay
from app.protocol.close_codes import CloseCode
from app.realtime import counters
from app.realtime.arrivals import Arrivals
from app.realtime.connection import Connection
from app.realtime.descriptors import FdSet
from app.realtime.detached import DetachedSockets
from app.realtime.detached_connection import DetachedConnection
from app.realtime.device import Device, Paces
from app.realtime.errors import CapacityReached
from app.realtime.identity import Audience
from app.realtime.spread import Spread
from app.settings import RealtimeSettings

_CAPACITY_RETRY_SECONDS = (2.0, 10.0)
_LIMITS_KEPT_SECONDS = 60.0
_CHUNK = 1_000
_FAREWELLS_PER_TURN = 100


class RoundCost(NamedTuple):
    """What one broadcast took: seconds on the clock, and seconds of the processor."""

    seconds: float
    processor_seconds: float


class _Room:
    """A device is one viewer however many sockets it holds. `fds` are the detached viewers that have said hello."""

    __slots__ = ("devices", "fds", "members", "session_id", "viewers")

    def __init__(self, session_id: UUID) -> None:
        self.session_id = session_id
        self.members: dict[Audience, dict[Connection, None]] = {"viewer": {}, "staff": {}, "bridge": {}}
        self.fds = FdSet()
        self.devices: dict[bytes, Device] = {}
        self.viewers = 0


class Hub:
    """Admission, membership and broadcast. One per worker; every method runs on the loop's thread."""

    def __init__(
        self,
        settings: RealtimeSettings,
        *,
        capacity: int,
        now: Callable[[], float] = monotonic,
        way: RightOfWay | None = None,
        turns: MachineTurns | None = None,
    ) -> None:
        self._settings = settings
        self._capacity = capacity
        self._now = now
        self._paces = Paces(settings, now)
        self._count = 0
        # Detached ones are kept by `DetachedSockets`; a second book of them would cost each viewer 50 bytes.
        self._others: set[Connection] = set()
        self._rooms: dict[UUID, _Room] = {}
        self._swept_at = now()
        self._empty = asyncio.Event()
        self._empty.set()
        self._detached: DetachedSockets | None = None
        self._way = way or RightOfWay()
        self.arrivals = Arrivals(self._way, turns)

    def use_detached(self, sockets: DetachedSockets) -> None:
        """From now on viewers may come as bare descriptors, too."""
        self._detached = sockets

    @property
    def capacity(self) -> int:
        """Sockets this worker takes."""
        return self._capacity

    @property
    def socket_count(self) -> int:
        return self._count

    def check_capacity(self, *, in_line: int = 0) -> None:
        """Raise `CapacityReached` when this worker carries as many sockets as it may, or will when those `in_line` are in."""
        if self._count + in_line >= self._capacity:
            retry_after = random.uniform(*_CAPACITY_RETRY_SECONDS)  # noqa: S311 - spreads returns, no secret
            raise CapacityReached(retry_after_seconds=retry_after)

    def admit(self, connection: Connection) -> bool:
        """Count an accepted socket and give it its limits. False: its device holds too many already; close it."""
        self._sweep()
        room = self._rooms.get(connection.session_id)
        if room is None:
            room = self._rooms[connection.session_id] = _Room(connection.session_id)
        # One object for everybody: each socket's request brought its own.
        connection.session_id = room.session_id
        device = room.devices.get(connection.device_key)
        if device is None:
            device = room.devices[connection.device_key] = Device(self._paces)
        if device.sockets >= self._settings.sockets_per_device:
            return False
        device.sockets += 1
        self._count += 1
        if not isinstance(connection, DetachedConnection):
            self._others.add(connection)
        counters.SOCKETS.inc()
        self._empty.clear()
        connection.device = device
        return True

    def release(self, connection: Connection) -> bool:
        """Forget a socket, whether or not it joined its room; True when its device is thereby no viewer any more.

        One that was not admitted, or is forgotten already, changes nothing.
        """
        device = connection.device
        if device is None:
            return False
        connection.device = None
        self._count -= 1
        self._others.discard(connection)
        counters.SOCKETS.dec()
        if not self._count:
            self._empty.set()
        room = self._rooms[connection.session_id]
        device.sockets -= 1
        device.last_seen = self._now()
        if not self._leave(room, connection) or not _is_viewer(connection):
            return False
        device.watching -= 1
        room.viewers -= device.watching == 0
        return device.watching == 0

    def join(self, connection: Connection) -> bool:
        """From now on the socket gets its room's frames; True when its device is thereby a viewer. Joining twice changes nothing."""
        device = connection.device
        if device is None:
            return False
        room = self._rooms[connection.session_id]
        if not self._enter(room, connection) or not _is_viewer(connection):
            return False
        device.watching += 1
        room.viewers += device.watching == 1
        return device.watching == 1

    def viewer_count(self, session_id: UUID) -> int:
        """The distinct viewing devices of a room on this worker; staff and bridges are never viewers."""
        room = self._rooms.get(session_id)
        return room.viewers if room else 0

    def has_members(self, session_id: UUID, audience: Audience) -> bool:
        room = self._rooms.get(session_id)
        return room is not None and bool(room.members[audience] or (audience == "viewer" and room.fds.count))

    def rooms_with(self, audience: Audience) -> list[UUID]:
        """The rooms on this worker in which somebody of this audience takes part."""
        return [session_id for session_id, room in self._rooms.items() if room.members[audience]]

    def has_sockets(self, session_id: UUID) -> bool:
        """Whether any socket of a room is open here, also one that has not said hello."""
        room = self._rooms.get(session_id)
        return room is not None and any(device.sockets for device in room.devices.values())

    async def wait_until_empty(self, seconds: float) -> bool:
        """Wait until no socket is left, at most so long; whether that happened."""
        try:
            async with asyncio.timeout(seconds):
                return await self._empty.wait()
        except TimeoutError:
            return False

    async def broadcast(self, session_id: UUID, audience: Audience, frame: bytes, spread: Spread | None = None) -> RoundCost:
        """Hand one encoded frame to all members of one audience; returns what this round took.

        Never waits for a viewer, only lets the loop breathe between chunks, longer for detached viewers with `spread`. Who joins
        meanwhile does not get this frame.
        """
        room = self._rooms.get(session_id)
        if room is None:
            return RoundCost(0.0, 0.0)
        started, processor_before = self._now(), processor_seconds()
        if self._detached is not None and audience == "viewer":
            await self._detached.fanout.broadcast(room.fds, frame, spread or Spread(0.0), self._way)
        members = tuple(room.members[audience])
        for start in range(0, len(members), _CHUNK):
            for connection in members[start : start + _CHUNK]:
                connection.send_tick(frame)
            # Two turns of the loop: one wakes the writers, one lets them write, so the time includes their work.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        cost = RoundCost(self._now() - started, processor_seconds() - processor_before)
        if audience == "viewer":
            counters.ROUND_SECONDS.observe(cost.seconds)
        return cost

    def close_room(self, session_id: UUID, code: CloseCode, *, spread_seconds: float) -> None:
        """Close every member of a room at a random moment within the spread, so that they do not all act at once."""
        self._close_spread([each for each in self._everyone() if each.session_id == session_id], code, spread_seconds)

    def close_speakers(self, session_id: UUID, code: CloseCode, *, device_key: bytes | None, network: bytes | None) -> None:
        """Close the viewers' sockets of one device, or of everybody behind one network, at once."""
        for connection in list(self._everyone()):
            is_meant = connection.device_key == device_key or (network is not None and connection.network == network)
            if is_meant and connection.session_id == session_id and connection.audience == "viewer":
                connection.close(code)

    def send_devices(self, session_id: UUID, frames: Mapping[bytes, bytes]) -> None:
        """Send the viewers' sockets of some devices of a room a frame of their own, in one walk; devices that are not here cost nothing."""
        room = self._rooms.get(session_id)
        here = {key for key in frames if room is not None and (device := room.devices.get(key)) is not None and device.sockets}
        if not here:
            return
        for connection in list(self._everyone()):
            if connection.device_key in here and connection.session_id == session_id and connection.audience == "viewer":
                connection.send(frames[connection.device_key])

    def close_all(self, code: CloseCode, *, spread_seconds: float) -> None:
        """The same for every socket of this worker."""
        self._close_spread(list(self._everyone()), code, spread_seconds)

    async def send_all(self, make_frame: Callable[[], bytes]) -> None:
        """Send every socket a frame of its own, ahead of its closing; the loop breathes in between."""
        for number, connection in enumerate(list(self._everyone()), 1):
            connection.send(make_frame())
            if number % _FAREWELLS_PER_TURN == 0:
                await asyncio.sleep(0)

    def _close_spread(self, connections: Collection[Connection], code: CloseCode, spread_seconds: float) -> None:
        loop = asyncio.get_running_loop()
        for connection in connections:
            loop.call_later(random.uniform(0, spread_seconds), connection.close, code)  # noqa: S311 - spreads load, no secret

    @staticmethod
    def _enter(room: _Room, connection: Connection) -> bool:
        """Add a member; False when it is one already."""
        if isinstance(connection, DetachedConnection):
            if connection.fd in room.fds:
                return False
            room.fds.add(connection.fd)
            return True
        members = room.members[connection.audience]
        if connection in members:
            return False
        members[connection] = None
        return True

    @staticmethod
    def _leave(room: _Room, connection: Connection) -> bool:
        """Take a member out; False when it was none."""
        if isinstance(connection, DetachedConnection):
            if connection.fd not in room.fds:
                return False
            room.fds.remove(connection.fd)
            return True
        members = room.members[connection.audience]
        if connection not in members:
            return False
        del members[connection]
        return True

    def _everyone(self) -> Iterable[Connection]:
        return chain(self._others, self._detached.connections if self._detached else ())

    def _sweep(self) -> None:
        """Limits are kept for a minute after a device's last socket, so that coming back does not refill the buckets."""
        moment = self._now()
        if moment - self._swept_at < _LIMITS_KEPT_SECONDS:
            return
        self._swept_at = moment
        for session_id, room in list(self._rooms.items()):
            for device_key, device in list(room.devices.items()):
                if not device.sockets and moment - device.last_seen >= _LIMITS_KEPT_SECONDS:
                    del room.devices[device_key]
            if not room.devices:
                del self._rooms[session_id]


def _is_viewer(connection: Connection) -> bool:
    return connection.audience == "viewer"
