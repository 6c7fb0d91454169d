"""An organiser settles with a producer: sees what is payable and why, enters a fee, agrees, notes the payment; on a phone nothing runs over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from app.infra.database import open_database
from app.settings import DatabaseSettings
from tests.browser.conftest import DESK, PHONE, Market, Served
from tests.browser.people import signs_in
from tests.programmes.builders import Province

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

DAY = date(2026, 11, 20)
_POOL = "INSERT INTO session_stock (session_id, product_id, units, per_viewer_limit) VALUES ($1, $2, 100, 100)"


async def fill(served: Served) -> UUID:
    """A session in which a producer sold to eight buyers: one has not paid yet, one sent everything back."""
    async with open_database(served.environment["DATABASE_URL"], DatabaseSettings()) as database:
        host = await database.pool.fetchrow("SELECT id, organisation_id FROM users WHERE login = $1", served.accounts.organiser.login)
        assert host is not None
        province = Province(database, None, organisation_id=host["organisation_id"], host_id=host["id"])  # type: ignore[arg-type]
        producer_id = await province.producer("HTX Cam Sơn Mai")
        session_id = await province.session(DAY, title="Chợ phiên tháng 11", ward_code=18133)
        await database.pool.execute(_POOL, session_id, producer_id)
        sold = await province.sell(session_id, producer_id, DAY, buyers=[str(number) for number in range(8)], units=2)
        for each in sold[:7]:
            await province.record(each, "confirmed", "delivered", "paid", day=DAY)
        await province.record(sold[7], "confirmed", "delivered", day=DAY)
        await province.record(sold[0], "returned", "refunded", day=DAY)
        return producer_id


def filled(served: Served) -> UUID:
    # Playwright's own loop runs in this thread
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(fill(served))).result()


def fits(page: Page) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return wide


def test_a_settlement_from_the_list_to_the_payment(market: Market, served: Served, shoot: Callable[[Page, str], None]) -> None:
    filled(served)
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, "/organiser/settlements")
    row = page.get_by_role("link", name="HTX Cam Sơn Mai")
    expect(row).to_contain_text("2.400.000")
    shoot(page, "settlements-1440")
    row.click()
    expect(page.get_by_role("row", name="Còn phải trả chủ thể")).to_contain_text("2.400.000")

    page.get_by_text("Nhập một khoản").click()
    page.get_by_label("Số tiền (₫)").fill("50000")
    page.get_by_label("Lý do").fill("Cước xe khách")
    page.get_by_role("button", name="Ghi khoản này").click()
    expect(page.get_by_role("row", name="Còn phải trả chủ thể")).to_contain_text("2.350.000")
    page.locator(".settlement-line summary").first.click()
    expect(page.locator(".settlement-step").first).to_be_visible()
    page.screenshot(path="build/screenshots/settlement-open-1440.png", full_page=True)
    page.get_by_role("button", name="Chốt quyết toán").click()
    page.get_by_role("button", name="Chốt 2.350.000").click()
    expect(page.get_by_text("Đã chốt, chưa trả").first).to_be_visible()
    page.get_by_label("Số chứng từ").fill("FT26332001")
    page.get_by_role("button", name="Ghi đã trả").click()
    expect(page.get_by_text("chứng từ FT26332001")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Bản in để ký (PDF)").click()
    download.value.save_as("build/screenshots/settlement.pdf")

    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert fits(page)
    page.screenshot(path="build/screenshots/settlement-paid-390.png", full_page=True)
    page.goto(f"{market.base}/organiser/settlements")
    expect(row).to_contain_text("2.350.000")
    assert fits(page)
    page.screenshot(path="build/screenshots/settlements-390.png", full_page=True)
