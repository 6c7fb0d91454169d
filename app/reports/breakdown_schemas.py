"""Sales of a session broken down: by commune, flash offer and source of order; the funnel, and who the buyers are."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.metrics.service import Sales

OrderSource = Literal["flash", "shelf", "comment", "booth"]
FunnelName = Literal["views", "unique_viewers", "product_openers", "basket_holders", "buyers", "orders_placed", "orders_delivered"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CommuneRow(_Body):
    """What the producers of one commune sold. An order with goods of two producers is an order of each."""

    commune_code: int
    name: str
    province_code: int
    province_name: str
    producers: int
    sales: Sales


class WaitFigures(_Body):
    """People who waited for units of sold-out offers, by what became of them, and units they wanted. Nothing here is in the sales."""

    waiting: int = 0
    called: int = Field(0, description="units are set aside for them at this moment")
    bought: int = Field(0, description="called, and ordered in time")
    lapsed: int = Field(0, description="called, and did not order in time; or the offer ended while they waited")
    left: int = Field(0, description="went away by themselves")
    units_wanted: int = 0
    units_bought: int = 0
    units_lost: int = Field(0, description="wanted by those who lapsed or left")


class OfferRow(_Body):
    """What one flash offer sold. The last row, without `offer_id`, is what was sold at normal prices."""

    offer_id: UUID | None
    product_id: UUID | None
    product_name: str | None
    producer_id: UUID | None
    state: Literal["scheduled", "open", "ended"] | None
    flash_price_vnd: int | None
    regular_price_vnd: int | None
    units_offered: int | None
    units_remaining: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    sales: Sales
    waited: WaitFigures = WaitFigures()


class SourceRow(_Body):
    """Orders by where they came from: a comment; else a booth; else with a line of a flash offer when placed; else the shelf alone."""

    source: OrderSource
    label_vi: str
    label_en: str
    sales: Sales


class WithoutGoods(_Body):
    """Money that entries tell without lines of goods, such as a second payment: in the totals and `order_sources`, in no row of goods."""

    revenue_paid_vnd: int
    revenue_refunded_vnd: int


class FunnelStep(_Body):
    """One step from watching to delivery; `count` is null where it was not measured, which is not 0."""

    name: FunnelName
    label_vi: str
    label_en: str
    definition_vi: str
    definition_en: str
    source: Literal["measured", "derived"]
    count: int | None
    per_step: FunnelName | None = Field(description="the step that `percent` is of")
    percent: float | None = Field(description="count / count of `per_step` * 100; null where either is missing or that one is 0")


class BuyerFigures(_Body):
    """Buyers of the session, by whether the phone number of their first order here had ordered before.

    `returning` had ordered in an earlier session of the same organisation, rehearsals left out; `unknown` are those whose contact is gone.
    new + returning + unknown = buyers.
    """

    buyers: int
    new: int
    returning: int
    unknown: int
    definition_vi: str = (
        "Người mua cũ là người có số điện thoại ở đơn đầu tiên của phiên này đã từng đặt hàng trong một phiên trước của cùng đơn vị "
        "(không tính buổi diễn tập). Không so tên, không lộ số; đơn đã xoá thông tin người mua thì không rõ."
    )
    definition_en: str = (
        "Returning: the phone number of the buyer's first order here had ordered in an earlier session of the same organisation, rehearsals "
        "left out. Compared by a keyed digest; where the contact was erased it is not known."
    )
