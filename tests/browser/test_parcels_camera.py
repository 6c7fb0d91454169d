"""The phone's camera at the packing table: real frames of a (file's) camera, with and without a browser that reads codes by itself.

Chromium on Linux has no `BarcodeDetector`. There the page says so and everything is typed or scanned; where there is one, as on Android, the
page's own loop is tried with real frames, and only the reading of a single frame is done by a scanner's program outside.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
import segno
import zxingcpp
from PIL import Image
from playwright.sync_api import BrowserType, Page, expect

from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS, PHONE, Market
from tests.browser.people import signs_in
from tests.browser.test_parcels import a_parcel, beeps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WIDTH, HEIGHT, FRAMES = 640, 480, 10
# What Chrome on Android has: it is given a video, and says what it sees in the frame that is shown.
READER = """
globalThis.BarcodeDetector = class {
  async detect(video) {
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    return (await readFrame(canvas.toDataURL("image/png"))).map((rawValue) => ({ rawValue }));
  }
};
"""


def filmed(text: str, path: Path) -> None:
    """A camera's film in which a label is held still: uncompressed, black on white."""
    code = Image.open(BytesIO(_png(text))).convert("L").resize((360, 360), Image.Resampling.NEAREST)
    frame = Image.new("L", (WIDTH, HEIGHT), 235)
    frame.paste(code.point(lambda shade: 16 + shade * 219 // 255), ((WIDTH - 360) // 2, (HEIGHT - 360) // 2))
    without_colour = b"\x80" * (WIDTH * HEIGHT // 2)
    one = b"FRAME\n" + frame.tobytes() + without_colour
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420\n".encode() + one * FRAMES)


def _png(text: str) -> bytes:
    written = BytesIO()
    segno.make(text, error="m", micro=False).save(written, kind="png", scale=8, border=4)
    return written.getvalue()


def read_frame(address: str) -> list[str]:
    picture = Image.open(BytesIO(base64.b64decode(address.partition(",")[2])))
    return [found.text for found in zxingcpp.read_barcodes(picture)]


@contextmanager
def a_phone_that_films(market: Market, chromium: BrowserType, film: Path, *, is_allowed: bool = True, reader: str = "") -> Iterator[Page]:
    seen = [f"--use-file-for-fake-video-capture={film}", "--use-fake-device-for-media-stream"]
    with chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *seen]) as started:
        context = market.welcome(started.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}))
        if is_allowed:
            context.grant_permissions(["camera"], origin=market.base)
        context.expose_function("readFrame", read_frame)
        if reader:
            context.add_init_script(reader)
        page = context.new_page()
        signs_in(page, market.base, market.accounts.organiser, "/organiser/parcels")
        page.get_by_role("link", name="Bàn đóng gói").click()
        yield page
        market.contexts.remove(context)


def test_a_label_before_the_camera_opens_its_box_once(
    market: Market, chromium: BrowserType, tmp_path: Path, shoot: Callable[[Page, str], None]
) -> None:
    parcel, _ = a_parcel(market, market.desk(), "0912345681")
    filmed(parcel["code"], tmp_path / "label.y4m")

    with a_phone_that_films(market, chromium, tmp_path / "label.y4m", reader=READER) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "by-code" in request.url or "scans" in request.url else None)
        page.get_by_role("button", name="Dùng camera").click()
        expect(page.get_by_text("Đã bỏ vào 0/2 món")).to_be_visible(timeout=20_000)
        page.wait_for_timeout(3_000)

        # held before it for three seconds, it is one scan
        assert len(asked) == 1
        shoot(page, "parcels-camera-390")
        page.get_by_role("button", name="Tắt camera").click()
        expect(page.locator("video")).to_have_count(0)


def test_a_camera_that_nobody_allows_says_so_and_codes_are_typed(market: Market, chromium: BrowserType, tmp_path: Path) -> None:
    parcel, _ = a_parcel(market, market.desk(), "0912345682")
    filmed(parcel["code"], tmp_path / "label.y4m")

    with a_phone_that_films(market, chromium, tmp_path / "label.y4m", is_allowed=False, reader=READER) as page:
        page.get_by_role("button", name="Dùng camera").click()
        expect(page.get_by_role("alert")).to_contain_text("Không mở được camera")
        beeps(page, parcel["code"])
        expect(page.get_by_text("Đã bỏ vào 0/2 món")).to_be_visible()


def test_where_the_browser_reads_no_codes_the_page_says_so_and_a_scanner_does_it(
    market: Market, chromium: BrowserType, tmp_path: Path, shoot: Callable[[Page, str], None]
) -> None:
    parcel, _ = a_parcel(market, market.desk(), "0912345683")
    filmed(parcel["code"], tmp_path / "label.y4m")

    with a_phone_that_films(market, chromium, tmp_path / "label.y4m") as page:
        if page.evaluate("'BarcodeDetector' in globalThis"):
            page.get_by_role("button", name="Dùng camera").click()
        else:
            expect(page.get_by_text("không tự đọc mã bằng camera")).to_be_visible()
            expect(page.get_by_role("button", name="Dùng camera")).to_have_count(0)
            shoot(page, "parcels-no-camera-390")
            beeps(page, parcel["code"])
        expect(page.get_by_text("Đã bỏ vào 0/2 món")).to_be_visible(timeout=20_000)
