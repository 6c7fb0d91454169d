"""Words without a space that are longer than a phone is wide: they wrap, and what is pressed stays large enough for a thumb."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from app.infra.database import open_database
from app.settings import DatabaseSettings
from tests.browser.conftest import PHONE, Market, Served
from tests.browser.people import signs_in
from tests.programmes.builders import Province

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

DAY = date(2024, 11, 20)
NAME = "Mộc" * 40
UNIT = "Đội" * 40
REASON = "Cước" * 50
_POOL = "INSERT INTO session_stock (session_id, product_id, units, per_viewer_limit) VALUES ($1, $2, 100, 100)"
_TOO_LOW = """
[...document.querySelectorAll("main :is(button, a.button)")].filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
  .map((each) => each.textContent.trim())
"""


async def fill(served: Served) -> None:
    """A producer with a name of 120 letters in one piece, and something to settle."""
    async with open_database(served.environment["DATABASE_URL"], DatabaseSettings()) as database:
        host = await database.pool.fetchrow("SELECT id, organisation_id FROM users WHERE login = $1", served.accounts.organiser.login)
        assert host is not None
        province = Province(database, None, organisation_id=host["organisation_id"], host_id=host["id"])  # type: ignore[arg-type]
        producer_id = await province.producer(NAME)
        session_id = await province.session(DAY, title="Phiên chợ tháng 11", ward_code=18133)
        await database.pool.execute(_POOL, session_id, producer_id)
        (sold,) = await province.sell(session_id, producer_id, DAY, buyers=["1"], units=1)
        await province.record(sold, "confirmed", "delivered", "paid", day=DAY)


async def shorten(served: Served) -> None:
    """Other tests of the shared service have pages of their own in mind."""
    async with open_database(served.environment["DATABASE_URL"], DatabaseSettings()) as database:
        await database.pool.execute("UPDATE producers SET name = 'Tổ Mộc' WHERE name = $1", NAME)


@pytest.fixture
def long_producer(served: Served) -> Iterator[None]:
    # Playwright's own loop runs in this thread
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(fill(served))).result()
        yield
        thread.submit(lambda: asyncio.run(shorten(served))).result()


def fits_a_thumb(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert page.evaluate(_TOO_LOW) == []


@pytest.mark.usefixtures("long_producer")
def test_settlements_of_long_names_and_reasons_fit_a_phone(market: Market) -> None:
    page = market.page(PHONE)
    signs_in(page, market.base, market.accounts.organiser, "/organiser/settlements")
    row = page.get_by_role("link", name=NAME)
    expect(row).to_be_visible()
    fits_a_thumb(page)

    row.click()
    page.get_by_text("Nhập một khoản").click()
    page.get_by_label("Số tiền (₫)").fill("1.000")
    page.get_by_label("Lý do").fill(REASON)
    page.get_by_role("button", name="Ghi khoản này").click()
    expect(page.get_by_text(REASON)).to_be_visible()
    page.locator(".settlement-line summary").first.click()
    expect(page.locator(".settlement-step").first).to_be_visible()
    fits_a_thumb(page)
    page.get_by_role("button", name="Chốt quyết toán").click()
    page.get_by_role("button", name="Không sửa lại được").click()
    page.get_by_label("Số chứng từ").fill("F" * 100)
    page.get_by_role("button", name="Ghi đã trả").click()
    page.get_by_role("button", name="Không sửa lại được").click()
    expect(page.get_by_text("F" * 100)).to_be_visible()
    fits_a_thumb(page)
    page.screenshot(path="build/screenshots/settlement-long-words-390.png", full_page=True)


def test_a_programme_with_a_long_name_fits_a_phone(market: Market) -> None:
    page = market.page(PHONE)
    signs_in(page, market.base, market.accounts.organiser, "/organiser/programmes")
    units = page.get_by_role("region", name="Đơn vị Đoàn")
    units.get_by_label("Tên đơn vị").fill(UNIT)
    units.get_by_role("button", name="Thêm đơn vị").click()
    expect(units.get_by_role("listitem").filter(has_text=UNIT)).to_be_visible()
    page.get_by_text("Thêm chương trình").click()
    page.get_by_label("Tên chương trình").fill(NAME)
    page.get_by_label("Từ ngày").fill(DAY.isoformat())
    page.get_by_label("Đến hết ngày").fill(DAY.isoformat())
    fits_a_thumb(page)
    page.get_by_role("button", name="Tạo chương trình").click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    expect(page.get_by_role("heading", name="Bảng xếp hạng")).to_be_visible()
    fits_a_thumb(page)
    page.screenshot(path="build/screenshots/programme-long-words-390.png", full_page=True)
    page.goto(f"{market.base}/organiser/programmes")
    expect(page.get_by_role("link", name=NAME)).to_be_visible()
    fits_a_thumb(page)
