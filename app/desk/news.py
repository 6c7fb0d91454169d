"""Tells every worker's open desks that something has changed: one counter per organisation in Redis, read twice a second.

A counter instead of messages: nothing can get lost between two looks, and a worker without open desks reads nothing. When Redis is away
the pages ask by themselves, as they do while their socket is away.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from app.infra.redis_client import RedisClients, answers_to
from app.infra.tasks import TaskOwner, repeat
from app.redis_keys import desk_version

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.5
KEPT_SECONDS = 7 * 24 * 3600
# Telling must not hold up who has something to do: the pages come by themselves in the end.
_PATIENCE_SECONDS = 0.5


class DeskNews:
    """One per worker. `changed` after COMMIT; a socket waits with `listen`."""

    def __init__(self, redis: RedisClients, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._listeners: dict[UUID, set[asyncio.Event]] = defaultdict(set)
        self._seen: dict[UUID, object] = {}
        self._tasks = TaskOwner("desk_news")

    def start(self) -> None:
        self._tasks.spawn("look", repeat("desk_news", LOOK_SECONDS, self.look))

    async def close(self) -> None:
        await self._tasks.close()

    async def changed(self, organisation_id: UUID) -> None:
        """Say that the desk of an organisation looks different now. Never raises."""
        key = desk_version(self._prefix, organisation_id)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._redis.once.incr(key)
                await self._redis.once.expire(key, KEPT_SECONDS)
        except (RedisError, OSError) as error:
            log.warning("desk_news_not_told", error=repr(error))

    def listen(self, organisation_id: UUID) -> asyncio.Event:
        """An event that is set at every change from now on; whoever waits clears it."""
        heard = asyncio.Event()
        self._listeners[organisation_id].add(heard)
        return heard

    def forget(self, organisation_id: UUID, heard: asyncio.Event) -> None:
        self._listeners[organisation_id].discard(heard)
        if not self._listeners[organisation_id]:
            del self._listeners[organisation_id]
            self._seen.pop(organisation_id, None)

    async def look(self) -> None:
        """Compare the counters of the organisations that somebody listens to."""
        watched = list(self._listeners)
        if not watched:
            return
        async with asyncio.timeout(_PATIENCE_SECONDS):
            # a little less, so that those of a cluster whose master answers are told
            commands = [("GET", desk_version(self._prefix, each)) for each in watched]
            versions = await answers_to(self._redis.idempotent, commands, patience=_PATIENCE_SECONDS / 2)
        for organisation_id, version in zip(watched, versions, strict=True):
            # whoever began to listen since the last look may have missed something
            if isinstance(version, RedisError):
                continue
            if organisation_id not in self._seen or self._seen[organisation_id] != version:
                for heard in self._listeners.get(organisation_id, ()):
                    heard.set()
            self._seen[organisation_id] = version
