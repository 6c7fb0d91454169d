"""Tables of the desk: what is next with each order, how far the ledgers were followed, calls, notes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.desk.queues import OUTCOMES, QUEUES
from app.infra.database import Base
from app.infra.sealing import SEAL_BYTES
from app.protocol.base import DESK_NOTE


def _words(names: tuple[str, ...]) -> str:
    return "({})".format(", ".join(f"'{name}'" for name in names))


SEALED_NOTE_MAX = 4 * DESK_NOTE.most + SEAL_BYTES


class DeskOrder(Base):
    """Where an order stands on the desk. `queue`, `ready_at` and `tries` follow from ledger and calls and can be made again from them.

    `assigned_to`: the colleague who shall do it. `held_by` has it in hand until `held_until`. `step_*`: a step that somebody took and that
    becomes a ledger entry at `step_due_at` unless it is taken back before. `asks_again`: something changed after the buyer had agreed.
    Rehearsals stand on the desk of their session alone.
    """

    __tablename__ = "desk_orders"
    __table_args__ = (
        CheckConstraint(f"queue IN {_words(QUEUES)}", name="queue"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint("(held_by IS NULL) = (held_until IS NULL)", name="held_whole"),
        CheckConstraint("num_nulls(step_id, step_kind, step_reason, step_by, step_due_at) IN (0, 5)", name="step_whole"),
        Index("ix_desk_orders_session", "session_id", "queue", "ready_at", "order_id"),
        Index(
            "ix_desk_orders_organisation",
            *("organisation_id", "queue", "ready_at", "order_id"),
            postgresql_where=text("NOT is_rehearsal"),
        ),
        Index("ix_desk_orders_assigned", "assigned_to", "queue", "ready_at", postgresql_where=text("assigned_to IS NOT NULL")),
        Index("ix_desk_orders_steps", "step_due_at", postgresql_where=text("step_due_at IS NOT NULL")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    is_rehearsal: Mapped[bool]
    queue: Mapped[str] = mapped_column(Text)
    ready_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    asks_again: Mapped[bool] = mapped_column(default=False, server_default="false")
    assigned_to: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    held_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    step_id: Mapped[UUID | None]
    step_kind: Mapped[str | None] = mapped_column(Text)
    step_reason: Mapped[str | None] = mapped_column(Text)
    step_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    step_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DeskMark(Base):
    """Up to which entry a session's ledger was followed."""

    __tablename__ = "desk_marks"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


class OrderCall(Base):
    """One call to an order's buyer and what came of it. `again_at`: when the next one is due. Taken back, it stays and counts no more."""

    __tablename__ = "order_calls"
    __table_args__ = (
        CheckConstraint(f"outcome IN {_words(OUTCOMES)}", name="outcome"),
        CheckConstraint("char_length(reason) <= 40", name="reason_length"),
        Index("ix_order_calls_order", "order_id", "called_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    called_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    called_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    again_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undone_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OrderNote(Base):
    """What a colleague should know of an order; sealed with the key of its contact, so it is gone when the person is erased."""

    __tablename__ = "order_notes"
    __table_args__ = (
        CheckConstraint(f"octet_length(sealed) <= {SEALED_NOTE_MAX}", name="sealed_length"),
        Index("ix_order_notes_order", "order_id", "written_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    written_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
