"""Tables of programmes, of youth-union units, and of the sums that a programme's pages are added up from."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Index, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base


class Programme(Base):
    """A named programme of an organisation from a first day to a last one, both in Vietnam and both included.

    `takes`: `all` sessions and booths of the organisation that fall into these days, or those that were `chosen`.
    """

    __tablename__ = "programmes"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("takes IN ('all', 'chosen')", name="takes"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 120", name="name_length"),
        Index("ix_programmes_newest", "organisation_id", "first_day", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    takes: Mapped[str] = mapped_column(Text)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ProgrammeSession(Base):
    """A session or booth that was chosen for a programme."""

    __tablename__ = "programme_sessions"
    __table_args__ = (Index("ix_programme_sessions_session_id", "session_id"),)

    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)


class UnionUnit(Base):
    """A unit of the youth union that holds sessions: a commune's union, a school's, a company's."""

    __tablename__ = "union_units"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 120", name="name_length"),
        Index("uq_union_units_name", "organisation_id", "name", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class HostUnit(Base):
    """The unit of a host: what their sessions get when they go live and nobody has said another."""

    __tablename__ = "host_units"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("union_units.id"), index=True)


class SessionUnit(Base):
    """The unit of a session. `set_by` null: taken from its host when its sums were first made, so a host who moves takes no past along."""

    __tablename__ = "session_units"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("union_units.id"), index=True)
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class SessionSums(Base):
    """How far a session's sums go: ledger entry, measured figures, the entry that its first closing statement was signed over.

    Nothing in this table and the three below is truth: every row can be made again; rows of another `version` are made anew.
    `views` and what follows are null where nothing was measured.
    """

    __tablename__ = "session_sums"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger)
    ledger_seq: Mapped[int] = mapped_column(BigInteger)
    measured_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    views: Mapped[int | None] = mapped_column(BigInteger)
    unique_viewers: Mapped[int | None] = mapped_column(BigInteger)
    viewers_peak: Mapped[int | None] = mapped_column(BigInteger)
    watch_seconds: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    closed_seq: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SessionDaySums(Base):
    """What became of the orders of one session and day, by the ledger's ladder. A stream is one row, on the day it began; a booth one for
    each day of orders. `closing_*`: the same orders as of the closing statement; null while there is none.

    `few_buyers`: the beginnings of their phones' digests where they are fewer than `FEW`; null: they are more. `buyers` counts devices.
    """

    __tablename__ = "session_day_sums"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    orders_placed: Mapped[int]
    units_placed: Mapped[int] = mapped_column(BigInteger)
    placed_vnd: Mapped[int] = mapped_column(BigInteger)
    confirmed_orders: Mapped[int]
    confirmed_vnd: Mapped[int] = mapped_column(BigInteger)
    delivered_orders: Mapped[int]
    delivered_vnd: Mapped[int] = mapped_column(BigInteger)
    paid_orders: Mapped[int]
    paid_vnd: Mapped[int] = mapped_column(BigInteger)
    net_orders: Mapped[int]
    net_vnd: Mapped[int] = mapped_column(BigInteger)
    lost_orders: Mapped[int]
    returned_orders: Mapped[int]
    buyers: Mapped[int]
    few_buyers: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    closing_orders_placed: Mapped[int | None]
    closing_placed_vnd: Mapped[int | None] = mapped_column(BigInteger)
    closing_confirmed_vnd: Mapped[int | None] = mapped_column(BigInteger)
    closing_delivered_vnd: Mapped[int | None] = mapped_column(BigInteger)
    closing_paid_vnd: Mapped[int | None] = mapped_column(BigInteger)
    closing_net_vnd: Mapped[int | None] = mapped_column(BigInteger)


class SessionProducerSums(Base):
    """What of it were one producer's goods. `kept_vnd`: placed and changed, less what was cancelled, expired or came back."""

    __tablename__ = "session_producer_sums"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    producer_id: Mapped[UUID] = mapped_column(primary_key=True)
    orders_placed: Mapped[int]
    units_placed: Mapped[int] = mapped_column(BigInteger)
    placed_vnd: Mapped[int] = mapped_column(BigInteger)
    kept_vnd: Mapped[int] = mapped_column(BigInteger)
    lost_orders: Mapped[int]
    delivered_orders: Mapped[int]
    returned_orders: Mapped[int]
    few_buyers: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    closing_placed_vnd: Mapped[int | None] = mapped_column(BigInteger)
    closing_kept_vnd: Mapped[int | None] = mapped_column(BigInteger)


class SessionLateSums(Base):
    """Facts that came after the closing statement: per kind, the day they happened, and the day whose orders they are about."""

    __tablename__ = "session_late_sums"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    happened_on: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    orders: Mapped[int]
    amount_vnd: Mapped[int] = mapped_column(BigInteger)
