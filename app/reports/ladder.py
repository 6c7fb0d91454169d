"""The revenue ladder: placed, confirmed, paid, delivered, net of returns; followed order by order through the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from app.ledger.chain import Entry
from app.ledger.kinds import LOSS_KINDS, RUNGS, LossKind, RungName, Words
from app.reports.schemas import LadderStep, Loss

_LABELS: dict[RungName, Words] = {
    **{kind: rung.label for kind, rung in RUNGS.items()},
    "net": ("Thực thu sau trả hàng", "Net of returns"),
}
_STEPS: tuple[RungName, ...] = tuple(_LABELS)


@dataclass(slots=True)
class _Course:
    """What happened to one order so far."""

    amounts: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    loss: tuple[LossKind, str] | None = None

    def add(self, entry: Entry) -> None:
        self.amounts[entry.kind] += entry.amount_vnd
        self.units[entry.kind] += entry.units
        # the first fact decides why an order was lost; a refund after a cancellation is a consequence
        if self.loss is None and entry.kind in LOSS_KINDS:
            self.loss = (entry.kind, entry.reason)

    def _after_returns(self, of: Counter[str]) -> int:
        # goods that came back and were refunded are one loss, not two
        return max(0, of["delivered"] - max(of["returned"], of["refunded"]))

    def reached(self, step: RungName) -> tuple[int, int] | None:
        """Units and amount of this order at a step, or None when it is not there. Paid or delivered implies confirmed."""
        if step == "net":
            amount_vnd = self._after_returns(self.amounts)
            return (self._after_returns(self.units), amount_vnd) if amount_vnd else None
        if step in self.amounts:
            return self.units[step], self.amounts[step]
        if step == "confirmed" and ("paid" in self.amounts or "delivered" in self.amounts):
            return self.units["placed"], self.amounts["placed"]
        return None

    def lost_at(self) -> tuple[RungName, int] | None:
        """The step that a lost order did not reach, and the amount that went with it."""
        if self.loss is None:
            return None
        if "delivered" in self.amounts:
            return "net", min(self.amounts["delivered"], max(self.amounts["returned"], self.amounts["refunded"]))
        return next(step for step in _STEPS if self.reached(step) is None), self.amounts["placed"]


class RevenueLadder:
    """Takes the entries of one session in order of `seq` and answers the steps."""

    def __init__(self) -> None:
        self._courses: dict[UUID, _Course] = defaultdict(_Course)

    def add(self, entry: Entry) -> None:
        self._courses[entry.order_id].add(entry)

    def net_vnd(self) -> int:
        """Amount delivered that did not come back."""
        return sum(there[1] for course in self._courses.values() if (there := course.reached("net")) is not None)

    def steps(self) -> tuple[LadderStep, ...]:
        """The five steps, each with what was lost on the way to it and what still waits below it."""
        placed_vnd = sum(course.amounts["placed"] for course in self._courses.values())
        return tuple(self._step(step, before, placed_vnd) for step, before in zip(_STEPS, (None, *_STEPS), strict=False))

    def _step(self, step: RungName, before: RungName | None, placed_vnd: int) -> LadderStep:
        there = [reached for course in self._courses.values() if (reached := course.reached(step)) is not None]
        waiting = [reached[1] for course in self._courses.values() if (reached := _waits(course, step, before)) is not None]
        amount_vnd = sum(amount for _, amount in there)
        return LadderStep(
            name=step,
            label_vi=_LABELS[step][0],
            label_en=_LABELS[step][1],
            orders=len(there),
            units=sum(units for units, _ in there),
            amount_vnd=amount_vnd,
            amount_per_amount_placed_percent=round(amount_vnd * 100 / placed_vnd, 2) if placed_vnd else None,
            losses=self._losses(step),
            waiting_orders=len(waiting),
            waiting_amount_vnd=sum(waiting),
        )

    def _losses(self, step: RungName) -> tuple[Loss, ...]:
        orders: Counter[tuple[LossKind, str]] = Counter()
        amounts: Counter[tuple[LossKind, str]] = Counter()
        for course in self._courses.values():
            lost = course.lost_at()
            if lost is not None and lost[0] == step and course.loss is not None:
                orders[course.loss] += 1
                amounts[course.loss] += lost[1]
        return tuple(
            Loss(kind=kind, reason=reason, orders=orders[kind, reason], amount_vnd=amount)
            for (kind, reason), amount in sorted(amounts.items(), key=lambda loss: -loss[1])
        )


def _waits(course: _Course, step: RungName, before: RungName | None) -> tuple[int, int] | None:
    if before is None or course.loss is not None or course.reached(step) is not None:
        return None
    return course.reached(before)
