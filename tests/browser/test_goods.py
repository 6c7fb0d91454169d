"""A commune that starts from nothing: a producer, products by their photos, a description that becomes complete, a login of the producer's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, Market
from tests.browser.people import chooses, signs_in
from tests.catalog import hostile_pictures as hostile

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WIDE = (1280, 900)
Shoot = Callable[[Page, str], None]


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Two photos as a phone takes them, and a file that only has a photo's name."""
    files = {
        "ca-kho.jpg": hostile.jpeg_with_position(orientation=6),
        "ruoc.jpg": hostile.jpeg_with_position(),
        "khong-phai-anh.jpg": hostile.SVG_WITH_SCRIPT,
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in files]


def fills_in(page: Page, card: int, *, name: str, price: str, unit: str, weight: str) -> None:
    form = page.locator("form.draft-card").nth(card)
    form.get_by_label("Tên sản phẩm").fill(name)
    form.get_by_label("Giá bán").fill(price)
    form.get_by_label("Đơn vị bán").fill(unit)
    form.get_by_label("Nặng cả bao bì").fill(weight)


def adds_a_producer(phone: Page, shoot: Shoot) -> None:
    phone.get_by_role("link", name="Thêm chủ thể").click()
    phone.get_by_label("Tên chủ thể").fill("Hộ cô Sen Cẩm Nhượng")
    chooses(phone.locator("form"), "Tỉnh, thành phố", typed="ha tinh", place="Hà Tĩnh")
    chooses(phone.locator("form"), "Xã, phường", typed="phuc trach", place="Xã Phúc Trạch")
    shoot(phone, "goods-producer-390")
    phone.get_by_role("button", name="Lưu và thêm sản phẩm").click()


def adds_two_by_photos(phone: Page, photos: list[Path], shoot: Shoot) -> None:
    phone.wait_for_url(re.compile("/add$"))
    phone.locator("input[type=file]").first.set_input_files(photos)
    expect(phone.get_by_role("heading", name="2 sản phẩm chờ điền")).to_be_visible(timeout=30_000)
    expect(phone.locator(".notice-danger")).to_contain_text("khong-phai-anh.jpg")
    fills_in(phone, 0, name="Cá thu kho khô", price="120.000", unit="hộp 300 g", weight="350")
    fills_in(phone, 1, name="Ruốc chua", price="65000", unit="hũ 500 g", weight="700")
    phone.evaluate("scrollTo(0, 0)")
    shoot(phone, "goods-photos-390")
    phone.get_by_role("button", name="Lưu tất cả").click()
    expect(phone.get_by_text("Đã thêm 2 sản phẩm")).to_be_visible()


def completes_the_description(phone: Page, photo: Path) -> int:
    """By how many per cent the score has risen."""
    phone.get_by_role("link", name=re.compile("Cá thu kho khô")).click()
    score = phone.locator(".product-score progress")
    before = int(score.get_attribute("value") or "0")
    phone.locator("input[type=file]").first.set_input_files(photo)
    expect(phone.locator(".picture-item")).to_have_count(2, timeout=30_000)
    expect(phone.get_by_role("button", name="Ít nhất 2 ảnh")).to_have_count(0)
    phone.get_by_role("button", name="Xuất xứ").click()
    expect(phone.get_by_label("Xuất xứ")).to_be_focused()
    phone.get_by_label("Xuất xứ").fill("Xã Phúc Trạch, Hà Tĩnh")
    phone.get_by_label("Thành phần, nguyên liệu").fill("Cá thu, nước mắm, đường, tiêu")
    phone.get_by_label("Giá bán").fill("125.000")
    phone.get_by_role("button", name="Lưu", exact=True).click()
    expect(phone.get_by_text("Đã lưu.")).to_be_visible()
    return int(score.get_attribute("value") or "0") - before


def test_a_producer_and_products_by_photos_until_the_description_is_complete(market: Market, photos: list[Path], shoot: Shoot) -> None:
    market.expected.append("415")
    phone = market.page()
    signs_in(phone, market.base, market.accounts.organiser, "/organiser/goods")
    expect(phone.locator(".goods-line").first).to_be_visible()
    shoot(phone, "goods-390")
    adds_a_producer(phone, shoot)
    adds_two_by_photos(phone, photos, shoot)

    assert completes_the_description(phone, photos[1]) == 30
    phone.evaluate("scrollTo(0, 0)")
    shoot(phone, "goods-product-390")

    phone.reload()
    expect(phone.get_by_label("Giá bán")).to_have_value("125.000")
    expect(phone.locator(".picture-item")).to_have_count(2)
    phone.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    shoot(phone, "goods-product-1280")
    phone.goto(f"{market.base}/organiser/goods")
    expect(phone.locator(".goods-line").first).to_be_visible()
    phone.get_by_role("searchbox").fill("ca thu kho")
    expect(phone.locator(".goods-line")).to_have_count(1)
    phone.get_by_role("searchbox").fill("")
    shoot(phone, "goods-1280")


def test_a_producer_keeps_their_own_goods_by_a_login_of_their_own(market: Market, shoot: Shoot) -> None:
    desk = market.desk()
    producer = desk.call("GET", "/api/v1/producers")["items"][0]
    goods = desk.call("GET", f"/api/v1/products?producer_id={producer['id']}")["items"]
    organiser = market.page(DESK)
    signs_in(organiser, market.base, market.accounts.organiser, f"/organiser/goods/producers/{producer['id']}")
    organiser.get_by_label("Tên đăng nhập").fill("co.sen.cam.nhuong")
    organiser.get_by_label("Tên người dùng").fill("Cô Sen")
    password = organiser.get_by_label("Mật khẩu ban đầu").input_value()
    organiser.get_by_role("button", name="Tạo tài khoản").click()
    expect(organiser.get_by_text("Đã tạo co.sen.cam.nhuong")).to_be_visible()
    shoot(organiser, "goods-logins-1440")

    producers_phone = market.page()
    producers_phone.goto(f"{market.base}/login")
    producers_phone.get_by_label("Tên đăng nhập").fill("co.sen.cam.nhuong")
    producers_phone.get_by_label("Mật khẩu", exact=True).fill(password)
    producers_phone.get_by_role("button", name="Đăng nhập").click()

    producers_phone.wait_for_url(f"{market.base}/organiser/goods")
    expect(producers_phone.locator(".goods-line")).to_have_count(len(goods))
    expect(producers_phone.locator("h2")).to_have_text([producer["name"]])
    expect(producers_phone.get_by_role("link", name="Phiên chợ")).to_have_count(0)
    market.expected.append("403")
    producers_phone.goto(f"{market.base}/host")
    expect(producers_phone.locator("main")).to_contain_text("không được làm việc đó")


def test_a_table_shows_each_row_before_anything_comes_in(market: Market, shoot: Shoot) -> None:
    desk = market.desk()
    producer = desk.call("GET", "/api/v1/producers")["items"][0]["name"]
    head = "Mã sản phẩm;Chủ thể;Tên sản phẩm;Giá bán (đồng);Đơn vị bán;Nặng cả bao bì (gam)"
    rows = [
        f"00123;{producer};Kẹo cu đơ Thư Viện;45.000;gói 400 g;450",
        f"00124;{producer};Bánh cu đơ;rẻ thôi;gói;=1+1",
        "00125;HTX lạ;Mứt;30.000;gói;200",
    ]
    content = "\r\n".join([head, *rows]).encode("utf-8-sig")
    phone = market.page()
    signs_in(phone, market.base, market.accounts.organiser, "/organiser/goods/import")

    phone.locator("input[type=file]").set_input_files({"name": "hang.csv", "mimeType": "text/csv", "buffer": content})
    expect(phone.get_by_text("2 chưa đúng")).to_be_visible(timeout=30_000)
    expect(phone.locator(".import-row").first).to_contain_text("phải là số nguyên, ví dụ 120.000 (rẻ thôi)")
    expect(phone.get_by_role("button", name=re.compile("^Nhập"))).to_have_count(0)
    shoot(phone, "goods-import-390")
    phone.get_by_role("button", name="Chỉ nhập 1 dòng đúng").click()

    expect(phone.get_by_text("Đã nhập: 1 mới, 0 cập nhật, bỏ qua 2 dòng chưa đúng.")).to_be_visible(timeout=30_000)
    assert [each["price_vnd"] for each in desk.call("GET", "/api/v1/products")["items"] if each["code"] == "00123"] == [45_000]


def test_a_product_below_what_is_asked_is_named_where_a_session_is_made(market: Market) -> None:
    market.expected.append("409")
    desk = market.desk()
    desk.call("PUT", "/api/v1/listing-gate", {"min_score": 0, "required_items": ["origin"]})
    try:
        host = market.page()
        signs_in(host, market.base, market.accounts.organiser, "/host")
        host.get_by_role("button", name="Tạo phiên chợ mới").click()
        host.get_by_label("Tên phiên chợ").fill("Chợ bị chặn")
        chosen = host.locator(".product-option").first
        name = chosen.locator("span span").first.inner_text()
        chosen.locator("input").check()
        host.get_by_role("button", name="Tạo phiên", exact=True).click()

        host.wait_for_url(re.compile("/edit$"))
        expect(host.get_by_role("alert")).to_contain_text(f"{name} (")
        expect(host.get_by_role("alert")).to_contain_text("xuất xứ.")
        expect(host.locator(".chosen-row")).to_have_count(1)
    finally:
        desk.call("PUT", "/api/v1/listing-gate", {"min_score": 0, "required_items": []})
