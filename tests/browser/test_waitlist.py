"""A sold-out offer: wait with one tap, be called, order what was kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_units_that_come_back_go_to_whoever_waited_first(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    desk.open_offer(session_id, total=1, limit=1)
    lucky, first, second = market.page(), market.page(), market.page()
    for page in (lucky, first, second):
        opens_market(page, market.base, session_id)
    card(lucky).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(lucky)
    lucky.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(lucky)).to_contain_text("Đã chốt · đơn")

    for place, page in enumerate((first, second), start=1):
        card(page).get_by_role("button", name="Chờ hàng trống").click()
        expect(card(page)).to_contain_text(f"Bạn đang chờ, thứ {place} trong hàng.")
    shoot(second, "viewer-waitlist-390")
    first.reload()
    expect(card(first)).to_contain_text("Bạn đang chờ, thứ 1")
    (order,) = desk.call("GET", f"/api/v1/sessions/{session_id}/orders")["orders"]
    desk.call("POST", f"/api/v1/sessions/{session_id}/orders/{order['order_id']}/steps", {"kind": "cancelled", "reason": "no_answer"})

    expect(card(first)).to_contain_text("Đến lượt bạn · giữ đến")
    shoot(first, "viewer-turn-390")
    expect(card(second)).to_contain_text("Bạn đang chờ, thứ 1")
    card(first).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(first, phone="0987 654 321")
    first.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(first)).to_contain_text("Đã chốt · đơn")
    expect(card(first)).not_to_contain_text("Đến lượt bạn")
