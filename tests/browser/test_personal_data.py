"""A buyer's data on a phone: a tick that nobody sets for them, a copy to keep, and being forgotten when the order is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market
from tests.browser.test_buyer_orders import comes_back, fits, orders_at, step

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NEWS = "Nhắn cho tôi khi có phiên chợ mới"


def _takes_a_copy(page: Page) -> dict[str, Any]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Tải bản sao").click()
    copy: dict[str, Any] = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    return copy


def _asks_to_be_forgotten(page: Page) -> None:
    page.get_by_role("button", name="Xóa thông tin của tôi").click()
    page.get_by_role("button", name="Bấm lần nữa để xóa hẳn").click()


def test_a_buyer_agrees_takes_it_back_keeps_a_copy_and_is_forgotten(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    desk.open_offer(session_id, total=5, limit=3)
    viewer = market.page()
    opens_market(viewer, market.base, session_id)
    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer)
    sheet = viewer.locator("dialog[open]")
    expect(sheet.get_by_label(NEWS)).not_to_be_checked()
    sheet.get_by_label(NEWS).check()
    shoot(viewer, "order-consent-390")
    sheet.get_by_role("button", name="Chốt đơn").click()
    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    (order,) = orders_at(desk, session_id)

    card(viewer).get_by_role("link", name="Xem đơn").click()
    expect(viewer.get_by_label(NEWS)).to_be_checked()
    viewer.get_by_label(NEWS).uncheck()
    expect(viewer.locator("main")).to_contain_text("Đã lưu lựa chọn của bạn.")
    expect(viewer.get_by_label(NEWS)).not_to_be_checked()

    viewer.get_by_text("Xem bản sao hoặc xóa").click()
    (kept,) = _takes_a_copy(viewer)["orders"]
    assert (kept["code"], kept["receiver"]["phone"]) == (order["code"], "+84912345678")
    assert [(each["purpose"], each["withdrawn_at_ms"] is None) for each in kept["consents"]] == [("news", False)]

    _asks_to_be_forgotten(viewer)
    expect(viewer.locator("main")).to_contain_text(f"Đơn {order['code']} đang trên đường giao")
    assert fits(viewer)
    shoot(viewer, "order-data-390")

    for kind in ("confirmed", "delivered"):
        step(desk, session_id, order, kind)
    viewer.goto(f"{market.base}/my-orders")
    viewer.get_by_text("Xem bản sao hoặc xóa").click()
    _asks_to_be_forgotten(viewer)
    expect(viewer.locator("main")).to_contain_text("Đã xóa. Không ai đọc lại được nữa.")
    shoot(viewer, "my-data-erased-390")
    viewer.get_by_role("link", name="Xem đơn").click()
    comes_back(viewer)
    expect(viewer.locator("main")).to_contain_text("Thông tin người nhận đã được xóa.")
    expect(viewer.locator("main")).not_to_contain_text("0912 345 678")
    viewer.set_viewport_size({"width": 1280, "height": 900})
    shoot(viewer, "order-erased-1280")
