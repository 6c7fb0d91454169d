"""Tables of the comment archive, of what is hidden in it and who is muted, of a room's talk, and of counts imported from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.protocol.base import COMMENT_TEXT, PERSON_NAME
from app.protocol.moderation import BLOCK_WORD, NOTICE_TEXT, WARNING_TEXT
from app.protocol.views import CommentSource


class ArchivedComment(Base):
    """Every comment in full, also those the screen had no room for. `network`: digest of where it came from, never an address."""

    __tablename__ = "comments"
    __table_args__ = (
        Index("ix_comments_session_posted", "session_id", "posted_at"),
        CheckConstraint(f"char_length(author) <= {PERSON_NAME.most}", name="author_length"),
        CheckConstraint(f"char_length(text) <= {COMMENT_TEXT.most}", name="text_length"),
        CheckConstraint("source IN ('page', 'tiktok', 'facebook', 'youtube', 'other')", name="source"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    device_id: Mapped[UUID]
    author: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    by_staff: Mapped[bool] = mapped_column(default=False, server_default="false")
    posted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    network: Mapped[bytes | None] = mapped_column(LargeBinary)
    reply_to_id: Mapped[UUID | None]
    reply_to_author: Mapped[str | None] = mapped_column(Text)
    source: Mapped[CommentSource] = mapped_column(Text, default="page", server_default="page")


class CommentToRead(Base):
    """An archived comment that somebody above rooms has yet to read (`to_read.py`). `sealed`: the phone numbers in it."""

    __tablename__ = "comments_to_read"
    __table_args__ = (
        CheckConstraint("num_nulls(key_id, wrapped_key, sealed) IN (0, 3)", name="sealed_whole"),
        Index("ix_comments_to_read_session", "session_id", "said_at"),
    )

    comment_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    key_id: Mapped[str | None] = mapped_column(Text)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class CommentHiding(Base):
    """What was decided about a comment, last. Not a column of the comment: it may be hidden before it is archived."""

    __tablename__ = "comment_hidings"
    __table_args__ = (
        Index("ix_comment_hidings_session", "session_id", "hidden_at"),
        CheckConstraint("reason IN ('staff', 'muted', 'block_word', 'link', 'repeat')", name="reason"),
        CheckConstraint(f"char_length(word) <= {BLOCK_WORD.most}", name="word_length"),
    )

    comment_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    is_hidden: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    word: Mapped[str | None] = mapped_column(Text)
    restriction_id: Mapped[UUID | None]
    hidden_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    hidden_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    restored_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    restored_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SpeakerRestriction(Base):
    """A mute or a ban, of one device or of everybody behind one network; over at `until_at`, or with the session, or when lifted."""

    __tablename__ = "speaker_restrictions"
    __table_args__ = (
        Index("ix_speaker_restrictions_session", "session_id", "created_at"),
        CheckConstraint("kind IN ('mute', 'ban')", name="kind"),
        CheckConstraint("num_nonnulls(device_id, network) = 1", name="scope"),
        CheckConstraint("octet_length(network) = 8", name="network_length"),
        CheckConstraint(f"char_length(author) <= {PERSON_NAME.most}", name="author_length"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    kind: Mapped[str] = mapped_column(Text)
    device_id: Mapped[UUID | None]
    network: Mapped[bytes | None] = mapped_column(LargeBinary)
    author: Mapped[str] = mapped_column(Text)
    comment_id: Mapped[UUID]
    until_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RoomTalk(Base):
    """A session's rules for comments (`ModerationRules`), its running notice and its pinned comment. No row: nothing was set."""

    __tablename__ = "room_talks"
    __table_args__ = (CheckConstraint(f"char_length(notice) <= {NOTICE_TEXT.most}", name="notice_length"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    notice: Mapped[str | None] = mapped_column(Text)
    pinned_comment_id: Mapped[UUID | None]


class RoomWarning(Base):
    """A warning that an organiser shows on every screen of a session; one stands at a time. Rows stay, as evidence."""

    __tablename__ = "room_warnings"
    __table_args__ = (
        Index("ix_room_warnings_session", "session_id", "set_at"),
        Index("uq_room_warnings_standing", "session_id", unique=True, postgresql_where=text("lifted_at IS NULL")),
        CheckConstraint(f"char_length(text) BETWEEN 1 AND {WARNING_TEXT.most}", name="text_length"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_somebody"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    text: Mapped[str] = mapped_column(Text)
    set_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RoomQuestion(Base):
    """A comment in the queue of questions. `dropped`: it was taken out again."""

    __tablename__ = "room_questions"
    __table_args__ = (
        Index("ix_room_questions_session", "session_id", "marked_at"),
        CheckConstraint("state IN ('waiting', 'answering', 'answered', 'dropped')", name="state"),
    )

    comment_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    state: Mapped[str] = mapped_column(Text)
    marked_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    marked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OutsideCountEntry(Base):
    """A viewer count read on an outside platform and reported to us: imported, never measured."""

    __tablename__ = "outside_counts"
    __table_args__ = (Index("ix_outside_counts_session", "session_id", "observed_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    source: Mapped[str] = mapped_column(Text)
    viewers: Mapped[int] = mapped_column(BigInteger)
    observed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reported_by: Mapped[str] = mapped_column(Text)


class BridgeToken(Base):
    """Lets a program report outside counts for one session. Only the SHA-256 of the token is stored."""

    __tablename__ = "bridge_tokens"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
