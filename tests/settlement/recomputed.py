"""What each producer is to get of a session's sales, worked out from the exported ledger by code of its own: plain dicts and fractions, no
word of `app/`. Only the rules are the same, as docs/settlement.md tells them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from fractions import Fraction
from math import floor
from typing import Any


def nets_of(bodies: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Net of goods and net of delivery fees by producer, from all entries of a ledger."""
    by_order: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for body in bodies:
        entry = json.loads(body)
        by_order[entry["order"]].append(entry)
    goods: dict[str, int] = defaultdict(int)
    fees: dict[str, int] = defaultdict(int)
    for entries in by_order.values():
        _one_order(entries, goods, fees)
    return {key: value for key, value in goods.items() if value}, {key: value for key, value in fees.items() if value}


def _one_order(entries: list[dict[str, Any]], goods: dict[str, int], fees: dict[str, int]) -> None:
    kept: dict[tuple[Any, ...], int] = {}
    paid = back = fee = fee_paid = fee_back = 0
    is_delivered = False
    for entry in entries:
        kind, fee_here = entry["kind"], sum(line["amount_vnd"] for line in entry["lines"] if line.get("kind") == "shipping")
        goods_here = sum(line["amount_vnd"] for line in entry["lines"] if line.get("kind") != "shipping")
        is_delivered = is_delivered or kind == "delivered"
        if kind == "paid":
            paid, fee_paid = paid + goods_here, fee_paid + fee_here
        if kind == "refunded":
            back, fee_back = back + goods_here, fee_back + fee_here
        if kind in ("placed", "changed", "returned"):
            sign = -1 if kind == "returned" else 1
            fee += sign * fee_here
            for line in entry["lines"]:
                if "kind" not in line:
                    key = (line["offer"], line["product"], line["producer"], line["unit_price_vnd"])
                    kept[key] = kept.get(key, 0) + sign * line["quantity"]
    if not is_delivered:
        return
    worth = [(key[2], units * key[3]) for key, units in kept.items()]
    whole = sum(value for _, value in worth)
    # what was collected is shared first, then what of it was not given back
    collected = _cut(min(whole, max(0, paid)), [value for _, value in worth])
    net = _cut(max(0, min(whole, paid - back)), collected)
    of_producer: dict[str, int] = {}
    for (producer, value), share in zip(worth, net, strict=True):
        goods[producer] += share
        of_producer[producer] = of_producer.get(producer, 0) + value
    fee_net = max(0, min(fee, fee_paid - fee_back))
    for producer, share in zip(of_producer, _cut(fee_net, list(of_producer.values())), strict=True):
        fees[producer] += share


def _cut(amount: int, weights: list[int]) -> list[int]:
    """An amount by weights; the đồng that rounding down leaves go to the greatest fractions, the earlier first."""
    if not sum(weights):
        return [amount if place == 0 else 0 for place in range(len(weights))]
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    parts = [floor(each) for each in exact]
    while sum(parts) < amount:
        place = max(range(len(parts)), key=lambda at: (exact[at] - parts[at], -at))
        parts[place] += 1
        exact[place] = Fraction(parts[place])
    return parts
