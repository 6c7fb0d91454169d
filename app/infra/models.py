"""Tables of heavy work and of the files it makes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base


class Job(Base):
    """Something that takes long, done by `ocop jobs`. `key` says what exactly: while one with it is wanted or done, there is no second.

    `claim` counts how often it was taken up; whoever holds the newest claim renews `lease_until`, and loses the job when that passes.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled', 'outdated')", name="state"),
        Index("uq_jobs_key", "kind", "key", unique=True, postgresql_where=text("state IN ('waiting', 'running', 'done')")),
        Index("ix_jobs_open", "created_at", postgresql_where=text("state IN ('waiting', 'running')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID]
    parameters: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(Text, default="waiting", server_default="waiting")
    done: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    total: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    file_name: Mapped[str | None] = mapped_column(Text)
    file_bytes: Mapped[int | None] = mapped_column(BigInteger)
    claimed_by: Mapped[str | None] = mapped_column(Text)
    claim: Mapped[int] = mapped_column(default=0, server_default="0")
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class JobFilePart(Base):
    """A piece of the file that a job made under one claim; every node can serve it."""

    __tablename__ = "job_file_parts"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    claim: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
