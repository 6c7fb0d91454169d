"""Tables of carriers: columns that people edit, files that were made, what carriers said, how their APIs are reached and what they were asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.carriers.states import CARRIER_STATES
from app.infra.database import Base

_STATES = ", ".join(f"'{state}'" for state in CARRIER_STATES)


class CarrierMapping(Base):
    """One version of a list of columns (`app/carriers/mapping.py`). Rows are never changed: a newer one replaces them, or nothing does."""

    __tablename__ = "carrier_mappings"
    __table_args__ = (
        CheckConstraint("kind IN ('file', 'tracking')", name="kind"),
        CheckConstraint("carrier IN ('ghn', 'ghtk', 'other')", name="carrier"),
        CheckConstraint("char_length(name) <= 80", name="name_length"),
        CheckConstraint("version > 0", name="version"),
        Index("uq_carrier_mappings_version", "mapping_id", "version", unique=True),
        Index("uq_carrier_mappings_in_use", "mapping_id", unique=True, postgresql_where=text("replaced_at IS NULL")),
        Index("ix_carrier_mappings_organisation", "organisation_id", postgresql_where=text("replaced_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    mapping_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    carrier: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, object]] = mapped_column(JSONB)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    replaced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class CarrierFile(Base):
    """That a file was made: of which parcels, by which columns, by whom. The file itself is not kept: it names people."""

    __tablename__ = "carrier_files"
    __table_args__ = (
        CheckConstraint("form IN ('xlsx', 'csv')", name="form"),
        Index("ix_carrier_files_made", "organisation_id", "made_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    mapping_name: Mapped[str] = mapped_column(Text)
    mapping_version: Mapped[int] = mapped_column(Integer)
    form: Mapped[str] = mapped_column(Text)
    parcel_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CarrierEvent(Base):
    """What a carrier said of a parcel, once: by a file's row, a notice, or when it was asked. `problem` says why a person must look at it.

    `digest` is what it is known again by: the parcel, the state and the time. No person is named in it.
    """

    __tablename__ = "carrier_events"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("source IN ('file', 'notice', 'asked', 'hand')", name="source"),
        CheckConstraint("collected_vnd >= 0", name="collected"),
        CheckConstraint("char_length(words) <= 80 AND char_length(parcel_code) <= 80 AND char_length(tracking_code) <= 80", name="lengths"),
        Index("uq_carrier_events_digest", "organisation_id", "digest", unique=True),
        Index("ix_carrier_events_parcel", "parcel_id", "happened_at"),
        Index("ix_carrier_events_work", "organisation_id", postgresql_where=text("problem IS NOT NULL AND settled_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    parcel_id: Mapped[UUID | None] = mapped_column(ForeignKey("parcels.id"))
    parcel_code: Mapped[str] = mapped_column(Text)
    tracking_code: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    state: Mapped[str | None] = mapped_column(Text)
    happened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    collected_vnd: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    noted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    noted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class CarrierAccount(Base):
    """How a carrier's API is reached for an organisation. Its token and the secret of its notices are sealed; `pickup` is the sender's place."""

    __tablename__ = "carrier_accounts"
    __table_args__ = (
        CheckConstraint("carrier IN ('ghtk')", name="carrier"),
        Index("uq_carrier_accounts_in_use", "organisation_id", "carrier", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    carrier: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(Text)
    sealed_token: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    pickup: Mapped[dict[str, object]] = mapped_column(JSONB)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    heard_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class CarrierOrder(Base):
    """A parcel that was given to a carrier's API. It stands as `asked` before the first byte goes out, so that whatever comes of it is asked by
    our code and never done twice. `claim` and `asked_until`: who asks just now, and until when nobody else does.
    """

    __tablename__ = "carrier_orders"
    __table_args__ = (CheckConstraint("state IN ('asked', 'taken', 'refused', 'cancelled')", name="state"),)

    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcels.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("carrier_accounts.id"))
    state: Mapped[str] = mapped_column(Text)
    claim: Mapped[UUID]
    asked_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    label: Mapped[str | None] = mapped_column(Text)
    fee_vnd: Mapped[int | None] = mapped_column(BigInteger)
    words: Mapped[str | None] = mapped_column(Text)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ParcelHandover(Base):
    """A parcel that people gave to a carrier by hand. Its orders' ledgers are told at `due_at`; until then (`told_at` null) it can be taken back.

    `mark`: the command that did it. `carrier_before` and `tracking_code_before` are what taking it back brings back.
    """

    __tablename__ = "parcel_handovers"
    __table_args__ = (
        Index("ix_parcel_handovers_mark", "mark"),
        Index("ix_parcel_handovers_due", "due_at", postgresql_where=text("told_at IS NULL")),
    )

    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcels.id"), primary_key=True)
    mark: Mapped[UUID]
    carrier_before: Mapped[str | None] = mapped_column(Text)
    tracking_code_before: Mapped[str | None] = mapped_column(Text)
    handed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
