"""What people do on the pages, in their own words; shared by the flows."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from app.rehearsal.demo_accounts import Account

ORDER_BUTTON = re.compile(r"^Chốt( đơn| thêm)?( . \d+)?:")


def opens_market(page: Page, base: str, session_id: str) -> None:
    """A viewer comes in; the page is ready when it counts them."""
    page.goto(f"{base}/s/{session_id}")
    expect(page.locator(".stage-badges")).to_contain_text(re.compile("[1-9].* đang xem"), timeout=15_000)


def card(page: Page) -> Locator:
    """The product on air."""
    return page.locator(".on-air")


def fills_the_form(page: Page, *, phone: str = "0912 345 678") -> None:
    """Types the order form as on a phone: without marks in the search fields."""
    form = page.locator("dialog[open] form")
    form.get_by_label("Họ và tên").fill("Nguyễn Thị Minh Nguyệt")
    form.get_by_label("Số điện thoại").fill(phone)
    chooses(form, "Tỉnh, thành phố", typed="ha tinh", place="Hà Tĩnh")
    chooses(form, "Xã, phường", typed="phuc trach", place="Xã Phúc Trạch")
    form.get_by_label("Số nhà, đường, thôn xóm").fill("Xóm 5")


def chooses(form: Locator, label: str, *, typed: str, place: str) -> None:
    box = form.get_by_role("combobox", name=label)
    box.click()
    box.press_sequentially(typed)
    form.get_by_role("option", name=place, exact=True).click()
    expect(box).to_have_value(place)


def signs_in(page: Page, base: str, account: Account, path: str) -> None:
    """Asks for a staff page, is sent to the login, and comes back to the page asked for."""
    page.goto(base + path)
    page.get_by_label("Tên đăng nhập").fill(account.login)
    page.get_by_label("Mật khẩu", exact=True).fill(account.password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(base + path)


def figure(page: Page, name: str) -> Locator:
    """The value of a figure on board or report by its name."""
    return page.locator(".figure", has=page.get_by_text(name, exact=True)).locator(".figure-value")


def says(page: Page, *texts: str) -> None:
    """A viewer without a name writes into the room."""
    box = page.get_by_label("Bình luận…")
    for number, text in enumerate(texts):
        # So often a viewer may speak.
        page.wait_for_timeout(1_200 if number else 0)
        box.fill(text)
        box.press("Enter")
        if number == 0:
            page.get_by_role("button", name="Gửi").click()
        expect(page.locator(".comment", has_text=text).first).to_be_visible()
