"""A comment with a code: the viewer hears what is held and orders it once with a form; the next time by itself; the desk confirms, mends, rejects by tap and key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import opens_market, says, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SECONDS = 1_000


def test_comments_become_orders(market: Market, shoot: Callable[[Page, str], None]) -> None:  # noqa: PLR0915 - one sale from the comment to the order
    desk = market.desk()
    session_id = desk.make_session(products=4)
    desk.open_offer(session_id, total=40, price_vnd=45_000)
    for product_id in desk.product_ids()[:3]:
        desk.call("PUT", f"/api/v1/sessions/{session_id}/stock/{product_id}", {"units": 9, "per_viewer_limit": 5})
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    viewer, other, third = market.page(PHONE), market.page(PHONE), market.page(PHONE)
    for page in (viewer, other, third):
        opens_market(page, market.base, session_id)

    says(viewer, "chốt A1 x2 nha shop")
    card = viewer.locator(".claim-card")
    expect(card).to_contain_text("Đã giữ A1 \u00d7 2 cho bạn đến", timeout=20 * SECONDS)
    expect(card.get_by_role("button", name="Chốt đơn")).to_be_visible()
    shoot(viewer, "claim-held-390")
    says(other, "chào shop")
    box = other.get_by_label("Bình luận…")
    other.wait_for_timeout(1_300)
    box.fill("a2 x3 màu đỏ 0901234567")
    box.press("Enter")
    expect(other.locator(".comment", has_text="0901***567").first).to_be_visible()
    says(third, "A3 còn không shop")
    claims = host.locator(".claims")
    expect(claims.locator(".claim-row")).to_have_count(2, timeout=20 * SECONDS)
    expect(claims).to_contain_text("A2 \u00d7 3 (đỏ)")
    expect(claims).to_contain_text("•••567")
    expect(claims).not_to_contain_text("0901234567")
    shoot(host, "board-claims-1440")

    claims.get_by_role("button", name="☎ •••567").click()
    expect(claims.get_by_role("link", name="0901234567")).to_be_visible(timeout=10 * SECONDS)
    row = claims.locator(".claim-row", has_text="A2 \u00d7 3")
    row.get_by_role("button", name="Sửa").click()
    row.locator(".claim-units").first.fill("1")
    row.get_by_role("button", name="Giữ theo số này").click()
    expect(claims).to_contain_text("A2 \u00d7 1", timeout=10 * SECONDS)
    claims.locator(".claim-row", has_text="A2 \u00d7 1").get_by_role("button", name="Bỏ").click()
    expect(claims.locator("ol .claim-row")).to_have_count(1, timeout=10 * SECONDS)

    host.locator("body").press("c")
    expect(claims).to_contain_text("Hỏi khách rồi điền nơi nhận.")
    expect(claims.get_by_label("Họ và tên")).to_have_value("")
    shoot(host, "board-claims-receiver-1440")
    phone = market.page(PHONE)
    signs_in(phone, market.base, market.accounts.organiser, f"/host/{session_id}")
    expect(phone.locator(".claims .claim-row")).not_to_have_count(0, timeout=20 * SECONDS)
    shoot(phone, "board-claims-390")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.close()
