"""Turns in a room's talk, over all nodes: slow mode, and how often the same was said. Asked only while a rule needs it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from app.infra.clock import now_ms
from app.infra.redis_client import RedisClients, load_script
from app.live.spelling import shape_of
from app.redis_keys import SessionKeys

_WINDOW_MS: Final = 60_000
# Shorter ones are said by many at once and meant: "chốt 2 hũ", "còn hàng không".
_SHAPE_FROM_LETTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Turn:
    """`wait_seconds`: 0.0 when the device may speak. `times_said`: how often the room has heard this within the minute, this time too."""

    wait_seconds: float
    times_said: int


class TalkTurns:
    """What is lost with Redis is who spoke last: a device may then speak a little sooner."""

    def __init__(self, redis: RedisClients, *, prefix: str) -> None:
        self._prefix = prefix
        self._take = load_script(redis.once, Path(__file__).with_name("scripts") / "take_turn.lua")

    async def take(self, session_id: UUID, device_key: bytes, *, pause_seconds: int, text: str) -> Turn:
        """Take a turn; `text` is empty where repetitions are allowed. Raises `redis.exceptions.RedisError`."""
        keys = SessionKeys(self._prefix, session_id)
        shape = shape_of(text)
        digest = hashlib.blake2b(shape.encode(), digest_size=9).hexdigest() if len(shape) >= _SHAPE_FROM_LETTERS else ""
        arguments: list[str | int | bytes] = [device_key, now_ms(), pause_seconds * 1_000, digest, _WINDOW_MS]
        wait_ms, times = await self._take(keys=[keys.spoke, keys.said], args=arguments)
        return Turn(int(wait_ms) / 1_000, int(times))
