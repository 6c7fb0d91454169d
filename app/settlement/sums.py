"""What follows to be paid from lines, charges and rules.

An order keeps the rules by which its money was first settled. Else a return after a change of rules would give back a tax that was never
withheld, or leave a fee with whoever no longer has the delivery.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from app.settlement.chain import Settled, opening_of
from app.settlement.charge_kinds import CHARGE_KINDS
from app.settlement.lines import SettledOrder, canonical
from app.settlement.reading import ProducerFacts
from app.settlement.rules import SettlementRules
from app.settlement.sharing import per_mille
from app.settlement.standing import Standing

BY_RULES = ("shipping", "carrier_fee", "vat", "pit")
"""Sums that depend on rules."""


def rules_applied(rules: SettlementRules, producer: ProducerFacts) -> dict[str, Any]:
    """The rules for this producer as a settlement states them."""
    rates = rules.rates_of(producer.kind)
    return {"delivery_is_producers": rules.delivery_is_producers, **rates.model_dump(), "withholds": rules.withholds}


def sums_of(
    lines: Sequence[SettledOrder], rules: dict[str, Any], earlier: Sequence[Settled], charges: Sequence[asyncpg.Record]
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """All sums with their signs, in VND, and what of them is by other rules than today's: rules, the settlements that began with them, the goods
    whose tax they set, their sums. Also where these are zero: else nobody could say why tax is withheld of less than all goods.
    """
    older: dict[str, set[int]] = defaultdict(set)
    stated: dict[str, dict[str, Any]] = {canonical(rules): rules}
    by_rules: dict[str, list[Standing]] = {canonical(rules): []}
    rules_then = {each.number: each.content["rules"] for each in earlier}
    for line in lines:
        theirs = rules if line.under is None else rules_then[line.under]
        key = canonical(theirs)
        stated[key] = theirs
        by_rules.setdefault(key, []).append(line.news)
        if line.under is not None:
            older[key].add(line.under)
    parts = {key: _by(stated[key], standings) for key, standings in by_rules.items()}
    _, vnd, of_order = totals(line.news for line in lines)
    by_hand = Counter[str]()
    for row in charges:
        by_hand[row["kind"]] += CHARGE_KINDS[row["kind"]] * row["amount_vnd"]
    sums = {
        "opening": opening_of(earlier),
        "goods": vnd["net"],
        "direct": -of_order["direct_goods"] - of_order["direct_shipping"],
        **{name: sum(part[name] for part in parts.values()) for name in BY_RULES},
        **{f"by_hand_{kind}": by_hand[kind] for kind in CHARGE_KINDS},
    }
    others = [
        {"rules": stated[key], "settlements": sorted(older[key]), "sums": part, "taxed_vnd": taxed_of(by_rules[key])}
        for key, part in parts.items()
        if key != canonical(rules) and any(standing.has_money for standing in by_rules[key])
    ]
    return sums | {"payable": sum(sums.values())}, others


def taxed_of(standings: Iterable[Standing]) -> int:
    """Net of goods that did not come straight to the producer, in VND: what tax is withheld of."""
    _, vnd, of_order = totals(standings)
    return vnd["net"] - of_order["direct_goods"]


def _by(rules: dict[str, Any], standings: Sequence[Standing]) -> dict[str, int]:
    _, _, of_order = totals(standings)
    of_producer = int(rules["delivery_is_producers"])
    taxed_vnd = taxed_of(standings)
    return {
        "shipping": of_order["shipping"] * of_producer,
        "carrier_fee": -of_order["carrier_fee"] * of_producer,
        "vat": -per_mille(taxed_vnd, rules["vat_per_mille"]),
        "pit": -per_mille(taxed_vnd, rules["pit_per_mille"]),
    }


def totals(standings: Iterable[Standing]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Units and VND of goods, and VND of orders, over many standings."""
    units, vnd, of_order = Counter[str](), Counter[str](), Counter[str]()
    for standing in standings:
        for each in standing.units.values():
            units.update(each)
        for each in standing.vnd.values():
            vnd.update(each)
        of_order.update(standing.of_order)
    return units, vnd, of_order
