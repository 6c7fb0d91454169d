"""The rooms that have sockets on this node: opened when first needed, shared by everyone, closed when nobody is left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog

from app.errors import Unavailable
from app.infra.clock import monotonic
from app.infra.tasks import TaskOwner, repeat
from app.live.errors import SpeakerBanned
from app.live.loading import RoomLoader
from app.live.room import Room, ignore
from app.metrics.service import MetricsService
from app.protocol.close_codes import CloseCode
from app.protocol.server_events import RoomEvent, ServerLeaving
from app.realtime.connection import Connection
from app.realtime.hub import Hub
from app.realtime.room_log import RoomLog
from app.realtime.router import encode
from app.sessions.errors import SessionNotLive
from app.settings import RealtimeSettings, Settings

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 60.0
_SWEEP_SECONDS = 10.0
_RESTART_SECONDS = 0.5
_GOODBYE_SECONDS = 1.0
_RETURN_SPREAD_MS = (500, 5_000)
# Longer than one answer of Redis may take (5 s), so that a store that says what is wrong is heard.
OPENING_SECONDS = 6.0
_RETRY_AFTER_SECONDS = 2.0


@dataclass(slots=True)
class _Entry:
    opened: asyncio.Future[Room]
    used_at: float
    tasks: TaskOwner

    @property
    def room(self) -> Room | None:
        """The room, once it is open."""
        is_open = self.opened.done() and not self.opened.cancelled() and self.opened.exception() is None
        return self.opened.result() if is_open else None


class RoomDirectory:
    """One per worker. Call `start` after the stores are open; at the end `drain`, then `stop`. `hear` gets each event before anybody is told."""

    def __init__(  # noqa: PLR0913 - what every room of a node shares
        self,
        *,
        room_log: RoomLog,
        hub: Hub,
        metrics: MetricsService,
        loader: RoomLoader,
        settings: RealtimeSettings,
        node: str,
        core_share: float = 1.0,
        hear: Callable[[RoomEvent], None] = ignore,
    ) -> None:
        self._log = room_log
        self._load = loader.load
        ours = partial(Room, load=loader.load, log=room_log, hub=hub, metrics=metrics, settings=settings)
        self._make_room = partial(ours, node=node, core_share=core_share, hear=hear)
        self._entries: dict[UUID, _Entry] = {}
        self._tasks = TaskOwner("rooms")
        self._is_leaving = False
        self._has_stopped = False
        self.hub = hub

    def start(self) -> None:
        """Begin to close rooms that nobody uses."""
        self._tasks.spawn("sweep", repeat("room_sweep", _SWEEP_SECONDS, self._sweep))

    async def room(self, session_id: UUID) -> Room:
        """The room of a session on this node; callers that come while it is being opened share one load.

        Raises `SessionNotFound`, `Unavailable` when the stores have not answered after `OPENING_SECONDS`, or this node has stopped.
        """
        entry = self._entries.get(session_id)
        if entry is None:
            if self._has_stopped:
                # For a request that is still under way: the stores are about to close, and nobody would end this room.
                raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
            entry = _Entry(asyncio.get_running_loop().create_future(), monotonic(), TaskOwner(f"room {session_id}"))
            self._entries[session_id] = entry
            entry.tasks.spawn("open", self._open(session_id, entry))
        entry.used_at = monotonic()
        # Shielded: a caller that goes away must not take the load from the others.
        return await asyncio.shield(entry.opened)

    async def room_for_viewer(self, session_id: UUID) -> Room:
        """The room if its session is live. Raises `SessionNotLive`, and what `room` raises."""
        room = await self.room(session_id)
        if room.session.state != "live":
            # The session may have started a moment ago: ask the log how far the room is, not the database.
            try:
                async with asyncio.timeout(OPENING_SECONDS):
                    await room.catch_up((await self._log.head(session_id)).offset)
            except TimeoutError as error:
                raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS) from error
        if room.session.state != "live":
            raise SessionNotLive(details={"state": room.session.state})
        return room

    def has(self, session_id: UUID) -> bool:
        """Whether the room is open on this node, or is being opened."""
        return session_id in self._entries

    def takes_viewers_now(self, session_id: UUID) -> bool:
        """Whether the room is open on this node and its session live; otherwise ask `room_for_viewer`."""
        entry = self._entries.get(session_id)
        return entry is not None and entry.room is not None and entry.room.session.state == "live"

    def is_open(self, session_id: UUID) -> bool:
        """Whether this node knows the room, and so who is banned from it."""
        entry = self._entries.get(session_id)
        return entry is not None and entry.room is not None

    def ban_of(self, session_id: UUID, device_key: bytes, network: bytes) -> SpeakerBanned | None:
        """What to refuse a device or a network with that is banned from the room, as far as this node has it open (`bans.py` knows more)."""
        entry = self._entries.get(session_id)
        ban = entry.room.moderation.restrictions.find("ban", device_key, network) if entry and entry.room else None
        return None if ban is None else SpeakerBanned(details={"until_ms": ban.until_ms})

    def refuse_banned(self, session_id: UUID, device_key: bytes, network: bytes) -> None:
        """Raises `SpeakerBanned` as `ban_of` says."""
        if (refused := self.ban_of(session_id, device_key, network)) is not None:
            raise refused

    def check_capacity(self) -> None:
        """Raises `CapacityReached`, or `Unavailable` when this node is about to leave."""
        if self._is_leaving:
            raise Unavailable("This server is about to restart.", retry_after_seconds=1.0)
        self.hub.check_capacity()

    def release(self, connection: Connection) -> None:
        """Forget a socket that the hub had admitted."""
        entry = self._entries.get(connection.session_id)
        if entry is not None and entry.room is not None:
            entry.room.leave(connection)
            entry.used_at = monotonic()
        else:
            self.hub.release(connection)

    async def drain(self, seconds: float) -> None:
        """Take no more sockets, tell everyone to come back elsewhere at a random moment, and close them over so many seconds."""
        self._is_leaving = True
        await self.hub.send_all(lambda: encode(ServerLeaving(return_after_ms=random.randint(*_RETURN_SPREAD_MS))))  # noqa: S311 - spreads load
        self.hub.close_all(CloseCode.SERVER_LEAVING, spread_seconds=seconds)
        await self.hub.wait_until_empty(seconds + _GOODBYE_SECONDS)

    async def stop(self) -> None:
        """End all rooms; their counts are flushed first. Call after `drain`, before the stores close."""
        self._is_leaving = self._has_stopped = True
        await self._tasks.close()
        for session_id in list(self._entries):
            await self._close(session_id)

    async def _open(self, session_id: UUID, entry: _Entry) -> None:
        try:
            room = await self._opened_in_time(session_id)
        except Exception as error:  # noqa: BLE001 - handed to everyone who waits for this room
            self._entries.pop(session_id, None)
            entry.opened.set_exception(error)
            # Asked once here, so that a failure nobody waits for is not reported as forgotten.
            entry.opened.exception()
            return
        # Two tasks of one owner rather than a TaskGroup: a group passes a cancellation on only once, and it can get lost.
        entry.tasks.spawn("follow", _keep_going(room, room.follow_log))
        entry.tasks.spawn("tick", _keep_going(room, room.keep_ticking))
        entry.opened.set_result(room)

    async def _opened_in_time(self, session_id: UUID) -> Room:
        opening: asyncio.Task[Room] = self._tasks.start("open room", self._opened(session_id))
        try:
            # Not `asyncio.timeout`: to give up a connection to a store that hangs takes seconds more.
            await asyncio.wait({opening}, timeout=OPENING_SECONDS)
            if not opening.done():
                raise Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS)
            return opening.result()
        finally:
            opening.cancel()

    async def _opened(self, session_id: UUID) -> Room:
        room = self._make_room(session_id, await self._load(session_id))
        await room.flush()
        await room.tell(with_figures=True)
        return room

    async def _sweep(self) -> None:
        for session_id, entry in list(self._entries.items()):
            if monotonic() - entry.used_at >= _IDLE_SECONDS and not self.hub.has_sockets(session_id):
                await self._close(session_id)

    async def _close(self, session_id: UUID) -> None:
        entry = self._entries.pop(session_id)
        await entry.tasks.close()
        if entry.room is not None:
            await entry.room.flush()
        elif not entry.opened.done():
            entry.opened.cancel()


async def _keep_going(room: Room, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception:
            log.exception("room_crashed", session_id=str(room.session_id))
            await asyncio.sleep(_RESTART_SECONDS)


async def let_go(rooms: RoomDirectory, settings: Settings) -> None:
    """Sockets first, once; what else uses the stores stops when the application does."""
    await rooms.drain(settings.drain_seconds)
    await rooms.stop()
