"""The browser's sums are the server's: a price or fee that is shown is the one that is charged."""

from __future__ import annotations

from typing import Any

import pytest

from app.protocol.shipping import ShippingRule, WeightStep
from tests.web.browser_module import call

RULES = [
    None,
    ShippingRule(),
    ShippingRule(flat_vnd=30_000),
    ShippingRule(flat_vnd=30_000, free_from_vnd=300_000),
    ShippingRule(
        steps=(WeightStep(up_to_grams=1_000, fee_vnd=25_000), WeightStep(up_to_grams=3_000, fee_vnd=40_000)), free_from_vnd=300_000
    ),
]
AMOUNTS = [(goods, grams) for goods in (0, 299_999, 300_000) for grams in (1, 1_000, 1_001, 3_000, 90_000)]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_the_fee_is_the_same_in_the_browser(rule: ShippingRule | None) -> None:
    said = None if rule is None else rule.model_dump(mode="json")

    shown = call("shipping.js", [("feeOf", [said, goods, grams]) for goods, grams in AMOUNTS])

    assert shown == [0 if rule is None else rule.fee_vnd(goods_vnd=goods, grams=grams) for goods, grams in AMOUNTS]


def a_pool(left: int) -> dict[str, Any]:
    return {"product_id": "p", "units": 50, "left": left, "per_viewer_limit": 5}


@pytest.mark.parametrize(
    ("told", "left"), [({"p": 7}, 7), ({}, 21), (None, 12)], ids=["named: so many", "not named: more than are told", "no stock in the tick"]
)
def test_a_tick_says_what_is_left_of_pools_that_run_low(told: dict[str, int] | None, left: int) -> None:
    state = {"position": {"epoch": "e", "offset": 3}, "offers": [], "shelf": [a_pool(12)]}
    tick = {"type": "room.tick", "epoch": "e", "after": 3, "offset": 3, "events": [], "counts": None, "board": None, "stock": told}

    (after,) = call("state.js", [("apply", [state, tick])])

    assert after["shelf"] == [a_pool(left)]
