"""Tables of settlements: a chain of facts per producer, the lines that were agreed, amounts entered by hand, the organisation's rules."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.settlement.charge_kinds import CHARGE_KINDS, REASON

_KINDS = ", ".join(f"'{kind}'" for kind in CHARGE_KINDS)


class SettlementHead(Base):
    """Head of a producer's chain of facts. Its row lock is what orders everybody who agrees, pays or charges, on any node.

    `settlements`: how many were agreed.
    """

    __tablename__ = "settlement_heads"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    last_number: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    last_hash: Mapped[bytes] = mapped_column(LargeBinary)
    settlements: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class SettlementFact(Base):
    """One fact, never changed: triggers refuse UPDATE, DELETE and TRUNCATE. `hash = SHA-256(previous hash ‖ body)`, as in the ledger.

    `kind`: a settlement was agreed, or paid; `amount_vnd` is what is payable, or was paid.
    """

    __tablename__ = "settlement_facts"
    __table_args__ = (
        CheckConstraint("kind IN ('agreed', 'paid')", name="kind"),
        CheckConstraint("number > 0 AND settlement > 0", name="numbers"),
        UniqueConstraint("producer_id", "settlement", "kind", name="uq_settlement_facts_once"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_heads.producer_id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text)
    settlement: Mapped[int] = mapped_column(Integer)
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SettlementLine(Base):
    """What a settlement says about one order, never changed. The fact that agreed on it holds the hash over all bodies in order."""

    __tablename__ = "settlement_lines"
    __table_args__ = (Index("ix_settlement_lines_order", "producer_id", "order_id"),)

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_heads.producer_id"), primary_key=True)
    settlement: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    body: Mapped[str] = mapped_column(Text)


class SettlementCharge(Base):
    """An amount entered by hand, with a reason. It counts in the settlement that is agreed next (`settlement`), unless taken back before."""

    __tablename__ = "settlement_charges"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
        CheckConstraint(f"char_length(reason) BETWEEN 1 AND {REASON.most}", name="reason_length"),
        CheckConstraint("withdrawn_at IS NULL OR settlement IS NULL", name="settled_stays"),
        Index("ix_settlement_charges_producer", "producer_id", "made_at"),
        Index("ix_settlement_charges_open", "producer_id", postgresql_where=text("settlement IS NULL AND withdrawn_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_heads.producer_id"))
    kind: Mapped[str] = mapped_column(Text)
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    settlement: Mapped[int | None] = mapped_column(Integer)
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SettlementRulesRow(Base):
    """How an organisation settles (`app/settlement/rules.py`). No row: as usual."""

    __tablename__ = "settlement_rules"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    rules: Mapped[dict[str, object]] = mapped_column(JSONB)
    changed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
