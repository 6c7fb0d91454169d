"""An organiser makes a programme, reads its league tables, says which unit held a session, and puts sessions side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from app.infra.database import open_database
from app.infra.job_lock import JobLock
from app.infra.redis_client import open_redis
from app.metrics.service import MetricsService
from app.programmes.household import programme_house
from app.settings import DatabaseSettings
from tests.browser.conftest import DESK, PHONE, Market, Served
from tests.browser.people import signs_in
from tests.programmes.builders import Province

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# a year that no other test of the shared service has sessions in
FIRST, LAST = date(2025, 10, 1), date(2025, 11, 20)
WARDS = (18133, 18547, 18073, 18562)


async def fill(served: Served) -> list[UUID]:
    """Twelve sessions in four communes, one of them with two buyers; the first is closed, and something came back later."""
    url, redis_url = served.environment["DATABASE_URL"], served.environment["REDIS_URL"]
    async with open_database(url, DatabaseSettings()) as database, open_redis(redis_url) as redis:
        host = await database.pool.fetchrow("SELECT id, organisation_id FROM users WHERE login = $1", served.accounts.organiser.login)
        assert host is not None
        house = programme_house(database, MetricsService(database, redis, "pages"), JobLock(redis, "pages", "test"))
        province = Province(
            database, house, organisation_id=host["organisation_id"], host_id=host["id"], secret=served.environment["OCOP_SECRET_KEY"]
        )
        producers = [await province.producer(name) for name in ("HTX Mật ong Hương Sơn", "Cơ sở Cu đơ Thư Viện", "HTX Cam Vũ Quang")]
        made = []
        for number in range(12):
            day = FIRST + timedelta(days=4 * number)
            session_id = await province.session(day, title=f"Chợ phiên số {number + 1}", ward_code=WARDS[number % len(WARDS)])
            made.append(session_id)
            count = 2 if number == 11 else 8 + 3 * number
            sold = await province.sell(
                session_id, producers[number % 3], day, buyers=[f"{number} {each}" for each in range(count)], units=2
            )
            for each in sold[: count * 3 // 4]:
                await province.record(each, "confirmed", "delivered", "paid", day=day + timedelta(days=2))
            await province.measure(session_id, views=400 + 90 * number, unique_viewers=300 + 50 * number)
            if number == 0:
                await province.close(session_id)
                await province.record(sold[0], "returned", "refunded", day=day + timedelta(days=20))
        await province.sum()
        return made


def filled(served: Served) -> list[UUID]:
    # Playwright's own loop runs in this thread
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(fill(served))).result()


def fits(page: Page) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return wide


def chooses_sessions(page: Page) -> None:
    page.get_by_text("Sửa tên, ngày và phạm vi").click()
    page.get_by_label("Chỉ những phiên được chọn").check()
    page.get_by_role("button", name="Lưu").first.click()
    choosing = page.locator("details", has_text="Phiên được chọn:")
    choosing.get_by_label("Chợ phiên số 11 ").check()
    choosing.get_by_label("Chợ phiên số 10 ").check()
    assert fits(page)
    page.screenshot(path="build/screenshots/programme-choosing-390.png")
    choosing.get_by_role("button", name="Lưu").click()
    expect(page.locator(".report-head")).to_contain_text("2 phiên")
    expect(page.get_by_role("link", name="Chợ phiên số 9")).to_have_count(0)
    expect(page.get_by_role("link", name="Chợ phiên số 10")).to_be_visible()


def puts_side_by_side(page: Page, base: str, session_ids: list[UUID]) -> None:
    page.goto(f"{base}/organiser/compare?" + "&".join(f"session={each}" for each in session_ids))
    expect(page.get_by_role("columnheader", name="Chợ phiên số 2")).to_be_visible()
    assert fits(page)
    page.screenshot(path="build/screenshots/compare-390-whole.png", full_page=True)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.screenshot(path="build/screenshots/compare-1440-whole.png", full_page=True)


def fetches_a_file(page: Page) -> None:
    page.get_by_label("Quyết toán đã chốt").check()
    page.get_by_role("button", name="Chuẩn bị tệp").click()
    with page.expect_download(timeout=30_000) as download:
        page.get_by_role("link", name="Tải xuống").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def test_a_programme_from_its_making_to_its_league_tables(market: Market, served: Served, shoot: Callable[[Page, str], None]) -> None:
    session_ids = filled(served)
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, "/organiser/programmes")
    units = page.get_by_role("region", name="Đơn vị Đoàn")
    units.get_by_label("Tên đơn vị").fill("Đoàn xã Thiên Cầm")
    units.get_by_role("button", name="Thêm đơn vị").click()
    expect(units.get_by_role("listitem").first).to_contain_text("Đoàn xã Thiên Cầm")
    page.get_by_text("Thêm chương trình").click()
    page.get_by_label("Tên chương trình").fill("Mùa hàng Việt 2025")
    page.get_by_label("Từ ngày").fill(FIRST.isoformat())
    page.get_by_label("Đến hết ngày").fill(LAST.isoformat())
    shoot(page, "programmes-1440")
    page.get_by_role("button", name="Tạo chương trình").click()

    expect(page.get_by_role("heading", name="Mùa hàng Việt 2025")).to_be_visible()
    expect(page.locator(".report-head")).to_contain_text("12 phiên")
    expect(page.get_by_role("heading", name="Lúc chốt sổ và bây giờ")).to_be_visible()
    table = page.locator("section", has=page.get_by_role("heading", name="Bảng xếp hạng"))
    expect(table.get_by_text("ẩn: nhóm dưới năm người mua")).to_have_count(0)
    table.get_by_role("button", name="Nhà sản xuất").click()
    expect(table).to_contain_text("HTX Cam Vũ Quang")
    table.get_by_label("Xếp theo").select_option("lost_per_order_placed_percent")
    expect(table).to_contain_text("thấp đứng trước")
    sessions = page.locator("section", has=page.get_by_role("heading", name="Từng phiên và gian hàng"))
    expect(sessions.get_by_role("row", name="Chợ phiên số 12")).to_contain_text("ẩn")
    sessions.get_by_label("Đơn vị Đoàn của Chợ phiên số 1", exact=True).select_option("Đoàn xã Thiên Cầm")
    table.get_by_role("button", name="Đơn vị Đoàn").click()
    expect(table.get_by_role("row", name="Đoàn xã Thiên Cầm")).to_be_visible()
    table.get_by_role("button", name="Xã, phường").click()
    expect(table.get_by_role("row", name="Phường Thành Sen")).to_be_visible()
    page.screenshot(path="build/screenshots/programme-1440-whole.png", full_page=True)
    page.pdf(path="build/screenshots/programme.pdf", prefer_css_page_size=True)
    shoot(page, "programme-1440")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert fits(page)
    fetches_a_file(page)
    assert fits(page)
    page.screenshot(path="build/screenshots/programme-390-whole.png", full_page=True)
    chooses_sessions(page)
    puts_side_by_side(page, market.base, session_ids[:3])
