"""What a flash price may be. A discount goes to half of the price just before it, unless there is a reason, with evidence. Pure.

The rule and its exceptions are those of the decrees on sales promotion (81/2018 and 128/2024); have them checked before relying on them.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.orders.errors import HalfPriceRule, PriceRuleBroken
from app.protocol.amounts import FlashPriceVnd
from app.protocol.text import Line

HalfPriceReason = Literal["earlier_price", "concentrated_programme", "fresh_food"]


class HalfPriceEvidence(BaseModel):
    """Why an offer may go below half of the normal price; kept in the audit trail with the offer.

    `earlier_price`: the price before the promotion was lower than the normal price says, so the discount is at most half of that.
    `concentrated_programme`: a promotion programme of the state, by the number of its decision. `fresh_food`: fresh food.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: HalfPriceReason
    evidence: Annotated[str, *Line(500).rules] = Field(description="invoice, price list, number of the decision")
    earlier_price_vnd: FlashPriceVnd | None = Field(None, description="price just before the promotion, for `earlier_price`")

    @model_validator(mode="after")
    def _earlier_price_is_named(self) -> Self:
        if self.reason == "earlier_price" and self.earlier_price_vnd is None:
            raise ValueError("earlier_price needs earlier_price_vnd")
        return self


def check_flash_price(flash_price_vnd: int, normal_price_vnd: int, evidence: HalfPriceEvidence | None) -> None:
    """Raises `PriceRuleBroken` above the normal price, `HalfPriceRule` below half of it without what allows it."""
    if flash_price_vnd > normal_price_vnd:
        raise PriceRuleBroken("the flash price is above the product's price", details={"price_vnd": normal_price_vnd})
    before = normal_price_vnd
    if evidence is not None:
        if evidence.reason != "earlier_price":
            return
        before = min(normal_price_vnd, evidence.earlier_price_vnd or normal_price_vnd)
    if 2 * flash_price_vnd < before:
        raise HalfPriceRule(details={"price_vnd": before, "least_price_vnd": -(-before // 2)})
