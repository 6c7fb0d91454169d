"""Tables of parcels: the boxes, what of which order is in them, how an organisation packs, how far the ledgers were followed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.parcels.states import LOOKS, PACKED_BY, STATES, WEIGHT_MAX_GRAMS, words


class Parcel(Base):
    """What leaves in one box. It names no person: whom it goes to is in the sealed contacts of its orders.

    `producer_id`: who packs it, where producers do; null: packed centrally. `batch_id`: the command that made it. `weight_grams` null: what
    its goods weigh. `looks_at` says why somebody has to look at it again. `cod_vnd` is written when it is handed over; before, it is what its
    orders owe at that moment. `dissolved`: nothing is in it any more, its orders are free; the row stays, so that no code comes twice.
    """

    __tablename__ = "parcels"
    __table_args__ = (
        CheckConstraint(f"state IN {words(STATES)}", name="state"),
        CheckConstraint(f"looks_at IN {words(LOOKS)}", name="looks_at"),
        CheckConstraint(f"weight_grams BETWEEN 1 AND {WEIGHT_MAX_GRAMS}", name="weight"),
        CheckConstraint("length_cm > 0 AND width_cm > 0 AND height_cm > 0", name="sizes"),
        CheckConstraint("num_nulls(length_cm, width_cm, height_cm) IN (0, 3)", name="sizes_whole"),
        CheckConstraint(
            "char_length(carrier) <= 40 AND char_length(tracking_code) <= 80 AND char_length(tracking_state) <= 40", name="words"
        ),
        CheckConstraint("cod_vnd >= 0", name="cod_not_negative"),
        Index("uq_parcels_code", "organisation_id", "code", unique=True),
        Index("ix_parcels_state", "organisation_id", "state", "made_at", "id"),
        Index("ix_parcels_batch", "batch_id"),
        Index("ix_parcels_looks", "organisation_id", "made_at", postgresql_where=text("looks_at IS NOT NULL")),
        Index("ix_parcels_tracking", "organisation_id", "tracking_code", postgresql_where=text("tracking_code IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"))
    code: Mapped[str] = mapped_column(Text)
    batch_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    looks_at: Mapped[str | None] = mapped_column(Text)
    weight_grams: Mapped[int | None]
    length_cm: Mapped[int | None]
    width_cm: Mapped[int | None]
    height_cm: Mapped[int | None]
    cod_vnd: Mapped[int | None] = mapped_column(BigInteger)
    carrier: Mapped[str | None] = mapped_column(Text)
    tracking_code: Mapped[str | None] = mapped_column(Text)
    tracking_state: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    packed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    packed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    handed_over_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ParcelOrder(Base):
    """An order of which something is in a parcel. `carries_cod`: what it still owes is collected with this parcel, and with no other."""

    __tablename__ = "parcel_orders"
    __table_args__ = (
        Index("ix_parcel_orders_order", "order_id"),
        Index("uq_parcel_orders_cod", "order_id", unique=True, postgresql_where=text("carries_cod")),
    )

    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcels.id"), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    carries_cod: Mapped[bool] = mapped_column(default=False, server_default="false")


class ParcelLine(Base):
    """Units of an order's line (`sold_by`: the offer, or the product that was sold without one) in one parcel.

    `part` counts the pieces into which a line was split, so that the key alone keeps the same units from being in two parcels. `packed` are
    those that were counted into the box.
    """

    __tablename__ = "parcel_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("packed >= 0", name="packed_not_negative"),
        Index("ix_parcel_lines_parcel", "parcel_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    sold_by: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcels.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    unit_price_vnd: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int]
    packed: Mapped[int] = mapped_column(default=0, server_default="0")


class ParcelSettings(Base):
    """How an organisation packs. No row: centrally."""

    __tablename__ = "parcel_settings"
    __table_args__ = (CheckConstraint(f"packed_by IN {words(PACKED_BY)}", name="packed_by"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    packed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ParcelMark(Base):
    """Up to which entry a session's ledger was followed for parcels."""

    __tablename__ = "parcel_marks"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
