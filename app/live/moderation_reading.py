"""Reads a room's talk and its moderation as PostgreSQL has them: for rooms that open, for the board's lists, for what is told. No writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.directory import names_of_users
from app.infra.clock import to_ms, utc_now
from app.infra.database import Database
from app.live.comments import comment_view, is_hidden
from app.live.models import ArchivedComment, CommentHiding, RoomQuestion, RoomTalk, RoomWarning, SpeakerRestriction
from app.live.moderation import HIDDEN_KNOWN, HIDDEN_SHOWN, RoomModeration
from app.live.restrictions import Restriction
from app.protocol.moderation import (
    HiddenComment,
    HiddenMark,
    HiddenReason,
    ModerationRules,
    QuestionState,
    QuestionView,
    RestrictionKind,
    RestrictionView,
    TalkView,
    WarningView,
)
from app.protocol.views import CommentView

QUESTIONS_MOST = 50
RESTRICTIONS_MOST = 1_000


class ModerationReading:
    """What rooms and boards ask of PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._transactions = database.transactions

    async def for_room(self, session_id: UUID) -> tuple[TalkView, WarningView | None, RoomModeration]:
        """Everything that a room holds of its talk, its warning and its moderation."""
        async with self._transactions() as db:
            hidden_ids = (await db.scalars(_hidden_ids(session_id))).all()
            moderation = RoomModeration(
                rules=await rules_of(db, session_id),
                hidden=reversed(await hidden_comments(db, session_id, limit=HIDDEN_SHOWN)),
                hidden_ids=[str(comment_id) for comment_id in reversed(hidden_ids)],
                restrictions=await restrictions_in_force(db, session_id),
                questions=await questions_of(db, session_id),
            )
            return await talk_of(db, session_id), await warning_of(db, session_id), moderation

    async def hidden(self, session_id: UUID, *, limit: int, before: datetime | None = None) -> tuple[HiddenComment, ...]:
        """Hidden comments, those hidden last first."""
        async with self._transactions() as db:
            return tuple(await hidden_comments(db, session_id, limit=limit, before=before, with_muted=True))


async def rules_of(db: AsyncSession, session_id: UUID) -> ModerationRules:
    """The rules of a session; the usual ones when nobody has set any."""
    rules = await db.scalar(select(RoomTalk.rules).where(RoomTalk.session_id == session_id))
    return ModerationRules.model_validate(rules or {})


async def talk_of(db: AsyncSession, session_id: UUID) -> TalkView:
    """What everybody sees of the talk."""
    row = await db.get(RoomTalk, session_id)
    rules = ModerationRules.model_validate((row and row.rules) or {}).in_force
    answering = select(RoomQuestion.comment_id).where(RoomQuestion.session_id == session_id, RoomQuestion.state == "answering")
    return TalkView(
        slow_mode_seconds=rules.slow_mode_seconds,
        buyers_only=rules.buyers_only,
        new_viewer_seconds=rules.new_viewer_seconds,
        notice=row.notice if row else None,
        pinned=await _shown_comment(db, row.pinned_comment_id if row else None),
        answering=await _shown_comment(db, await db.scalar(answering)),
    )


async def warning_of(db: AsyncSession, session_id: UUID) -> WarningView | None:
    """The warning that stands on every screen."""
    row = await db.scalar(select(RoomWarning).where(RoomWarning.session_id == session_id, RoomWarning.lifted_at.is_(None)))
    return None if row is None else warning_view(row)


def warning_view(row: RoomWarning) -> WarningView:
    return WarningView(text=row.text, at_ms=to_ms(row.set_at) or 0)


async def hidden_comments(
    db: AsyncSession, session_id: UUID, *, limit: int, before: datetime | None = None, with_muted: bool = False
) -> list[HiddenComment]:
    """The comments hidden last first; those of the muted only on demand, for they may be many and nobody has seen them."""
    found = (
        select(ArchivedComment, CommentHiding)
        .join(CommentHiding, CommentHiding.comment_id == ArchivedComment.id)
        .where(CommentHiding.session_id == session_id, CommentHiding.is_hidden)
        .order_by(CommentHiding.hidden_at.desc(), CommentHiding.comment_id)
        .limit(limit)
    )
    if before is not None:
        found = found.where(CommentHiding.hidden_at < before)
    if not with_muted:
        found = found.where(_was_heard())
    rows = (await db.execute(found)).all()
    names = await names_of_users(db, [hiding.hidden_by for _, hiding in rows])
    return [
        HiddenComment(comment=comment_view(comment), mark=mark_of(hiding, None if hiding.hidden_by is None else names[hiding.hidden_by]))
        for comment, hiding in rows
    ]


def mark_of(hiding: CommentHiding, by: str | None) -> HiddenMark:
    return HiddenMark(reason=cast("HiddenReason", hiding.reason), by=by, word=hiding.word, at_ms=to_ms(hiding.hidden_at) or 0)


async def restrictions_in_force(db: AsyncSession, session_id: UUID) -> list[Restriction]:
    """Mutes and bans that are neither over nor lifted, in the order in which they were made."""
    found = (
        select(SpeakerRestriction)
        .where(SpeakerRestriction.session_id == session_id, *in_force())
        .order_by(SpeakerRestriction.created_at)
        .limit(RESTRICTIONS_MOST)
    )
    rows = (await db.scalars(found)).all()
    names = await names_of_users(db, [row.created_by for row in rows])
    return [restriction_of(row, names[row.created_by]) for row in rows]


def in_force() -> tuple[Any, ...]:
    """SQL conditions of a restriction that is neither lifted nor over."""
    return SpeakerRestriction.lifted_at.is_(None), or_(SpeakerRestriction.until_at.is_(None), SpeakerRestriction.until_at > utc_now())


def restriction_of(row: SpeakerRestriction, by: str) -> Restriction:
    view = RestrictionView(
        id=row.id,
        kind=cast("RestrictionKind", row.kind),
        scope="address" if row.device_id is None else "device",
        author=row.author,
        comment_id=row.comment_id,
        by=by,
        at_ms=to_ms(row.created_at) or 0,
        until_ms=to_ms(row.until_at),
    )
    return Restriction(view, row.device_id.bytes if row.device_id is not None else row.network or b"")


async def questions_of(db: AsyncSession, session_id: UUID) -> tuple[QuestionView, ...]:
    """The queue: the one being answered and those that wait, in the order in which they were marked, then those answered last."""
    rows = [
        *await _questions(db, _marked(session_id, "answering", "waiting").order_by(RoomQuestion.marked_at).limit(QUESTIONS_MOST)),
        *await _questions(db, _marked(session_id, "answered").order_by(RoomQuestion.answered_at.desc()).limit(QUESTIONS_MOST // 5)),
    ]
    names = await names_of_users(db, [question.marked_by for _, question in rows])
    return tuple(
        QuestionView(comment=comment_view(comment), state=cast("QuestionState", question.state), marked_by=names[question.marked_by])
        for comment, question in rows
    )


def _marked(session_id: UUID, *states: QuestionState) -> Select[ArchivedComment, RoomQuestion]:
    return (
        select(ArchivedComment, RoomQuestion)
        .join(RoomQuestion, RoomQuestion.comment_id == ArchivedComment.id)
        .where(RoomQuestion.session_id == session_id, RoomQuestion.state.in_(states), ~is_hidden(ArchivedComment.id))
    )


async def _questions(db: AsyncSession, found: Select[ArchivedComment, RoomQuestion]) -> Sequence[Row[ArchivedComment, RoomQuestion]]:
    return (await db.execute(found)).all()


async def _shown_comment(db: AsyncSession, comment_id: UUID | None) -> CommentView | None:
    if comment_id is None:
        return None
    row = await db.scalar(select(ArchivedComment).where(ArchivedComment.id == comment_id, ~is_hidden(ArchivedComment.id)))
    return None if row is None else comment_view(row)


def _was_heard() -> ColumnElement[bool]:
    """SQL: not something that somebody muted has said to nobody."""
    return or_(CommentHiding.reason != "muted", CommentHiding.hidden_by.is_not(None))


def _hidden_ids(session_id: UUID) -> Select[UUID]:
    return (
        select(CommentHiding.comment_id)
        .where(CommentHiding.session_id == session_id, CommentHiding.is_hidden, _was_heard())
        .order_by(CommentHiding.hidden_at.desc())
        .limit(HIDDEN_KNOWN)
    )
