"""The page of carriers: columns copied and changed, a file looked at and fetched, a report taken in, GHTK connected; on a phone and at a desk."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Desk, Market
from tests.browser.people import signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

PATH = "/organiser/carriers"


def packed(market: Market, staff: Desk, count: int) -> list[dict[str, Any]]:
    """Confirmed orders of as many buyers, each in a parcel of its own."""
    host = market.desk()
    session_id = host.make_session(title="Chợ phiên OCOP Hà Tĩnh")
    offer = host.open_offer(session_id, total=20, limit=3, price_vnd=40_000)
    groups = []
    for number in range(count):
        buyer = Desk(market.page().context, market.base)
        buyer.call("POST", f"/api/v1/sessions/{session_id}/tickets")
        address = {"province_code": 42, "ward_code": 18547, "street": "Xóm 5"}
        person = {"name": f"Nguyễn Thị Lan {number}", "phone": f"090{uuid4().int % 10**7:07d}", "address": address}
        order = {"key": str(uuid4()), "lines": [{"offer_id": offer["id"], "quantity": 1}], "buyer": person}
        receipt = buyer.call("POST", f"/api/v1/sessions/{session_id}/orders", order)
        host.call("POST", f"/api/v1/sessions/{session_id}/orders/{receipt['order_id']}/steps", {"kind": "confirmed"})
        groups.append([receipt["order_id"]])
    made = staff.call("POST", "/api/v1/parcels", {"groups": groups})
    return [staff.call("GET", f"/api/v1/parcels/{each}") for each in made["parcel_ids"]]


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def copies_columns(page: Page, shoot: Callable[[Page, str], None]) -> None:
    """A ready list is copied and one head changed."""
    page.get_by_role("link", name="Mẫu cột").click()
    columns = page.get_by_role("region", name="Mẫu cột")
    expect(columns.get_by_label("Cột 1: tiêu đề")).to_have_value("Họ tên người nhận")
    columns.get_by_label("Cột 1: tiêu đề").fill("Người nhận")
    columns.get_by_label("Tên mẫu").fill("GHN của hợp tác xã")
    shoot(page, "carriers-columns-1440")
    columns.get_by_role("button", name="Lưu thành bản của ta").click()
    expect(columns.get_by_label("Mẫu", exact=True)).to_contain_text("GHN của hợp tác xã")


def fetches_a_file(page: Page, parcels: list[dict[str, Any]], to: Path, shoot: Callable[[Page, str], None]) -> list[list[str]]:
    """Looked at masked, then fetched; its rows."""
    page.get_by_role("link", name="Gửi đi").click()
    sending = page.get_by_role("region", name="Kiện hàng")
    expect(sending.get_by_role("checkbox", name=parcels[0]["code"])).to_be_visible()
    # packed parcels come ticked, and other tests of this service may have packed some
    ticked = sending.get_by_role("checkbox", checked=True)
    while ticked.count() > 0:
        ticked.first.uncheck()
    for parcel in parcels:
        sending.get_by_role("checkbox", name=parcel["code"]).check()
    sending.get_by_label("Cột của").select_option(label="GHN của hợp tác xã")
    sending.get_by_role("button", name="Xem trước 3 kiện").click()
    expect(sending.get_by_role("region", name="Những dòng đầu")).to_contain_text("Người nhận")
    expect(sending).not_to_contain_text("Nguyễn Thị Lan")
    fits(page)
    shoot(page, "carriers-send-1440")
    with page.expect_download() as started:
        sending.get_by_role("button", name="Tải tệp CSV").click()
    started.value.save_as(to)
    expect(page.get_by_role("region", name="Tệp đã tạo")).to_contain_text("3 kiện")
    return list(csv.reader(io.StringIO(to.read_text(encoding="utf-8-sig"))))


def takes_a_report(page: Page, parcels: list[dict[str, Any]], shoot: Callable[[Page, str], None]) -> None:
    """On a phone: looked at, taken in, and what nobody can place dealt with."""
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    fits(page)
    shoot(page, "carriers-send-390")
    page.get_by_role("link", name="Báo về").click()
    reports = page.get_by_role("region", name="Tệp trạng thái của đơn vị vận chuyển")
    reports.get_by_label("Đọc theo mẫu").select_option(label="GHTK: danh sách đơn")
    lines = ["Mã đơn GHTK;Mã đơn khách hàng;Trạng thái;Thời gian cập nhật", f"S1;{parcels[0]['code']};Đã giao hàng;28/11/2026 09:00"]
    lines += [f"S2;{parcels[1]['code']};Bay mất;28/11/2026 09:00", f"S3;{parcels[2]['code']};Đang giao hàng;28/11/2026 09:00"]
    report = {"name": "bao-ve.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    reports.locator("input[type=file]").set_input_files(report)  # type: ignore[arg-type]  # a file of ours
    expect(reports).to_contain_text("Trạng thái lạ: 1")
    fits(page)
    shoot(page, "carriers-report-390")
    reports.get_by_role("button", name="Ghi 3 dòng").click()
    expect(reports).to_contain_text("Đã ghi 2 dòng mới, 1 dòng cần xem.")
    work = page.get_by_role("region", name="Cần người xem")
    expect(work).to_contain_text("Trạng thái không có trong mẫu.")
    work.get_by_role("button", name="Đã xử lý").click()
    expect(work).to_contain_text("Không có gì cần xem.")
    page.get_by_role("link", name="Gửi đi").click()
    sending = page.get_by_role("region", name="Kiện hàng")
    expect(sending.locator("li", has_text=parcels[0]["code"])).to_contain_text("Đã giao")


def test_parcels_go_out_in_columns_of_ones_own_and_a_report_comes_back(
    market: Market, shoot: Callable[[Page, str], None], tmp_path: Path
) -> None:
    page = market.page(DESK)
    signs_in(page, market.base, market.accounts.organiser, PATH)
    parcels = packed(market, Desk(page.context, market.base), 3)
    page.reload()

    copies_columns(page, shoot)
    rows = fetches_a_file(page, parcels, tmp_path / "file.csv", shoot)
    assert rows[0][0] == "Người nhận"
    assert sorted(row[0] for row in rows[1:]) == [f"Nguyễn Thị Lan {number}" for number in range(3)]
    takes_a_report(page, parcels, shoot)


def test_an_organiser_connects_ghtk_and_sees_the_secret_once(market: Market, shoot: Callable[[Page, str], None]) -> None:
    page = market.page(PHONE)
    signs_in(page, market.base, market.accounts.organiser, PATH)
    page.get_by_role("link", name="Kết nối").click()
    ghtk = page.get_by_role("region", name="Giao Hàng Tiết Kiệm (GHTK)")
    save = ghtk.get_by_role("button", name="Lưu kết nối")
    expect(save).to_be_disabled()
    ghtk.get_by_label("Mã kết nối GHTK").fill("token-of-the-browser-test")
    for label, text in {
        "Tên liên hệ": "HTX Hương Sơn",
        "Số điện thoại": "0912345678",
        "Số nhà, đường, thôn": "Thôn 3",
        "Tỉnh/thành phố": "Hà Tĩnh",
    }.items():
        ghtk.get_by_label(label).fill(text)
    save.click()
    expect(ghtk).to_contain_text("Đã lưu kết nối.")
    address = ghtk.locator("code")
    assert "?hash=" in (address.text_content() or "")
    assert "•••" not in (address.text_content() or "")
    fits(page)
    shoot(page, "carriers-connection-390")
    page.reload()
    expect(ghtk.locator("code")).to_contain_text("?hash=•••")
    expect(ghtk.get_by_label("Mã kết nối GHTK")).to_have_value("")
