"""Viewer counts of outside platforms: kept as they were reported, shown as imported, never added to measured ones."""

from __future__ import annotations

from uuid import UUID

from app.infra.clock import from_ms, now_ms
from app.infra.database import Database
from app.live.models import OutsideCountEntry
from app.metrics.service import MetricsService
from app.protocol.client_commands import OutsideSource


class OutsideCounts:
    """Takes reports from the host's socket and from bridges."""

    def __init__(self, database: Database, metrics: MetricsService) -> None:
        self._transactions = database.transactions
        self._metrics = metrics

    async def report(self, session_id: UUID, *, source: OutsideSource, viewers: int, observed_at_ms: int | None, reported_by: str) -> None:
        """Keep one reading and show it. A time in the future, or none, counts as now."""
        now = now_ms()
        observed = now if observed_at_ms is None else min(observed_at_ms, now)
        async with self._transactions.begin() as db:
            db.add(
                OutsideCountEntry(
                    session_id=session_id, source=source, viewers=viewers, observed_at=from_ms(observed), reported_by=reported_by
                )
            )
        await self._metrics.report_outside(session_id, source=source, viewers=viewers, observed_at_ms=observed)
