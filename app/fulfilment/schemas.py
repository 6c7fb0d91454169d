"""HTTP bodies of the order desk."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.fulfilment.money_kinds import Matter
from app.ledger.kinds import StepKind
from app.protocol.amounts import EventTime, PaidVnd
from app.protocol.base import ComplaintText
from app.protocol.text import Line


class NewStep(BaseModel):
    """What happened to an order, as far as staff say so; other kinds come through payments or by the clock."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": "cancelled", "reason": "no_answer"}]})

    kind: StepKind
    reason: str = Field(
        "", max_length=40, pattern=r"^[a-z_]*$", description="short code, e.g. no_answer, wrong_number, refused; never personal data"
    )
    collected: bool = Field(False, description="with `delivered`: the money was taken at the door; appends `paid` in the same moment")

    @model_validator(mode="after")
    def _collects_on_delivery(self) -> Self:
        if self.collected and self.kind != "delivered":
            raise ValueError("only what is delivered is collected")
        return self


class EntryItem(BaseModel):
    """Units of one line that an entry is about."""

    product_name: str
    unit: str
    quantity: int = Field(description="of a change: the difference, negative when units fell away")
    before: int | None = Field(None, description="of a change: units before it")


class OrderEntry(BaseModel):
    """One ledger entry of an order."""

    seq: int
    kind: str
    reason: str
    happened_at_ms: int
    amount_vnd: int = Field(0, description="goods and delivery that it is about; of a change the difference")
    items: list[EntryItem] = Field([], description="where it is about a part of the order alone")


class DeskOrder(BaseModel):
    """An order in a list; the receiver's phone shows its last three digits only."""

    order_id: UUID
    number: int
    code: str
    state: str
    payment: str
    shipping_vnd: int = Field(0, description="fee of the delivery, in the total")
    total_vnd: int
    units: int
    placed_at_ms: int
    due_at_ms: int
    phone_masked: str | None
    complaints_waiting: int = Field(description="complaints of the buyer that nobody has answered yet")


class DeskOrderList(BaseModel):
    orders: list[DeskOrder]


RevealReason = Literal["call", "deliver", "complaint", "payment"]


class Reveal(BaseModel):
    """What somebody wants to see a receiver for. Written down with their name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "call"}]})

    reason: RevealReason


class PhoneSearch(BaseModel):
    """A number that somebody calls from or names, in any usual spelling."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"phone": "0900 000 000"}]})

    phone: str = Field(min_length=8, max_length=40)


class Receiver(BaseModel):
    """Personal data, or what is left of it in a masked one; all null once erased."""

    name: str | None
    phone: str | None
    street: str | None
    ward_name: str | None
    province_name: str | None
    note: str | None


class OrderedItem(BaseModel):
    """What to say on the phone: one line of the order."""

    product_name: str
    unit: str
    quantity: int
    amount_vnd: int
    unit_price_vnd: int
    product_id: UUID
    offer_id: UUID | None = Field(description="null: sold at its normal price")
    returned: int = Field(0, description="units of it that have come back")


class ComplaintView(BaseModel):
    """What the buyer complains of, and the answer; words are null once erased."""

    complaint_id: UUID
    words: str | None
    made_at_ms: int
    answer: str | None
    answered_at_ms: int | None


class ComplaintAnswer(BaseModel):
    """What the buyer reads under the complaint."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"words": "Chúng tôi gửi bù 1 hũ trong ngày mai."}]})

    words: ComplaintText


class OrderWithContact(DeskOrder):
    receiver: Receiver = Field(description="masked: initials, three digits, ward and province; all of it by POST …/receiver")
    receiver_changed_at_ms: int | None = Field(description="when the buyer last mended phone, address or note")
    lines: list[OrderedItem]
    entries: list[OrderEntry]
    owed_vnd: int = Field(description="still to be paid, as the order is by now; negative: to be given back")
    refundable_vnd: int = Field(description="paid and not given back")
    complaints: list[ComplaintView]


class SellerContact(BaseModel):
    """Whom buyers call about their orders; null = nobody is named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"phone": "0900000000"}]})

    phone: str | None = Field(max_length=20)


class NewPayment(BaseModel):
    """A line of a bank feed or of a courier's COD list."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "order_id": "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e",
                    "reference": "FT26327000123",
                    "amount_vnd": 258_000,
                    "received_at": "2026-11-23T09:30:00+07:00",
                }
            ]
        },
    )

    order_id: UUID | None = Field(None, description="the order it names; null when nothing could be read")
    reference: Annotated[str, *Line(100).rules] = Field(description="the bank's own reference, unique")
    amount_vnd: PaidVnd
    received_at: EventTime


class Settlement(BaseModel):
    """How a payment on the work list was dealt with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"words": "Đã hoàn lại tiền ngày 24/11"}]})

    words: Annotated[str, *Line(200).rules] = Field(description="for colleagues; no buyers' data")


class BookedPaymentView(BaseModel):
    payment_id: UUID
    order_id: UUID | None
    matter: Matter | None = Field(description="why a person must look at it; null = it settled its order")


class WorkListItem(BookedPaymentView):
    reference: str
    amount_vnd: int
    received_at: datetime


class WorkList(BaseModel):
    items: list[WorkListItem]
