"""Follows each session's ledger into the statistics: in order, exactly once, from wherever Redis stands.

Reading by `seq` misses nothing, because a `seq` is given under a lock that is held until COMMIT. When Redis was emptied it
stands at 0 and everything is applied again; when it stands beyond the ledger (restored from elsewhere) it is rebuilt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import select

from app.infra.counters import FIGURES_BEHIND
from app.infra.database import Database
from app.infra.tasks import TaskOwner
from app.ledger.chain import entry_of
from app.ledger.fold import delta_of
from app.ledger.models import Ledger
from app.ledger.reading import bodies_after
from app.metrics.service import MetricsService

log = structlog.get_logger(__name__)

ENTRIES_PER_STEP = 500
RETRY_PAUSE_SECONDS = 0.5
# A part of Redis that stands still holds the sessions of the others up for so long, once.
PATIENCE_SECONDS = 1.0
# Commits come up to a hundred times a second, screens change four times: one step for several commits costs a fraction.
GATHER_SECONDS = 0.1


class LongWay(Protocol):
    """Who goes a long way instead, if somebody does."""

    async def take(self, session_id: UUID, stands_at: int) -> bool:
        """Whether the entries after `stands_at` will be applied by them."""
        ...


class Projector:
    """One per node. Several nodes may project one session at once: the script refuses what it has seen.

    With `long_way` it leaves to others what would keep it busy for long.
    """

    def __init__(self, database: Database, metrics: MetricsService, *, long_way: LongWay | None = None) -> None:
        self._database = database
        self._metrics = metrics
        self._long_way = long_way
        self._pending: set[UUID] = set()
        # Left to mending; True where the ledger has grown since the last try began.
        self._troubled: dict[UUID, bool] = {}
        self._tasks = TaskOwner("projector")
        self._wake = asyncio.Event()
        self._trouble = asyncio.Event()

    def start(self) -> None:
        self._tasks.spawn("follow", self._follow())
        self._tasks.spawn("mend", self._mend())

    def kick(self, session_id: UUID) -> None:
        """Say that the ledger of a session has grown. Never blocks; kicks that come together are one."""
        if session_id in self._troubled:
            self._troubled[session_id] = True
            return
        self._pending.add(session_id)
        self._wake.set()

    async def close(self) -> None:
        await self._tasks.close()

    async def _follow(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            while self._pending:
                session_id = self._pending.pop()
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        stands_at = await self._metrics.projected_seq(session_id)
                    await self._apply_after(session_id, stands_at)
                except Exception as error:  # noqa: BLE001 - either store may be away
                    log.warning("projection_failed", session=str(session_id), error=repr(error))
                    self._troubled[session_id] = True
                    self._trouble.set()

    async def _mend(self) -> None:
        """Sessions that failed, again and again; in a cluster those of one master may, while the others' go on."""
        while True:
            await self._trouble.wait()
            await asyncio.sleep(RETRY_PAUSE_SECONDS)
            for session_id in tuple(self._troubled):
                self._troubled[session_id] = False
                try:
                    await self.catch_up(session_id)
                except Exception as error:  # noqa: BLE001 - either store may be away; it is tried again
                    log.warning("projection_failed", session=str(session_id), error=repr(error))
                    continue
                if self._troubled.pop(session_id):
                    self.kick(session_id)
            if not self._troubled:
                self._trouble.clear()

    async def catch_up(self, session_id: UUID, *, applied: Callable[[int], Awaitable[None]] | None = None) -> int:
        """Apply everything Redis has not seen; returns the `seq` it stands at, and tells `applied` after each step."""
        return await self._apply_after(session_id, await self._metrics.projected_seq(session_id), applied=applied)

    async def _apply_after(self, session_id: UUID, stands_at: int, *, applied: Callable[[int], Awaitable[None]] | None = None) -> int:
        while bodies := await bodies_after(self._database.pool, session_id, stands_at, limit=ENTRIES_PER_STEP):
            if len(bodies) == ENTRIES_PER_STEP and self._long_way is not None and await self._long_way.take(session_id, stands_at):
                break
            stands_at = await self._metrics.apply(session_id, [delta_of(entry_of(body)) for body in bodies])
            if applied is not None:
                await applied(stands_at)
        return stands_at

    async def repair(self, session_ids: list[UUID]) -> None:
        """Compare Redis with the ledger heads and kick the sessions that differ; run every second by one node.

        Redis is read first: whatever it has seen by then is certainly in the heads read afterwards.
        """
        projected = await self._metrics.projected_seqs(session_ids)
        session_ids = [session_id for session_id in session_ids if session_id in projected]
        async with self._database.transactions() as db:
            heads = (await db.execute(select(Ledger.session_id, Ledger.last_seq).where(Ledger.session_id.in_(session_ids)))).all()
        FIGURES_BEHIND.set(sum(max(0, last_seq - projected[session_id]) for session_id, last_seq in heads))
        for session_id, last_seq in heads:
            if projected[session_id] > last_seq:
                log.warning("statistics_ahead_of_ledger", session=str(session_id), projected=projected[session_id], ledger=last_seq)
                await self._metrics.forget_ledger(session_id)
            if projected[session_id] != last_seq:
                self.kick(session_id)
