"""Papers of a seller: an organiser writes down that they were seen, the gate asks for them, and a session without them does not go on air."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import what_axe_finds
from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WORDS = "Giấy đủ điều kiện an toàn thực phẩm số 12/2026, phiếu kiểm nghiệm tháng 3/2026"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1440"])
def test_papers_are_checked_lapse_and_are_taken_back(market: Market, shoot: Callable[[Page, str], None], size: tuple[int, int]) -> None:
    organiser = market.page(size)
    product_id = market.desk().product_ids()[0 if size == PHONE else 1]
    signs_in(organiser, market.base, market.accounts.organiser, f"/organiser/goods/products/{product_id}")
    papers = organiser.locator(".card", has=organiser.get_by_role("heading", name="Giấy tờ người bán"))
    expect(papers).to_contain_text("Chưa ai kiểm giấy tờ")
    papers.get_by_text("Ghi là đã kiểm").click()
    papers.get_by_role("button", name="Tôi đã kiểm").click()
    expect(papers.get_by_role("alert")).to_contain_text("Mời ghi đã xem giấy tờ gì")
    papers.scroll_into_view_if_needed()
    shoot(organiser, f"papers-form-{size[0]}")
    papers.get_by_label("Đã xem giấy tờ gì?").fill(WORDS)
    papers.get_by_label("Có giá trị đến ngày").fill("2099-12-31")
    papers.get_by_role("button", name="Tôi đã kiểm").click()
    expect(papers).to_contain_text(WORDS)
    expect(papers).to_contain_text("31/12/2099")
    shoot(organiser, f"papers-{size[0]}")
    assert what_axe_finds(organiser) == []

    papers.get_by_text("Kiểm lại hoặc rút lại").click()
    papers.get_by_label("Đã xem giấy tờ gì?").fill("Giấy cũ")
    papers.get_by_label("Có giá trị đến ngày").fill("2020-01-31")
    papers.get_by_role("button", name="Tôi đã kiểm").click()
    expect(papers).to_contain_text("Đã hết hạn")
    papers.get_by_text("Kiểm lại hoặc rút lại").click()
    papers.get_by_role("button", name="Rút lại").click()
    papers.get_by_role("button", name="Bấm lần nữa để rút lại").click()
    expect(papers).to_contain_text("Chưa ai kiểm giấy tờ")


def test_the_gate_keeps_goods_without_papers_off_the_air(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên thiếu giấy tờ", products=1, live=False)
    organiser = market.page(PHONE)
    signs_in(organiser, market.base, market.accounts.organiser, "/organiser/goods")
    try:
        organiser.get_by_text("Điều kiện lên sóng").click()
        organiser.get_by_label("Chỉ lên sóng hàng đã kiểm giấy tờ người bán").check()
        organiser.get_by_role("button", name="Lưu", exact=True).click()
        expect(organiser.get_by_text("đã kiểm giấy tờ", exact=False).first).to_be_visible()
        shoot(organiser, "papers-gate-390")
        assert what_axe_finds(organiser) == []
        market.expected.append("409")
        organiser.goto(f"{market.base}/host/{session_id}")
        organiser.get_by_role("button", name="Bắt đầu").click()
        organiser.get_by_role("button", name="Bấm lần nữa").click()
        expect(organiser.get_by_text("Có sản phẩm chưa đủ thông tin")).to_be_visible()
        shoot(organiser, "papers-refused-390")
    finally:
        desk.call("PUT", "/api/v1/listing-gate", {"require_papers": False})
