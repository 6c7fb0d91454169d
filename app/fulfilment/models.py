"""Tables of payments that came in, and of how far the clock has looked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base


class Payment(Base):
    """Money that came in, once per bank reference. `matter` says why a person must look at it; NULL = it settled its order."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("matter IN ('late', 'under', 'over', 'unmatched')", name="matter"),
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
        UniqueConstraint("organisation_id", "reference", name="uq_payments_reference"),
        Index("ix_payments_work_list", "organisation_id", postgresql_where=text("matter IS NOT NULL AND settled_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)
    reference: Mapped[str] = mapped_column(Text)
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    matter: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    settlement: Mapped[str | None] = mapped_column(Text)


class JobMark(Base):
    """How far a periodic job has settled things for good, so that the process that does it next need not begin in 1970."""

    __tablename__ = "job_marks"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    mark: Mapped[datetime] = mapped_column(DateTime(timezone=True))
