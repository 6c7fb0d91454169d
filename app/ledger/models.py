"""Tables of the append-only ledger, the truth about orders and money."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.ledger.kinds import KINDS, sql_list


class Ledger(Base):
    """Head of a session's ledger. Its row lock is what orders all writers of a session, on any node.

    `has_stock`: the session has pools of units (`session_stock`), which are locked after this row and before offers. It stands here
    because whoever waited for this row must see it as it is then.
    """

    __tablename__ = "ledgers"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    last_hash: Mapped[bytes] = mapped_column(LargeBinary)
    has_stock: Mapped[bool] = mapped_column(default=False, server_default="false")


class LedgerEntry(Base):
    """One fact about one order, never changed: triggers refuse UPDATE, DELETE and TRUNCATE.

    `body` is the exact text under the hash: `hash = SHA-256(previous hash ‖ body)`; `seq` has no gaps within a session.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint(f"kind IN {sql_list(KINDS)}", name="kind"),
        CheckConstraint("seq > 0", name="seq_positive"),
        Index("ix_ledger_entries_order", "order_id"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("ledgers.session_id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    order_id: Mapped[UUID]
    happened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
