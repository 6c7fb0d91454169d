"""The warning that an organiser shows on the screens of a live session: for viewers, over the picture, on the board, until it is lifted.

The law asks the platform for such a tool (Law 122/2025/QH15, FIELD.md §3). It is no notice: whoever hosts can neither set it nor take it away.
Every one of them stays with who set and who lifted it, as evidence.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.directory import names_of_users
from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database
from app.live.models import RoomWarning
from app.live.moderation_reading import warning_of, warning_view
from app.protocol.moderation import WARNING_TEXT, WarningView
from app.protocol.server_events import WarningChanged
from app.sessions.errors import SessionNotLive
from app.sessions.in_charge import lock_in_charge, require_not_closed
from app.sessions.lookup import SessionLookup
from app.sessions.outbox import event_to_tell, tell_room
from app.sessions.telling import RoomTeller

# The newest of a session.
WARNINGS_SHOWN = 200


class WarningRequest(BaseModel):
    """What stands on every screen from now on, in place of what stood there; null takes it away."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"text": "Giá nói trên sóng chưa đúng, mời chờ."}]}
    )

    text: Annotated[str, *WARNING_TEXT.rules] | None


class WarningRecord(BaseModel):
    """One warning of a session with who set and who lifted it."""

    text: str
    set_by: str
    set_at_ms: int
    lifted_by: str | None = Field(description="null while it stands")
    lifted_at_ms: int | None


class WarningList(BaseModel):
    """The warnings of a session, newest first."""

    items: list[WarningRecord]


class ScreenWarnings:
    """Organisers act; the room hears of it from the outbox."""

    def __init__(self, database: Database, *, sessions: SessionLookup, teller: RoomTeller) -> None:
        self._transactions = database.transactions
        self._sessions = sessions
        self._teller = teller

    async def set(self, user: CurrentUser, session_id: UUID, text: str | None, intention: Intention | None = None) -> WarningView | None:
        """Show a warning in a live session, or lift the one that stands, until the session is closed. What stands already changes nothing.

        Raises `SessionNotLive`, `SessionClosed` and those of access.
        """
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.WARN_ON_SCREEN)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return await warning_of(db, session_id)
            require_not_closed(row)
            if text is not None and row.state != "live":
                raise SessionNotLive(details={"state": row.state})
            standing = await _standing(db, session_id)
            if (standing.text if standing else None) == text:
                return await warning_of(db, session_id)
            moment = utc_now()
            if standing is not None:
                standing.lifted_by, standing.lifted_at = user.id, moment
                await db.flush()
            view = None
            if text is not None:
                new = RoomWarning(id=uuid4(), session_id=session_id, text=text, set_by=user.id, set_at=moment)
                db.add(new)
                view = warning_view(new)
            await tell_room(db, session_id, event_to_tell(WarningChanged(warning=view)))
            record_audit(
                db,
                organisation_id=user.organisation_id,
                user_id=user.id,
                action="warning.lifted" if text is None else "warning.set",
                subject_id=session_id,
                details={"text": standing.text if text is None and standing else text},
            )
        await self._teller.tell_soon(session_id)
        return view

    async def listed(self, user: CurrentUser, session_id: UUID) -> WarningList:
        """All of them, newest first, at most `WARNINGS_SHOWN`. Raises those of access."""
        await self._sessions.managed(user, session_id, Action.WARN_ON_SCREEN)
        found = select(RoomWarning).where(RoomWarning.session_id == session_id).order_by(RoomWarning.set_at.desc()).limit(WARNINGS_SHOWN)
        async with self._transactions() as db:
            rows = (await db.scalars(found)).all()
            names = await names_of_users(db, [each for row in rows for each in (row.set_by, row.lifted_by)])
        return WarningList(
            items=[
                WarningRecord(
                    text=row.text,
                    set_by=names.get(row.set_by, ""),
                    set_at_ms=to_ms(row.set_at) or 0,
                    lifted_by=None if row.lifted_by is None else names.get(row.lifted_by, ""),
                    lifted_at_ms=to_ms(row.lifted_at),
                )
                for row in rows
            ]
        )


async def _standing(db: AsyncSession, session_id: UUID) -> RoomWarning | None:
    found = select(RoomWarning).where(RoomWarning.session_id == session_id, RoomWarning.lifted_at.is_(None))
    row: RoomWarning | None = await db.scalar(found)
    return row
