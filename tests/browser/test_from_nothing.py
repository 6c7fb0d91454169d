"""A commune's first evening on one phone: from an empty organisation to the first order, without a manual; and what it costs in taps."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.settings import PROJECT_ROOT
from tests.browser.conftest import Market, Served
from tests.browser.people import fills_the_form
from tests.catalog import hostile_pictures as hostile

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PASSWORD = "mot-xa-moi-bat-dau-2026"
GOODS = [
    ("Mật ong rừng", "180000", "chai 500 ml", "780"),
    ("Cu đơ", "45000", "gói 400 g", "450"),
    ("Bưởi Phúc Trạch", "60000", "quả", "1300"),
]
# It took 21 and 22 when this was written: a step that is added without need is noticed.
MOST_TAPS, MOST_FIELDS = 26, 26


@dataclass
class Hand:
    """One finger: everything it does is counted, by chapter."""

    page: Page
    taps: dict[str, int] = field(default_factory=dict)
    fields: dict[str, int] = field(default_factory=dict)
    chapter: str = ""

    def begins(self, chapter: str) -> None:
        self.chapter = chapter
        self.taps[chapter] = self.fields[chapter] = 0

    def taps_on(self, target: Locator) -> None:
        target.click()
        self.taps[self.chapter] += 1

    def types(self, target: Locator, text: str) -> None:
        target.fill(text)
        self.fields[self.chapter] += 1

    def chooses(self, label: str, typed: str, place: str) -> None:
        box = self.page.get_by_role("combobox", name=label)
        box.click()
        box.press_sequentially(typed)
        self.taps_on(self.page.get_by_role("option", name=place, exact=True))
        self.fields[self.chapter] += 1

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main")).to_contain_text(words, timeout=15_000)

    def report(self) -> str:
        lines = [f"{chapter}: {self.taps[chapter]} taps, {self.fields[chapter]} fields" for chapter in self.taps]
        return "\n".join([*lines, f"together: {sum(self.taps.values())} taps, {sum(self.fields.values())} fields"])


def a_new_organisation(served: Served) -> str:
    """Made by the operator's two commands; the login of its organiser."""

    def ocop(*words: str, said: str = "") -> None:
        command = [sys.executable, "-m", "app.cli", *words]
        subprocess.run(command, env=served.environment, cwd=PROJECT_ROOT, check=True, capture_output=True, timeout=60, input=said.encode())

    ocop("create-organisation", "Hội Nông dân xã Phúc Trạch")
    user = ("--organisation", "Hội Nông dân xã Phúc Trạch", "--login", "phuc.trach", "--name", "Anh Tú", "--role", "organiser")
    ocop("create-user", *user, said=f"{PASSWORD}\n")
    return "phuc.trach"


def signs_in(hand: Hand, base: str, login: str) -> None:
    hand.page.goto(f"{base}/login")
    hand.types(hand.page.get_by_label("Tên đăng nhập"), login)
    hand.types(hand.page.get_by_label("Mật khẩu", exact=True), PASSWORD)
    hand.taps_on(hand.page.get_by_role("button", name="Đăng nhập"))
    hand.page.wait_for_url(f"{base}/organiser")


def adds_a_producer(hand: Hand) -> None:
    hand.taps_on(hand.page.get_by_role("link", name="Thêm hàng hóa"))
    hand.taps_on(hand.page.get_by_role("link", name="Thêm chủ thể"))
    hand.types(hand.page.get_by_label("Tên chủ thể"), "Hộ cô Sen Phúc Trạch")
    hand.chooses("Tỉnh, thành phố", "ha tinh", "Hà Tĩnh")
    hand.chooses("Xã, phường", "phuc trach", "Xã Phúc Trạch")
    hand.taps_on(hand.page.get_by_role("button", name="Lưu và thêm sản phẩm"))
    hand.page.wait_for_url(re.compile("/add$"))


def adds_goods_by_photos(hand: Hand, photos: list[Path]) -> None:
    hand.page.locator("input[type=file]").first.set_input_files(photos)
    hand.taps[hand.chapter] += 1
    expect(hand.page.locator("form.draft-card")).to_have_count(len(photos), timeout=60_000)
    for number, texts in enumerate(GOODS):
        card = hand.page.locator("form.draft-card").nth(number)
        for label, text in zip(("Tên sản phẩm", "Giá bán", "Đơn vị bán", "Nặng cả bao bì"), texts, strict=True):
            hand.types(card.get_by_label(label), text)
    hand.taps_on(hand.page.get_by_role("button", name="Lưu tất cả"))
    hand.sees(f"Đã thêm {len(photos)} sản phẩm")


def opens_a_booth(hand: Hand) -> str:
    """The booth's address."""
    hand.taps_on(hand.page.get_by_role("link", name="Mở gian hàng"))
    hand.taps_on(hand.page.get_by_role("button", name="Mở gian hàng"))
    address = hand.page.get_by_role("link", name="Xem gian hàng").get_attribute("href")
    assert address is not None
    hand.taps_on(hand.page.get_by_role("link", name="Nhập tồn kho"))
    hand.taps_on(hand.page.locator(".run-choose", has_text=GOODS[1][0]))
    hand.types(hand.page.get_by_label("Số có trong phiên"), "15")
    hand.taps_on(hand.page.locator(".stock-form").get_by_role("button", name="Lưu"))
    expect(hand.page.locator(".run-down")).to_contain_text("Kho: còn 15/15")
    return address


def starts_a_session(hand: Hand) -> str:
    """Its id."""
    hand.taps_on(hand.page.get_by_role("link", name="Phiên chợ"))
    hand.taps_on(hand.page.get_by_role("button", name="Tạo phiên chợ"))
    hand.types(hand.page.get_by_label("Tên phiên chợ"), "Phiên chợ đầu tiên")
    for name, *_ in GOODS:
        hand.taps_on(hand.page.locator(".product-option", has_text=name))
    for name, *_ in GOODS:
        hand.types(hand.page.get_by_role("spinbutton", name=name), "20")
    hand.taps_on(hand.page.get_by_role("button", name="Tạo phiên", exact=True))
    hand.page.wait_for_url(re.compile("/host/[0-9a-f-]{36}$"))
    hand.taps_on(hand.page.get_by_role("button", name="Bắt đầu phiên chợ"))
    hand.taps_on(hand.page.get_by_role("button", name="Bấm lần nữa để lên sóng"))
    hand.sees("Đang trực tiếp")
    return hand.page.url.rsplit("/", 1)[-1]


def orders_from_the_shelf(buyer: Page, base: str, session_id: str) -> None:
    buyer.goto(f"{base}/s/{session_id}")
    buyer.get_by_role("button", name="Kệ hàng").click()
    sheet = buyer.locator("dialog[open]")
    sheet.get_by_role("button", name="Thêm Cu đơ vào giỏ").click()
    sheet.get_by_role("button", name=re.compile("Giỏ hàng · 1 món")).click()
    fills_the_form(buyer)
    sheet.get_by_role("button", name="Chốt đơn", exact=True).click()
    expect(sheet).to_contain_text(re.compile("Đã chốt · đơn [0-9A-Z]{7}"))


def test_a_commune_sells_its_first_goods_without_a_manual(
    served: Served, market: Market, tmp_path: Path, shoot: Callable[[Page, str], None]
) -> None:
    login = a_new_organisation(served)
    photos = [tmp_path / f"anh-{number}.jpg" for number in range(len(GOODS))]
    for photo in photos:
        photo.write_bytes(hostile.jpeg_with_position(orientation=6))
    hand, buyer = Hand(market.page()), market.page()

    hand.begins("sign in")
    signs_in(hand, served.base, login)
    shoot(hand.page, "first-organiser-390")
    hand.begins("a producer")
    adds_a_producer(hand)
    hand.begins("three products with photos")
    adds_goods_by_photos(hand, photos)
    hand.page.evaluate("scrollTo(0, 0)")
    shoot(hand.page, "first-products-390")
    hand.begins("a booth")
    booth = opens_a_booth(hand)
    shoot(hand.page, "first-booth-390")
    hand.begins("a session, live")
    session_id = starts_a_session(hand)
    shoot(hand.page, "first-board-390")
    orders_from_the_shelf(buyer, served.base, session_id)
    shoot(buyer, "first-order-390")
    buyer.goto(f"{served.base}{booth}")

    print(f"\n{hand.report()}")  # noqa: T201 - what the walk costs is for reading
    expect(buyer.get_by_role("button", name="Thêm Cu đơ vào giỏ")).to_be_visible()
    expect(buyer.locator("main")).to_contain_text("Hết hàng")
    shoot(buyer, "first-booth-buyer-390")
    hand.sees(re.compile("Đơn"))
    assert sum(hand.taps.values()) <= MOST_TAPS
    assert sum(hand.fields.values()) <= MOST_FIELDS
