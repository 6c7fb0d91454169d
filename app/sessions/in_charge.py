"""Who is in charge of a session: its host, and every organiser of its organisation."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.service import CurrentUser
from app.sessions.errors import NotYourSession, SessionClosed, SessionNotFound
from app.sessions.lifecycle import EDITABLE
from app.sessions.models import LivestreamSession


def require_in_charge(user: CurrentUser, row: LivestreamSession) -> None:
    """Raises `SessionNotFound`, `NotYourSession`."""
    if user.organisation_id != row.organisation_id:
        # As if it did not exist: ids of other organisations are not confirmed.
        raise SessionNotFound
    if user.role != "organiser" and user.id != row.host_id:
        raise NotYourSession


async def lock_in_charge(db: AsyncSession, user: CurrentUser, session_id: UUID) -> LivestreamSession:
    """The session's row, locked against other changes but not against orders that refer to it."""
    row = await db.get(LivestreamSession, session_id, with_for_update={"key_share": True})
    if row is None:
        raise SessionNotFound
    require_in_charge(user, row)
    return row


def require_editable(row: LivestreamSession) -> None:
    """Raises `SessionClosed` once the session has ended."""
    if row.state not in EDITABLE:
        raise SessionClosed(details={"state": row.state})
