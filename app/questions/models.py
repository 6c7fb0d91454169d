"""Tables of what was answered, and of answers that an organisation gives in its own words."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.protocol.base import COMMENT_TEXT
from app.protocol.questions import QUESTION_KINDS
from app.questions.kinds import IN_OWN_WORDS

_KINDS = ", ".join(f"'{kind}'" for kind in QUESTION_KINDS)
_OWN_KINDS = ", ".join(f"'{kind}'" for kind in sorted(IN_OWN_WORDS))


class AnsweredQuestion(Base):
    """A group of questions that was answered, by speaking or by a comment: whoever asked up to `answered_until` is served."""

    __tablename__ = "answered_questions"
    __table_args__ = (
        Index("uq_answered_questions", "session_id", "kind", "product_id", unique=True, postgresql_nulls_not_distinct=True),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    kind: Mapped[str] = mapped_column(Text)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    answered_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class OwnAnswer(Base):
    """What an organisation answers where no other fact says it; holds in all its sessions."""

    __tablename__ = "own_answers"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_OWN_KINDS})", name="kind"),
        CheckConstraint(f"char_length(text) BETWEEN 1 AND {COMMENT_TEXT.most}", name="text_length"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
