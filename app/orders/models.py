"""Tables of flash offers, orders, and the append-only ledger that is the truth about both."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Sequence,
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.database import Base
from app.protocol.base import NOTE_LINE, PERSON_NAME, STREET_LINE


class Offer(Base):
    """A flash offer: one product of a session at a price, in a limited quantity, for a limited time by the server's clock.

    `remaining` counts down from `total_quantity + buffer_quantity`: the buffer is what the organiser takes beyond the stock,
    because confirmation calls lose some orders. Of the remaining units `set_aside` wait for people called from the waitlist.
    `announced_state` trails `state` until the room has been told.
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("state IN ('scheduled', 'open', 'ended')", name="state"),
        CheckConstraint("flash_price_vnd > 0 AND regular_price_vnd >= flash_price_vnd", name="prices"),
        CheckConstraint("total_quantity > 0", name="total_positive"),
        CheckConstraint("buffer_quantity >= 0", name="buffer_not_negative"),
        CheckConstraint("remaining BETWEEN 0 AND total_quantity + buffer_quantity", name="remaining_within_total"),
        CheckConstraint("set_aside BETWEEN 0 AND remaining", name="set_aside_within_remaining"),
        CheckConstraint("per_viewer_limit > 0", name="limit_positive"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("hold_seconds >= 0", name="hold_not_negative"),
        Index("ix_offers_session", "session_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    state: Mapped[str] = mapped_column(Text, default="scheduled", server_default="scheduled")
    announced_state: Mapped[str] = mapped_column(Text, default="scheduled", server_default="scheduled")
    flash_price_vnd: Mapped[int] = mapped_column(BigInteger)
    regular_price_vnd: Mapped[int] = mapped_column(BigInteger)
    total_quantity: Mapped[int]
    buffer_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    remaining: Mapped[int]
    set_aside: Mapped[int] = mapped_column(default=0, server_default="0")
    per_viewer_limit: Mapped[int]
    hold_seconds: Mapped[int] = mapped_column(default=900, server_default="900")
    duration_seconds: Mapped[int]
    starts_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


# What `next_order_codes` scrambles into codes, and the keys that it does it with; both are made and used in the database alone.
ORDER_CODE_NUMBERS = Sequence("order_code_numbers", minvalue=0, maxvalue=887_503_680, data_type=BigInteger, metadata=Base.metadata)


class OrderCodeKey(Base):
    """The one row of keys that scramble this database's order codes. With other keys codes would meet those given before."""

    __tablename__ = "order_code_keys"
    __table_args__ = (CheckConstraint("is_only", name="only_one"),)

    is_only: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class StockPool(Base):
    """The units of one product in one session, from which its flash offers and the shelf take. Without a row each offer has its own stock.

    `sold` counts the units of all its orders that were not given back, whatever sold them; `held` those set aside for people called from
    waitlists of its offers. Off the shelf (`on_shelf`) its units are for flash offers alone. Locked after the ledger's row, in order of
    product id, and before offers.
    """

    __tablename__ = "session_stock"
    __table_args__ = (
        CheckConstraint("sold >= 0", name="sold_not_negative"),
        CheckConstraint("held >= 0", name="held_not_negative"),
        CheckConstraint("sold + held <= units", name="within_units"),
        CheckConstraint("per_viewer_limit > 0", name="limit_positive"),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    units: Mapped[int]
    sold: Mapped[int] = mapped_column(default=0, server_default="0")
    held: Mapped[int] = mapped_column(default=0, server_default="0")
    per_viewer_limit: Mapped[int]
    on_shelf: Mapped[bool] = mapped_column(default=True, server_default="true")


class Order(Base):
    """A committed order. Its states are ledger entries; this row never changes. `total_vnd` is goods and `shipping_vnd`.

    `code` is what people call it (`app/protocol/order_codes.py`); a trigger gives one to orders that code of before writes without.

    `source`: a page of ours, or a comment (`app/comment_orders`).

    Unless it is confirmed or paid by `due_at`, it expires and its units come back.

    `request_digest` tells a repeat (same content) from a misuse of the key (other content).
    `phone_digest` is a keyed hash, so that the per-viewer limit can also count the phone number.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("session_id", "device_id", "client_key", name="uq_orders_client_key"),
        ForeignKeyConstraint(["session_id", "seq"], ["ledger_entries.session_id", "ledger_entries.seq"], name="fk_orders_ledger_entry"),
        UniqueConstraint("session_id", "seq", name="uq_orders_seq"),
        Index("ix_orders_due", "due_at"),
        CheckConstraint("source IN ('page', 'comment')", name="source"),
        Index("uq_orders_code", "code", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    device_id: Mapped[UUID]
    client_key: Mapped[UUID]
    request_digest: Mapped[bytes] = mapped_column(LargeBinary)
    phone_digest: Mapped[bytes] = mapped_column(LargeBinary)
    payment: Mapped[str] = mapped_column(Text)
    shipping_vnd: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    total_vnd: Mapped[int] = mapped_column(BigInteger)
    placed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    code: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, default="page", server_default="page")


class OrderLineRow(Base):
    """One line of an order at the price that was agreed: of an offer, or of a product at its normal price.

    With `change_seq` it is the difference that the ledger entry of that `seq` made to the order as it was placed; units that fell away are
    negative. Device and phone are repeated here to count the limit by index alone.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        Index("ix_order_lines_device", "offer_id", "device_id"),
        Index("ix_order_lines_phone", "offer_id", "phone_digest"),
        Index("ix_order_lines_shelf_device", "product_id", "device_id", postgresql_where=text("product_id IS NOT NULL")),
        Index("ix_order_lines_shelf_phone", "product_id", "phone_digest", postgresql_where=text("product_id IS NOT NULL")),
        CheckConstraint("num_nonnulls(offer_id, product_id) = 1", name="offer_or_product"),
        CheckConstraint("quantity > 0 OR (change_seq IS NOT NULL AND quantity <> 0)", name="quantity_or_change"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    line_number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    offer_id: Mapped[UUID | None] = mapped_column(ForeignKey("offers.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    device_id: Mapped[UUID]
    phone_digest: Mapped[bytes] = mapped_column(LargeBinary)
    quantity: Mapped[int]
    unit_price_vnd: Mapped[int] = mapped_column(BigInteger)
    change_seq: Mapped[int | None] = mapped_column(BigInteger)


class OrderChange(Base):
    """What a change of an order added to its fee and total, negative: took away; its lines are rows of `order_lines`. Written once.

    The row of the order stays as it was placed: what it costs now is that and all of these.
    """

    __tablename__ = "order_changes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "seq"], ["ledger_entries.session_id", "ledger_entries.seq"], name="fk_order_changes_ledger_entry"
        ),
        Index("ix_order_changes_order", "order_id"),
    )

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    shipping_vnd: Mapped[int] = mapped_column(BigInteger)
    total_vnd: Mapped[int] = mapped_column(BigInteger)


# Name, street and note of four bytes a character, the names of ward and province, what JSON and the seal add.
SEALED_CONTACT_MAX = 4 * (PERSON_NAME.most + STREET_LINE.most + NOTE_LINE.most) + 1_024


class OrderContact(Base):
    """Personal data of an order, apart from it: erasing a person destroys the key in this row and touches no figure.

    `sealed` is all of it under the order's data key, and `wrapped_key` that key under the service's secret `key_id`; complaints are sealed
    with it, too. The plain columns are what code of before wrote; they are emptied as they are sealed. `phone_digest` is the number as it
    is now, `changed_at` when the buyer last mended it.
    """

    __tablename__ = "order_contacts"
    __table_args__ = (
        CheckConstraint(f"char_length(name) <= {PERSON_NAME.most}", name="name_length"),
        CheckConstraint(f"char_length(street) <= {STREET_LINE.most}", name="street_length"),
        CheckConstraint(f"char_length(note) <= {NOTE_LINE.most}", name="note_length"),
        CheckConstraint(f"octet_length(sealed) <= {SEALED_CONTACT_MAX}", name="sealed_length"),
        CheckConstraint("num_nulls(key_id, wrapped_key, sealed) IN (0, 3)", name="sealed_whole"),
        Index("ix_order_contacts_phone", "phone_digest"),
        Index("ix_order_contacts_plain", "order_id", postgresql_where=text("phone IS NOT NULL")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    province_code: Mapped[int | None]
    province_name: Mapped[str | None] = mapped_column(Text)
    ward_code: Mapped[int | None]
    ward_name: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    key_id: Mapped[str | None] = mapped_column(Text)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class WaitlistEntry(Base):
    """Somebody who waits for units of a sold-out offer. `called_until` = until when freed units are set aside for them."""

    __tablename__ = "waitlist_entries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'called', 'served', 'lapsed', 'left')", name="state"),
        CheckConstraint("(state = 'called') = (called_until IS NOT NULL)", name="called_has_deadline"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_waitlist_entries_queue", "offer_id", "place", postgresql_where=text("state IN ('waiting', 'called')")),
        Index("uq_waitlist_entries_device", "offer_id", "device_id", unique=True, postgresql_where=text("state IN ('waiting', 'called')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offers.id"))
    device_id: Mapped[UUID]
    place: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    quantity: Mapped[int]
    state: Mapped[str] = mapped_column(Text, default="waiting", server_default="waiting")
    called_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    joined_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class UnitHold(Base):
    """Units of an offer, or of a product at its normal price, that are set aside for one buyer for a while; a line of the hold `hold_id`.

    While it is `held` they are part of the offer's `set_aside` and of the pool's `held`. Locked after offers.
    """

    __tablename__ = "unit_holds"
    __table_args__ = (
        CheckConstraint("state IN ('held', 'ordered', 'released')", name="state"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_unit_holds_until", "until_at", postgresql_where=text("state = 'held'")),
        Index("ix_unit_holds_offer", "offer_id", postgresql_where=text("state = 'held' AND offer_id IS NOT NULL")),
        Index("ix_unit_holds_device", "session_id", "device_id", postgresql_where=text("state = 'held'")),
    )

    hold_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    offer_id: Mapped[UUID | None] = mapped_column(ForeignKey("offers.id"))
    device_id: Mapped[UUID]
    quantity: Mapped[int]
    unit_price_vnd: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text, default="held", server_default="held")
    held_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    until_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
