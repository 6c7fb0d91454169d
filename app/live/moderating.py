"""What people in charge do about comments and those who write them: hide, restore, mute, ban, lift. Each in one transaction with its trail.

The room hears of it from the outbox; every node then acts from what it knows (`moderation.py`, `restrictions.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.clock import utc_now
from app.infra.database import Database
from app.live.comments import CommentArchive, is_hidden
from app.live.errors import AddressUnknown, RestrictionNotFound, RestrictionsFull, StaffNotRestricted
from app.live.hiding import hide_comments, lift_restriction, note, restore_comments
from app.live.late_words import LateWords
from app.live.models import ArchivedComment, CommentHiding, SpeakerRestriction
from app.live.moderation_reading import RESTRICTIONS_MOST, in_force, restriction_of
from app.live.moderation_schemas import RestrictionRequest
from app.live.to_read import ReadingLater
from app.protocol.moderation import RestrictionView
from app.protocol.server_events import SpeakerRestricted
from app.sessions.in_charge import lock_in_charge, require_not_closed
from app.sessions.lookup import SessionLookup
from app.sessions.outbox import event_to_tell, tell_room
from app.sessions.telling import RoomTeller

# Of one speaker at a time: what stands on screens is less.
_HIDDEN_AT_ONCE = 100


class Moderating:
    """Whoever is in charge of the session acts: on speakers until it is closed, on what was said also afterwards, for whoever reads back."""

    def __init__(
        self,
        database: Database,
        *,
        sessions: SessionLookup,
        archive: CommentArchive,
        teller: RoomTeller,
        later: ReadingLater,
        late_words: LateWords,
    ) -> None:
        self._transactions = database.transactions
        self._sessions = sessions
        self._archive = archive
        self._teller = teller
        self._later = later
        self._late_words = late_words

    async def hide(self, user: CurrentUser, session_id: UUID, comment_id: UUID, intention: Intention | None = None) -> None:
        """Take a comment off every screen. Hiding a hidden one changes nothing. Raises `CommentNotFound` and those of access."""
        await self._find(user, session_id, comment_id)
        async with self._transactions.begin() as db:
            await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            if not (await claim_intention(db, user.id, intention, comment_id)).is_first:
                return
            comments = await _comments(db, ArchivedComment.id == comment_id, ~is_hidden(comment_id))
            if comments:
                await hide_comments(db, user, session_id, comments, reason="staff")
                note(db, user, "comment.hidden", session_id, {"comment_id": str(comment_id)})
        await self._teller.tell_soon(session_id)

    async def restore(self, user: CurrentUser, session_id: UUID, comment_id: UUID, intention: Intention | None = None) -> None:
        """Show a hidden comment again, or let one through that a rule holds. Raises as `hide` does."""
        await self._find(user, session_id, comment_id)
        async with self._transactions.begin() as db:
            await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            if not (await claim_intention(db, user.id, intention, comment_id)).is_first:
                return
            if await restore_comments(db, self._later, user, session_id, CommentHiding.comment_id == comment_id):
                note(db, user, "comment.restored", session_id, {"comment_id": str(comment_id)})
        await self._teller.tell_soon(session_id)

    async def restrict(
        self, user: CurrentUser, session_id: UUID, wish: RestrictionRequest, intention: Intention | None = None
    ) -> RestrictionView:
        """Mute or ban whoever wrote a comment, and hide what they have said if that is wanted. It takes the place of the same before.

        Raises `CommentNotFound`, `StaffNotRestricted`, `AddressUnknown`, `RestrictionsFull`, `SessionClosed` and those of access.
        """
        await self._find(user, session_id, wish.comment_id)
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            claim = await claim_intention(db, user.id, intention, uuid4())
            if not claim.is_first:
                made = await db.get_one(SpeakerRestriction, claim.subject_id)
                return restriction_of(made, user.display_name).view
            require_not_closed(row)
            comment = await db.get_one(ArchivedComment, wish.comment_id)
            if comment.by_staff:
                raise StaffNotRestricted
            if wish.scope == "address" and comment.network is None:
                raise AddressUnknown
            restriction = _restriction(claim.subject_id, user, comment, wish)
            await self._replace(db, user, restriction)
            in_force_now = select(func.count()).where(SpeakerRestriction.session_id == session_id, *in_force())
            if (await db.scalar(in_force_now) or 0) >= RESTRICTIONS_MOST:
                raise RestrictionsFull
            db.add(restriction)
            await db.flush()
            view = restriction_of(restriction, user.display_name).view
            network = None if restriction.network is None else restriction.network.hex()
            await tell_room(
                db, session_id, event_to_tell(SpeakerRestricted(restriction=view, device=restriction.device_id, network=network))
            )
            if wish.hides_comments:
                comments = await _comments(
                    db, ArchivedComment.session_id == session_id, _said_by(restriction), ~is_hidden(ArchivedComment.id)
                )
                if comments:
                    await hide_comments(
                        db,
                        user,
                        session_id,
                        comments,
                        reason="muted",
                        restriction_of=dict.fromkeys((comment.id for comment in comments), restriction.id),
                    )
            details = {"restriction_id": str(view.id), "comment_id": str(wish.comment_id), "scope": view.scope, "minutes": wish.minutes}
            note(db, user, "speaker.muted" if wish.kind == "mute" else "speaker.banned", session_id, details)
        await self._teller.tell_soon(session_id)
        if wish.hides_comments:
            self._late_words.watch(user, session_id, [view.id])
        return view

    async def lift(self, user: CurrentUser, session_id: UUID, restriction_id: UUID, intention: Intention | None = None) -> None:
        """End a mute or a ban before its time, and show again what was hidden with it.

        Raises `RestrictionNotFound`, `SessionClosed` and those of access.
        """
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            if not (await claim_intention(db, user.id, intention, restriction_id)).is_first:
                return
            require_not_closed(row)
            restriction = await db.get(SpeakerRestriction, restriction_id)
            if restriction is None or restriction.session_id != session_id:
                raise RestrictionNotFound
            if restriction.lifted_at is None:
                await lift_restriction(db, user, restriction)
                await restore_comments(db, self._later, user, session_id, CommentHiding.restriction_id == restriction_id)
                note(db, user, "speaker.freed", session_id, {"restriction_id": str(restriction_id)})
        await self._teller.tell_soon(session_id)

    async def _find(self, user: CurrentUser, session_id: UUID, comment_id: UUID) -> None:
        """Before any lock is held: who may act at all, and the comment, which may be on its way to the archive still."""
        await self._sessions.managed(user, session_id, Action.MODERATE_COMMENTS)
        await self._archive.wait_for(session_id, comment_id)

    async def _replace(self, db: AsyncSession, user: CurrentUser, restriction: SpeakerRestriction) -> None:
        """The same for the same speaker is lifted: the newest word counts."""
        same = (
            SpeakerRestriction.session_id == restriction.session_id,
            SpeakerRestriction.kind == restriction.kind,
            SpeakerRestriction.device_id.is_not_distinct_from(restriction.device_id),
            SpeakerRestriction.network.is_not_distinct_from(restriction.network),
        )
        for before in (await db.scalars(select(SpeakerRestriction).where(*same, *in_force()))).all():
            await lift_restriction(db, user, before)


async def _comments(db: AsyncSession, *conditions: Any) -> Sequence[ArchivedComment]:  # noqa: ANN401 - SQL conditions
    found = select(ArchivedComment).where(*conditions).order_by(ArchivedComment.posted_at.desc()).limit(_HIDDEN_AT_ONCE)
    return (await db.scalars(found)).all()


def _restriction(restriction_id: UUID, user: CurrentUser, comment: ArchivedComment, wish: RestrictionRequest) -> SpeakerRestriction:
    moment = utc_now()
    return SpeakerRestriction(
        id=restriction_id,
        session_id=comment.session_id,
        kind=wish.kind,
        device_id=comment.device_id if wish.scope == "device" else None,
        network=comment.network if wish.scope == "address" else None,
        author=comment.author,
        comment_id=comment.id,
        until_at=None if wish.minutes is None else moment + timedelta(minutes=wish.minutes),
        created_by=user.id,
        created_at=moment,
    )


def _said_by(restriction: SpeakerRestriction) -> Any:  # noqa: ANN401 - an SQL condition
    of_viewers = ~ArchivedComment.by_staff
    if restriction.device_id is not None:
        return (ArchivedComment.device_id == restriction.device_id) & of_viewers
    return (ArchivedComment.network == restriction.network) & of_viewers
