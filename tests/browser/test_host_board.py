"""What the host does beside selling: prepares, changes and drops offers, renames the show, searches comments, reads what it brought."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, TABLET, Market
from tests.browser.people import opens_market, says, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(150)]


def small_targets(page: Page) -> list[str]:
    """Buttons of the board that are lower than a finger."""
    found: list[str] = page.locator(".board button, .board input, .board select").evaluate_all(
        "all => all.filter((each) => each.offsetParent && each.offsetHeight < 47).map((each) => `${each.textContent || each.id} ${each.offsetHeight}`)"
    )
    return found


def test_offers_are_prepared_changed_and_dropped_before_and_during_the_show(market: Market) -> None:
    desk = market.desk()
    session_id = desk.make_session(products=5, live=False)
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    prepared = host.locator(".prepared-offer")

    host.locator(".run-choose").first.click()
    host.get_by_role("button", name="Chuẩn bị ưu đãi").click()
    host.get_by_label("Số phần").fill("12")
    host.get_by_role("button", name="Chuẩn bị sẵn").click()
    expect(prepared).to_contain_text("12")
    prepared.get_by_role("button", name="Sửa").click()
    prepared.get_by_label("Số phần").fill("15")
    prepared.get_by_role("button", name="Lưu").click()
    expect(prepared).to_contain_text("15")
    desk.move(session_id, "live")
    expect(host.get_by_role("button", name="Mở ưu đãi")).to_be_visible()
    host.locator(".flash-form").get_by_label("Số phần").fill("9")
    host.get_by_role("button", name="Chuẩn bị sẵn").click()
    expect(prepared).to_have_count(2)
    dropped = prepared.filter(has_text="9 ")
    dropped.get_by_role("button", name="Bỏ").click()
    dropped.get_by_role("button", name="Bấm lần nữa để bỏ").click()
    expect(prepared).to_have_count(1)
    prepared.get_by_role("button", name="Mở ngay").click()

    expect(host.locator(".running")).to_contain_text("Còn 15/15")
    expect(host.locator(".happened")).to_contain_text("Ưu đãi")
    expect(prepared).to_have_count(0)


def test_the_host_renames_the_show_searches_the_talk_and_reads_what_it_brought(market: Market, shoot: Callable[[Page, str], None]) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên tối", products=5)
    desk.open_offer(session_id, total=15)
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    viewer = market.page(PHONE)
    opens_market(viewer, market.base, session_id)

    host.get_by_role("button", name="Sửa tên, video").first.click()
    host.get_by_label("Tên phiên chợ").fill("Chợ phiên rằm")
    host.locator(".title-form").get_by_role("button", name="Lưu").click()
    expect(host.locator(".board-head h1")).to_have_text("Chợ phiên rằm")
    expect(viewer.get_by_text("Chợ phiên rằm")).to_be_visible()
    says(viewer, "Mật ong thơm ghê", "chào cả nhà")
    host.wait_for_timeout(1_500)
    host.locator("body").press("/")
    host.get_by_label("Tìm theo tên hoặc nội dung").fill("mat ong")
    expect(host.locator(".history .comment")).to_have_count(1)
    expect(host.locator(".history .comment")).to_contain_text("Mật ong thơm ghê")
    host.wait_for_timeout(6_000)
    for name, size in (("1440", DESK), ("820", TABLET), ("390", PHONE)):
        host.set_viewport_size({"width": size[0], "height": size[1]})
        host.evaluate("scrollTo(0, 0)")
        shoot(host, f"evening-{name}")
        assert small_targets(host) == [], name
    host.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    host.locator("body").press("Escape")
    host.get_by_role("button", name="Kết thúc phiên chợ").click()
    host.get_by_role("button", name="Bấm lần nữa để kết thúc").click()
    expect(host.locator(".summary")).to_contain_text("Phiên chợ đã xong")
    expect(host.locator(".summary")).to_contain_text("Người đã xem")
    host.evaluate("scrollTo(0, 0)")
    shoot(host, "summary-1440")
