"""Read-only SQL of statistics. Sessions belong to `app.live`, which is above this package: their rows are read by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """Whose session it is and when it was on air."""

    session_id: UUID
    organisation_id: UUID
    host_id: UUID
    ward_code: int | None
    state: str
    started_at: datetime | None
    ended_at: datetime | None


async def session_times(db: AsyncSession, session_id: UUID) -> SessionTimes | None:
    """None when there is no such session."""
    statement = text("SELECT id, organisation_id, host_id, ward_code, state, started_at, ended_at FROM sessions WHERE id = :session_id")
    row = (await db.execute(statement, {"session_id": session_id})).one_or_none()
    return None if row is None else SessionTimes(*row)


async def sessions_to_checkpoint(db: AsyncSession) -> list[UUID]:
    """Sessions whose measured counters still move: live, or ended and not yet written down for good.

    Booths are always live and there may be hundreds: each is written down every ten minutes only.
    """
    statement = text(
        "SELECT sessions.id FROM sessions LEFT JOIN session_totals ON session_totals.session_id = sessions.id "
        "WHERE (sessions.state = 'live' AND (sessions.kind = 'stream' OR coalesce(session_totals.as_of < now() - interval '10 minutes', true))) "
        "OR (sessions.state = 'ended' AND coalesce(session_totals.figures ->> 'state', 'live') = 'live') "
        "ORDER BY sessions.id"
    )
    return list((await db.scalars(statement)).all())
