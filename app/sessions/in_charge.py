"""Which sessions a person may do something to: by their roles, in the table of `app/accounts/permissions.py`."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.permissions import RULES, Action, Grant, Place, Reach
from app.accounts.service import CurrentUser, require
from app.sessions.errors import NotYourSession, SessionClosed, SessionNotFound
from app.sessions.lifecycle import EDITABLE
from app.sessions.models import LivestreamSession


def require_in_charge(user: CurrentUser, row: LivestreamSession, action: Action) -> None:
    """Raises `SessionNotFound`, `NotYourSession`, and `Forbidden` where they may do it to no session at all."""
    if user.organisation_id != row.organisation_id:
        # As if it did not exist: ids of other organisations are not confirmed.
        raise SessionNotFound
    require(user, action)
    if not user.may_at(action, Place(row.id, row.host_id, row.ward_code)):
        raise NotYourSession


async def find_in_charge(db: AsyncSession, user: CurrentUser, session_id: UUID, action: Action) -> LivestreamSession:
    """The session's row. Raises as `require_in_charge` does."""
    row = await db.scalar(_of_organisation(user, session_id))
    if row is None:
        raise SessionNotFound
    require_in_charge(user, row, action)
    return row


async def lock_in_charge(db: AsyncSession, user: CurrentUser, session_id: UUID, action: Action) -> LivestreamSession:
    """The session's row, locked against other changes but not against orders that refer to it. Raises as `require_in_charge` does."""
    row = await db.scalar(_of_organisation(user, session_id).with_for_update(key_share=True))
    if row is None:
        raise SessionNotFound
    require_in_charge(user, row, action)
    return row


def sessions_in_reach(user: CurrentUser, *actions: Action) -> ColumnElement[bool]:
    """The condition on sessions to which the person may do at least one of these."""
    reach = [_covered_by(grant, action, user.id) for action in actions for grant in user.grants_for(action)]
    return and_(LivestreamSession.organisation_id == user.organisation_id, or_(*reach) if reach else ~true())


def _of_organisation(user: CurrentUser, session_id: UUID) -> Select[LivestreamSession]:
    return select(LivestreamSession).where(LivestreamSession.id == session_id, LivestreamSession.organisation_id == user.organisation_id)


def _covered_by(grant: Grant, action: Action, user_id: UUID) -> ColumnElement[bool]:
    """The same in SQL as `grant_allows`."""
    if grant.session_id is not None:
        return LivestreamSession.id == grant.session_id
    in_ward = true() if grant.ward_code is None else LivestreamSession.ward_code == grant.ward_code
    return in_ward if RULES[action].of(grant.role) is Reach.ALL else and_(in_ward, LivestreamSession.host_id == user_id)


def require_editable(row: LivestreamSession) -> None:
    """Raises `SessionClosed` once the session has ended."""
    if row.state not in EDITABLE:
        raise SessionClosed(details={"state": row.state})


def require_not_closed(row: LivestreamSession) -> None:
    """Raises `SessionClosed` once its figures are final."""
    if row.state == "closed":
        raise SessionClosed(details={"state": row.state})
