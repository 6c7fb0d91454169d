"""Rooms of sessions that are closed and counted for good: read from PostgreSQL alone, so that looking at one leaves nothing in Redis."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from app.infra.clock import monotonic
from app.infra.database import Database
from app.live.loading import RoomLoader
from app.live.polling import PolledRoom, PolledTick
from app.live.tellings import ToldFigures
from app.metrics.service import MetricsService
from app.protocol.views import Counts
from app.realtime.room_log import LogPosition

DOCUMENTS_KEPT = 100
# Comments may be hidden and shown again after the end, by a request to any worker; words of old ones are emptied (`evidence.py`).
CHECK_SECONDS = 1.0
KEPT_SECONDS = 600.0
_MODERATED = "SELECT count(*) FILTER (WHERE is_hidden), max(greatest(hidden_at, restored_at)) FROM comment_hidings WHERE session_id = $1"
# Nothing is logged there any more; another epoch than any log has.
_POSITION = LogPosition("closed", 0)


@dataclass(slots=True)
class _Kept:
    document: PolledTick
    moderated: tuple[object, ...]
    read_at: float
    checked_at: float


class ClosedRooms:
    """One per worker. Little in such a room changes: which comments are hidden, and late facts about its orders, which viewers do not see."""

    def __init__(self, loader: RoomLoader, metrics: MetricsService, database: Database) -> None:
        self._loader = loader
        self._metrics = metrics
        self._pool = database.pool
        self._kept: dict[UUID, _Kept] = {}
        self._reading: dict[UUID, asyncio.Future[PolledTick | None]] = {}

    async def document(self, session_id: UUID) -> PolledTick | None:
        """What polls get of a closed session, at most a second old; None as long as it has a room. Callers that come together share one reading.

        Raises `SessionNotFound`.
        """
        kept = self._kept.get(session_id)
        if kept is not None and monotonic() - kept.checked_at < CHECK_SECONDS:
            return kept.document
        reading = self._reading.get(session_id)
        if reading is None:
            reading = self._reading[session_id] = asyncio.ensure_future(self._read(session_id, kept))
            reading.add_done_callback(lambda _: self._reading.pop(session_id, None))
        # Shielded: a caller that goes away must not take the reading from the others.
        return await asyncio.shield(reading)

    async def _read(self, session_id: UUID, kept: _Kept | None) -> PolledTick | None:
        moment = monotonic()
        # Before the comments: what is hidden in between is looked at again.
        moderated = tuple(await self._pool.fetchrow(_MODERATED, session_id) or ())
        if kept is not None and kept.moderated == moderated and moment - kept.read_at < KEPT_SECONDS:
            kept.checked_at = moment
            return kept.document
        mirror = await self._loader.load_closed(session_id)
        final = None if mirror is None else await self._metrics.final_stats(session_id)
        if mirror is None or final is None:
            return None
        counts = Counts(viewers=0, likes=final.totals.likes, comments=final.totals.comments)
        document = PolledRoom().document(_POSITION, mirror=mirror, figures=ToldFigures(counts, mirror.stock, None))
        if len(self._kept) >= DOCUMENTS_KEPT:
            self._kept.clear()
        self._kept[session_id] = _Kept(document, moderated, moment, moment)
        return document
