"""After the end an organiser reads the report, and every figure agrees with what happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import ORDER_BUTTON, card, figure, fills_the_form, opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_the_report_after_the_end(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    desk.open_offer(session_id, total=5, price_vnd=40_000)
    viewer = market.page()
    opens_market(viewer, market.base, session_id)
    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer)
    viewer.get_by_role("button", name="Thêm một").click()
    viewer.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    organiser = market.page(DESK)
    signs_in(organiser, market.base, market.accounts.organiser, f"/organiser/{session_id}")
    expect(organiser.get_by_text("số liệu tạm tính")).to_be_visible()

    desk.move(session_id, "ended")

    expect(organiser.locator(".report-head")).to_contain_text("Đã kết thúc", timeout=30_000)
    expect(figure(organiser, "Giá trị đơn đã đặt")).to_have_text("80.000 ₫", timeout=30_000)
    expect(figure(organiser, "Đơn đã đặt")).to_have_text("1")
    expect(organiser.get_by_text("Sổ đơn khớp")).to_be_visible(timeout=30_000)
    expect(organiser.locator(".table .total").filter(has_text="80.000").first).to_be_visible()
    organiser.get_by_role("button", name="Lượt xem", exact=False).first.click()
    expect(organiser.locator(".metric-definition:visible")).to_contain_text("vào phòng")
    shoot(organiser, "report-final-1440")
    organiser.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    shoot(organiser, "report-final-390")
    table = organiser.request.get(f"{market.base}/api/v1/sessions/{session_id}/report/products.csv").text()
    assert "80000" in table


def test_figures_are_named_in_english_too(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    organiser = market.page(DESK)
    signs_in(organiser, market.base, market.accounts.organiser, f"/organiser/{session_id}")

    organiser.get_by_role("link", name="English").click()

    expect(organiser.get_by_role("heading", name="Reconciliation")).to_be_visible()
    assert organiser.url == f"{market.base}/organiser/{session_id}"
    assert organiser.evaluate("pageTexts['app.other_language']") == "Tiếng Việt"
