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


async def fill_two(served: Served) -> UUID:
    """Two sessions in which a producer sold to one buyer each, 100,000 VND in the morning and 400,000 in the afternoon."""
    async with open_database(served.environment["DATABASE_URL"], DatabaseSettings()) as database:
        host = await database.pool.fetchrow("SELECT id, organisation_id FROM users WHERE login = $1", served.accounts.organiser.login)
        assert host is not None
        province = Province(database, None, organisation_id=host["organisation_id"], host_id=host["id"])  # type: ignore[arg-type]
        producer_id = await province.producer("HTX Chè Tân Mai")
        for units, title in ((1, "Phiên chợ sáng"), (2, "Phiên chợ chiều của hội thi sản phẩm OCOP toàn xã")):
            session_id = await province.session(DAY, title=title, ward_code=18133)
            await database.pool.execute(_POOL, session_id, producer_id)
            (sold,) = await province.sell(session_id, producer_id, DAY, buyers=["1"], units=units)
            await province.record(sold, "confirmed", "delivered", "paid", day=DAY)
        return producer_id


def test_chosen_sessions_are_settled_and_the_others_wait(market: Market, served: Served) -> None:
    with ThreadPoolExecutor(1) as thread:
        producer_id = thread.submit(lambda: asyncio.run(fill_two(served))).result()
    market.expected.append("409 (Conflict)")
    page = market.page(PHONE)
    signs_in(page, market.base, market.accounts.organiser, "/organiser/settlements")
    page.get_by_role("link", name="HTX Chè Tân Mai").click()
    payable = page.get_by_role("row", name="Còn phải trả chủ thể")
    expect(payable).to_contain_text("500.000")
    page.get_by_text("Phiên trong kỳ này: 2 trên 2").click()
    page.get_by_label("Phiên chợ sáng").uncheck()
    expect(payable).to_contain_text("400.000")
    assert fits(page)
    page.screenshot(path="build/screenshots/settlement-choosing-390.png", full_page=True)
    href = page.get_by_role("link", name="Bảng tính (XLSX)").get_attribute("href") or ""
    assert "without=" in href or "session_id=" in href

    # a colleague enters an amount between the first tap and the second
    page.get_by_role("button", name="Chốt quyết toán").click()
    charge = {"kind": "deduction", "amount_vnd": 10_000, "reason": "Thùng xốp", "order_code": None}
    path = f"{market.base}/api/v1/settlements/{producer_id}/charges"
    assert page.request.post(path, data=charge, headers={"origin": market.base}).ok
    page.get_by_role("button", name="Chốt 400.000").click()
    expect(page.get_by_role("alert")).to_contain_text("Số liệu vừa thay đổi")
    expect(payable).to_contain_text("390.000")

    page.get_by_role("button", name="Bỏ chọn tất cả").click()
    expect(page.get_by_text("Mời chọn ít nhất một phiên")).to_be_visible()
    expect(payable).to_have_count(0)
    page.get_by_label("Phiên chợ chiều").check()
    page.get_by_role("button", name="Chốt quyết toán").click()
    page.get_by_role("button", name="Chốt 390.000").click()
    expect(page.get_by_text("Đã chốt, chưa trả").first).to_be_visible()
    page.get_by_role("link", name="Kỳ đang mở").click()
    expect(payable).to_contain_text("100.000")
    expect(page.get_by_text("Phiên trong kỳ này")).to_have_count(0)


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
    pay = page.get_by_role("button", name="Ghi đã trả")
    for wrong, words in (("2.350.000,00", "Mời ghi số nguyên"), ("2.350.001", "Nhiều nhất 2.350.000")):
        page.get_by_label("Số tiền đã trả (₫)").fill(wrong)
        expect(page.get_by_text(words)).to_be_visible()
        expect(pay).to_be_disabled()
    page.get_by_label("Số tiền đã trả (₫)").fill("2.350.000 đ")
    pay.click()
    page.get_by_role("button", name="Ghi đã trả 2.350.000").click()
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
