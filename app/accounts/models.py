"""Tables of organisations, their users, sign-ins and the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base

_IS_ROLE = "role IN ('organiser', 'host', 'helper', 'desk', 'producer', 'auditor')"


class Organisation(Base):
    """`contact_phone`: whom buyers call about their orders; E.164."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(Text)
    contact_phone: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class User(Base):
    """A person of an organisation. The password is stored as an Argon2id hash only.

    What they may do is in their `RoleGrant`s; `role` is the weightiest of them, for code of before 28 November 2026, which may run beside
    this one during an upgrade and reads nothing else.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint(_IS_ROLE, name="role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class RoleGrant(Base):
    """A role of a person: in the whole organisation, in one commune, or in one session. Taken back, it is deleted; the audit trail knows."""

    __tablename__ = "role_grants"
    __table_args__ = (
        CheckConstraint(_IS_ROLE, name="role"),
        CheckConstraint("ward_code IS NULL OR session_id IS NULL", name="one_scope"),
        Index("uq_role_grants_scope", "user_id", "role", "ward_code", "session_id", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(Text)
    ward_code: Mapped[int | None]
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id"), index=True)
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SignIn(Base):
    """A signed-in browser. Only the SHA-256 of the cookie's token is stored, so a stolen table opens no door. `browser` and `network` in a
    few words, for its owner to know it again."""

    __tablename__ = "sign_ins"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    browser: Mapped[str | None] = mapped_column(Text)
    network: Mapped[str | None] = mapped_column(Text)


class SecondFactor(Base):
    """The secret that somebody's phone shares with us, sealed with the service's (`second_factor.py`); asked for once it is confirmed."""

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key_id: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ApiToken(Base):
    """A token for scripts, as its digest. `actions`: what it is for, of what its owner may do."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    name: Mapped[str] = mapped_column(Text)
    actions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Invitation(Base):
    """A link by which one person may make an account with this role, once. Only the digest of its secret is stored."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(_IS_ROLE, name="role"),
        CheckConstraint("ward_code IS NULL OR session_id IS NULL", name="one_scope"),
        CheckConstraint("length(note) <= 80", name="note_length"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    role: Mapped[str] = mapped_column(Text)
    ward_code: Mapped[int | None]
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id"))
    note: Mapped[str] = mapped_column(Text, server_default="")
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AuditEntry(Base):
    """Who changed what. Append-only: a trigger refuses UPDATE and DELETE."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_pins", "subject_id", "id", postgresql_where=text("action = 'session.pinned'")),
        Index("ix_audit_entries_notices", "subject_id", "id", postgresql_where=text("action = 'notice.set'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class StaffIntention(Base):
    """Something that staff have done by key, so that a repeat does nothing; `digest` of the request, `subject_id` what it was done to."""

    __tablename__ = "staff_intentions"
    __table_args__ = (Index("ix_staff_intentions_done_at", "done_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    subject_id: Mapped[UUID]
    done_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
