"""The report of a session, as the page and the API show it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.ledger.kinds import LossKind, RungName
from app.metrics.service import MinuteFigures, OutsideFigures, Sales, ShippingFees
from app.reports.breakdown_schemas import BuyerFigures, CommuneRow, FunnelStep, OfferRow, SourceRow, WithoutGoods
from app.reports.imported_schemas import ImportedRow

MarkerKind = Literal["session.started", "session.ended", "offer.opened", "offer.ended", "product.pinned", "notice.shown"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HeadlineMetric(_Body):
    """One number with everything needed to read it."""

    name: str = Field(examples=["viewers_peak"])
    value: float | int | None = Field(description="null where it cannot be computed, e.g. nobody came", examples=[311])
    unit: str
    source: Literal["measured", "imported", "derived"]
    label_vi: str
    label_en: str
    formula: str = Field(description="with figures by their names; `formula_vi`: in words")
    formula_vi: str
    window: str
    window_vi: str
    definition_vi: str
    definition_en: str


class Loss(_Body):
    """Orders that did not reach a step, by what happened to them."""

    kind: LossKind
    reason: str = Field(description="reason code of the ledger entry; may be empty")
    orders: int
    amount_vnd: int


class LadderStep(_Body):
    """One step of the revenue ladder. Previous step + changed = this step + lost + waiting."""

    name: RungName
    label_vi: str
    label_en: str
    orders: int
    units: int
    amount_vnd: int = Field(description="value of the goods, without shipping fees")
    shipping_vnd: int = Field(0, description="shipping fees of these orders, apart from the goods")
    amount_per_amount_placed_percent: float | None = Field(description="null when nothing was placed")
    losses: tuple[Loss, ...] = ()
    waiting_orders: int = Field(0, description="reached the step before, neither lost nor here yet, at least not all of it")
    waiting_amount_vnd: int = 0
    changed_orders: int = Field(0, description="only `confirmed`: orders that were changed after they were placed")
    changed_vnd: int = Field(0, description="only `confirmed`: what the changes added to the value of the goods; negative: took away")
    paid_before_orders: int = Field(0, description="only `paid`: orders paid for and not delivered yet; in no step until they are")
    paid_before_vnd: int = 0


class ProductRow(_Body):
    """What one product sold, by flash offer and from the shelf. `units_offered` and `units_remaining` are over its flash offers, `stock_*`
    of its pool: null when it has none."""

    product_id: UUID
    code: str | None = Field(description="short code in the run-down; null when it was taken off")
    name: str
    unit: str
    producer_id: UUID
    producer_name: str
    offers: int
    units_offered: int
    units_remaining: int
    stock_units: int | None = None
    stock_left: int | None = None
    sales: Sales


class ProducerRow(_Body):
    """What the products of one producer sold."""

    producer_id: UUID
    name: str
    kind: Literal["company", "cooperative", "cooperative_group", "household"]
    commune_name: str
    products: int
    sales: Sales


class Marker(_Body):
    """Something that happened at one moment, for the timeline."""

    at: datetime
    kind: MarkerKind
    product_id: UUID | None = None
    product_name: str | None = None
    offer_id: UUID | None = None
    flash_price_vnd: int | None = None
    units_offered: int | None = None
    text: str | None = Field(None, description="words of the notice that was shown above the comments")


class Check(_Body):
    """Two independent counts of one fact."""

    name: str = Field(examples=["revenue_placed_vnd"])
    label_vi: str
    label_en: str
    subject_id: UUID | None = Field(None, description="the offer, or the product with a pool, that the check is about")
    subject: str | None = Field(None, description="name of its product")
    expected: int
    found: int
    ok: bool


class ModerationFigures(_Body):
    """How the room was kept clean. What somebody muted said to nobody is counted apart: no screen ever showed it."""

    hidden_by_staff: int
    held_by_rules: int
    restored: int = Field(description="hidden or held, and shown again")
    said_unheard: int = Field(description="what the muted said to nobody")
    mutes: int
    bans: int
    median_seconds_to_hide: float | None = Field(description="from a comment to its hiding by somebody; null when nothing was hidden so")


class Reconciliation(_Body):
    """Ledger, figures and stock against each other. Figures are compared with the ledger up to the entry they include."""

    ok: bool
    ledger_last_seq: int
    figures_ledger_seq: int
    checks: tuple[Check, ...]


class Report(_Body):
    """Everything an organiser reads after the event. Sales are folded from the ledger, not read from counters."""

    session_id: UUID
    title: str
    state: str
    organisation_name: str
    host_name: str
    started_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int
    as_of: datetime
    measured_as_of: datetime
    figures_are: Literal["live", "final"]
    lost_seconds_at_most: float = Field(description="measured counts may miss so much, because Redis was lost meanwhile")
    headline: tuple[HeadlineMetric, ...]
    ladder: tuple[LadderStep, ...]
    shipping: ShippingFees
    products: tuple[ProductRow, ...]
    producers: tuple[ProducerRow, ...]
    communes: tuple[CommuneRow, ...] = Field(description="by the commune of the producers; sums as `producers` do")
    offers: tuple[OfferRow, ...] = Field(
        description="flash offers as they were made, then what was sold without one; sums as `products` do"
    )
    order_sources: tuple[SourceRow, ...] = Field(description="where orders came from, each order in one row: sums to the totals exactly")
    without_goods: WithoutGoods
    funnel: tuple[FunnelStep, ...]
    buyers: BuyerFigures
    step_minutes: int = Field(description="how many minutes an entry of `minutes` covers; more than one for a booth that is open for days")
    minutes: tuple[MinuteFigures, ...]
    markers: tuple[Marker, ...]
    outside: tuple[OutsideFigures, ...] = Field(description="imported from other platforms, never added to our own counts")
    imported: tuple[ImportedRow, ...] = Field(description="read on other platforms and entered by people; never added to our own counts")
    moderation: ModerationFigures
    reconciliation: Reconciliation
