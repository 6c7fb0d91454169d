"""What may follow what in the life of an order, as a table. Pure; an order's state is the set of kinds its entries have.

placed → confirmed → delivered → returned → refunded, with paid before or after delivery (transfer or COD);
cancelled and expired end it and give its units back to the offer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.ledger.chain import EntryKind


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind may come once, when one of `needs_any` is there (if any is named) and none of `never_after`."""

    needs_any: frozenset[str] = frozenset()
    never_after: frozenset[str] = frozenset()


_OVER = frozenset({"cancelled", "expired"})

RULES: Mapping[EntryKind, _Rule] = {
    "confirmed": _Rule(never_after=_OVER),
    "paid": _Rule(never_after=_OVER),
    "delivered": _Rule(needs_any=frozenset({"confirmed", "paid"}), never_after=_OVER),
    "returned": _Rule(needs_any=frozenset({"delivered"})),
    "refunded": _Rule(needs_any=frozenset({"returned", "cancelled"})),
    "cancelled": _Rule(never_after=frozenset({"delivered", "expired"})),
    "expired": _Rule(never_after=frozenset({"confirmed", "paid", "cancelled"})),
}

RELEASING_KINDS = _OVER


def may_follow(kind: EntryKind, had: Collection[str]) -> bool:
    """Whether an order that has had these entries may get this one."""
    rule = RULES.get(kind)
    if rule is None or kind in had or "placed" not in had:
        return False
    if kind == "refunded" and "paid" not in had:
        return False
    return (not rule.needs_any or bool(rule.needs_any & set(had))) and not rule.never_after & set(had)


def state_of(had: Collection[str]) -> str:
    """The latest rung of an order, for lists: the furthest kind it has reached."""
    for kind in ("refunded", "returned", "cancelled", "expired", "delivered", "paid", "confirmed"):
        if kind in had:
            return kind
    return "placed"
