"""The revenue ladder: placed, confirmed, paid, delivered, net of returns; followed order by order through the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from app.ledger.chain import Entry
from app.ledger.kinds import LOSS_KINDS, RUNGS, EntryKind, LossKind, RungName, Words
from app.reports.schemas import LadderStep, Loss

_LABELS: dict[RungName, Words] = {
    **{kind: rung.label for kind, rung in RUNGS.items()},
    "net": ("Thực thu sau trả hàng", "Net of returns"),
}
_STEPS: tuple[RungName, ...] = tuple(_LABELS)


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

    def _after_returns(self, of: dict[str, int]) -> int:
        # goods that came back and were refunded are one loss, not two
        return max(0, of.get("delivered", 0) - max(of.get("returned", 0), of.get("refunded", 0)))

    def reached(self, step: RungName) -> tuple[int, int] | None:
        """Units and amount of this order at a step, or None when it is not there. Paid or delivered implies confirmed."""
        if step == "net":
            amount_vnd = self._after_returns(self.amounts)
            return (self._after_returns(self.units), amount_vnd) if amount_vnd else None
        if step in self.amounts:
            return self.units[step], self.amounts[step]
        if step == "confirmed" and ("paid" in self.amounts or "delivered" in self.amounts):
            return self.units.get("placed", 0), self.amounts.get("placed", 0)
        return None

    def shipping_at(self, step: RungName) -> int:
        """The shipping fee of this order at a step; goes along with the goods, but is no part of their value."""
        if self.shipping is None or self.reached(step) is None:
            return 0
        if step == "net":
            return self._after_returns(self.shipping)
        return self.shipping.get(step, self.shipping.get("placed", 0))

    def lost_at(self) -> tuple[RungName, int] | None:
        """The step that a lost order did not reach, and the amount that went with it."""
        if self.loss is None:
            return None
        if "delivered" in self.amounts:
            return "net", min(self.amounts["delivered"], max(self.amounts.get("returned", 0), self.amounts.get("refunded", 0)))
        return next(step for step in _STEPS if self.reached(step) is None), self.amounts.get("placed", 0)


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
        """Amount delivered that did not come back."""
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
    """What all orders together count for, per step; losses per step, kind and reason."""

    placed_vnd: int = 0
    orders: Counter[RungName] = field(default_factory=Counter)
    units: Counter[RungName] = field(default_factory=Counter)
    amounts: Counter[RungName] = field(default_factory=Counter)
    shipping: Counter[RungName] = field(default_factory=Counter)
    waiting_orders: Counter[RungName] = field(default_factory=Counter)
    waiting_amounts: Counter[RungName] = field(default_factory=Counter)
    lost_orders: Counter[tuple[RungName, LossKind, str]] = field(default_factory=Counter)
    lost_amounts: Counter[tuple[RungName, LossKind, str]] = field(default_factory=Counter)

    def count(self, course: _Course, times: int) -> None:
        """Add an order as it stands (`times` 1), or take it away (-1)."""
        self.placed_vnd += times * course.amounts.get("placed", 0)
        for step, before in zip(_STEPS, (None, *_STEPS), strict=False):
            if (there := course.reached(step)) is not None:
                self.orders[step] += times
                self.units[step] += times * there[0]
                self.amounts[step] += times * there[1]
                if course.shipping is not None:
                    self.shipping[step] += times * course.shipping_at(step)
            elif (waits := _waits(course, step, before)) is not None:
                self.waiting_orders[step] += times
                self.waiting_amounts[step] += times * waits[1]
        lost = course.lost_at()
        if lost is not None and course.loss is not None:
            self.lost_orders[lost[0], *course.loss] += times
            self.lost_amounts[lost[0], *course.loss] += times * lost[1]


def _waits(course: _Course, step: RungName, before: RungName | None) -> tuple[int, int] | None:
    if before is None or course.loss is not None or course.reached(step) is not None:
        return None
    return course.reached(before)
