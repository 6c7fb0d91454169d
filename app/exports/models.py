"""What of a session its organisation shows to everybody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base

LICENCE_MOST = 80


class Publication(Base):
    """Both switches are off where there is no row, and may be turned off again at any time. `licence` is what the minutes are given under."""

    __tablename__ = "publications"
    __table_args__ = (CheckConstraint(f"char_length(licence) BETWEEN 1 AND {LICENCE_MOST}", name="licence_length"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    minutes: Mapped[bool]
    report: Mapped[bool]
    licence: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
