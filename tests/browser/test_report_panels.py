"""What a report opens on a tap (a minute, comments, closing) and what it shows to everybody is as usable as the report itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import what_axe_finds
from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import ORDER_BUTTON, card, fills_the_form, opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]


def fits(page: Page) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return wide


def has_its_minute(page: Page) -> None:
    """The report of an ended session is drawn once; its minute may just be on its way."""
    chart = page.locator(".uplot .u-over").first
    for _ in range(20):
        if chart.is_visible():
            return
        page.wait_for_timeout(2_000)
        page.reload()
        expect(page.get_by_role("heading", name="Chốt sổ")).to_be_visible(timeout=30_000)
    expect(chart).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_panels_of_a_report_and_its_public_page_are_clean(market: Market, shoot: Callable[[Page, str], None], theme: str) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    desk.open_offer(session_id, total=5, price_vnd=40_000)
    viewer = market.page()
    opens_market(viewer, market.base, session_id)
    card(viewer).get_by_role("button", name=ORDER_BUTTON).click()
    fills_the_form(viewer)
    viewer.locator("dialog[open]").get_by_role("button", name="Chốt đơn").click()
    expect(card(viewer)).to_contain_text("Đã chốt · đơn")
    desk.move(session_id, "ended")
    page = market.page(DESK, theme=theme)
    signs_in(page, market.base, market.accounts.organiser, f"/organiser/{session_id}")
    found: dict[str, list[str]] = {}

    expect(page.get_by_role("heading", name="Chốt sổ")).to_be_visible(timeout=30_000)
    has_its_minute(page)
    page.locator("form[role=search]").get_by_role("button", name="Tìm", exact=True).click()
    expect(page.get_by_text("Không có bình luận nào.")).to_be_visible()
    page.locator(".uplot .u-over").first.click()
    expect(page.locator(".moment h3")).to_be_visible()
    for size in (DESK, PHONE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        found[f"report {size[0]}"] = what_axe_finds(page)
        assert fits(page)
        shoot(page, f"report-panels-{theme}-{size[0]}")

    desk.move(session_id, "closed")
    page.reload()
    # what is shown to everybody is what was signed
    page.get_by_role("button", name="Chuẩn bị tệp").click()
    expect(page.get_by_role("link", name="Tải xuống")).to_be_visible(timeout=30_000)
    desk.call("PUT", f"/api/v1/sessions/{session_id}/publication", {"minutes": True, "report": True, "licence": "CC BY 4.0"})
    reader = market.page(DESK, theme=theme)
    reader.goto(f"{market.base}/r/{session_id}")
    expect(reader.get_by_role("heading", name="Tự kiểm tra")).to_be_visible()
    reader.get_by_role("button", name="Kiểm tra ngay trên máy này").click()
    expect(reader.locator("[data-verdict='0']")).to_be_visible()
    for size in (DESK, PHONE):
        reader.set_viewport_size({"width": size[0], "height": size[1]})
        found[f"public {size[0]}"] = what_axe_finds(reader)
        assert fits(reader)
        shoot(reader, f"public-panels-{theme}-{size[0]}")

    assert {state: problems for state, problems in found.items() if problems} == {}
