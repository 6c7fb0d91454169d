"""Before the market: a host finds their own sessions, changes one, and keeps prepared offers to themselves."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, Market
from tests.browser.people import ORDER_BUTTON, card, opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

# 2099-01-31 20:00 in Vietnam
EIGHT_IN_THE_EVENING_MS = 4_073_547_600_000


def test_title_time_video_and_order_of_a_session_are_changed(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ nháp", products=3, live=False)
    names = [product["name"] for product in desk.call("GET", f"/api/v1/sessions/{session_id}")["products"]]
    host = market.page()
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")

    host.get_by_role("link", name="Sửa phiên chợ").click()
    host.get_by_label("Tên phiên chợ").fill("Chợ Tết quê mình")
    host.get_by_label("Giờ dự kiến").fill("2099-01-31T20:00")
    host.get_by_label("Đường dẫn video").fill("https://www.youtube.com/watch?v=abcdefghijk")
    host.get_by_role("button", name=f"Xuống một bậc: {names[0]}").click()
    host.get_by_role("spinbutton", name=names[0]).fill("24")
    host.get_by_role("button", name="Lưu", exact=True).click()

    expect(host.get_by_role("heading", name="Chợ Tết quê mình")).to_be_visible()
    changed = desk.call("GET", f"/api/v1/sessions/{session_id}")
    assert [product["name"] for product in changed["products"]] == [names[1], names[0], names[2]]
    assert changed["planned_start_at_ms"] == EIGHT_IN_THE_EVENING_MS
    assert changed["video"]["url"] == "https://www.youtube.com/watch?v=abcdefghijk"
    host.get_by_role("link", name="Sửa phiên chợ").click()
    expect(host.get_by_label("Giờ dự kiến")).to_have_value("2099-01-31T20:00")
    expect(host.get_by_role("spinbutton", name=names[0])).to_have_value("24")
    expect(host.get_by_role("spinbutton", name=names[1])).to_have_value("")


def test_a_host_is_offered_their_own_sessions_only(market: Market) -> None:
    desk = market.desk()
    desk.make_session(title="Phiên của ban tổ chức", live=False)
    host, organiser = market.page(), market.page(DESK)
    signs_in(host, market.base, market.accounts.host, "/host")
    signs_in(organiser, market.base, market.accounts.organiser, "/host")

    expect(host.locator("main")).not_to_contain_text("Phiên của ban tổ chức")
    expect(host.get_by_text("Phiên do người khác dẫn")).to_have_count(0)
    expect(organiser.get_by_role("heading", name="Phiên do người khác dẫn")).to_be_visible()
    expect(organiser.locator("main ul").first).to_contain_text("Phiên của ban tổ chức")


def test_a_prepared_offer_is_seen_by_viewers_only_once_it_opens(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session()
    product_id = desk.call("GET", f"/api/v1/sessions/{session_id}")["products"][0]["id"]
    desk.call("POST", f"/api/v1/sessions/{session_id}/pin", {"product_id": product_id})
    prepared = {"product_id": product_id, "flash_price_vnd": 33_000, "total_quantity": 7, "duration_seconds": 600}
    desk.call("POST", f"/api/v1/sessions/{session_id}/offers", prepared)
    host, viewer = market.page(DESK), market.page()
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    opens_market(viewer, market.base, session_id)
    expect(host.locator(".prepared")).to_contain_text("33.000")
    expect(card(viewer)).not_to_contain_text("33.000")

    host.locator(".prepared").get_by_role("button", name="Mở ngay").click()

    expect(card(viewer).get_by_role("button", name=ORDER_BUTTON)).to_be_visible()
    expect(card(viewer)).to_contain_text("33.000")
    expect(host.locator(".prepared")).to_have_count(0)
    expect(host.locator(".running")).to_contain_text("Còn 7/7")
