"""Why orders end: the reason codes of ledger entries, in words, and with whom it lay. Pages, reports and exports say it alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from app.ledger.kinds import KINDS, EntryKind, Words

Side = Literal["buyer", "seller", "carrier", "clock"]

SIDES: Final[Mapping[Side, Words]] = {
    "buyer": ("Người mua", "The buyer"),
    "seller": ("Bên bán", "The seller"),
    "carrier": ("Vận chuyển", "The carrier"),
    "clock": ("Hết hạn", "Time ran out"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: with whom it lay that the order ended, and what the desk calls it."""

    side: Side
    words: Words


# Lasting codes: ledgers hold them. Those of a buyer's own cancelling begin with `buyer_`.
REASONS: Final[Mapping[str, Reason]] = {
    "no_answer": Reason("buyer", ("Hủy: không nghe máy", "Cancel: no answer")),
    "wrong_number": Reason("buyer", ("Hủy: sai số điện thoại", "Cancel: wrong number")),
    "refused": Reason("buyer", ("Hủy: khách không lấy nữa", "Cancel: buyer declines")),
    "too_dear": Reason("buyer", ("Hủy: khách chê đắt", "Cancelled: too dear")),
    "duplicate": Reason("buyer", ("Hủy: đơn đặt trùng", "Cancel: duplicate order")),
    "out_of_stock": Reason("seller", ("Hủy: không đủ hàng", "Cancel: out of stock")),
    "not_delivered": Reason("carrier", ("Hủy: hàng hoàn về, chưa giao được", "Cancelled: came back undelivered")),
    "not_confirmed": Reason("clock", ("Quá hạn xác nhận", "Not confirmed in time")),
    "hold_over": Reason("clock", ("Quá hạn chuyển khoản", "Not paid in time")),
    "buyer_changed_mind": Reason("buyer", ("Người mua hủy: đổi ý", "Cancelled by the buyer: changed mind")),
    "buyer_wrong_order": Reason("buyer", ("Người mua hủy: đặt nhầm", "Cancelled by the buyer: wrong order")),
    "buyer_too_slow": Reason("buyer", ("Người mua hủy: chờ lâu", "Cancelled by the buyer: took too long")),
    "buyer_other": Reason("buyer", ("Người mua hủy", "Cancelled by the buyer")),
}


def words_of_loss(kind: EntryKind, reason: str) -> Words:
    """What a report calls the loss of an order. A code that has no words here stands as it is; none at all: the kind says it."""
    if reason in REASONS:
        return REASONS[reason].words
    return (reason, reason) if reason else KINDS[kind].state


def side_of_loss(kind: EntryKind, reason: str) -> Side | None:
    """With whom it lay; None where neither reason nor kind says so, as for goods that came back without a word why."""
    if reason in REASONS:
        return REASONS[reason].side
    return "clock" if KINDS[kind].by == "clock" else None


def words_of_reasons(language: Literal["vi", "en"]) -> dict[str, str]:
    """The pages' words about reasons, by their keys in `app/web/texts.py`."""
    place = ("vi", "en").index(language)
    return {f"desk.reason_{code}": reason.words[place] for code, reason in REASONS.items()}
