"""Tables that keep a session's statistics after its end, when Redis may forget them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base


class SessionTotals(Base):
    """Final figures of a session, by metric name (see `app/metrics/definitions.py`)."""

    __tablename__ = "session_totals"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    products: Mapped[dict[str, Any]] = mapped_column(JSONB)
    outside: Mapped[dict[str, Any]] = mapped_column(JSONB)
    as_of: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SessionMinute(Base):
    """Figures of one minute of a session."""

    __tablename__ = "session_minutes"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    minute_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
