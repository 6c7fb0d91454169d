"""The door to statistics: nodes flush counts, the projector applies ledger entries, pages read figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from app.accounts.permissions import Action, Place
from app.accounts.service import CurrentUser
from app.errors import Unavailable
from app.infra.clock import monotonic, utc_now
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.metrics.definitions import DEFINITIONS, MetricDefinition, definition_of
from app.metrics.errors import StatisticsNotComplete, StatisticsNotFound
from app.metrics.figures import (
    MEASURED_COUNTERS,
    SAME_VIEW_SECONDS,
    Flush,
    LedgerDelta,
    Move,
    RoomFigures,
    Sketches,
    ledger_metric_names,
)
from app.metrics.flush_message import Clocks
from app.metrics.queries import SessionTimes, session_times, sessions_to_checkpoint
from app.metrics.records import Record, read_record, write_record
from app.metrics.sales import Sales, ShippingFees
from app.metrics.schemas import DerivedFigures, MinuteFigures, OutsideFigures, ProductSales, SessionStats, Totals
from app.metrics.stats import build_stats, with_sales
from app.metrics.store import MetricsStore

__all__ = [
    "DEFINITIONS",
    "SAME_VIEW_SECONDS",
    "Clocks",
    "DerivedFigures",
    "Flush",
    "LedgerDelta",
    "MetricDefinition",
    "MetricsService",
    "MinuteFigures",
    "Move",
    "OutsideFigures",
    "ProductSales",
    "RoomFigures",
    "Sales",
    "SessionStats",
    "ShippingFees",
    "Totals",
    "definition_of",
    "ledger_metric_names",
    "with_sales",
]

log = structlog.get_logger(__name__)

_OPEN_ATTEMPTS = 3


class MetricsService:
    """Statistics of sessions: counted in Redis while they run, checkpointed to PostgreSQL, written there for good after the end.

    `node_count_ttl_seconds`: a node that has not flushed for so long is taken for dead and its viewers are forgotten.
    """

    def __init__(
        self,
        database: Database,
        redis: RedisClients,
        prefix: str,
        *,
        node_count_ttl_seconds: float = 15.0,
        clocks: Clocks | None = None,
        store: type[MetricsStore] = MetricsStore,
    ) -> None:
        self._database = database
        self._store = store(redis, prefix, clocks or Clocks(monotonic))
        self._node_count_ttl_ms = int(node_count_ttl_seconds * 1000)

    async def flush(self, session_id: UUID, flush: Flush) -> RoomFigures:
        """Count one node's news and answer the room's figures over all nodes; one round trip to Redis.

        A flush whose reply was lost is sent again with the same number: it counts once. Raises `ValueError` for a name that is
        not in `MEASURED_COUNTERS` or a negative amount, and lets Redis's errors through.
        """
        if wrong := [name for name, amount in flush.increments.items() if name not in MEASURED_COUNTERS or amount < 0]:
            raise ValueError(f"not a measured counter, or negative: {', '.join(wrong)}")
        for _ in range(_OPEN_ATTEMPTS):
            figures = await self._store.flush(session_id, flush, ttl_ms=self._node_count_ttl_ms)
            if figures is not None:
                return figures
            await self.restore(session_id)
        raise Unavailable(f"the counters of session {session_id} were lost {_OPEN_ATTEMPTS} times in a row")

    async def report_outside(self, session_id: UUID, *, source: str, viewers: int, observed_at_ms: int) -> None:
        """Keep viewers of an outside platform beside our own; an observation older than the kept one moves only the peak."""
        for _ in range(_OPEN_ATTEMPTS):
            if await self._store.report_outside(session_id, source=source, viewers=viewers, observed_at_ms=observed_at_ms):
                return
            await self.restore(session_id)
        raise Unavailable(f"the counters of session {session_id} were lost {_OPEN_ATTEMPTS} times in a row")

    async def projected_seq(self, session_id: UUID) -> int:
        """The ledger entry up to which statistics are complete; 0 when Redis knows nothing."""
        return (await self._store.ledger_seqs([session_id]))[session_id]

    async def projected_seqs(self, session_ids: Sequence[UUID]) -> dict[UUID, int]:
        """The same for many sessions, in one round trip to Redis; without those whose part of a cluster does not answer."""
        return await self._store.ledger_seqs(session_ids)

    async def apply(self, session_id: UUID, deltas: Sequence[LedgerDelta]) -> int:
        """Add ledger entries, each exactly once and in order; entries seen before are refused, a gap ends the batch.

        Returns the `seq` that statistics now stand at. Repeating a call whose reply was lost is safe.
        """
        return await self._store.apply(session_id, deltas)

    async def forget_ledger(self, session_id: UUID) -> None:
        """Drop all sales figures of a session, for the projector to build them again from the first entry."""
        await self._store.forget_ledger(session_id)

    async def stats(self, session_id: UUID) -> SessionStats:
        """Figures of a session: from Redis while it runs, from PostgreSQL once they are final. Raises `StatisticsNotFound`."""
        return await self._stats(await self._times(session_id))

    async def stats_for(self, user: CurrentUser, session_id: UUID, action: Action = Action.READ_FIGURES) -> SessionStats:
        """`stats` for those whose roles allow the action there; for everybody else the session does not exist."""
        times = await self._times(session_id)
        place = Place(session_id, times.host_id, times.ward_code)
        if times.organisation_id != user.organisation_id or not user.may_at(action, place):
            raise StatisticsNotFound(details={"session_id": str(session_id)})
        return await self._stats(times)

    async def checkpoint(self, session_id: UUID) -> None:
        """Keep the present figures in PostgreSQL, so that losing Redis costs at most what was measured since."""
        snapshot = await self._store.read(session_id)
        if not snapshot.is_open:
            # Cold counters must never overwrite the checkpoint that is about to bring them back.
            await self.restore(session_id)
            return
        sketches = await self._store.sketches(session_id)
        if snapshot.unique_viewers and sketches.unique_viewers is None:
            log.warning("checkpoint_left_out", session=str(session_id), reason="Redis was lost between two reads")
            return
        async with self._database.transactions.begin() as db:
            await write_record(db, session_id, Record("live", snapshot, sketches))

    async def checkpoint_all(self) -> int:
        """Checkpoint every running session; one that fails is logged and does not stop the others. Returns how many were tried."""
        async with self._database.transactions() as db:
            session_ids = await sessions_to_checkpoint(db)
        for session_id in session_ids:
            try:
                await self.checkpoint(session_id)
            except Exception:
                log.exception("checkpoint_failed", session=str(session_id))
        return len(session_ids)

    async def restore(self, session_id: UUID) -> bool:
        """Open cold counters with what PostgreSQL kept, or with zeros. False when they are open, so it never happens twice.

        Sales are not restored: the projector builds them again from the ledger.
        """
        record = await self._record(session_id)
        if record is None:
            return await self._store.open_counters(session_id, None, Sketches())
        snapshot = record.snapshot
        if record.state == "live":
            lost_ms = max(0, int((utc_now() - snapshot.as_of).total_seconds() * 1000))
            snapshot = replace(snapshot, restores=snapshot.restores + 1, lost_ms_at_most=snapshot.lost_ms_at_most + lost_ms)
        restored = await self._store.open_counters(session_id, snapshot, record.sketches)
        if restored:
            log.warning("statistics_restored", session=str(session_id), checkpoint_at=snapshot.as_of.isoformat(), state=record.state)
        return restored

    async def persist(self, session_id: UUID, *, expected_seq: int) -> None:
        """Write the final figures to PostgreSQL in one transaction; repeating it is safe.

        Raises `StatisticsNotComplete` while Redis has not counted the ledger up to `expected_seq`.
        """
        await self.restore(session_id)
        snapshot = await self._store.read(session_id)
        if not snapshot.is_open or snapshot.ledger_seq < expected_seq:
            raise StatisticsNotComplete(details={"projected_seq": snapshot.ledger_seq, "expected_seq": expected_seq})
        record = Record("final", replace(snapshot, viewers_now=0), await self._store.sketches(session_id))
        async with self._database.transactions.begin() as db:
            await write_record(db, session_id, record)

    async def count_together(self, sketches: Sequence[bytes]) -> int:
        """Distinct devices over sessions, of their stored sketches (`session_totals`); an estimate as each session's is. Lets Redis's errors through."""
        return await self._store.count_together(sketches)

    async def expire_session(self, session_id: UUID, seconds: int) -> None:
        """Let Redis forget a closed session after `seconds`, unless it was to do so sooner."""
        await self._store.expire(session_id, seconds)

    async def _times(self, session_id: UUID) -> SessionTimes:
        async with self._database.transactions() as db:
            times = await session_times(db, session_id)
        if times is None:
            raise StatisticsNotFound(details={"session_id": str(session_id)})
        return times

    async def _record(self, session_id: UUID) -> Record | None:
        async with self._database.transactions() as db:
            return await read_record(db, session_id)

    async def final_stats(self, session_id: UUID) -> SessionStats | None:
        """Figures that are final, from PostgreSQL alone; None while they are not. Raises `StatisticsNotFound`."""
        return await self._final(await self._times(session_id))

    async def _final(self, times: SessionTimes) -> SessionStats | None:
        record = None if times.state == "live" else await self._record(times.session_id)
        return build_stats(record.snapshot, times, is_final=True) if record is not None and record.state == "final" else None

    async def _stats(self, times: SessionTimes) -> SessionStats:
        if (final := await self._final(times)) is not None:
            return final
        snapshot = await self._store.read(times.session_id)
        if not snapshot.is_open and times.started_at is not None:
            await self.restore(times.session_id)
            snapshot = await self._store.read(times.session_id)
        return build_stats(snapshot, times, is_final=False)
