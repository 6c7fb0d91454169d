"""Where one order stands for one producer: the fold over its entries, in the figures that a settlement speaks of.

Two sums hold for every line of goods, and so for every settlement:

- placed + changed = cancelled + expired + refused + under way + delivered
- delivered = returned + waiting (not collected yet) + let off (given back beyond what came back) + net

`net` is what the ladder of reports calls so: delivered and collected, neither come back nor refunded. Money is of an order as a whole; what
of it falls on whose goods follows from `sharing.py`, so all producers' nets together are the order's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app.ledger.chain import Entry
from app.ledger.course import Course, Good
from app.ledger.kinds import RELEASING_KINDS
from app.settlement.sharing import shared

UNITS: Final = ("placed", "changed", "cancelled", "expired", "refused", "under_way", "delivered", "returned")
"""Figures of goods that have units, each with an amount too."""
MONEY: Final = ("waiting", "let_off", "net")
"""Figures of goods that are money alone."""
OF_ORDER: Final = ("shipping", "direct_goods", "direct_shipping", "carrier_fee")
"""Figures of a whole order, the producer's share of it, in VND."""
REFUSED: Final = frozenset({"refused", "not_delivered"})
"""Reasons of a cancellation that say that the buyer did not take the goods."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of an order beside its ledger: the carrier's fee for all of it, and what came straight to the producer's own account."""

    carrier_fee_vnd: int = 0
    direct_vnd: int = 0


NOTHING_BESIDE = Beside()


@dataclass(slots=True)
class Standing:
    """Figures of a producer in one order: units and VND by good, VND of the order, by the names above. Zero is left out."""

    units: dict[Good, Counter[str]] = field(default_factory=dict)
    vnd: dict[Good, Counter[str]] = field(default_factory=dict)
    of_order: Counter[str] = field(default_factory=Counter)

    def less(self, settled: Standing) -> Standing:
        """What is new since that much was settled; may be negative."""
        goods = [*self.vnd, *(good for good in settled.vnd if good not in self.vnd)]
        return Standing(
            {good: _difference(self.units.get(good), settled.units.get(good)) for good in goods},
            {good: _difference(self.vnd.get(good), settled.vnd.get(good)) for good in goods},
            _difference(self.of_order, settled.of_order),
        )

    def add(self, other: Standing) -> None:
        for mine, others in ((self.units, other.units), (self.vnd, other.vnd)):
            for good, figures in others.items():
                mine.setdefault(good, Counter()).update(figures)
        self.of_order.update(other.of_order)

    @property
    def has_money(self) -> bool:
        """Whether something of it is paid out or held back, now or later."""
        return any(self.of_order.values()) or any(figures["net"] for figures in self.vnd.values())

    @property
    def is_nothing(self) -> bool:
        return not any(any(figures.values()) for figures in (*self.units.values(), *self.vnd.values(), self.of_order))


def _difference(one: Mapping[str, int] | None, other: Mapping[str, int] | None) -> Counter[str]:
    names = {**(one or {}), **(other or {})}
    found = {name: (one or {}).get(name, 0) - (other or {}).get(name, 0) for name in names}
    return Counter({name: figure for name, figure in found.items() if figure})


def standings_of(entries: Sequence[Entry], beside: Beside = NOTHING_BESIDE) -> dict[UUID, Standing]:
    """Where an order stands by these entries, in order of `seq`, for each producer with goods in it."""
    course = Course()
    placed, changed = Counter[Good](), Counter[Good]()
    over = ""
    for entry in entries:
        before = course.ordered.copy()
        course.add(entry)
        if entry.kind == "placed":
            placed.update(course.ordered)
        elif entry.kind == "changed":
            after = course.ordered.copy()
            after.subtract(before)
            changed.update(after)
        elif entry.kind in RELEASING_KINDS:
            over = "refused" if entry.kind == "cancelled" and entry.reason in REFUSED else entry.kind
    goods = list(course.ordered)
    money = _Money(course, goods)
    found: dict[UUID, Standing] = {}
    for place, good in enumerate(goods):
        whole = course.ordered[good]
        units = Counter({"placed": placed[good], "changed": changed[good], over or money.stage: whole})
        if course.units_back[good]:
            units["returned"] = course.units_back[good]
        amounts = {name: count * good.unit_price_vnd for name, count in units.items() if count}
        amounts |= {name: parts[place] for name, parts in money.goods.items() if parts[place]}
        standing = found.setdefault(good.producer_id, Standing())
        standing.units[good] = Counter({name: count for name, count in units.items() if count})
        standing.vnd[good] = Counter(amounts)
    _of_order(found, course, money, beside)
    return found


class _Money:
    """What of an order's money falls on which of its goods. `stage`: where goods are that nobody cancelled."""

    def __init__(self, course: Course, goods: Sequence[Good]) -> None:
        is_delivered = "delivered" in course.had
        self.stage = "delivered" if is_delivered else "under_way"
        kept = [(course.ordered[good] - course.units_back[good]) * good.unit_price_vnd if is_delivered else 0 for good in goods]
        paid, back = course.money_paid, course.money_refunded
        collected = shared(min(sum(kept), max(0, paid.goods_vnd)), kept)
        net = shared(max(0, min(sum(kept), paid.goods_vnd - back.goods_vnd)), collected)
        self.goods = {
            "waiting": [of_kept - of_collected for of_kept, of_collected in zip(kept, collected, strict=True)],
            "let_off": [of_collected - of_net for of_collected, of_net in zip(collected, net, strict=True)],
            "net": net,
        }
        fee = course.shipping_vnd - course.shipping_back_vnd if is_delivered else 0
        self.shipping_vnd = max(0, min(fee, paid.shipping_vnd - back.shipping_vnd))
        self.kept = kept


def _of_order(found: dict[UUID, Standing], course: Course, money: _Money, beside: Beside) -> None:
    """Shares of what is of the order as a whole: the buyer's fee by what was kept, the carrier's by what was ordered."""
    producers = list(found)
    kept, ordered = Counter[UUID](), Counter[UUID]()
    for good, kept_vnd in zip(course.ordered, money.kept, strict=True):
        kept[good.producer_id] += kept_vnd
        ordered[good.producer_id] += max(0, course.ordered[good]) * good.unit_price_vnd
    by_kept = [kept[each] for each in producers] if any(kept.values()) else [ordered[each] for each in producers]
    shipping = shared(money.shipping_vnd, by_kept)
    fees = shared(beside.carrier_fee_vnd, [ordered[each] for each in producers])
    for place, producer_id in enumerate(producers):
        standing = found[producer_id]
        net = sum(figures["net"] for figures in standing.vnd.values())
        # only an order that is all theirs is paid to their own account
        direct = beside.direct_vnd if len(producers) == 1 else 0
        direct_goods = min(net, direct)
        figures = {
            "shipping": shipping[place],
            "direct_goods": direct_goods,
            "direct_shipping": min(shipping[place], direct - direct_goods),
            "carrier_fee": fees[place],
        }
        standing.of_order = Counter({name: figure for name, figure in figures.items() if figure})
