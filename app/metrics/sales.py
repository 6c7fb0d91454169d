"""Sums over ledger entries by kind of entry, and what they mean. Written by `make gen` from app/ledger/kinds.py; edit the table there."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class CountedKind:
    """A kind of entry as it is counted: the names of its figures, and words for their labels and definitions."""

    name: str
    orders: str
    units: str
    revenue_vnd: str
    shipping_vnd: str
    average_vnd: str | None
    label_vi: str
    label_en: str
    definition_vi: str
    definition_en: str


COUNTED_KINDS = (
    CountedKind(
        "placed",
        "orders_placed",
        "units_placed",
        "revenue_placed_vnd",
        "shipping_placed_vnd",
        "revenue_placed_per_order_placed_vnd",
        "đã đặt",
        "placed",
        "được đặt và ghi vào sổ",
        "accepted and written to the ledger",
    ),
    CountedKind(
        "changed",
        "orders_changed",
        "units_changed",
        "revenue_changed_vnd",
        "shipping_changed_vnd",
        None,
        "đã đổi",
        "changed",
        "được đổi sau khi đặt; số lượng và giá trị là phần chênh lệch, có thể âm",
        "changed after they were placed; units and value are the difference and may be negative",
    ),
    CountedKind(
        "confirmed",
        "orders_confirmed",
        "units_confirmed",
        "revenue_confirmed_vnd",
        "shipping_confirmed_vnd",
        "revenue_confirmed_per_order_confirmed_vnd",
        "đã xác nhận",
        "confirmed",
        "được người mua xác nhận",
        "confirmed by the buyer",
    ),
    CountedKind(
        "cancelled",
        "orders_cancelled",
        "units_cancelled",
        "revenue_cancelled_vnd",
        "shipping_cancelled_vnd",
        None,
        "đã hủy",
        "cancelled",
        "bị hủy",
        "cancelled",
    ),
    CountedKind(
        "expired",
        "orders_expired",
        "units_expired",
        "revenue_expired_vnd",
        "shipping_expired_vnd",
        None,
        "hết hạn giữ",
        "expired",
        "hết hạn giữ hàng",
        "whose hold ran out",
    ),
    CountedKind(
        "handed_over",
        "orders_handed_over",
        "units_handed_over",
        "revenue_handed_over_vnd",
        "shipping_handed_over_vnd",
        None,
        "đã giao cho đơn vị vận chuyển",
        "handed over",
        "đã trao cho đơn vị vận chuyển",
        "given to a carrier",
    ),
    CountedKind(
        "delivery_failed",
        "orders_delivery_failed",
        "units_delivery_failed",
        "revenue_delivery_failed_vnd",
        "shipping_delivery_failed_vnd",
        None,
        "giao không được",
        "delivered in vain",
        "mà đơn vị vận chuyển giao không được; mỗi lần giao hụt của một đơn là một dòng trong sổ",
        "that the carrier could not deliver; each attempt in vain is an entry of its own",
    ),
    CountedKind(
        "delivered",
        "orders_delivered",
        "units_delivered",
        "revenue_delivered_vnd",
        "shipping_delivered_vnd",
        "revenue_delivered_per_order_delivered_vnd",
        "đã giao",
        "delivered",
        "đã giao đến người mua",
        "delivered to the buyer",
    ),
    CountedKind(
        "paid",
        "orders_paid",
        "units_paid",
        "revenue_paid_vnd",
        "shipping_paid_vnd",
        "revenue_paid_per_order_paid_vnd",
        "đã trả tiền",
        "paid",
        "đã trả tiền hoặc đã thu hộ (COD)",
        "paid, or collected on delivery (COD)",
    ),
    CountedKind(
        "returned",
        "orders_returned",
        "units_returned",
        "revenue_returned_vnd",
        "shipping_returned_vnd",
        None,
        "đã trả hàng",
        "returned",
        "bị trả hàng",
        "whose goods came back",
    ),
    CountedKind(
        "restocked",
        "orders_restocked",
        "units_restocked",
        "revenue_restocked_vnd",
        "shipping_restocked_vnd",
        None,
        "có hàng nhập lại kho",
        "put back into stock",
        "có hàng trả được nhập lại kho để bán",
        "whose returned goods went back into stock",
    ),
    CountedKind(
        "refunded",
        "orders_refunded",
        "units_refunded",
        "revenue_refunded_vnd",
        "shipping_refunded_vnd",
        None,
        "đã hoàn tiền",
        "refunded",
        "đã được hoàn tiền",
        "whose money was given back",
    ),
)


class Sales(BaseModel):
    """Sums over ledger entries, by kind of entry. An entry never edits an earlier one: a cancelled order stays placed too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    orders_placed: int = Field(0, examples=[42])
    units_placed: int = Field(0, examples=[57])
    revenue_placed_vnd: int = Field(0, examples=[6_840_000])
    orders_changed: int = Field(0, examples=[42])
    units_changed: int = Field(0, examples=[57])
    revenue_changed_vnd: int = Field(0, examples=[6_840_000])
    orders_confirmed: int = 0
    units_confirmed: int = 0
    revenue_confirmed_vnd: int = 0
    orders_cancelled: int = 0
    units_cancelled: int = 0
    revenue_cancelled_vnd: int = 0
    orders_expired: int = 0
    units_expired: int = 0
    revenue_expired_vnd: int = 0
    orders_handed_over: int = 0
    units_handed_over: int = 0
    revenue_handed_over_vnd: int = 0
    orders_delivery_failed: int = 0
    units_delivery_failed: int = 0
    revenue_delivery_failed_vnd: int = 0
    orders_delivered: int = 0
    units_delivered: int = 0
    revenue_delivered_vnd: int = 0
    orders_paid: int = 0
    units_paid: int = 0
    revenue_paid_vnd: int = 0
    orders_returned: int = 0
    units_returned: int = 0
    revenue_returned_vnd: int = 0
    orders_restocked: int = 0
    units_restocked: int = 0
    revenue_restocked_vnd: int = 0
    orders_refunded: int = 0
    units_refunded: int = 0
    revenue_refunded_vnd: int = 0


class ShippingFees(BaseModel):
    """Shipping fees of the orders in ledger entries, by kind of entry, in whole VND; never part of the revenue of goods."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shipping_placed_vnd: int = 0
    shipping_changed_vnd: int = 0
    shipping_confirmed_vnd: int = 0
    shipping_cancelled_vnd: int = 0
    shipping_expired_vnd: int = 0
    shipping_handed_over_vnd: int = 0
    shipping_delivery_failed_vnd: int = 0
    shipping_delivered_vnd: int = 0
    shipping_paid_vnd: int = 0
    shipping_returned_vnd: int = 0
    shipping_restocked_vnd: int = 0
    shipping_refunded_vnd: int = 0


class AverageOrders(BaseModel):
    """Average values of orders in whole VND, for each step of the revenue ladder; null where there was none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    revenue_placed_per_order_placed_vnd: int | None = None
    revenue_confirmed_per_order_confirmed_vnd: int | None = None
    revenue_delivered_per_order_delivered_vnd: int | None = None
    revenue_paid_per_order_paid_vnd: int | None = None
