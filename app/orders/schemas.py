"""HTTP bodies of offers and orders."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.ledger.kinds import EntryKind
from app.orders.price_rules import HalfPriceEvidence
from app.protocol.amounts import STOCK_MAX, UNITS_PER_LINE_MAX, EventTime, FlashPriceVnd, Vnd, VndSum
from app.protocol.client_commands import OrderLine, ShelfLine
from app.protocol.server_events import OrderReceipt
from app.protocol.views import OfferView

# An invented buyer in a real ward.
ORDER_EXAMPLE = {
    "key": "5f0c1d4e-7f5e-4c7e-9d1a-3b6f0a2e8c11",
    "lines": [{"offer_id": "0f7a3c52-1c5e-4b0e-8a57-6f2d9b1f4e33", "quantity": 2}],
    "buyer": {
        "name": "Nguyễn Thị Lan",
        "phone": "0900000000",
        "address": {"province_code": 42, "ward_code": 18133, "street": "12 đường Ví Dụ"},
    },
    "payment": "cod",
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewOffer(_Body):
    """A flash offer to make. Without `starts_at` it waits for the host to open it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "product_id": "6f1a52ce-6f0c-4f0e-9a53-0d9d2b9a9a11",
                    "flash_price_vnd": 129_000,
                    "total_quantity": 50,
                    "per_viewer_limit": 2,
                    "duration_seconds": 120,
                }
            ]
        },
    )

    product_id: UUID
    flash_price_vnd: FlashPriceVnd
    total_quantity: int = Field(gt=0, le=STOCK_MAX)
    buffer_quantity: int = Field(0, ge=0, le=STOCK_MAX, description="orders taken beyond the stock, because confirmation calls lose some")
    per_viewer_limit: int = Field(2, gt=0, le=UNITS_PER_LINE_MAX, description="units per viewer, counted over device and phone number")
    duration_seconds: int = Field(120, ge=10, le=6 * 3600, description="how long it stays open, by the server's clock")
    hold_seconds: int = Field(900, ge=0, le=7 * 86_400, description="how long an unpaid order keeps its units")
    starts_at: EventTime | None = Field(None, description="time with its offset, at which it opens by itself")
    open_now: bool = Field(False, description="open it in the same step")
    below_half: HalfPriceEvidence | None = Field(None, description="why the price may be below half of the normal one")


class OfferChanges(_Body):
    """Changes to an offer that has not opened; a field that is left out stays as it is. `starts_at` null: it waits for the host's hand."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"flash_price_vnd": 119_000, "total_quantity": 80}]})

    flash_price_vnd: FlashPriceVnd | None = None
    total_quantity: int | None = Field(None, gt=0, le=STOCK_MAX)
    per_viewer_limit: int | None = Field(None, gt=0, le=UNITS_PER_LINE_MAX)
    duration_seconds: int | None = Field(None, ge=10, le=6 * 3600)
    starts_at: EventTime | None = None
    below_half: HalfPriceEvidence | None = Field(None, description="why the price may be below half of the normal one")


class OpenOffer(_Body):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}, {"duration_seconds": 90}]})

    duration_seconds: int | None = Field(None, ge=10, le=6 * 3600, description="replaces the planned duration")


class ExtendOffer(_Body):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"seconds": 30}]})

    seconds: int = Field(ge=5, le=3600)


class NewStock(_Body):
    """The pool of a product: all units that there are in this session, those already sold included."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"units": 120, "per_viewer_limit": 10, "on_shelf": True}]})

    units: int = Field(ge=0, le=STOCK_MAX)
    per_viewer_limit: int = Field(
        10, gt=0, le=UNITS_PER_LINE_MAX, description="units per viewer from the shelf, over device and phone number"
    )
    on_shelf: bool = Field(True, description="false: not sold at the normal price; its units are for flash offers alone")


class StockRow(BaseModel):
    """The pool of a product as staff see it: `units` = `sold` + `held` for people called from waitlists + `left`."""

    product_id: UUID
    units: int
    sold: int
    held: int
    left: int
    per_viewer_limit: int
    on_shelf: bool


class StockList(BaseModel):
    stock: list[StockRow]


class QuoteRequest(_Body):
    """What an order would cost."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"lines": [{"product_id": "6f1a52ce-6f0c-4f0e-9a53-0d9d2b9a9a11", "quantity": 2, "unit_price_vnd": 180_000}]}]
        },
    )

    lines: tuple[OrderLine | ShelfLine, ...] = Field(min_length=1, max_length=10)


class QuotedLine(BaseModel):
    """A line at the price that holds now. `offer_id` is null for a product at its normal price."""

    offer_id: UUID | None
    product_id: UUID
    quantity: int
    unit_price_vnd: Vnd
    amount_vnd: VndSum


class Quote(BaseModel):
    """What an order would cost now. Nothing is kept: an order is charged what holds when it is placed, or refused if the client says another
    price or fee."""

    lines: list[QuotedLine]
    goods_vnd: VndSum
    shipping_vnd: Vnd
    total_vnd: VndSum


class OfferList(BaseModel):
    offers: list[OfferView]


class OwnOrder(OrderReceipt):
    """An order of this device, and what has become of it."""

    state: EntryKind
    payment: Literal["cod", "transfer"]


class OrderList(BaseModel):
    """Orders of this device in this session, newest first; without personal data."""

    orders: list[OwnOrder]
