"""One ordered log of events per room in a Redis stream, shared by all nodes: everyone sees one order, and a gap is always noticed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from app.infra.clock import now_ms
from app.infra.redis_client import RedisClients, load_script
from app.protocol.server_events import LoggedEvent, RoomEvent, room_event
from app.redis_keys import SessionKeys
from app.settings import RealtimeSettings

log = structlog.get_logger(__name__)

_SCRIPTS = Path(__file__).with_name("scripts")
_READ_MAX_EVENTS = 500
_WAIT_MS = 1_000
# A repeat comes within seconds, and a room has far fewer untold events than this.
_OUTBOX_IDS = 2_000
_RECONNECT_SECONDS = (0.1, 2.0)


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A place in a room's log. Offsets of different epochs cannot be compared."""

    epoch: str
    offset: int


def _no_pause() -> float:
    return 0.0


class LogBroken(Exception):
    """The log no longer continues at the asked position: a new epoch, or trimmed. The reader starts from a fresh snapshot."""


class RoomLog:
    """Appends to and reads from the logs of rooms. Events are already public when they come here."""

    def __init__(self, redis: RedisClients, *, prefix: str, settings: RealtimeSettings) -> None:
        self._redis = redis
        self._prefix = prefix
        self._settings = settings
        self._append = load_script(redis.once, _SCRIPTS / "append_event.lua")
        self._read = load_script(redis.idempotent, _SCRIPTS / "read_events.lua")

    async def append(self, session_id: UUID, event: RoomEvent, *, once: int | None = None) -> tuple[str, int]:
        """Add an event; returns its epoch and offset. With `once`, an id of the outbox, a repeat adds nothing.

        Raises `redis.exceptions.RedisError` when the outcome is unknown: the event may or may not have been added.
        """
        keys = self._keys(session_id)
        arguments: list[str | int | bytes] = [
            _new_epoch(),
            self._settings.room_log_events,
            now_ms(),
            room_event.dump_json(event),
            "" if once is None else once,
            _OUTBOX_IDS,
        ]
        epoch, offset = await self._append(keys=[keys.log_head, keys.log, keys.told], args=arguments)
        return str(epoch), int(offset)

    async def head(self, session_id: UUID) -> LogPosition:
        """Where the log stands now; a log that does not exist starts."""
        keys = self._keys(session_id)
        epoch, offset, _ = await self._read(keys=[keys.log_head, keys.log], args=[_new_epoch(), "", 0, 1])
        return LogPosition(str(epoch), int(offset))

    async def read_after(self, session_id: UUID, position: LogPosition, *, limit: int = _READ_MAX_EVENTS) -> tuple[LoggedEvent, ...]:
        """The events right after a position, without a gap. Raises `LogBroken` when the log cannot give them."""
        keys = self._keys(session_id)
        arguments: list[str | int] = [_new_epoch(), position.epoch, position.offset, limit]
        epoch, head, entries = await self._read(keys=[keys.log_head, keys.log], args=arguments)
        if str(epoch) != position.epoch:
            raise LogBroken(f"epoch {position.epoch} is over")
        events = tuple(_logged(entry) for entry in entries)
        first_found = events[0].offset if events else int(head) + 1
        if first_found != position.offset + 1:
            raise LogBroken(f"events after {position.offset} are no longer kept")
        return events

    async def latest(self, session_id: UUID, position: LogPosition, *, count: int) -> tuple[LoggedEvent, ...]:
        """Up to `count` events that end exactly at a position, oldest first; fewer when the log keeps fewer."""
        if position.offset == 0:
            return ()
        first = max(1, position.offset - count + 1)
        found: Any = await self._redis.idempotent.xrevrange(self._keys(session_id).log, f"{position.offset}-0", f"{first}-0")
        events = tuple(_logged((entry_id, _flat(fields))) for entry_id, fields in reversed(found or []))
        return events if events and events[-1].offset == position.offset else ()

    async def follow(
        self, session_id: UUID, position: LogPosition, *, pause_seconds: Callable[[], float] = _no_pause
    ) -> AsyncIterator[tuple[LoggedEvent, ...]]:
        """Every event after a position, in order, for ever; survives lost connections. Ends by raising `LogBroken`.

        What comes within `pause_seconds` of the last reading is read together: each event wakes every reader of the room. The blocking
        read only wakes us: it cannot see a new epoch. The script then reads epoch and events at one moment.
        """
        key = self._keys(session_id).log
        again = _RECONNECT_SECONDS[0]
        while True:
            try:
                events = await self.read_after(session_id, position)
            except (RedisError, OSError) as error:
                again = await self._rest(session_id, error, again)
                continue
            if events:
                position = LogPosition(position.epoch, events[-1].offset)
                yield events
            if len(events) == _READ_MAX_EVENTS:
                continue
            await asyncio.sleep(pause_seconds())
            try:
                await self._redis.blocking.xread({key: f"{position.offset}-0"}, count=1, block=_WAIT_MS)
            except (RedisError, OSError) as error:
                again = await self._rest(session_id, error, again)
            else:
                again = _RECONNECT_SECONDS[0]

    @staticmethod
    async def _rest(session_id: UUID, error: Exception, seconds: float) -> float:
        """Wait before Redis is asked again; how long to wait the next time."""
        log.warning("room_log_unreachable", session_id=str(session_id), error=type(error).__name__)
        await asyncio.sleep(seconds)
        return min(seconds * 2, _RECONNECT_SECONDS[1])

    def _keys(self, session_id: UUID) -> SessionKeys:
        return SessionKeys(self._prefix, session_id)


def _new_epoch() -> str:
    return secrets.token_urlsafe(9)


def _flat(fields: dict[str, str]) -> list[str]:
    return [part for pair in fields.items() for part in pair]


def _logged(entry: tuple[str, list[str]]) -> LoggedEvent:
    entry_id, fields = entry
    named = dict(zip(fields[::2], fields[1::2], strict=True))
    return LoggedEvent(offset=int(entry_id.split("-")[0]), at_ms=int(named["at"]), event=room_event.validate_json(named["event"]))
