"""Tables of payments, of the accounts they come to, of how far the clock has looked, and of what buyers and viewers complain of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.fulfilment.complaint_schemas import CONTACT_LINE
from app.fulfilment.money_kinds import HOLDER_NAME, WORDS
from app.infra.database import Base
from app.infra.sealing import SEAL_BYTES
from app.protocol.base import COMPLAINT_TEXT

# Four bytes a character, and the seal.
BANK_WORDS_MAX = 4 * WORDS.most + 100


class Payment(Base):
    """Money that came in, once per bank reference. `matter` says why a person must look at it; NULL = it settled its order.

    Of `to_collect` and `to_refund` nothing has come in: an order was changed after it was paid, and the amount is what is still owed or to
    be given back (`app/fulfilment/balances.py`). The reference is the order's code and the entry.

    `source` is how we heard of it, `provider_id` the id of a provider's notice, `twin_reference` the reference under which another source told
    of the same. `fee_vnd`: what a courier kept. A bank's text may name people: it is sealed, and gone once nobody needs to read it.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("matter IN ('late', 'under', 'over', 'unmatched', 'repeated', 'to_collect', 'to_refund')", name="matter"),
        CheckConstraint("amount_vnd > 0", name="amount_positive"),
        CheckConstraint("source IN ('desk', 'sepay', 'casso', 'statement', 'collection')", name="source"),
        CheckConstraint("fee_vnd >= 0", name="fee"),
        CheckConstraint("(key_id IS NULL) = (sealed_words IS NULL)", name="sealed_words_whole"),
        CheckConstraint(f"octet_length(sealed_words) <= {BANK_WORDS_MAX}", name="sealed_words_length"),
        UniqueConstraint("organisation_id", "reference", name="uq_payments_reference"),
        Index(
            "uq_payments_provider_id",
            "organisation_id",
            "source",
            "provider_id",
            unique=True,
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index("ix_payments_twin_reference", "organisation_id", "twin_reference", postgresql_where=text("twin_reference IS NOT NULL")),
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
    source: Mapped[str] = mapped_column(Text, default="desk", server_default="desk")
    provider_id: Mapped[str | None] = mapped_column(Text)
    twin_reference: Mapped[str | None] = mapped_column(Text)
    fee_vnd: Mapped[int | None] = mapped_column(BigInteger)
    key_id: Mapped[str | None] = mapped_column(Text)
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    booked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class BankFeed(Base):
    """A provider's notices of what came in, for an organisation: the id is in their address, the secret proves that they are genuine."""

    __tablename__ = "bank_feeds"
    __table_args__ = (
        CheckConstraint("provider IN ('sepay', 'casso')", name="provider"),
        Index("uq_bank_feeds_in_use", "organisation_id", "provider", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    provider: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(Text)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    heard_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class BankAccount(Base):
    """An account that buyers transfer to: the organisation's, or a producer's own. Rows are never changed: a newer one replaces them."""

    __tablename__ = "bank_accounts"
    __table_args__ = (
        CheckConstraint("bank_bin ~ '^[0-9]{6}$'", name="bank_bin"),
        CheckConstraint("account_number ~ '^[0-9A-Z]{4,19}$'", name="account_number"),
        CheckConstraint(f"char_length(holder_name) <= {HOLDER_NAME.most}", name="holder_length"),
        Index(
            "uq_bank_accounts_in_use",
            "organisation_id",
            "producer_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"))
    bank_bin: Mapped[str] = mapped_column(Text)
    account_number: Mapped[str] = mapped_column(Text)
    holder_name: Mapped[str] = mapped_column(Text)
    named_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    named_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    replaced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Consent(Base):
    """What a buyer agreed to beyond the order, with the evidence: which words, in which language, when, from which device. A consent that
    is given again is a row of its own; one that was taken back stays and says when.
    """

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("purpose IN ('news')", name="purpose"),
        CheckConstraint("withdrawn_at >= given_at", name="withdrawn_after"),
        Index("uq_consents_held", "order_id", "purpose", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    device_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(Text)
    text_version: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SessionComplaint(Base):
    """What a viewer complains of about a session, and the answer. Sealed with a key of its own, which erasing destroys: that there was one,
    of which kind and when, stays. `client_key` makes a repeated tap harmless.
    """

    __tablename__ = "session_complaints"
    __table_args__ = (
        CheckConstraint("kind IN ('description', 'price', 'insult', 'prohibited', 'other')", name="kind"),
        CheckConstraint(f"octet_length(sealed_words) <= {4 * COMPLAINT_TEXT.most + SEAL_BYTES}", name="sealed_words_length"),
        CheckConstraint(f"octet_length(sealed_contact) <= {4 * CONTACT_LINE.most + SEAL_BYTES}", name="sealed_contact_length"),
        CheckConstraint(f"octet_length(sealed_answer) <= {4 * COMPLAINT_TEXT.most + SEAL_BYTES}", name="sealed_answer_length"),
        CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_somebody"),
        CheckConstraint("(key_id IS NULL) = (wrapped_key IS NULL) AND (key_id IS NULL) = (erased_at IS NOT NULL)", name="key"),
        UniqueConstraint("session_id", "device_id", "client_key", name="uq_session_complaints_client_key"),
        Index("ix_session_complaints_device", "device_id"),
        Index("ix_session_complaints_open", "made_at", postgresql_where=text("answered_at IS NULL AND erased_at IS NULL")),
        Index("ix_session_complaints_kept", "made_at", postgresql_where=text("erased_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    device_id: Mapped[UUID]
    client_key: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str | None] = mapped_column(Text)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class TakenComplaint(Base):
    """Who works on a complaint, of an order or of a session: whoever said so first."""

    __tablename__ = "complaints_taken"

    complaint_id: Mapped[UUID] = mapped_column(primary_key=True)
    taken_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class JobMark(Base):
    """How far a periodic job has settled things for good, so that the process that does it next need not begin in 1970."""

    __tablename__ = "job_marks"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    mark: Mapped[datetime] = mapped_column(DateTime(timezone=True))


SEALED_WORDS_MAX = 4 * COMPLAINT_TEXT.most + SEAL_BYTES


class Complaint(Base):
    """What a buyer complains of, and the answer. Not in the ledger: free words may name people, and no figure follows from them.

    `sealed_words` and `sealed_answer` are sealed with the key of the order's contact and say nothing once that is destroyed; `words` and
    `answer` are what code of before wrote. `client_key` makes a repeated tap harmless.
    """

    __tablename__ = "complaints"
    __table_args__ = (
        CheckConstraint(f"char_length(words) <= {COMPLAINT_TEXT.most}", name="words_length"),
        CheckConstraint(f"char_length(answer) <= {COMPLAINT_TEXT.most}", name="answer_length"),
        CheckConstraint(f"octet_length(sealed_words) <= {SEALED_WORDS_MAX}", name="sealed_words_length"),
        CheckConstraint(f"octet_length(sealed_answer) <= {SEALED_WORDS_MAX}", name="sealed_answer_length"),
        CheckConstraint("(answered_at IS NULL) = (answered_by IS NULL)", name="answered_by_somebody"),
        UniqueConstraint("order_id", "client_key", name="uq_complaints_client_key"),
        Index("ix_complaints_open", "made_at", postgresql_where=text("answered_at IS NULL")),
        Index("ix_complaints_plain", "id", postgresql_where=text("words IS NOT NULL OR answer IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    client_key: Mapped[UUID]
    words: Mapped[str | None] = mapped_column(Text)
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answer: Mapped[str | None] = mapped_column(Text)
    sealed_answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
