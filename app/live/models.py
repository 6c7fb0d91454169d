"""Tables of livestream sessions, their run-down, the comment archive, and counts imported from outside platforms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, LargeBinary, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.protocol.base import COMMENT_TEXT, PERSON_NAME


class ArchivedComment(Base):
    """Every comment in full, also those the screen had no room for."""

    __tablename__ = "comments"
    __table_args__ = (
        Index("ix_comments_session_posted", "session_id", "posted_at"),
        CheckConstraint(f"char_length(author) <= {PERSON_NAME.most}", name="author_length"),
        CheckConstraint(f"char_length(text) <= {COMMENT_TEXT.most}", name="text_length"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    device_id: Mapped[UUID]
    author: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    by_staff: Mapped[bool] = mapped_column(default=False, server_default="false")
    posted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


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
