"""One act against a raid: whoever the rules or somebody in charge have caught twice of late is muted, and all that they said is hidden.

Devices, never networks: a whole commune may share one. Nobody is caught for being new. What was restored does not count, nor does what was
hidden before somebody was freed: whoever takes a sweep back is not overruled by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.intentions import Intention, claim_intention
from app.accounts.permissions import Action
from app.accounts.service import CurrentUser
from app.infra.clock import utc_now
from app.infra.database import Database
from app.live.comments import CommentArchive, is_hidden
from app.live.hiding import hide_comments, lift_restriction, note, restore_comments
from app.live.late_words import LateWords
from app.live.models import ArchivedComment, CommentHiding, SpeakerRestriction
from app.live.moderation_reading import RESTRICTIONS_MOST, in_force, restriction_of
from app.live.moderation_schemas import SWEPT_MOST, Sweep, SweepRequest
from app.live.to_read import ReadingLater
from app.protocol.server_events import SpeakerRestricted
from app.sessions.in_charge import lock_in_charge, require_not_closed
from app.sessions.lookup import SessionLookup
from app.sessions.outbox import event_to_tell, tell_room
from app.sessions.telling import RoomTeller

# Once may be a slip of the tongue, or of a rule.
CAUGHT_LEAST = 2
_HIDDEN_MOST = 1_000
# What one event may carry.
_HIDDEN_AT_ONCE = 100

_CAUGHT = text("""
WITH restricted AS (
  SELECT device_id, max(lifted_at) AS lifted_at, bool_or(lifted_at IS NULL AND (until_at IS NULL OR until_at > :now)) AS is_held
  FROM speaker_restrictions WHERE session_id = :session_id AND device_id IS NOT NULL GROUP BY device_id
)
SELECT c.device_id, (array_agg(c.id ORDER BY c.posted_at DESC))[1] AS comment_id, (array_agg(c.author ORDER BY c.posted_at DESC))[1] AS author
FROM comment_hidings h JOIN comments c ON c.id = h.comment_id LEFT JOIN restricted r ON r.device_id = c.device_id
WHERE h.session_id = :session_id AND h.is_hidden AND h.hidden_at >= :since AND h.reason <> 'muted' AND NOT c.by_staff
  AND r.is_held IS NOT TRUE AND (r.lifted_at IS NULL OR h.hidden_at > r.lifted_at)
GROUP BY c.device_id HAVING count(*) >= :least ORDER BY count(*) DESC, c.device_id LIMIT :most
""")


class Sweeping:
    """Whoever is in charge of the session acts, until it is closed."""

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

    async def sweep(self, user: CurrentUser, session_id: UUID, wish: SweepRequest, intention: Intention | None = None) -> Sweep:
        """Mute whoever was caught at least twice within the last minutes, at most a hundred at a time, those caught most often first.

        Raises `SessionClosed` and those of access.
        """
        await self._sessions.managed(user, session_id, Action.MODERATE_COMMENTS)
        await self._archive.flush()
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            claim = await claim_intention(db, user.id, intention, uuid4())
            if not claim.is_first:
                return await _done_before(db, session_id, claim.subject_id)
            require_not_closed(row)
            speakers = [_mute(claim.subject_id, user, session_id, caught, wish) for caught in await _caught(db, session_id, wish)]
            hidden = await self._mute_all(db, user, session_id, speakers)
            details = {"sweep_id": str(claim.subject_id), "speakers": len(speakers), "comments": hidden, "minutes": wish.mute_minutes}
            note(db, user, "speakers.swept", session_id, details)
        await self._teller.tell_soon(session_id)
        restriction_ids = tuple(speaker.id for speaker in speakers)
        if restriction_ids:
            self._late_words.watch(user, session_id, restriction_ids)
        return Sweep(id=claim.subject_id, restriction_ids=restriction_ids, comments=hidden)

    async def lift_all(
        self, user: CurrentUser, session_id: UUID, restriction_ids: Sequence[UUID], intention: Intention | None = None
    ) -> None:
        """End these mutes and bans, and show again what was hidden with them; those that have ended or are not of this session change nothing.

        Raises `SessionClosed` and those of access.
        """
        async with self._transactions.begin() as db:
            row = await lock_in_charge(db, user, session_id, Action.MODERATE_COMMENTS)
            if not (await claim_intention(db, user.id, intention, session_id)).is_first:
                return
            require_not_closed(row)
            mine = (SpeakerRestriction.session_id == session_id, SpeakerRestriction.id.in_(restriction_ids))
            found = (await db.scalars(select(SpeakerRestriction).where(*mine, SpeakerRestriction.lifted_at.is_(None)))).all()
            for restriction in found:
                await lift_restriction(db, user, restriction)
            if found:
                lifted = [restriction.id for restriction in found]
                await restore_comments(db, self._later, user, session_id, CommentHiding.restriction_id.in_(lifted))
                note(db, user, "speakers.freed", session_id, {"restriction_ids": [str(each) for each in lifted]})
        await self._teller.tell_soon(session_id)

    async def _mute_all(self, db: AsyncSession, user: CurrentUser, session_id: UUID, speakers: Sequence[SpeakerRestriction]) -> int:
        """Write the mutes, have the room told, hide what was said; returns how many comments."""
        db.add_all(speakers)
        await db.flush()
        for speaker in speakers:
            view = restriction_of(speaker, user.display_name).view
            await tell_room(db, session_id, event_to_tell(SpeakerRestricted(restriction=view, device=speaker.device_id, network=None)))
        by_device = {speaker.device_id: speaker.id for speaker in speakers}
        said = (
            select(ArchivedComment)
            .where(ArchivedComment.session_id == session_id, ArchivedComment.device_id.in_(by_device), ~ArchivedComment.by_staff)
            .where(~is_hidden(ArchivedComment.id))
            .order_by(ArchivedComment.posted_at.desc())
            .limit(_HIDDEN_MOST)
        )
        comments = (await db.scalars(said)).all() if by_device else []
        with_them = {comment.id: by_device[comment.device_id] for comment in comments}
        for start in range(0, len(comments), _HIDDEN_AT_ONCE):
            some = comments[start : start + _HIDDEN_AT_ONCE]
            await hide_comments(db, user, session_id, some, reason="muted", restriction_of=with_them)
        return len(comments)


async def _caught(db: AsyncSession, session_id: UUID, wish: SweepRequest) -> Sequence[Any]:
    """Device, newest of the caught comments and its author, of those who are free to speak."""
    now = utc_now()
    many = await db.scalar(select(func.count()).where(SpeakerRestriction.session_id == session_id, *in_force())) or 0
    most = min(SWEPT_MOST, RESTRICTIONS_MOST - many)
    if most <= 0:
        return []
    about = {"session_id": session_id, "now": now, "since": now - timedelta(minutes=wish.minutes), "least": CAUGHT_LEAST, "most": most}
    return (await db.execute(_CAUGHT, about)).all()


def _mute(sweep_id: UUID, user: CurrentUser, session_id: UUID, caught: Any, wish: SweepRequest) -> SpeakerRestriction:  # noqa: ANN401 - a row
    moment = utc_now()
    return SpeakerRestriction(
        # A repeat of the sweep finds them by this.
        id=uuid5(sweep_id, caught.device_id.hex),
        session_id=session_id,
        kind="mute",
        device_id=caught.device_id,
        author=caught.author,
        comment_id=caught.comment_id,
        until_at=None if wish.mute_minutes is None else moment + timedelta(minutes=wish.mute_minutes),
        created_by=user.id,
        created_at=moment,
    )


async def _done_before(db: AsyncSession, session_id: UUID, sweep_id: UUID) -> Sweep:
    """What the first of two equal sweeps did."""
    rows = await db.execute(
        select(SpeakerRestriction.id, SpeakerRestriction.device_id).where(
            SpeakerRestriction.session_id == session_id, SpeakerRestriction.device_id.is_not(None)
        )
    )
    mine = tuple(row.id for row in rows.all() if row.id == uuid5(sweep_id, row.device_id.hex))
    hidden = await db.scalar(select(func.count()).where(CommentHiding.session_id == session_id, CommentHiding.restriction_id.in_(mine)))
    return Sweep(id=sweep_id, restriction_ids=mine, comments=hidden or 0)
