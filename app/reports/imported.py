"""The door to figures that people read on other platforms. Every version is kept with who entered it; none is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.database import Database, RawConnection
from app.reports import queries
from app.reports.imported_schemas import EnteredFigures, ImportedRow, ImportedView
from app.sessions.errors import SessionNotFound

HISTORY_SHOWN = 500
_VERSIONS = """
SELECT f.platform, f.figure, f.number, f.value, f.told, f.by_csv, u.display_name AS entered_by_name, f.entered_at
FROM imported_figures f JOIN users u ON u.id = f.entered_by WHERE f.session_id = $1
ORDER BY f.entered_at DESC, f.platform, f.figure, f.number DESC LIMIT $2
"""
_NEWEST = """
SELECT DISTINCT ON (f.platform, f.figure)
  f.platform, f.figure, f.number, f.value, f.told, f.by_csv, u.display_name AS entered_by_name, f.entered_at
FROM imported_figures f JOIN users u ON u.id = f.entered_by WHERE f.session_id = $1
ORDER BY f.platform, f.figure, f.number DESC
"""
# One writer per session at a time: versions have numbers without gaps.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('imported figures ' || $1, 0))"
_ADD = """
INSERT INTO imported_figures (session_id, platform, figure, number, value, told, by_csv, entered_by)
SELECT $1, new.platform, new.figure, coalesce(known.number, 0) + 1, new.value, new.told, $6, $7
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) AS new (platform, figure, value, told)
LEFT JOIN LATERAL (
  SELECT number, value, told FROM imported_figures f
  WHERE f.session_id = $1 AND f.platform = new.platform AND f.figure = new.figure ORDER BY number DESC LIMIT 1) AS known ON true
WHERE (known.number IS NULL AND new.value IS NOT NULL)
  OR (known.number IS NOT NULL AND (known.value IS DISTINCT FROM new.value OR known.told <> new.told))
"""


class ImportedFigures:
    """Reads and enters imported figures of one session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def view(self, user: CurrentUser, session_id: UUID) -> ImportedView:
        """What counts, and its history. Raises `SessionNotFound`."""
        async with self._database.pool.acquire() as db:
            await _require(db, user, session_id, Action.READ_REPORTS)
            return await _view(db, session_id)

    async def enter(self, user: CurrentUser, session_id: UUID, entered: EnteredFigures) -> ImportedView:
        """Write new versions of those that differ from what counts; the same again writes nothing. Of one figure the last given counts.

        Raises `SessionNotFound`.
        """
        last = {(each.platform, each.figure): each for each in entered.figures}
        figures = list(last.values())
        columns = ([each.platform for each in figures], [each.figure for each in figures], [each.value for each in figures])
        async with self._database.pool.acquire() as db, db.transaction():
            await _require(db, user, session_id, Action.RUN_SESSIONS)
            await db.execute(_LOCK, str(session_id))
            await db.execute(_ADD, session_id, *columns, [each.told for each in figures], entered.by_csv, user.id)
            return await _view(db, session_id)

    async def require_entering(self, user: CurrentUser, session_id: UUID) -> None:
        """Raises `SessionNotFound` for those who may not enter figures there."""
        async with self._database.pool.acquire() as db:
            await _require(db, user, session_id, Action.RUN_SESSIONS)


async def imported_rows(db: RawConnection, session_id: UUID) -> tuple[ImportedRow, ...]:
    """The figures that count: newest versions that were not taken back."""
    return tuple(ImportedRow(**row) for row in await db.fetch(_NEWEST, session_id) if row["value"] is not None)


def impressions_of(rows: Sequence[ImportedRow]) -> int:
    """Imported impressions of all platforms together."""
    return sum(row.value or 0 for row in rows if row.figure == "impressions")


async def _view(db: RawConnection, session_id: UUID) -> ImportedView:
    versions: list[Any] = await db.fetch(_VERSIONS, session_id, HISTORY_SHOWN)
    return ImportedView(figures=await imported_rows(db, session_id), history=tuple(ImportedRow(**row) for row in versions))


async def _require(db: RawConnection, user: CurrentUser, session_id: UUID, action: Action) -> None:
    facts = await queries.session_facts(db, session_id)
    if facts is None or facts.organisation_id != user.organisation_id or not user.may_at(action, facts.place):
        raise SessionNotFound(details={"session_id": str(session_id)})
