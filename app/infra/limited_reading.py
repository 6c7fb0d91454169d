"""Reading for reports: one snapshot on the pool of reports, from a replica where there is one, with a time limit that has a name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from app.errors import Unavailable
from app.infra.database import Database, RawConnection

STATEMENT_SECONDS = 4.0
_RETRY_AFTER_SECONDS = 5.0
# A replica that has replayed all it was sent is not behind, however long nothing was written.
_STATE = """
SELECT transaction_timestamp() AS as_of, CASE
  WHEN NOT pg_is_in_recovery() THEN NULL
  WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()))::float8 END AS lag_seconds
"""


class ReadTookTooLong(Unavailable):
    """A statement was stopped after `details["seconds"]`: nothing is wrong with what was asked, the database is too busy for it now."""

    code = "read_took_too_long"
    title_vi = "Số liệu đang được đọc quá lâu, mời thử lại sau ít giây."
    title_en = "Reading these figures took too long, please try again in a few seconds."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A read-only transaction. `as_of`: when it began; `lag_seconds`: how far the replica is behind, null where it is no replica."""

    db: RawConnection
    as_of: datetime
    lag_seconds: float | None


@asynccontextmanager
async def reading_snapshot(database: Database, *, seconds: float = STATEMENT_SECONDS) -> AsyncIterator[Snapshot]:
    """Everything read in it belongs together. Raises `ReadTookTooLong` when a statement takes longer than `seconds`."""
    try:
        async with database.reading.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
            await db.execute(f"SET LOCAL statement_timeout = {round(seconds * 1000)}")
            state = await db.fetchrow(_STATE)
            assert state is not None  # noqa: S101 - one row without FROM
            yield Snapshot(db, state["as_of"], state["lag_seconds"])
    except asyncpg.QueryCanceledError as error:
        raise ReadTookTooLong(details={"seconds": seconds}, retry_after_seconds=_RETRY_AFTER_SECONDS) from error
