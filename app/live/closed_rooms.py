"""Rooms of sessions that are closed and counted for good: read from PostgreSQL alone, so that looking at one leaves nothing in Redis."""

from __future__ import annotations

import asyncio
from uuid import UUID

from app.live.loading import RoomLoader
from app.live.polling import PolledRoom, PolledTick
from app.live.tellings import ToldFigures
from app.metrics.service import MetricsService
from app.protocol.views import Counts
from app.realtime.room_log import LogPosition

DOCUMENTS_KEPT = 100
# Nothing is logged there any more; another epoch than any log has.
_POSITION = LogPosition("closed", 0)


class ClosedRooms:
    """One per worker. Nothing in such a room changes but late facts about its orders, which viewers do not see."""

    def __init__(self, loader: RoomLoader, metrics: MetricsService) -> None:
        self._loader = loader
        self._metrics = metrics
        self._documents: dict[UUID, PolledTick] = {}
        self._reading: dict[UUID, asyncio.Future[PolledTick | None]] = {}

    async def document(self, session_id: UUID) -> PolledTick | None:
        """What polls get of a closed session; None as long as it has a room. Callers that come together share one reading.

        Raises `SessionNotFound`.
        """
        if (kept := self._documents.get(session_id)) is not None:
            return kept
        reading = self._reading.get(session_id)
        if reading is None:
            reading = self._reading[session_id] = asyncio.ensure_future(self._read(session_id))
            reading.add_done_callback(lambda _: self._reading.pop(session_id, None))
        # Shielded: a caller that goes away must not take the reading from the others.
        return await asyncio.shield(reading)

    async def _read(self, session_id: UUID) -> PolledTick | None:
        mirror = await self._loader.load_closed(session_id)
        final = None if mirror is None else await self._metrics.final_stats(session_id)
        if mirror is None or final is None:
            return None
        counts = Counts(viewers=0, likes=final.totals.likes, comments=final.totals.comments)
        document = PolledRoom().document(_POSITION, mirror=mirror, figures=ToldFigures(counts, mirror.stock, None))
        if len(self._documents) >= DOCUMENTS_KEPT:
            self._documents.clear()
        self._documents[session_id] = document
        return document
