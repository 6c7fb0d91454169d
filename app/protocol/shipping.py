"""What a delivery costs: one rule, said to every client, so that a page can show the fee without asking; the server charges by the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from app.protocol.amounts import Vnd
from app.protocol.base import Message

FEE_MAX_VND = 10_000_000

FeeVnd = Annotated[int, Field(ge=0, le=FEE_MAX_VND, description="whole Vietnamese đồng")]
Grams = Annotated[int, Field(gt=0, le=10**9, description="grams, with packing")]


class WeightStep(Message):
    """Up to this weight an order's delivery costs so much."""

    up_to_grams: Grams
    fee_vnd: FeeVnd


class ShippingRule(Message):
    """The fee of one order: `flat_vnd`, or by weight steps; the last step also holds above its weight. Nothing from `free_from_vnd` on.

    The weight is the sum of quantity times `weight_grams`, the amount that of the goods alone.
    """

    flat_vnd: FeeVnd = 0
    steps: tuple[WeightStep, ...] = Field((), max_length=10, description="by rising weight; empty: the flat fee for every order")
    free_from_vnd: Vnd | None = Field(None, description="goods for so much are delivered free; null: never")

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        if any(after.up_to_grams <= before.up_to_grams for before, after in pairwise(self.steps)):
            raise ValueError("steps must be given by rising weight")
        return self

    def fee_vnd(self, *, goods_vnd: int, grams: int) -> int:
        """What the delivery of an order costs. `shipping.js` computes the same in the browser."""
        if self.free_from_vnd is not None and goods_vnd >= self.free_from_vnd:
            return 0
        if not self.steps:
            return self.flat_vnd
        return next((step.fee_vnd for step in self.steps if grams <= step.up_to_grams), self.steps[-1].fee_vnd)


FREE_SHIPPING = ShippingRule()
