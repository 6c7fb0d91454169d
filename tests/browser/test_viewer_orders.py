"""A viewer on a phone: one form, one tap, one order, whatever happens to the network in between."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import DESK, Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def orders_of(page: Page, market: Market, session_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.request.get(f"{market.base}/api/v1/sessions/{session_id}/orders/mine").json()["orders"]
    return found


def test_the_form_is_typed_once_and_a_double_tap_makes_one_order(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    desk.open_offer(session_id, total=5, limit=3)
    viewer = market.page()
    opens_market(viewer, market.base, session_id)
    shoot(viewer, "viewer-quiet-390")

    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer)
    viewer.get_by_label("Lời nhắn cho người bán").fill("Gọi 0987654321 trước khi giao")
    shoot(viewer, "viewer-form-390")
    viewer.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    expect(card(viewer)).to_contain_text("Còn 4 phần")
    shoot(viewer, "viewer-ordered-390")
    viewer.reload()
    card(viewer).get_by_role("button", name=ORDER_BUTTON).dblclick()

    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    expect(card(viewer)).to_contain_text("còn 3 phần")
    assert [order["number"] for order in orders_of(viewer, market, session_id)] == [2, 1]
    notes = [
        desk.call("POST", f"/api/v1/sessions/{session_id}/orders/{order['order_id']}/receiver", {"reason": "call"})["note"]
        for order in orders_of(viewer, market, session_id)
    ]
    assert notes == ["", "Gọi 0987654321 trước khi giao"]


def test_an_answer_that_is_lost_on_its_way_does_not_become_a_second_order(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id)
    viewer = market.page()
    keys: list[str] = []

    def lose_the_first_receipt(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def from_page(message: str | bytes) -> None:
            content = json.loads(message)
            if content["type"] == "order.place":
                keys.append(content["key"])
            server.send(message)

        def from_server(message: str | bytes) -> None:
            if json.loads(message)["type"] == "order.placed" and len(keys) == 1:
                route.close(code=4001)
                return
            route.send(message)

        route.on_message(from_page)
        server.on_message(from_server)

    viewer.route_web_socket(re.compile("/ws/sessions/"), lose_the_first_receipt)
    opens_market(viewer, market.base, session_id)
    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer)
    with viewer.expect_request(lambda request: request.url.endswith("/orders") and request.method == "POST") as repeated:
        viewer.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()

    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    assert json.loads(repeated.value.post_data or "{}")["key"] == keys[0]
    assert len(orders_of(viewer, market, session_id)) == 1


def test_a_number_that_is_no_phone_comes_back_to_its_field(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id)
    viewer = market.page()
    opens_market(viewer, market.base, session_id)

    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer, phone="0123 000 999")
    viewer.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()

    expect(viewer.locator("#buyer-phone-error")).to_contain_text("Số điện thoại chưa đúng.")
    assert orders_of(viewer, market, session_id) == []


def test_the_last_unit_is_gone_for_everybody_else(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id, total=1, limit=1)
    lucky, late = market.page(), market.page(DESK, theme="dark")
    opens_market(lucky, market.base, session_id)
    opens_market(late, market.base, session_id)

    card(lucky).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(lucky)
    lucky.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()

    expect(card(lucky)).to_contain_text("Đã chốt · đơn")
    expect(card(late)).to_contain_text("Hết hàng")
    expect(card(late).get_by_role("button", name=ORDER_BUTTON)).to_have_count(0)
    shoot(late, "viewer-sold-out-1440-dark")


def test_a_planned_market_opens_by_itself_and_says_thanks_at_the_end(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(live=False)
    desk.call("PATCH", f"/api/v1/sessions/{session_id}", {"planned_start_at": "2099-01-31T20:00:00+07:00"})
    desk.move(session_id, "scheduled")
    viewer = market.page()

    viewer.goto(f"{market.base}/s/{session_id}")
    expect(viewer.get_by_text("Cứ để trang này mở")).to_be_visible()
    shoot(viewer, "viewer-waiting-390")
    desk.move(session_id, "live")
    expect(viewer.locator(".stage-badges")).to_contain_text("1 đang xem", timeout=25_000)
    desk.move(session_id, "ended")

    expect(viewer.get_by_text("Phiên chợ đã kết thúc")).to_be_visible()
    shoot(viewer, "viewer-ended-390")
