"""Offers and orders over HTTP, as the host's page and a viewer without a socket use them, on the whole service."""

from __future__ import annotations

import asyncio
import unicodedata
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from tests.buyers import ADDRESS, a_viewer, an_offer, an_order, path_of, with_buyer
from tests.live.market import Market


@pytest.fixture
def market(live_shop: Market) -> Market:
    """A live session of the whole service on one node."""
    return live_shop


async def test_an_order_is_answered_with_a_receipt_and_a_repeat_with_the_same(market: Market) -> None:
    offer = await an_offer(market)
    order = an_order(offer, 2)
    respelled = order | with_buyer(phone="+84912345678")

    async with a_viewer(market) as viewer:
        first = await viewer.post(path_of(market, "orders"), json=order)
        again = await viewer.post(path_of(market, "orders"), json=order)
        other_spelling = await viewer.post(path_of(market, "orders"), json=respelled)
        mine = (await viewer.get(path_of(market, "orders", "mine"))).json()["orders"]

    assert (first.status_code, first.json()["number"], first.json()["total_vnd"]) == (201, 1, 78_000)
    assert [(answer.status_code, answer.json()) for answer in (again, other_spelling)] == [(201, first.json())] * 2
    assert mine == [first.json() | {"state": "placed", "payment": "cod"}]
    assert "Lan" not in first.text


async def test_the_same_key_with_other_content_is_refused_and_belongs_to_the_device(market: Market) -> None:
    offer = await an_offer(market)
    order = an_order(offer)

    async with a_viewer(market) as viewer, a_viewer(market) as neighbour:
        first = await viewer.post(path_of(market, "orders"), json=order)
        changed = [
            order | {"lines": [{"offer_id": offer["id"], "quantity": 2}]},
            order | {"payment": "transfer"},
            order | with_buyer(name="Trần Thị Cúc"),
            order | with_buyer(phone="0912345679"),
            order | with_buyer(address=ADDRESS | {"street": "Thôn 4"}),
            order | with_buyer(note="gọi trước"),
        ]
        refused = [await viewer.post(path_of(market, "orders"), json=content) for content in changed]
        others = await neighbour.post(path_of(market, "orders"), json=order)

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "key_reused")] * len(changed)
    assert others.status_code == 201
    assert others.json()["order_id"] != first.json()["order_id"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        (with_buyer(phone="0212345678901"), 400, "invalid_phone"),
        (with_buyer(phone="không có số"), 400, "invalid_phone"),
        (with_buyer(phone="+1 202 555 0123"), 400, "invalid_phone"),
        (with_buyer(phone="0912ABCDEF"), 400, "invalid_phone"),
        (with_buyer(phone="19001234"), 400, "invalid_phone"),
        (with_buyer(name="\u3164"), 422, "malformed"),
        (with_buyer(name="123"), 422, "malformed"),
        (with_buyer(address=ADDRESS | {"province_code": 1}), 400, "invalid_address"),
        (with_buyer(address=ADDRESS | {"ward_code": 99_998}), 400, "invalid_address"),
        (with_buyer(name="  "), 422, "malformed"),
        (with_buyer(name="\u200b"), 422, "malformed"),
        (with_buyer(email="lan@example.vn"), 422, "malformed"),
        ({"lines": []}, 422, "malformed"),
        ({"key": "1"}, 422, "malformed"),
        ({"payment": "gold"}, 422, "malformed"),
        ({"lines": [{"offer_id": str(uuid4()), "quantity": 1}]}, 404, "offer_not_found"),
    ],
)
async def test_what_cannot_be_delivered_is_refused_with_its_code_and_takes_nothing(
    market: Market, changes: dict[str, Any], status: int, code: str
) -> None:
    offer = await an_offer(market)

    async with a_viewer(market) as viewer:
        answer = await viewer.post(path_of(market, "orders"), json=an_order(offer) | changes)
        offers = (await viewer.get(path_of(market, "offers"))).json()["offers"]

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert offers[0]["remaining"] == 10
    assert "Thôn" not in answer.text


async def test_a_refused_text_is_named_by_place_and_code(market: Market) -> None:
    offer = await an_offer(market)

    async with a_viewer(market) as viewer:
        empty = await viewer.post(path_of(market, "orders"), json=an_order(offer) | with_buyer(name="\u2800"))
        long = await viewer.post(path_of(market, "orders"), json=an_order(offer) | with_buyer(name="ế" * 81))
        taken = await viewer.post(path_of(market, "orders"), json=an_order(offer) | with_buyer(name=unicodedata.normalize("NFD", "ế" * 80)))

    found = [answer.json()["details"]["errors"][0] for answer in (empty, long)]
    assert [(each["at"], each["code"]) for each in found] == [("body.buyer.name", "text_empty"), ("body.buyer.name", "text_too_long")]
    assert taken.status_code == 201


async def test_without_a_ticket_or_from_a_foreign_page_nothing_is_placed(market: Market) -> None:
    offer = await an_offer(market)

    async with market.browser() as nobody, a_viewer(market) as viewer:
        no_ticket = await nobody.post(path_of(market, "orders"), json=an_order(offer))
        foreign = await viewer.post(path_of(market, "orders"), json=an_order(offer), headers={"origin": "https://evil.example"})

    assert (no_ticket.status_code, no_ticket.json()["code"]) == (401, "ticket_invalid")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_refused")


async def test_only_a_live_session_takes_orders_and_the_answer_says_its_state(market: Market) -> None:
    offer = await an_offer(market)
    answers = {}

    async with a_viewer(market) as viewer:
        receipt = await viewer.post(path_of(market, "orders"), json=(order := an_order(offer)))
        for state in ("ended", "closed"):
            await market.node.sessions.transition(market.organiser, market.session_id, state)
            answer = await viewer.post(path_of(market, "orders"), json=an_order(offer))
            answers[state] = (answer.status_code, answer.json()["code"], answer.json()["details"])
        repeat = await viewer.post(path_of(market, "orders"), json=order)
        market.session_id = uuid4()
        unknown = await viewer.post(path_of(market, "orders"), json=order)

    assert answers == {state: (409, "session_not_live", {"state": state}) for state in ("ended", "closed")}
    # what was accepted stays accepted, whatever became of the session
    assert (repeat.status_code, repeat.json()) == (201, receipt.json())
    assert (unknown.status_code, unknown.json()["code"]) == (404, "session_not_found")


async def test_the_host_opens_extends_and_ends_an_offer(market: Market) -> None:
    offer = await an_offer(market, open_now=False, duration_seconds=60)
    assert (offer["state"], offer["starts_at_ms"]) == ("scheduled", None)

    async with market.browser(market.host) as host, a_viewer(market) as viewer:

        async def order() -> tuple[int, str | None]:
            answer = await viewer.post(path_of(market, "orders"), json=an_order(offer))
            return answer.status_code, answer.json().get("code")

        early = await order()
        opened = (await host.post(path_of(market, "offers", offer["id"], "open"), json={"duration_seconds": 30})).json()
        in_time = await order()
        extended = (await host.post(path_of(market, "offers", offer["id"], "extend"), json={"seconds": 45})).json()
        ended = (await host.post(path_of(market, "offers", offer["id"], "end"))).json()
        late = await order()
        reopened = await host.post(path_of(market, "offers", offer["id"], "open"), json={})
        prolonged = await host.post(path_of(market, "offers", offer["id"], "extend"), json={"seconds": 45})
        seen = (await viewer.get(path_of(market, "offers"))).json()["offers"]

    assert (early, in_time, late) == ((409, "offer_not_open"), (201, None), (409, "offer_not_open"))
    assert (opened["state"], opened["ends_at_ms"] - opened["starts_at_ms"]) == ("open", 30_000)
    assert extended["ends_at_ms"] - opened["ends_at_ms"] == 45_000
    assert (ended["state"], ended["remaining"]) == ("ended", 9)
    assert [(answer.status_code, answer.json()["code"]) for answer in (reopened, prolonged)] == [(409, "offer_not_open")] * 2
    assert [each["state"] for each in seen] == ["ended"]


async def test_offers_are_made_by_staff_in_charge_for_products_of_the_run_down(market: Market) -> None:
    content = {"product_id": str(market.product_ids[0]), "flash_price_vnd": 39_000, "total_quantity": 10}
    stranger = await market.node.accounts.create_organisation("Đơn vị khác")
    async with a_viewer(market) as viewer, market.browser(market.host) as host:
        refusals = [
            await viewer.post(path_of(market, "offers"), json=content),
            await host.post(path_of(market, "offers"), json=content | {"product_id": str(stranger)}),
            await host.post(path_of(market, "offers"), json=content | {"flash_price_vnd": 50_001}),
            await host.post(path_of(market, "offers"), json=content | {"total_quantity": 0}),
            await host.post(path_of(market, "offers", str(uuid4()), "open"), json={}),
        ]

    assert [(answer.status_code, answer.json()["code"]) for answer in refusals] == [
        (401, "not_signed_in"),
        (409, "product_not_in_session"),
        (400, "invalid_offer"),
        (422, "malformed"),
        (404, "offer_not_found"),
    ]


async def test_an_over_order_buffer_is_sold_and_nothing_beyond_it(market: Market) -> None:
    offer = await an_offer(market, total_quantity=5, buffer_quantity=2, per_viewer_limit=1)
    assert (offer["total_quantity"], offer["remaining"]) == (7, 7)

    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(a_viewer(market)) for _ in range(12)]
        phones = [f"09123456{number:02d}" for number in range(12)]
        answers = await asyncio.gather(
            *(
                viewer.post(path_of(market, "orders"), json=an_order(offer, **with_buyer(phone=phone)))
                for viewer, phone in zip(viewers, phones, strict=True)
            )
        )
        left = (await viewers[0].get(path_of(market, "offers"))).json()["offers"][0]["remaining"]

    assert sorted(answer.status_code for answer in answers) == [201] * 7 + [409] * 5
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"sold_out"}
    assert left == 0


async def test_lines_of_one_offer_are_one_quantity_for_stock_and_limit(market: Market) -> None:
    offer = await an_offer(market, total_quantity=10, per_viewer_limit=3)
    line = {"offer_id": offer["id"], "quantity": 2}

    async with a_viewer(market) as viewer:
        too_much = await viewer.post(path_of(market, "orders"), json=an_order(offer) | {"lines": [line, line]})
        summed = await viewer.post(path_of(market, "orders"), json=an_order(offer) | {"lines": [line, line | {"quantity": 1}]})

    assert (too_much.status_code, too_much.json()["code"]) == (409, "viewer_limit_reached")
    assert [(each["quantity"], each["amount_vnd"]) for each in summed.json()["lines"]] == [(3, 117_000)]


async def test_the_limit_counts_the_phone_on_every_device(market: Market) -> None:
    offer = await an_offer(market, per_viewer_limit=1)

    async with a_viewer(market) as viewer, a_viewer(market) as second_device:
        first = await viewer.post(path_of(market, "orders"), json=an_order(offer, **with_buyer(phone="0912 345 678")))
        same_phone = await second_device.post(path_of(market, "orders"), json=an_order(offer, **with_buyer(phone="+84 91 234 5678")))

    assert first.status_code == 201
    assert (same_phone.status_code, same_phone.json()["details"]["already_ordered"]) == (409, 1)


async def test_staff_work_the_desk_over_http(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, market.browser(market.host) as host, market.browser() as nobody:
        receipt = (await viewer.post(path_of(market, "orders"), json=an_order(offer))).json()
        order = path_of(market, "orders", receipt["order_id"])
        closed = [await nobody.get(order), await viewer.get(path_of(market, "orders")), await nobody.post(f"{order}/steps", json={})]
        steps = [
            await host.post(f"{order}/steps", json={"kind": kind, "reason": "test"}) for kind in ("confirmed", "delivered", "delivered")
        ]
        invented = await host.post(f"{order}/steps", json={"kind": "paid"})
        personal = await host.post(f"{order}/steps", json={"kind": "cancelled", "reason": "Lan 0912345678"})
        payment = {"order_id": receipt["order_id"], "reference": "FT1", "amount_vnd": 39_000, "received_at": "2026-11-23T09:30:00+07:00"}
        paid = [await host.post("/api/v1/payments", json=payment) for _ in range(2)]
        read = (await host.get(order)).json()
        without_reason = await host.post(f"{order}/receiver", json={})
        revealed = await host.post(f"{order}/receiver", json={"reason": "call"})
        listed = await host.get(path_of(market, "orders"))

    assert {answer.status_code for answer in closed} == {401}
    assert [answer.status_code for answer in steps] == [201, 201, 409]
    assert steps[2].json()["code"] == "order_state_not_reachable"
    assert (invented.status_code, personal.status_code) == (422, 422)
    assert "0912345678" not in personal.text
    assert [answer.json()["matter"] for answer in paid] == [None, None]
    assert [entry["kind"] for entry in read["entries"]] == ["placed", "confirmed", "delivered", "paid"]
    assert read["receiver"]["phone"] == "•••678"
    assert (without_reason.status_code, revealed.json()["phone"]) == (422, "+84912345678")
    assert "91234" not in listed.text
