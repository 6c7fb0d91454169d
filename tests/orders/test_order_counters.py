"""Every answer to an order is counted once, under what it said."""

from __future__ import annotations

from prometheus_client import REGISTRY

from tests.buyers import a_viewer, an_offer, an_order, path_of, with_buyer
from tests.live.market import Market

ANSWERS = ("placed", "invalid_phone", "sold_out", "viewer_limit_reached")


def counted() -> dict[str, float]:
    return {answer: REGISTRY.get_sample_value("ocop_order_answers_total", {"answer": answer}) or 0.0 for answer in ANSWERS}


async def test_answers_to_orders_are_counted_by_what_they_said(live_shop: Market) -> None:
    offer = await an_offer(live_shop, total_quantity=2, per_viewer_limit=2)
    before, took = counted(), REGISTRY.get_sample_value("ocop_order_seconds_count") or 0.0
    order = an_order(offer, 2)

    async with a_viewer(live_shop) as viewer, a_viewer(live_shop) as neighbour:
        path = path_of(live_shop, "orders")
        wrong = await viewer.post(path, json=an_order(offer) | with_buyer(phone="19001234"))
        placed = [await viewer.post(path, json=order) for _ in range(2)]
        late = await neighbour.post(path, json=an_order(offer))

    assert [wrong.status_code, *(answer.status_code for answer in placed), late.json()["code"]] == [400, 201, 201, "sold_out"]
    assert {answer: count - before[answer] for answer, count in counted().items()} == {
        "placed": 2,
        "invalid_phone": 1,
        "sold_out": 1,
        "viewer_limit_reached": 0,
    }
    assert (REGISTRY.get_sample_value("ocop_order_seconds_count") or 0.0) - took == 4
    assert REGISTRY.get_sample_value("ocop_orders_waiting") == 0
