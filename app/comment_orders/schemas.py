"""HTTP bodies of claims."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.protocol.amounts import LineQuantity
from app.protocol.claims import ClaimLine, ClaimState, ClaimView
from app.protocol.client_commands import Buyer

_PRODUCT_ID = "6a1f7a52-2f0b-4a5e-8a77-8b1f5f0c9d21"
_BUYER: dict[str, Any] = {
    "name": "Nguyễn Thị Lan",
    "phone": "0900000000",
    "address": {"province_code": 42, "ward_code": 18133, "street": "12 đường Ví Dụ"},
}


class ToldReceiver(BaseModel):
    """Where the writer's last order went: initials, ward and province."""

    name: str
    ward_name: str
    province_name: str


class DeskClaim(ClaimView):
    """A claim as the desk sees it. `receiver`: one tap is enough; null: name, phone and address must be said."""

    receiver: ToldReceiver | None = None


class QueuedClaim(DeskClaim):
    """A claim in the desk's queue over sessions."""

    session_id: UUID
    session_title: str


class OrdersClaims(BaseModel):
    """Claims that an order was made of, or that came after it from the same writer; the newest first."""

    claims: list[ClaimView]


class DeskClaimList(BaseModel):
    """Those that hold units first, then the newest; at most 200."""

    claims: list[DeskClaim]


class OwnClaims(BaseModel):
    claims: list[ClaimView]


class OwnClaim(BaseModel):
    """A comment that asked for goods, in a copy of its writer's data. `unread`: it still waits to be read, which takes a second."""

    session_id: UUID
    comment_id: UUID
    author: str
    words: str = Field(description="as everybody could read them, phone numbers masked")
    said_at_ms: int
    state: ClaimState | Literal["unread"]
    phone: str | None = Field(
        description="the number that it names; its last three digits once the claim is decided; null: none, or none any more"
    )
    lines: list[ClaimLine]


class Confirmation(BaseModel):
    """Whom the order goes to; null: where the writer's last order went."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"buyer": None}]})

    buyer: Buyer | None = None


class OwnConfirmation(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"buyer": _BUYER}]})

    buyer: Buyer
    payment: Literal["cod", "transfer"] = "cod"


class MendedLine(BaseModel):
    model_config = ConfigDict(extra="forbid")

    product_id: UUID
    quantity: LineQuantity


class MendedLines(BaseModel):
    """What the claim shall hold in place of what it holds."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"lines": [{"product_id": _PRODUCT_ID, "quantity": 2}]}]})

    lines: tuple[MendedLine, ...] = Field(min_length=1, max_length=10)


class PhoneAsked(BaseModel):
    """What somebody wants to see the number for. Written down with their name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "call"}]})

    reason: Literal["call", "deliver", "complaint", "payment"]


class ClaimPhone(BaseModel):
    """In E.164; null when the comment named none, or it was forgotten."""

    phone: str | None
