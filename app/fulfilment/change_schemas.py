"""HTTP bodies of what happens to parts of an order: changes, returns, refunds."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.protocol.amounts import UNITS_PER_LINE_MAX, LineQuantity, PaidVnd, Vnd

_ID = "0f7a3c52-1c5e-4b0e-8a57-6f2d9b1f4e33"

PartReason = Annotated[
    str, Field(max_length=40, pattern=r"^[a-z_]*$", description="short code, e.g. buyer_asked, damaged; never personal data")
]
SeenSeq = Annotated[int, Field(ge=1, le=2**53, description="`seq` of the order's last entry that was seen")]


class _OfLine(BaseModel):
    """A line of an order: what sold it, exactly one of the two."""

    model_config = ConfigDict(extra="forbid")

    offer_id: UUID | None = None
    product_id: UUID | None = Field(None, description="sold at its normal price")

    @model_validator(mode="after")
    def _has_one_seller(self) -> Self:
        if (self.offer_id is None) == (self.product_id is None):
            raise ValueError("a line is of an offer or of a product")
        return self

    @property
    def sold_by(self) -> UUID:
        return self.offer_id or self.product_id or UUID(int=0)


class ChangedLine(_OfLine):
    """How many units of it the order shall have."""

    quantity: int = Field(ge=0, le=UNITS_PER_LINE_MAX, description="0 takes it out of the order")
    unit_price_vnd: Vnd | None = Field(None, description="as shown; with another one nothing is changed (`price_changed`)")


class ReturnedLine(_OfLine):
    """How many units of it have come back."""

    quantity: LineQuantity


def _once_each(lines: list[ChangedLine] | list[ReturnedLine]) -> None:
    if len({line.sold_by for line in lines}) < len(lines):
        raise ValueError("a line is named once")


class OrderChangeWish(BaseModel):
    """What an order shall be like. Lines that are not named stay as they are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"lines": [{"offer_id": _ID, "quantity": 1}]}]})

    lines: list[ChangedLine] = Field(min_length=1, max_length=20)
    seen_seq: SeenSeq | None = Field(None, description="refused (`order_changed_meanwhile`) when the order has newer entries")
    reason: PartReason = ""

    @model_validator(mode="after")
    def _lines_differ(self) -> Self:
        _once_each(self.lines)
        return self


class PartReturn(BaseModel):
    """Which units have come back, and whether they can be sold again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"lines": [{"offer_id": _ID, "quantity": 1}], "resaleable": True}]}
    )

    lines: list[ReturnedLine] = Field(min_length=1, max_length=20)
    resaleable: bool = Field(False, description="the units go back into stock, to their offer and pool")
    reason: PartReason = ""

    @model_validator(mode="after")
    def _lines_differ(self) -> Self:
        _once_each(self.lines)
        return self


class PartRefund(BaseModel):
    """How much of what was paid is given back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"amount_vnd": 50_000, "reason": "damaged"}]})

    amount_vnd: PaidVnd
    reason: PartReason = ""
