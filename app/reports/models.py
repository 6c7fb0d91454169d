"""Tables of the signing keys, of the closing statements signed with them, and of stored folds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, LargeBinary, SmallInteger, Text, func
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


class LedgerSummary(Base):
    """The fold of a session's ledger up to `seq`, whose entry has this hash; one for every few hundred entries, and the newest.

    Nothing here is truth: every row can be made again from the ledger, and rows of another `version` of the fold are not read.
    """

    __tablename__ = "ledger_summaries"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    fold: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ImportedFigure(Base):
    """A figure that somebody read on another platform. Append-only: the highest `number` counts, an empty value takes it back.

    Never added to what is measured. `told`: where the number was read, in that person's words.
    """

    __tablename__ = "imported_figures"
    __table_args__ = (
        CheckConstraint("platform IN ('tiktok', 'facebook', 'youtube', 'zalo', 'other')", name="platform"),
        CheckConstraint(
            "figure IN ('impressions', 'views', 'viewers_peak', 'likes', 'comments', 'shares', 'new_followers')", name="figure"
        ),
        CheckConstraint("value BETWEEN 0 AND 1000000000000", name="value"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("char_length(told) <= 300", name="told_length"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    figure: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[int | None] = mapped_column(BigInteger)
    told: Mapped[str] = mapped_column(Text)
    by_csv: Mapped[bool]
    entered_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class LedgerBuyer(Base):
    """Who has bought in a session, by the token in the ledger, and the entry of the first order: to count a buyer once.

    `has_bought_before`: the phone number of that first order had ordered in an earlier session of the organisation; null: not known.
    """

    __tablename__ = "ledger_buyers"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    token: Mapped[str] = mapped_column(Text, primary_key=True)
    first_seq: Mapped[int] = mapped_column(BigInteger)
    has_bought_before: Mapped[bool | None]
