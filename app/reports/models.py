"""Tables of the signing keys and of the closing statements signed with them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, LargeBinary, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base


class SigningKey(Base):
    """An organisation's Ed25519 key. The private half is sealed with a key derived from the service's secret."""

    __tablename__ = "signing_keys"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_private_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ClosingStatement(Base):
    """A signed statement over a session's ledger up to `last_seq`. Append-only; later returns bring a later statement."""

    __tablename__ = "closing_statements"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    last_seq: Mapped[int]
    signed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
