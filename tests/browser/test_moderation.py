"""A host and a helper with two phones keep a room clean: one key or one swipe each, and one to take it back."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Room:
    host: Page
    helper: Page
    troll: Page
    buyer: Page

    @property
    def seen(self) -> Locator:
        """The comments that the buyer sees."""
        return self.buyer.locator(".comments")


def says(page: Page, words: str, *, name: str | None = None) -> None:
    """Writes a comment as a viewer does; the first asks for a name."""
    box = page.get_by_label("Bình luận…")
    box.fill(words)
    box.press("Enter")
    if name is not None:
        page.get_by_label("Tên hiển thị").fill(name)
        page.get_by_label("Tên hiển thị").press("Enter")
    expect(box).to_have_value("")


def row(page: Page, words: str) -> Locator:
    return page.locator(".talk-row", has_text=words)


def swipes(page: Page, target: Locator, *, by: int) -> None:
    box = target.locator(".talk-words").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by / 2, y, steps=4)
    page.mouse.move(x + by, y, steps=4)
    page.mouse.up()


@pytest.fixture
def room(market: Market) -> Room:
    """A live session with two viewers, one of whom is a troll, a host at a desk and a helper with a phone."""
    session_id = market.desk().make_session(title="Chợ phiên có người quấy phá")
    people = Room(host=market.page(DESK), helper=market.page(PHONE), troll=market.page(PHONE), buyer=market.page(PHONE))
    for page in (people.host, people.helper):
        signs_in(page, market.base, market.accounts.organiser, f"/host/{session_id}")
    people.helper.get_by_role("link", name="Chỉ bình luận").click()
    for page in (people.troll, people.buyer):
        opens_market(page, market.base, session_id)
    says(people.troll, "hàng dởm đừng mua", name="Kẻ phá")
    says(people.buyer, "cho tôi 2 quả", name="Lan")
    expect(people.seen).to_contain_text("hàng dởm đừng mua")
    expect(row(people.host, "cho tôi 2 quả")).to_be_visible()
    return people


def test_a_swipe_hides_and_a_tap_takes_it_back(room: Room) -> None:
    swipes(room.helper, row(room.helper, "hàng dởm"), by=-120)

    expect(room.seen).not_to_contain_text("hàng dởm đừng mua", timeout=2_000)
    expect(row(room.host, "hàng dởm")).to_have_class("talk-row is-hidden")
    expect(row(room.host, "hàng dởm")).to_contain_text("ẩn")
    room.helper.get_by_role("button", name="Hoàn tác").click()
    expect(room.seen).to_contain_text("hàng dởm đừng mua", timeout=2_000)


def test_a_key_mutes_whom_nobody_hears_any_more(room: Room, shoot: Callable[[Page, str], None]) -> None:
    room.host.locator("body").press("ArrowUp")
    expect(row(room.host, "hàng dởm")).to_have_attribute("aria-current", "true")
    room.host.locator("body").press("m")

    expect(room.seen).not_to_contain_text("hàng dởm đừng mua", timeout=2_000)
    expect(row(room.host, "hàng dởm")).to_contain_text("đang tắt tiếng")
    room.troll.wait_for_timeout(1_200)  # as slowly as people write
    says(room.troll, "vẫn viết được đấy nhé")
    expect(room.troll.locator(".comments")).to_contain_text("vẫn viết được đấy nhé")
    room.buyer.wait_for_timeout(1_200)
    says(room.buyer, "bưởi ngon lắm")
    expect(row(room.host, "bưởi ngon lắm")).to_be_visible()
    expect(room.seen).not_to_contain_text("vẫn viết được đấy nhé")
    shoot(room.host, "moderation-board")
    shoot(room.helper, "moderation-helper")
    room.host.locator("body").press("u")
    expect(room.seen).to_contain_text("hàng dởm đừng mua", timeout=2_000)


def test_a_helper_pins_gives_notice_and_bans(room: Room, shoot: Callable[[Page, str], None]) -> None:
    helper = room.helper
    helper.get_by_role("button", name="Luật").click()
    helper.get_by_label("Dòng thông báo trên bình luận").fill("Miễn phí giao hàng đến 21 giờ")
    helper.get_by_role("button", name="Hiện", exact=True).click()
    expect(room.buyer.locator(".talk-top")).to_contain_text("Miễn phí giao hàng đến 21 giờ")
    shoot(helper, "moderation-rules")
    helper.get_by_role("button", name="Tất cả").click()
    row(helper, "cho tôi 2 quả").locator(".talk-words").click()
    shoot(helper, "moderation-row")
    row(helper, "cho tôi 2 quả").get_by_role("button", name="Ghim").click()
    expect(room.buyer.locator(".talk-top")).to_contain_text("cho tôi 2 quả")
    shoot(room.buyer, "moderation-viewer")

    row(helper, "hàng dởm").locator(".talk-words").click()
    row(helper, "hàng dởm").get_by_role("button", name="Chặn", exact=True).click()
    expect(room.troll.get_by_text("Bạn tạm thời chưa vào được phòng này.")).to_be_visible(timeout=3_000)
    expect(room.buyer.locator("form.composer")).to_be_visible()


def test_what_a_rule_holds_is_let_through_by_one_key(market: Market, shoot: Callable[[Page, str], None]) -> None:
    session_id = market.desk().make_session()
    host = market.page(DESK)
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    viewer, reader = market.page(PHONE), market.page(DESK)
    for page in (viewer, reader):
        opens_market(page, market.base, session_id)

    says(viewer, "xem thêm ở keo88.com nhé", name="Minh")
    expect(viewer.locator(".toast")).to_contain_text("đang chờ người dẫn xem")
    held = row(host, "keo88.com")
    expect(held).to_contain_text("có đường dẫn")
    expect(reader.locator(".comments")).not_to_contain_text("keo88.com")
    host.get_by_role("button", name="Đã ẩn").click()
    shoot(host, "moderation-hidden")
    host.locator("body").press("h")

    expect(reader.locator(".comments")).to_contain_text("keo88.com")
    expect(host.locator(".talk-row")).to_have_count(0)


def test_the_overlay_shows_the_question_that_is_answered(market: Market, shoot: Callable[[Page, str], None]) -> None:
    session_id = market.desk().make_session()
    host, viewer, overlay = market.page(DESK), market.page(PHONE), market.page((1280, 720))
    signs_in(host, market.base, market.accounts.organiser, f"/host/{session_id}")
    opens_market(viewer, market.base, session_id)
    overlay.goto(f"{market.base}/s/{session_id}/overlay")
    says(viewer, "bưởi này để được mấy tuần ạ", name="Lan")
    expect(row(host, "mấy tuần")).to_be_visible()

    host.locator("body").press("q")
    marked = host.locator(".asked-marked", has_text="mấy tuần")
    marked.get_by_role("button", name="Trả lời ngay").click()

    expect(overlay.locator(".overlay-card")).to_contain_text("bưởi này để được mấy tuần ạ")
    with Image.open(io.BytesIO(overlay.screenshot(omit_background=True))) as picture:
        assert picture.convert("RGBA").getpixel((640, 100)) == (0, 0, 0, 0)
    shoot(overlay, "moderation-overlay")
    marked.get_by_role("button", name="Đã trả lời").click()
    expect(marked).to_have_count(0)
    expect(overlay.locator(".overlay-card")).to_have_count(0)
