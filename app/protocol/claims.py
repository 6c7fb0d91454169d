"""A comment that asks for products of a session, and the units that are held for it: what its writer and the desk see of it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.protocol.amounts import Vnd
from app.protocol.base import COMMENT_TEXT, PERSON_NAME, Message, Milliseconds
from app.protocol.views import CommentSource

ClaimState = Literal["held", "sold_out", "ordered", "rejected", "expired"]
ClaimOutcome = Literal["held", "sold_out", "limit", "not_sold", "too_many"]


class ClaimLine(Message):
    """One product that a comment asks for. `outcome`: whether its units are held, and if not, why: fewer are left, the limit per viewer, not sold now, more than
    comments of one device, one network or all together may hold."""

    product_id: UUID
    code: str
    product_name: str
    quantity: int
    variant: str = Field("", description="what else the comment said of it: a colour, a size")
    outcome: ClaimOutcome
    offer_id: UUID | None = Field(None, description="held at this offer's price; null: at the normal price")
    unit_price_vnd: Vnd = 0


class ClaimView(Message):
    """A claim. `held`: units are set aside until `until_ms`. `is_change`: its writer has an order from a comment already, so a person must look."""

    id: UUID
    comment_id: UUID
    author: Annotated[str, PERSON_NAME.limits]
    words: Annotated[str, COMMENT_TEXT.limits] = Field(description="the comment, phone numbers masked")
    source: CommentSource
    said_at_ms: Milliseconds
    state: ClaimState
    lines: tuple[ClaimLine, ...]
    until_ms: Milliseconds | None
    is_change: bool = False
    phone_masked: str | None = Field(None, description="the number that the comment names, its last three digits")
    order_id: UUID | None = None
    follows_order_id: UUID | None = Field(None, description="the order that its writer had before")
    order_code: str | None = None
    asked_at_ms: Milliseconds | None = Field(None, description="when somebody last asked its writer again")
