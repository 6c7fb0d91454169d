"""HTTP bodies of the buyer's side: the page of an order, what the buyer may do there, the device's orders, the lookup."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.comment_orders.schemas import OwnClaim
from app.fulfilment.complaint_schemas import OwnComplaint
from app.fulfilment.consents import ConsentView
from app.fulfilment.money_schemas import TransferAsked
from app.fulfilment.schemas import ComplaintView, OrderedItem, OrderEntry, Receiver
from app.protocol.base import ComplaintText, NoteLine
from app.protocol.client_commands import BuyerAddress

# Codes of the ledger's entry: why a buyer cancels.
CancelReason = Literal["buyer_changed_mind", "buyer_wrong_order", "buyer_too_slow", "buyer_other"]
PhoneText = Annotated[str, StringConstraints(min_length=8, max_length=20)]


class BuyersReceiver(Receiver):
    """The receiver with the codes that fill the form again."""

    province_code: int | None
    ward_code: int | None


class Seller(BaseModel):
    """Whom to turn to. `phone` is E.164, null while the organisation has named none."""

    organisation_name: str
    host_name: str
    phone: str | None
    session_id: UUID
    session_title: str
    session_state: str


class OrderPage(BaseModel):
    """All that the buyer of an order may see of it. Personal data: only for whoever has the link."""

    code: str
    state: str
    may_change: bool = Field(description="the buyer may still mend the address or cancel, without asking the seller")
    payment: str
    is_paid: bool = Field(description="all that it costs by now has been paid")
    owed_vnd: int = Field(description="what is still to be paid; after a change it may be the rest of it")
    shipping_vnd: int = Field(description="fee of the delivery, in the total")
    total_vnd: int
    placed_at_ms: int
    due_at_ms: int
    lines: list[OrderedItem]
    entries: list[OrderEntry]
    receiver: BuyersReceiver
    receiver_changed_at_ms: int | None
    complaints: list[ComplaintView]
    consents: list[ConsentView] = Field(description="what was agreed to beyond the order, also what was taken back")
    transfer: TransferAsked | None = Field(description="what to transfer, while money may still come by bank; `vietqr.png` draws it")
    seller: Seller


class ReceiverChange(BaseModel):
    """Where the goods shall go instead. The name stays: another receiver is another order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "phone": "0900000000",
                    "address": {"province_code": 42, "ward_code": 18133, "street": "12 đường Ví Dụ"},
                    "note": "Gọi trước khi giao",
                }
            ]
        },
    )

    phone: PhoneText
    address: BuyerAddress
    note: NoteLine = ""


class Cancellation(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "buyer_changed_mind"}]})

    reason: CancelReason = "buyer_other"


class NewComplaint(BaseModel):
    """What is wrong with an order. The same key again is the same complaint."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"key": "5f0c1d4e-7f5e-4c7e-9d1a-3b6f0a2e8c11", "words": "Hũ mật bị vỡ nắp."}]}
    )

    key: UUID
    words: ComplaintText


class MyOrder(BaseModel):
    """An order of this device, without personal data; `code` and `link_token` open its page."""

    code: str
    link_token: str
    state: str
    payment: str
    shipping_vnd: int = Field(description="fee of the delivery, in the total")
    total_vnd: int
    placed_at_ms: int
    session_id: UUID
    session_title: str
    lines: list[OrderedItem]
    answers: int = Field(description="complaints that the seller has answered")


class MyOrders(BaseModel):
    orders: list[MyOrder]


class PersonalData(BaseModel):
    """A copy of all that is known about a person: their orders with receiver, words and course. For whoever proved to be them."""

    made_at_ms: int
    orders: list[OrderPage]
    session_complaints: list[OwnComplaint] = Field(
        default_factory=list, description="about sessions: those of the device, or those that name the phone number as the way to answer"
    )
    claims: list[OwnClaim] = Field(default_factory=list, description="comments that asked for goods")


class Erasure(BaseModel):
    """Codes of the orders whose person is forgotten now, and of those whose goods are still on their way: their receiver stays until then."""

    erased: list[str]
    still_needed: list[str]
    claims: int = Field(0, description="comments that asked for goods and whose phone number is forgotten now")
    session_complaints: int = Field(0, description="complaints about sessions whose words, contact and answer are forgotten now")


class LookupWish(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"phone": "0900000000", "code": "K7M2PAE"}]})

    phone: PhoneText
    code: str = Field(max_length=40, description="in any spelling")


class LookupResult(BaseModel):
    """How far the order is, and nothing else."""

    state: str
