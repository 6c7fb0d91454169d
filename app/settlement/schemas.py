"""HTTP bodies of settlements."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from app.protocol.text import Line
from app.settlement.charge_kinds import AMOUNT_MOST_VND, REASON, ChargeKind
from app.settlement.rules import LegalKind

REFERENCE = Line(100)
LINES_SHOWN = 200
SESSIONS_MOST = 2_000
CHOSEN_MOST = 100
"""Sessions named, and sessions left out, in one address: it must pass any proxy."""
PROPER_DAYS: TypeAlias = Annotated[date, Field(ge=date(2020, 1, 1), le=date(2200, 1, 1))]
State = Literal["open", "agreed", "paid", "part_paid", "carried"]
"""`open`: the next one, which nobody has agreed on; `part_paid`: the next one begins with the rest; `carried`: agreed with nothing to pay, the next one begins with its sum."""
_DIGEST: JsonValue = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_SESSION: JsonValue = "0a6dd34c-9a2c-4b12-a84a-6b1f1f3f2b8e"


class CoveredSession(BaseModel):
    """How far a session's ledger was looked at."""

    model_config = ConfigDict(extra="forbid")

    session_id: UUID
    to_seq: int = Field(ge=1, le=9_000_000_000_000)


class Agreement(BaseModel):
    """Exactly the draft that was looked at: its sessions, and its digest."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"sessions": [{"session_id": _SESSION, "to_seq": 1_250}], "digest": _DIGEST}]}
    )

    sessions: list[CoveredSession] = Field(max_length=SESSIONS_MOST)
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Payout(BaseModel):
    """That the organisation has paid a producer, by its bank or in cash; the money never passes through this service."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"amount_vnd": 12_500_000, "paid_on": "2026-11-28", "reference": "FT26332001"}]}
    )

    amount_vnd: int = Field(ge=1, le=AMOUNT_MOST_VND)
    paid_on: PROPER_DAYS
    reference: Annotated[str, *REFERENCE.rules]


class NewCharge(BaseModel):
    """An amount by hand, with a reason that names no buyer; `order_code` where it is about one order of the producer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"kind": "carrier_fee", "amount_vnd": 30_000, "reason": "Cước gửi xe khách", "order_code": None}]},
    )

    kind: ChargeKind
    amount_vnd: int = Field(ge=1, le=AMOUNT_MOST_VND)
    reason: Annotated[str, *REASON.rules]
    order_code: Annotated[str, Field(max_length=40)] | None = None


class ChargeView(BaseModel):
    charge_id: UUID
    kind: ChargeKind
    amount_vnd: int
    reason: str
    order_code: str | None
    made_by: str
    made_at_ms: int


class GoodFigures(BaseModel):
    """What is new about one product of one order at one price: units and VND by the figures' names, zeros left out."""

    product_id: UUID
    product_name: str
    unit: str
    unit_price_vnd: int
    is_flash: bool
    units: dict[str, int]
    vnd: dict[str, int]


class LineView(BaseModel):
    """What a settlement says about one order. `entries`: the entries of the session's ledger it comes from, empty when only a fee is new."""

    session_id: UUID
    order_id: UUID
    order_code: str
    entries: list[int]
    goods: list[GoodFigures]
    order_vnd: dict[str, int]


class SessionRange(BaseModel):
    """The entries of a session's ledger after `after_seq` up to `to_seq`, and the hash of the last."""

    session_id: UUID
    title: str
    after_seq: int
    to_seq: int
    last_hash: str


class SessionChoice(BaseModel):
    """A session in which something is new since the producer's last settlement: how many orders, and their goods collected, before fees."""

    session_id: UUID
    title: str
    started_at_ms: int | None
    orders: int
    goods_vnd: int


class SessionChoices(BaseModel):
    """What the next settlement may cover, the earliest first."""

    items: list[SessionChoice]


class Sums(BaseModel):
    """What adds up to `payable_vnd`, each with its sign, in whole VND."""

    opening_vnd: int = Field(description="carried from earlier settlements")
    goods_vnd: int = Field(description="delivered and collected, neither come back nor given back")
    shipping_vnd: int = Field(description="delivery fees that buyers paid, where delivery is the producers'")
    carrier_fee_vnd: int = Field(description="what carriers asked or kept, where delivery is the producers'")
    direct_vnd: int = Field(description="what came straight to the producer's own account")
    vat_vnd: int
    pit_vnd: int
    by_hand_carrier_fee_vnd: int
    by_hand_deduction_vnd: int
    by_hand_addition_vnd: int
    payable_vnd: int


class AppliedRules(BaseModel):
    delivery_is_producers: bool
    withholds: bool
    vat_per_mille: int
    pit_per_mille: int


class OlderRules(BaseModel):
    """What of the sums is of orders whose money was first settled by rules that were others than today's."""

    rules: AppliedRules
    settlements: list[int] = Field(description="the settlements that began with these orders")
    taxed_vnd: int = Field(description="net of their goods that did not come directly: what tax is withheld of")
    shipping_vnd: int
    carrier_fee_vnd: int
    vat_vnd: int
    pit_vnd: int


class PaidView(BaseModel):
    amount_vnd: int
    paid_on: date
    reference: str
    noted_by: str
    noted_at_ms: int


class SettlementView(BaseModel):
    """One settlement. An open one has `digest`, which whoever agrees sends back, and no dates yet."""

    producer_id: UUID
    producer_name: str
    producer_kind: LegalKind
    tax_code: str
    number: int
    state: State
    sessions: list[SessionRange]
    units: dict[str, int]
    vnd: dict[str, int]
    order_vnd: dict[str, int]
    sums: Sums
    rules: AppliedRules
    older_rules: list[OlderRules]
    charges: list[ChargeView]
    lines: list[LineView]
    line_count: int
    next_line: int | None = Field(description="ask again with `after` for the lines that follow; null: these were the last")
    digest: str | None
    agreed_by: str | None = None
    agreed_at_ms: int | None = None
    fact_hash: str | None = None
    paid: PaidView | None = None


class SettlementRow(BaseModel):
    """A settlement in a list."""

    number: int
    state: State
    payable_vnd: int
    orders: int
    agreed_at_ms: int
    paid_on: date | None
    paid_vnd: int | None


class ProducerSettlements(BaseModel):
    """A producer's agreed settlements, the newest first. `chain_fits`: every fact follows the one before as its hash says."""

    producer_id: UUID
    producer_name: str
    items: list[SettlementRow]
    chain_fits: bool


class ProducerRow(BaseModel):
    """How the organisation stands with a producer. `unsettled_vnd`: collected for their goods, with delivery fees, and in no settlement yet,
    before fees and deductions; `waiting_vnd`: delivered and not collected.
    """

    producer_id: UUID
    producer_name: str
    producer_kind: LegalKind
    unsettled_vnd: int
    waiting_vnd: int
    agreed_vnd: int = Field(description="agreed and still owed, the rest of what was paid in part among it")
    rest_vnd: int = Field(description="of that, the rest of what was paid in part; a settlement that is agreed later takes it over")
    paid_vnd: int
    settlements: int


class ProducerRows(BaseModel):
    items: list[ProducerRow]


class LedgerStep(BaseModel):
    """One entry of a session's ledger about an order, as far as it is about the producer's goods."""

    seq: int
    kind: str
    at_ms: int
    reason: str
    units: int
    goods_vnd: int
    money_vnd: int = Field(description="of the whole order, told without goods: a later payment, a refund")
    shipping_vnd: int = Field(description="of the whole order")
    hash: str


class OrderSteps(BaseModel):
    session_id: UUID
    session_title: str
    order_id: UUID
    order_code: str
    steps: list[LedgerStep]
