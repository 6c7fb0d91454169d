"""The revenue ladder: placed, confirmed, delivered, collected, net of returns; followed order by order through the ledger.

Every step is a part of the one before it: what was changed, what is lost and what waits is said between them. Money that comes before the
goods are delivered stands beside the ladder until they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

from app.ledger.chain import Entry
from app.ledger.kinds import LOSS_KINDS, RUNGS, EntryKind, LossKind, RungName, Words
from app.reports.schemas import LadderStep, Loss

_LABELS: dict[RungName, Words] = {
    **{kind: rung.label for kind, rung in RUNGS.items()},
    "net": ("Thực thu sau trả hàng", "Collected, net of returns"),
}
_STEPS: tuple[RungName, ...] = tuple(_LABELS)
# What is reached at the same time as `confirmed` when nobody called: every step after it but `net`.
_CONFIRMS = [step for step in _STEPS[1:] if step != "net"]
_COLLECTED = _STEPS[-2:]


@dataclass(slots=True)
class _Course:
    """What happened to one order so far, in plain dicts: there is one for every order, and the garbage collector walks them."""

    amounts: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    shipping: dict[str, int] | None = None
    loss: tuple[LossKind, str] | None = None

    def add(self, kind: EntryKind, *, amount_vnd: int, units: int, reason: str, shipping_vnd: int = 0) -> None:
        self.amounts[kind] = self.amounts.get(kind, 0) + amount_vnd
        self.units[kind] = self.units.get(kind, 0) + units
        if shipping_vnd:
            self.shipping = self.shipping or {}
            self.shipping[kind] = self.shipping.get(kind, 0) + shipping_vnd
        # the first fact decides why an order was lost; a refund after a cancellation is a consequence
        if self.loss is None and kind in LOSS_KINDS:
            self.loss = (kind, reason)

    @property
    def is_confirmed(self) -> bool:
        """Paid or delivered implies confirmed."""
        return any(kind in self.amounts for kind in _CONFIRMS)

    def reached(self, step: RungName) -> bool:
        if step == "confirmed":
            return self.is_confirmed
        if step == "paid":
            return "delivered" in self.amounts and "paid" in self.amounts
        return self.at("net", self.amounts) > 0 if step == "net" else step in self.amounts

    def at(self, step: RungName, of: Mapping[str, int]) -> int:
        """What of it, goods or fees, stands at a step; 0 when the order is not there.

        Collected is what was delivered and paid for, net what of it neither came back nor was refunded: goods that came back and were
        refunded are one loss, not two, and what nobody has paid for is never net.
        """
        delivered, paid = of.get("delivered", 0), of.get("paid", 0)
        if step == "net":
            return max(0, min(delivered - of.get("returned", 0), paid - of.get("refunded", 0)))
        if step == "paid":
            return max(0, min(delivered, paid))
        if step == "confirmed":
            return self._value(of) if self.is_confirmed else 0
        return of.get(step, 0)

    def units_at(self, step: RungName) -> int:
        if step in _COLLECTED:
            units = self.units.get("delivered", 0)
            if self.at("paid", self.amounts) < self.amounts.get("delivered", 0):
                units = min(units, self.units.get("paid", 0))
            return units if step == "paid" else max(0, min(units, self.units.get("delivered", 0) - self.units.get("returned", 0)))
        return self.at(step, self.units)

    def shipping_at(self, step: RungName) -> int:
        """The shipping fee of this order at a step; goes along with the goods, but is no part of their value."""
        return 0 if self.shipping is None else self.at(step, self.shipping)

    def lost(self) -> Iterator[tuple[RungName, int]]:
        """The steps that something of a lost order did not reach, each with the amount that went there."""
        if self.loss is None:
            return
        if "delivered" not in self.amounts:
            yield next(step for step in _STEPS if not self.reached(step)), self._value(self.amounts)
            return
        if before_payment := self._returned_unpaid():
            yield "paid", before_payment
        if after_it := self.at("paid", self.amounts) - self.at("net", self.amounts):
            yield "net", after_it

    def waiting(self, step: RungName, before: RungName) -> int:
        """The amount that reached the step before and is neither here nor lost."""
        if step == "paid":
            return max(0, self._uncollected() - self._returned_unpaid())
        if step == "net" or self.loss is not None or self.reached(step):
            return 0
        return self._value(self.amounts) if self.reached(before) else 0

    def paid_before_delivery(self) -> int:
        """Money that has come for goods that have not been delivered."""
        if self.loss is not None or "delivered" in self.amounts or "paid" not in self.amounts:
            return 0
        return max(0, self.amounts["paid"] - self.amounts.get("refunded", 0))

    def _value(self, of: Mapping[str, int]) -> int:
        return of.get("placed", 0) + of.get("changed", 0)

    def _uncollected(self) -> int:
        return self.amounts.get("delivered", 0) - self.at("paid", self.amounts)

    def _returned_unpaid(self) -> int:
        return min(self._uncollected(), self.amounts.get("returned", 0))


class RevenueLadder:
    """Takes the entries of one session in order of `seq` and answers the steps.

    Sums are kept as entries come: an entry takes away what its order counted for and adds what it counts for now.
    So the steps cost the same for ten orders and for a hundred thousand.
    """

    def __init__(self, sums: LadderSums | None = None) -> None:
        self._courses: dict[int, _Course] = defaultdict(_Course)
        self._sums = sums or LadderSums()

    @property
    def sums(self) -> LadderSums:
        """What the ladder stands on; a later one goes on from it, told the course of those orders that come again."""
        return self._sums

    def recall(self, order_id: UUID, kind: EntryKind, *, amount_vnd: int, units: int, reason: str, shipping_vnd: int) -> None:
        """A fact about an order that is in the sums already; in order of `seq`."""
        self._courses[order_id.int].add(kind, amount_vnd=amount_vnd, units=units, reason=reason, shipping_vnd=shipping_vnd)

    def add(self, entry: Entry) -> None:
        course = self._courses[entry.order_id.int]
        if course.amounts:
            self._sums.count(course, -1)
        course.add(entry.kind, amount_vnd=entry.amount_vnd, units=entry.units, reason=entry.reason, shipping_vnd=entry.shipping_vnd)
        self._sums.count(course, 1)

    def net_vnd(self) -> int:
        """Amount delivered and collected that neither came back nor was refunded."""
        return self._sums.amounts["net"]

    def steps(self) -> tuple[LadderStep, ...]:
        """The five steps, each with what was lost on the way to it and what still waits below it."""
        return tuple(self._step(step) for step in _STEPS)

    def _step(self, step: RungName) -> LadderStep:
        sums = self._sums
        amount_vnd = sums.amounts[step]
        return LadderStep(
            name=step,
            label_vi=_LABELS[step][0],
            label_en=_LABELS[step][1],
            orders=sums.orders[step],
            units=sums.units[step],
            amount_vnd=amount_vnd,
            amount_per_amount_placed_percent=round(amount_vnd * 100 / sums.placed_vnd, 2) if sums.placed_vnd else None,
            shipping_vnd=sums.shipping[step],
            losses=self._losses(step),
            waiting_orders=sums.waiting_orders[step],
            waiting_amount_vnd=sums.waiting_amounts[step],
            changed_orders=sums.beside["changed_orders"] if step == "confirmed" else 0,
            changed_vnd=sums.beside["changed_vnd"] if step == "confirmed" else 0,
            paid_before_orders=sums.beside["paid_before_orders"] if step == "paid" else 0,
            paid_before_vnd=sums.beside["paid_before_vnd"] if step == "paid" else 0,
        )

    def _losses(self, step: RungName) -> tuple[Loss, ...]:
        losses = (
            Loss(kind=kind, reason=reason, orders=orders, amount_vnd=self._sums.lost_amounts[at, kind, reason])
            for (at, kind, reason), orders in self._sums.lost_orders.items()
            if at == step and orders
        )
        return tuple(sorted(losses, key=lambda loss: (-loss.amount_vnd, loss.kind, loss.reason)))


@dataclass(slots=True)
class LadderSums:
    """What all orders together count for, per step; losses per step, kind and reason; and, `beside` the steps, what was changed and what
    was paid before its delivery."""

    placed_vnd: int = 0
    orders: Counter[RungName] = field(default_factory=Counter)
    units: Counter[RungName] = field(default_factory=Counter)
    amounts: Counter[RungName] = field(default_factory=Counter)
    shipping: Counter[RungName] = field(default_factory=Counter)
    waiting_orders: Counter[RungName] = field(default_factory=Counter)
    waiting_amounts: Counter[RungName] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    lost_orders: Counter[tuple[RungName, LossKind, str]] = field(default_factory=Counter)
    lost_amounts: Counter[tuple[RungName, LossKind, str]] = field(default_factory=Counter)

    def count(self, course: _Course, times: int) -> None:
        """Add an order as it stands (`times` 1), or take it away (-1)."""
        self.placed_vnd += times * course.amounts.get("placed", 0)
        for step in _STEPS:
            if course.reached(step):
                self.orders[step] += times
                self.units[step] += times * course.units_at(step)
                self.amounts[step] += times * course.at(step, course.amounts)
            if course.shipping is not None:
                self.shipping[step] += times * course.shipping_at(step)
        for before, step in pairwise(_STEPS):
            if waits_vnd := course.waiting(step, before):
                self.waiting_orders[step] += times
                self.waiting_amounts[step] += times * waits_vnd
        for step, lost_vnd in course.lost():
            if course.loss is not None:
                self.lost_orders[step, *course.loss] += times
                self.lost_amounts[step, *course.loss] += times * lost_vnd
        if "changed" in course.amounts:
            self.beside["changed_orders"] += times
            self.beside["changed_vnd"] += times * course.amounts["changed"]
        if paid_vnd := course.paid_before_delivery():
            self.beside["paid_before_orders"] += times
            self.beside["paid_before_vnd"] += times * paid_vnd
