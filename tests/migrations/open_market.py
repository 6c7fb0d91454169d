"""A market that takes orders while its database is upgraded, and a watch on how long those orders wait for the upgrade's locks."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from app.infra.clock import monotonic
from app.settings import PROJECT_ROOT
from tests.races.checkers import Acknowledged, complaints_about, read_truth

# A migration may hold up orders for a moment. A statement of the service gives up after 5 s; a bad migration is to be caught well before.
WAIT_AT_MOST_SECONDS = 2.0
_ORDERS_BEFORE = 20
# More than two rounds of a writer's batches (order_writer.py): every way of writing comes after the upgrade too.
_ORDERS_AFTER = 260
_PATIENCE_SECONDS = 120.0

# With the columns that offers had at 8982c5f: made before the upgrade, so that it must carry them over.
_OPEN_OFFERS = """
INSERT INTO offers (id, session_id, product_id, producer_id, state, announced_state, flash_price_vnd, regular_price_vnd, total_quantity,
  buffer_quantity, remaining, set_aside, per_viewer_limit, hold_seconds, duration_seconds, starts_at, ends_at)
SELECT gen_random_uuid(), session_id, product_id, producer_id, 'open', 'open', 45000, 90000, 1000000, 0, 1000000, 0, 1000, 900, 3600,
  now() - interval '1 minute', now() + interval '1 hour'
FROM offers WHERE session_id = $1 ORDER BY id LIMIT 2 RETURNING id
"""
# Waiting for a whole table means waiting for a change of the schema; waiting for a row is everyday life.
_WAITING = """
SELECT l.relation::regclass::text AS of_table, extract(epoch FROM clock_timestamp() - l.waitstart)::float8 AS seconds
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND l.locktype = 'relation' AND a.application_name = 'ocop-live' AND a.datname = current_database()
  AND l.waitstart IS NOT NULL
"""


@dataclass
class Writer:
    """One process of `order_writer`."""

    way: str
    log: Path
    process: subprocess.Popen[bytes]

    def facts(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def failures(self) -> list[str]:
        return [f"the {self.way} code: {fact['failed']}" for fact in self.facts() if "failed" in fact]

    def acknowledged(self) -> list[Acknowledged]:
        return [
            Acknowledged(UUID(fact["device"]), UUID(fact["key"]), UUID(fact["order"]), fact["number"], fact["total_vnd"])
            for fact in self.facts()
            if "order" in fact
        ]

    async def has_placed(self, more: int) -> None:
        """Wait for so many more orders than there are now, or for its failure."""
        wanted, deadline = len(self.acknowledged()) + more, monotonic() + _PATIENCE_SECONDS
        while len(self.acknowledged()) < wanted and not self.failures():
            assert self.process.poll() is None, f"the {self.way} writer ended: {self.log.with_suffix('.err').read_text()}"
            assert monotonic() < deadline, f"the {self.way} writer stands still: {self.log.with_suffix('.err').read_text()[-2000:]}"
            await asyncio.sleep(0.05)


@dataclass
class OpenMarket:
    """Both writers, and the longest wait for a table that was seen, by table."""

    url: str
    session_id: UUID
    writers: list[Writer]
    waits: dict[str, float] = field(default_factory=dict)

    async def upgrade(self, step: Callable[[], None]) -> None:
        """Run the step while orders come in; return when both writers have placed more after it."""
        await self.old.has_placed(_ORDERS_BEFORE)
        watching = asyncio.ensure_future(self._watch())
        try:
            await asyncio.to_thread(step)
            for writer in self.writers:
                await writer.has_placed(_ORDERS_AFTER)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        assert watching.cancelled(), f"nobody watched: {watching.exception()!r}"

    @property
    def old(self) -> Writer:
        return next(writer for writer in self.writers if writer.way == "old")

    def complaints_of_waiting(self) -> list[str]:
        seen = [f"orders waited {seconds:.1f} s for {table}" for table, seconds in self.waits.items() if seconds > WAIT_AT_MOST_SECONDS]
        return seen + [f"the old code gave up: {fact['waited']}" for fact in self.old.facts() if "waited" in fact]

    def failures(self) -> list[str]:
        return [failure for writer in self.writers for failure in writer.failures()]

    async def lost_or_broken(self) -> list[str]:
        """Orders that a client knows of and the database does not; ledger and stock that do not fit. Call it after `stop`."""
        acknowledged = [order for writer in self.writers for order in writer.acknowledged()]
        return complaints_about(await read_truth(self.url, self.session_id), acknowledged)

    async def stop(self) -> None:
        for writer in self.writers:
            if writer.process.stdin is not None:
                writer.process.stdin.close()
        for writer in self.writers:
            await asyncio.to_thread(writer.process.wait, _PATIENCE_SECONDS)

    async def _watch(self) -> None:
        db = await asyncpg.connect(self.url)
        try:
            while True:
                for row in await db.fetch(_WAITING):
                    self.waits[row["of_table"]] = max(self.waits.get(row["of_table"], 0.0), row["seconds"])
                await asyncio.sleep(0.05)
        finally:
            await db.close()


@asynccontextmanager
async def open_market(url: str, session_id: str, folder: Path) -> AsyncIterator[OpenMarket]:
    """Two new offers in a live session, and the old and today's code ordering from them; both are ended on leaving."""
    db = await asyncpg.connect(url)
    offers = [str(row["id"]) for row in await db.fetch(_OPEN_OFFERS, UUID(session_id))]
    await db.close()
    writers = [_start(way, url, session_id, offers, folder / f"{way}.log") for way in ("old", "current")]
    try:
        yield OpenMarket(url, UUID(session_id), writers)
    finally:
        for writer in writers:
            if writer.process.stdin is not None:
                writer.process.stdin.close()
            writer.process.kill()
            writer.process.wait()


def _start(way: str, url: str, session_id: str, offers: list[str], log: Path) -> Writer:
    log.touch()
    command = [sys.executable, "-m", "tests.migrations.order_writer", way, url, session_id, ",".join(offers), str(log)]
    with log.with_suffix(".err").open("wb") as errors:
        process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=errors, stderr=errors)
    return Writer(way, log, process)
