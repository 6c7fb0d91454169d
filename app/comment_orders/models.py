"""Tables of claims, of their rules, and of the sources of comments outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.protocol.base import COMMENT_TEXT, PERSON_NAME

HOLD_LEAST_SECONDS, HOLD_MOST_SECONDS = 60, 86_400
_SOURCES = "source IN ('page', 'tiktok', 'facebook', 'youtube', 'other')"


class CommentClaim(Base):
    """What a comment asks for. `lines`: of `ClaimLine`; `hold_id`: the units set aside for it; an order of it has the claim's id as its key.

    `sealed` is the phone number that the comment named, until the claim is decided; `follows_order_id` the order that its writer had before;
    `asks_desk`: that order is to be confirmed again and does not stand in that queue yet; `asked_at`: when its writer was last asked.
    """

    __tablename__ = "comment_claims"
    __table_args__ = (
        CheckConstraint("state IN ('held', 'sold_out', 'ordered', 'rejected', 'expired')", name="state"),
        CheckConstraint(_SOURCES, name="source"),
        CheckConstraint("(state = 'ordered') = (order_id IS NOT NULL)", name="ordered"),
        CheckConstraint("num_nulls(key_id, wrapped_key, sealed) IN (0, 3)", name="sealed_whole"),
        CheckConstraint(f"char_length(author) <= {PERSON_NAME.most}", name="author_length"),
        CheckConstraint(f"char_length(words) <= {COMMENT_TEXT.most}", name="words_length"),
        Index("ix_comment_claims_session", "session_id", "said_at", "id"),
        Index("ix_comment_claims_device", "session_id", "device_id", "said_at"),
        Index("ix_comment_claims_asks_desk", "id", postgresql_where=text("asks_desk")),
        Index("uq_comment_claims_open", "session_id", "device_id", unique=True, postgresql_where=text("state = 'held'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    comment_id: Mapped[UUID]
    device_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    follows_order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), unique=True)
    hold_id: Mapped[UUID]
    said_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    held_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    until_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    asks_desk: Mapped[bool] = mapped_column(default=False, server_default="false")
    phone_masked: Mapped[str | None] = mapped_column(Text)
    phone_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None] = mapped_column(Text)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class CommentOrderRule(Base):
    """Whether comments of an organisation's sessions, or of one session in place of that, become claims, and how long these hold units."""

    __tablename__ = "comment_order_rules"
    __table_args__ = (
        CheckConstraint(f"hold_seconds BETWEEN {HOLD_LEAST_SECONDS} AND {HOLD_MOST_SECONDS}", name="hold_seconds"),
        Index("uq_comment_order_rules_scope", "organisation_id", "session_id", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id"))
    is_on: Mapped[bool]
    hold_seconds: Mapped[int]


class CommentSourceRow(Base):
    """A program that sends comments of another platform into a session. Its secret is made of the id and stored nowhere."""

    __tablename__ = "comment_sources"
    __table_args__ = (
        CheckConstraint("platform IN ('tiktok', 'facebook', 'youtube', 'other', 'social_stream')", name="platform"),
        CheckConstraint(f"char_length(label) <= {PERSON_NAME.most}", name="label_length"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    platform: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
