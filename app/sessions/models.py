"""Tables of livestream sessions and their run-down."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.protocol.text import Line

RECORDING_LEAD_MOST_SECONDS = 6 * 3600
RULES_TEXT = Line(6_000, needs="letter", keeps_paragraphs=True)


class LivestreamSession(Base):
    """One market session: draft → scheduled → live → ended → closed. Simulated people enter rehearsals only, never another.

    `ward_code`: the commune that holds it, if one does; roles in that commune reach it.

    A booth is a producer's: live from the first moment until it is closed, without a plan. Its `host_id` is who opened it; nobody is shown.

    `announced_state` equals `state`: code of before
    November 2026 told rooms by their difference and may run beside this one during an upgrade."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'scheduled', 'live', 'ended', 'closed')", name="state"),
        CheckConstraint("video_kind IN ('youtube', 'facebook', 'tiktok', 'hls')", name="video_kind"),
        CheckConstraint("(video_kind IS NULL) = (video_url IS NULL)", name="video_complete"),
        CheckConstraint("kind IN ('stream', 'booth')", name="kind"),
        CheckConstraint(
            f"recording_lead_seconds BETWEEN -{RECORDING_LEAD_MOST_SECONDS} AND {RECORDING_LEAD_MOST_SECONDS}", name="recording_lead"
        ),
        CheckConstraint(
            "(kind = 'booth') = (producer_id IS NOT NULL) AND (kind = 'stream' OR planned_start_at IS NULL AND NOT is_rehearsal)",
            name="booth",
        ),
        Index("ix_sessions_producer_id", "producer_id", postgresql_where=text("producer_id IS NOT NULL")),
        Index("uq_sessions_open_booth", "producer_id", unique=True, postgresql_where=text("kind = 'booth' AND state = 'live'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    host_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="draft", server_default="draft", index=True)
    announced_state: Mapped[str] = mapped_column(Text, default="draft", server_default="draft")
    planned_start_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    video_kind: Mapped[str | None] = mapped_column(Text)
    video_url: Mapped[str | None] = mapped_column(Text)
    pinned_product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    is_rehearsal: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    kind: Mapped[str] = mapped_column(Text, default="stream", server_default="stream")
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"))
    ward_code: Mapped[int | None]
    recording_lead_seconds: Mapped[int] = mapped_column(default=0, server_default="0")


class ShippingRuleRow(Base):
    """What delivery costs (`app/protocol/shipping.py`), in an organisation's sessions, or in one session in place of that."""

    __tablename__ = "shipping_rules"
    __table_args__ = (Index("uq_shipping_rules_scope", "organisation_id", "session_id", unique=True, postgresql_nulls_not_distinct=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id"))
    rule: Mapped[dict[str, Any]] = mapped_column(JSONB)


class LivestreamRulesRow(Base):
    """One version of the rules of an organisation's livestreams; the next one ends it. Written once: what held during a session is evidence.

    `written_by` NULL: the usual rules of the program, stored when a session went live without others.
    """

    __tablename__ = "livestream_rules"
    __table_args__ = (
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint(f"char_length(text_vi) BETWEEN 1 AND {RULES_TEXT.most}", name="text_vi_length"),
        CheckConstraint(f"char_length(text_en) BETWEEN 1 AND {RULES_TEXT.most}", name="text_en_length"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text_vi: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class OutboxRow(Base):
    """Something a room must hear, in the order of ids (`outbox.py`); deleted once it was told. `claimed_until`: somebody is telling it."""

    __tablename__ = "room_outbox"
    __table_args__ = (Index("ix_room_outbox_session", "session_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    topic: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[UUID | None]
    event: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SessionProduct(Base):
    """The run-down: products of a session in order, each with its short code."""

    __tablename__ = "session_products"
    __table_args__ = (
        UniqueConstraint("session_id", "position", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("session_id", "code", deferrable=True, initially="DEFERRED"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    position: Mapped[int]
    code: Mapped[str] = mapped_column(Text)
