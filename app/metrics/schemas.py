"""Bodies of the statistics routes. Every field name of the figures is a name in `app/metrics/definitions.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.metrics.sales import AverageOrders, Sales, ShippingFees


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Totals(Sales, ShippingFees):
    """Counts of the whole session. `unique_viewers` and `commenters` are estimates (standard error 0.81 %)."""

    views: int = Field(0, examples=[1_830])
    views_10s: int = Field(0, examples=[1_204])
    unique_viewers: int = Field(0, examples=[912])
    viewers_now: int = Field(0, examples=[238])
    viewers_peak: int = Field(0, examples=[311])
    watch_seconds: int = Field(0, examples=[402_310])
    likes: int = Field(0, examples=[5_120])
    comments: int = Field(0, examples=[640])
    commenters: int = Field(0, examples=[187])
    buyers: int = Field(0, examples=[39])
    product_opens: int | None = Field(None, description="null: not measured in this session", examples=[1_420])
    product_openers: int | None = Field(None, description="null: not measured in this session", examples=[402])
    basket_holders: int | None = Field(None, description="null: not measured in this session", examples=[96])


class DerivedFigures(AverageOrders):
    """Quotients of totals; null where the denominator is zero."""

    viewers_average: float | None = None
    watch_seconds_per_unique_viewer: float | None = None
    commenters_per_unique_viewer_percent: float | None = None
    revenue_placed_per_1000_views_vnd: int | None = None
    buyers_per_unique_viewer_percent: float | None = None
    orders_confirmed_per_order_placed_percent: float | None = None


class ProductSales(Sales):
    """Sums over the ledger lines of one product."""

    product_id: UUID


class MinuteFigures(_Body):
    """One minute of the broadcast; a minute in which nothing happened is there with zeros."""

    minute_at: datetime
    viewers_peak: int = 0
    viewers_average: float = Field(0, description="viewer-seconds of this minute / 60")
    views: int = 0
    views_10s: int = 0
    likes: int = 0
    comments: int = 0
    orders_placed: int = 0
    units_placed: int = 0
    revenue_placed_vnd: int = 0


class OutsideFigures(_Body):
    """Viewers on an outside platform: imported, shown beside our own, never added to them."""

    source: str = Field(examples=["tiktok"])
    outside_viewers: int = Field(examples=[12_400])
    outside_viewers_peak: int = Field(examples=[18_900])
    observed_at: datetime


class Restored(_Body):
    """Redis was lost while the session ran: live counts go on from the last checkpoint, orders and revenue are complete."""

    times: int
    lost_seconds_at_most: float = Field(description="time between the checkpoints and their restoring, added up")


class SessionStats(_Body):
    """Statistics of one session. `live` figures still move, `final` ones were written down after its end."""

    session_id: UUID
    figures_are: Literal["live", "final"]
    as_of: datetime
    ledger_seq: int = Field(description="sales are the sums over ledger entries 1 … ledger_seq")
    started_at: datetime | None
    ended_at: datetime | None
    totals: Totals
    derived: DerivedFigures
    products: tuple[ProductSales, ...]
    step_minutes: int = Field(1, description="how many minutes an entry of `minutes` covers: more than one where there would be too many")
    minutes: tuple[MinuteFigures, ...]
    outside: tuple[OutsideFigures, ...]
    taken: dict[UUID, int] = Field(description="units taken, by offer; what was sold without an offer by product")
    restored: Restored | None = None


class MetricDefinitionBody(_Body):
    """What one number means."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    name: str = Field(examples=["viewers_average"])
    label_vi: str = Field(examples=["Trung bình cùng lúc (ACU)"])
    label_en: str = Field(examples=["Average concurrent viewers (ACU)"])
    unit: str = Field(examples=["viewers"])
    formula: str = Field(examples=["watch_seconds / stream seconds"])
    window: str = Field(examples=["session start to session end"])
    source: Literal["measured", "imported", "derived"]
    definition_vi: str
    definition_en: str
