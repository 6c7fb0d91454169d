"""One order as the fold over its entries: what it is about by now, what has come back of it, what was paid for it.

Whoever appends a fact about an order asks here what the entry has to say (`whole`, `part_returned`, `refund_of`), so that every entry carries
exactly what it is about and no figure needs to know the one before it. `app/reports/verify.py` counts the same once more by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from app.ledger.chain import Entry, EntryLine
from app.ledger.kinds import KINDS, RELEASING_KINDS, EntryKind


class Good(NamedTuple):
    """What a line is of: units of one product at one price, by an offer or without one."""

    offer_id: UUID | None
    product_id: UUID
    producer_id: UUID
    unit_price_vnd: int

    @property
    def sold_by(self) -> UUID:
        """The offer, or the product that was sold without one. An order has at most one price for it at a time."""
        return self.offer_id or self.product_id


class Money(NamedTuple):
    """Whole VND for goods, and for their delivery."""

    goods_vnd: int = 0
    shipping_vnd: int = 0

    @property
    def total_vnd(self) -> int:
        return self.goods_vnd + self.shipping_vnd

    def less(self, other: Money) -> Money:
        return Money(self.goods_vnd - other.goods_vnd, self.shipping_vnd - other.shipping_vnd)


NOTHING = Money()


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says beside its kind and reason."""

    lines: tuple[EntryLine, ...] = ()
    shipping_vnd: int = 0
    money_vnd: int = 0


@dataclass(slots=True)
class Course:
    """An order's entries in order, summed. Quantities are by what the lines are of."""

    buyer_token: str = ""
    turns: Counter[str] = field(default_factory=Counter)
    last_seq: int = 0
    ordered: Counter[Good] = field(default_factory=Counter)
    shipping_vnd: int = 0
    units_back: Counter[Good] = field(default_factory=Counter)
    shipping_back_vnd: int = 0
    units_restocked: Counter[Good] = field(default_factory=Counter)
    money_paid: Money = NOTHING
    money_refunded: Money = NOTHING

    @property
    def had(self) -> frozenset[str]:
        """The kinds of its entries."""
        return frozenset(self.turns)

    def add(self, entry: Entry) -> None:
        self.turns[entry.kind] += 1
        self.last_seq = entry.seq
        quantities = _quantities(entry.lines)
        if KINDS[entry.kind].units_taken > 0:
            self.buyer_token = entry.buyer_token
            self.ordered.update(quantities)
            self.shipping_vnd += entry.shipping_vnd
        elif entry.kind == "returned":
            self.units_back.update(quantities)
            self.shipping_back_vnd += entry.shipping_vnd
        elif entry.kind == "restocked":
            self.units_restocked.update(quantities)
        elif entry.kind == "paid":
            self.money_paid = Money(self.money_paid.goods_vnd + entry.amount_vnd, self.money_paid.shipping_vnd + entry.shipping_vnd)
        elif entry.kind == "refunded":
            self.money_refunded = Money(
                self.money_refunded.goods_vnd + entry.amount_vnd, self.money_refunded.shipping_vnd + entry.shipping_vnd
            )

    @property
    def lines(self) -> tuple[EntryLine, ...]:
        """What the order is about by now, as it was sold: returns do not count."""
        return lines_of(self.ordered)

    @property
    def kept(self) -> Counter[Good]:
        """What of it has not come back."""
        return self.ordered - self.units_back

    @property
    def due(self) -> Money:
        """What it costs the buyer by now: nothing once it is over."""
        if self.had & RELEASING_KINDS:
            return NOTHING
        return Money(_value(self.kept), self.shipping_vnd - self.shipping_back_vnd)

    @property
    def refundable(self) -> Money:
        """What was paid and not given back."""
        return self.money_paid.less(self.money_refunded)

    @property
    def owed(self) -> Money:
        """What is still to be paid; negative: to be given back. Goods and delivery may differ in sign, their sum counts."""
        return self.due.less(self.refundable)

    def whole(self, kind: EntryKind) -> Content | None:
        """What an entry of this kind says that is about all of the order that is left for it; None when nothing is.

        What takes units is never about all of an order: `changed` says a difference.
        """
        if KINDS[kind].units_taken > 0:
            return None
        if kind == "returned":
            return self.part_returned(self.kept) if self.kept else None
        if kind == "restocked":
            left = self.units_back - self.units_restocked
            return Content(lines_of(left)) if left else None
        if kind == "paid":
            if self.turns["paid"]:
                return _money(self.owed)
            return Content(lines_of(self.kept), self.due.shipping_vnd) if self.due.total_vnd else None
        if kind == "refunded":
            back = self.refundable.less(self.due)
            # the same lines as they were paid, as long as one can still say it so
            if self.due.total_vnd == 0 and back == Money(_value(self.ordered), self.shipping_vnd) and back.total_vnd:
                return Content(self.lines, self.shipping_vnd)
            return _money(back)
        return Content(self.lines, self.shipping_vnd)

    def part_returned(self, back: Counter[Good]) -> Content:
        """What an entry says about these units coming back. The fee of the delivery goes with the last of the goods."""
        is_last = not self.kept - back
        return Content(lines_of(back), self.shipping_vnd - self.shipping_back_vnd if is_last else 0)

    def refund_of(self, amount_vnd: int) -> Content | None:
        """What an entry says about so much being given back, the goods first; None when less than that was paid and not given back."""
        left = self.refundable
        if amount_vnd > left.total_vnd:
            return None
        goods_vnd = min(amount_vnd, max(0, left.goods_vnd))
        return Content(money_vnd=goods_vnd, shipping_vnd=amount_vnd - goods_vnd)

    def find(self, sold_by: UUID) -> Good | None:
        """What of the order was sold by this offer, or is this product without one."""
        return next((good for good, quantity in self.ordered.items() if quantity > 0 and good.sold_by == sold_by), None)


def course_of(entries: Iterable[Entry]) -> Course:
    course = Course()
    for entry in entries:
        course.add(entry)
    return course


def good_of(line: EntryLine) -> Good:
    return Good(line.offer_id, line.product_id, line.producer_id, line.unit_price_vnd)


def _quantities(lines: Iterable[EntryLine]) -> Counter[Good]:
    quantities = Counter[Good]()
    for line in lines:
        quantities[good_of(line)] += line.quantity
    return quantities


def lines_of(quantities: Mapping[Good, int]) -> tuple[EntryLine, ...]:
    """As an entry says them; differences have their sign."""
    return tuple(
        EntryLine(good.offer_id, good.product_id, good.producer_id, quantity, good.unit_price_vnd)
        for good, quantity in quantities.items()
        if quantity
    )


def _value(quantities: Mapping[Good, int]) -> int:
    return sum(quantity * good.unit_price_vnd for good, quantity in quantities.items())


def _money(money: Money) -> Content | None:
    return Content(money_vnd=money.goods_vnd, shipping_vnd=money.shipping_vnd) if money.total_vnd > 0 else None
