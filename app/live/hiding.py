"""Hides and restores comments, lifts mutes and bans, and has the room told: inside a transaction of the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.audit import record_audit
from app.accounts.service import CurrentUser
from app.infra.clock import to_ms, utc_now
from app.live.comments import comment_view
from app.live.models import ArchivedComment, CommentHiding, CommentToRead, RoomQuestion, RoomTalk, SpeakerRestriction
from app.live.moderation_reading import questions_of, talk_of
from app.live.to_read import ReadingLater
from app.protocol.moderation import HiddenMark, HiddenReason
from app.protocol.server_events import CommentsHidden, CommentsRestored, QuestionsChanged, SpeakerFreed, TalkChanged
from app.sessions.outbox import event_to_tell, tell_room


async def hide_comments(
    db: AsyncSession,
    user: CurrentUser,
    session_id: UUID,
    comments: Sequence[ArchivedComment],
    *,
    reason: HiddenReason,
    restriction_of: Mapping[UUID, UUID] | None = None,
) -> None:
    """Hide some comments, with one event for all. `restriction_of`: the mute or ban by comment with which they come back."""
    moment, with_them = utc_now(), restriction_of or {}
    mark = {"is_hidden": True, "reason": reason, "word": None, "hidden_by": user.id, "hidden_at": moment}
    rows = [
        {"comment_id": comment.id, "session_id": session_id, "restriction_id": with_them.get(comment.id), **mark} for comment in comments
    ]
    hidings = insert(CommentHiding).values(rows)
    changes = {**mark, "restriction_id": hidings.excluded.restriction_id}
    await db.execute(hidings.on_conflict_do_update(index_elements=[CommentHiding.comment_id], set_=changes))
    event = CommentsHidden(
        comment_ids=tuple(str(comment.id) for comment in comments),
        comments=tuple(comment_view(comment) for comment in reversed(comments)),
        mark=HiddenMark(reason=reason, by=user.display_name, at_ms=to_ms(moment) or 0),
    )
    await tell_room(db, session_id, event_to_tell(event))
    await _tell_what_stands_above(db, session_id, [comment.id for comment in comments])


async def restore_comments(
    db: AsyncSession,
    later: ReadingLater,
    user: CurrentUser,
    session_id: UUID,
    condition: Any,  # noqa: ANN401 - SQL
) -> bool:
    """Show hidden comments again; whether there was one."""
    restored = (
        update(CommentHiding)
        .where(CommentHiding.session_id == session_id, CommentHiding.is_hidden, condition)
        .values(is_hidden=False, restored_by=user.id, restored_at=utc_now())
        .returning(CommentHiding.comment_id, CommentHiding.hidden_by)
    )
    hidden_by = {row.comment_id: row.hidden_by for row in await db.execute(restored)}
    ids = list(hidden_by)
    if not ids:
        return False
    found = select(ArchivedComment).where(ArchivedComment.id.in_(ids)).order_by(ArchivedComment.posted_at)
    comments = tuple(comment_view(comment) for comment in await db.scalars(found))
    # What nobody hid was held from the start, and read by nobody. Phone numbers in it are masked by now.
    unread = [later.row(session_id, comment, comment.text) for comment in comments if hidden_by[UUID(comment.id)] is None]
    if to_read := [row for row in unread if row is not None]:
        await db.execute(insert(CommentToRead).values(to_read).on_conflict_do_nothing())
    await tell_room(db, session_id, event_to_tell(CommentsRestored(comments=comments, by=user.display_name)))
    await _tell_what_stands_above(db, session_id, ids)
    return True


async def _tell_what_stands_above(db: AsyncSession, session_id: UUID, comment_ids: Sequence[UUID]) -> None:
    """A pinned comment and questions go and come with their comments."""
    pinned = exists().where(RoomTalk.session_id == session_id, RoomTalk.pinned_comment_id.in_(comment_ids))
    asked = exists().where(RoomQuestion.comment_id.in_(comment_ids), RoomQuestion.state != "dropped")
    if await db.scalar(select(pinned | asked)):
        await tell_talk(db, session_id)
        await tell_questions(db, session_id)


async def tell_talk(db: AsyncSession, session_id: UUID) -> None:
    """Tell the room what stands above its comments now, as of the open transaction."""
    await db.flush()
    await tell_room(db, session_id, event_to_tell(TalkChanged(talk=await talk_of(db, session_id))))


async def tell_questions(db: AsyncSession, session_id: UUID) -> None:
    """Tell the boards the queue of questions."""
    await db.flush()
    await tell_room(db, session_id, event_to_tell(QuestionsChanged(questions=await questions_of(db, session_id))))


async def lift_restriction(db: AsyncSession, user: CurrentUser, restriction: SpeakerRestriction) -> None:
    restriction.lifted_by, restriction.lifted_at = user.id, utc_now()
    await db.flush()
    await tell_room(db, restriction.session_id, event_to_tell(SpeakerFreed(restriction_id=restriction.id)))


def note(db: AsyncSession, user: CurrentUser, action: str, session_id: UUID, details: Mapping[str, object]) -> None:
    record_audit(db, organisation_id=user.organisation_id, user_id=user.id, action=action, subject_id=session_id, details=details)
