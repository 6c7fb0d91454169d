"""What the law asks of a live sale, as people see it: its rules, complaints about it and their answers, the organiser's warning."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import what_axe_finds
from tests.browser.conftest import DESK, PHONE, Market
from tests.browser.people import opens_market, signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

Shoot = Callable[[Page, str], None]
WARNING = "Giá nói trên sóng chưa đúng với giá niêm yết, mời người xem chờ người bán nói lại."
WORDS = "Nói giá 39 nghìn, lúc chốt lại 45 nghìn."


def complains(page: Page, *, kind: str = "Giá gây hiểu nhầm", words: str = WORDS, contact: str = "0912345678") -> None:
    page.get_by_role("button", name="Phản ánh", exact=True).click()
    page.get_by_role("button", name=kind).click()
    page.get_by_label("Chuyện gì đã xảy ra?").fill(words)
    page.get_by_label("Số điện thoại nếu muốn được gọi lại").fill(contact)
    page.get_by_role("button", name="Gửi phản ánh").click()


def test_rules_are_written_by_the_organiser_and_read_by_viewers(market: Market, shoot: Shoot) -> None:
    session_id = market.desk().make_session(title="Chợ phiên có nội quy")
    organiser, viewer = market.page(DESK), market.page(PHONE)
    signs_in(organiser, market.base, market.accounts.organiser, "/organiser")
    organiser.get_by_text("Xem và sửa").click()
    shoot(organiser, "rules-form-1440")
    organiser.get_by_label("Tiếng Việt").fill("Nói đúng về hàng.\n\nGiá nói là giá thật.")
    organiser.get_by_role("button", name="Lưu bản mới").click()
    expect(organiser.get_by_text("Đã lưu bản số")).to_be_visible()

    opens_market(viewer, market.base, session_id)
    link = viewer.get_by_role("link", name="Nội quy")
    expect(link).to_be_visible()
    shoot(viewer, "viewer-duties-390")
    viewer.goto(f"{market.base}/s/{session_id}/rules")
    expect(viewer.get_by_text("Giá nói là giá thật.")).to_be_visible()
    shoot(viewer, "rules-390")
    assert what_axe_finds(viewer) == []
    assert what_axe_finds(organiser) == []


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1440"])
def test_a_viewer_complains_during_the_session_and_reads_the_answer_after_its_end(
    market: Market, shoot: Shoot, size: tuple[int, int]
) -> None:
    session_id = market.desk().make_session(title=f"Chợ phiên bị phản ánh {size[0]}")
    viewer, organiser = market.page(size), market.page(size)
    opens_market(viewer, market.base, session_id)
    words = f"{WORDS} ({size[0]})"
    complains(viewer, words=words)
    expect(viewer.get_by_text("Đã gửi. Trả lời trước")).to_be_visible()
    shoot(viewer, f"viewer-report-{size[0]}")
    assert what_axe_finds(viewer) == []

    signs_in(organiser, market.base, market.accounts.organiser, "/organiser/complaints")
    row = organiser.locator("li.card", has_text=words)
    expect(row).to_be_visible()
    shoot(organiser, f"complaints-{size[0]}")
    assert what_axe_finds(organiser) == []
    row.get_by_role("button", name="Nhận xử lý").click()
    expect(row.get_by_text("đang xử lý")).to_be_visible()
    row.get_by_role("button", name="Hiện cách liên hệ").click()
    expect(row.get_by_text("0912345678")).to_be_visible()
    row.get_by_label("Trả lời").fill("Chúng tôi đã nhắc người bán.")
    row.get_by_role("button", name="Gửi trả lời").click()
    expect(row.get_by_text("Chúng tôi đã nhắc người bán.")).to_be_visible()

    market.desk().move(session_id, "ended")
    viewer.reload()
    viewer.get_by_role("button", name="Phản ánh", exact=True).click()
    expect(viewer.get_by_text("Chúng tôi đã nhắc người bán.")).to_be_visible()
    shoot(viewer, f"viewer-report-ended-{size[0]}")
    assert what_axe_finds(viewer) == []


def test_a_warning_stands_on_every_screen_until_the_organiser_lifts_it(market: Market, shoot: Shoot) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên bị cảnh báo")
    desk.open_offer(session_id)
    phone, wide, organiser, overlay = (market.page(size) for size in (PHONE, DESK, DESK, DESK))
    for page in (phone, wide):
        opens_market(page, market.base, session_id)
    signs_in(organiser, market.base, market.accounts.organiser, f"/host/{session_id}")
    overlay.goto(f"{market.base}/s/{session_id}/overlay")
    organiser.get_by_text("Cảnh báo trên màn hình người xem").click()
    organiser.get_by_label("Hiện cho mọi người xem").fill(WARNING)
    organiser.get_by_role("button", name="Hiện cảnh báo").click()

    for page in (phone, wide, overlay):
        alert = page.get_by_role("alert").filter(has_text=WARNING)
        expect(alert).to_be_visible(timeout=3_000)
        box = alert.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.viewport_size["width"]  # type: ignore[index]
    for page, name in ((phone, "390"), (wide, "1440")):
        shoot(page, f"viewer-warning-{name}")
        assert what_axe_finds(page) == []
    shoot(organiser, "board-warning-1440")
    shoot(overlay, "overlay-warning-1440")
    assert what_axe_finds(organiser) == []
    expect(phone.get_by_role("button", name="Chốt đơn").first).to_be_visible()

    organiser.get_by_role("button", name="Gỡ cảnh báo").click()
    for page in (phone, wide, overlay):
        expect(page.get_by_text(WARNING)).to_have_count(0, timeout=3_000)


def test_the_host_reads_the_warning_and_has_no_button_to_lift_it(market: Market, shoot: Shoot) -> None:
    desk = market.desk()
    session_id = desk.make_session(title="Chợ phiên của người dẫn")
    people = desk.call("GET", "/api/v1/people")["items"]
    host_id = next(each["user_id"] for each in people if each["login"] == market.accounts.host.login)
    desk.call("PATCH", f"/api/v1/sessions/{session_id}", {"host_id": host_id})
    desk.call("PUT", f"/api/v1/sessions/{session_id}/warning", {"text": WARNING})
    host = market.page(PHONE)
    signs_in(host, market.base, market.accounts.host, f"/host/{session_id}")

    expect(host.get_by_text(WARNING)).to_be_visible()
    expect(host.get_by_role("button", name="Gỡ cảnh báo")).to_have_count(0)
    expect(host.get_by_text("Cảnh báo trên màn hình người xem")).to_have_count(0)
    shoot(host, "board-warning-390")
    assert what_axe_finds(host) == []
