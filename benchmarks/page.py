"""`make bench-page`: how long a viewer on a poor phone waits for the order button, and what the page weighs.

Chromium is driven over its DevTools protocol with a slow network and a slow processor, against one real worker. In each run a device that
knows its buyer opens the market for the first time, presses the button the moment it is there and waits for the order's number; then the same
device opens the page again. A second device without an address measures the way to the form. Writes build/bench/page.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
from playwright.async_api import Browser, BrowserContext, CDPSession, Page, ViewportSize, async_playwright

from app.infra.clock import utc_now
from app.settings import child_environment
from benchmarks.load.service import Plan, running_service
from benchmarks.sheet import Sheet, console, this_machine, write_markdown

PORT = 8600
RUNS = 5
LATENCY_MS = 400
BYTES_PER_SECOND = 400_000 / 8
CPU_SLOWDOWN = 6
PATIENCE_SECONDS = 60
QUIET_SECONDS = 2.5
PHONE = ViewportSize(width=390, height=844)
CHROMIUM = child_environment({}).get("OCOP_CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")

# Runs before the page's own scripts. The button is pressed by a real click event in the frame in which it appears.
_WATCH = """
(() => {
  const marks = (window.benchMarks = {});
  const look = () => {
    const button = document.querySelector(".on-air .product-foot button:not([disabled]):not([aria-disabled])");
    if (button && marks.button === undefined) {
      marks.button = performance.now();
      button.click();
    }
    if (marks.placed === undefined && document.querySelector(".on-air .notice-good strong") && marks.button) marks.placed = performance.now();
    if (marks.form === undefined && document.querySelector("dialog[open] #buyer-name")) marks.form = performance.now();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


@dataclass
class Traffic:
    """What went over the wire, headers included; sockets are counted as one request each."""

    sent: list[tuple[str, float]] = field(default_factory=list)
    bytes: dict[str, float] = field(default_factory=dict)
    at: dict[str, float] = field(default_factory=dict)
    cached: set[str] = field(default_factory=set)
    last_at: float = 0.0

    def listen(self, devtools: CDPSession) -> None:
        clock = asyncio.get_running_loop().time

        def sent(event: dict[str, Any]) -> None:
            if event["request"]["url"].startswith("http"):
                self.sent.append((event["requestId"], event["timestamp"]))
            self.last_at = clock()

        def finished(event: dict[str, Any]) -> None:
            self.bytes[event["requestId"]] = event["encodedDataLength"]
            self.at[event["requestId"]] = event["timestamp"]
            self.last_at = clock()

        devtools.on("Network.requestWillBeSent", sent)
        devtools.on("Network.loadingFinished", finished)
        devtools.on("Network.requestServedFromCache", lambda event: self.cached.add(event["requestId"]))
        devtools.on("Network.webSocketCreated", lambda event: self.sent.append((event["requestId"], 0.0)))

    @property
    def requests(self) -> int:
        """Those that went over the network."""
        return len({each for each, _ in self.sent if each not in self.cached and self.bytes.get(each, 1.0) > 0})

    @property
    def kilobytes(self) -> float:
        return sum(length for each, length in self.bytes.items() if each not in self.cached) / 1000

    async def is_quiet(self) -> None:
        clock = asyncio.get_running_loop().time
        while (left := self.last_at + QUIET_SECONDS - clock()) > 0:  # noqa: ASYNC110 - quiet is that nothing happens for a time
            await asyncio.sleep(left)


@dataclass(frozen=True, slots=True)
class View:
    """One opening of the page; seconds from the start of navigation."""

    button_s: float
    then_s: float
    requests: int
    kilobytes: float


async def measure(runs: int) -> dict[str, list[View]]:
    """The views by name. Raises `TimeoutError` when the button never works."""
    views: dict[str, list[View]] = {"first view": [], "second view": [], "first view, address unknown": []}
    async with running_service(Plan(PORT, workers=1)) as service, async_playwright() as playwright:
        address = f"http://127.0.0.1:{PORT}/s/{service.session_id}"
        buyer = await _a_buyer()
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        # The worker's own first answers are not what is measured.
        await _view(await _device(browser, buyer), address, "placed", is_slow=False)
        for _ in range(runs):
            device = await _device(browser, buyer)
            views["first view"].append(await _view(device, address, "placed"))
            views["second view"].append(await _view(device, address, "placed"))
            await device.close()
            stranger = await _device(browser, None)
            views["first view, address unknown"].append(await _view(stranger, address, "form"))
            await stranger.close()
        await browser.close()
    return views


async def _a_buyer() -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{PORT}/api/v1/addresses", verify=False) as client:
        province = (await client.get("/provinces")).json()["items"][0]
        ward = (await client.get(f"/provinces/{province['code']}/wards")).json()["items"][0]
    return {
        "name": "Nguyễn Thị Lan", "phone": "0912345678", "street": "Xóm 5", "codes": "official",
        "provinceCode": province["code"], "provinceName": province["name"], "wardCode": ward["code"], "wardName": ward["name"],
    }  # fmt: skip


async def _device(browser: Browser, buyer: dict[str, Any] | None) -> BrowserContext:
    device = await browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    if buyer is not None:
        await device.add_init_script(f"localStorage.setItem('ocop.buyer', {json.dumps(json.dumps(buyer))})")
    await device.add_init_script(_WATCH)
    return device


async def _view(device: BrowserContext, address: str, until: str, *, is_slow: bool = True) -> View:
    page = await device.new_page()
    devtools = await device.new_cdp_session(page)
    traffic = Traffic()
    traffic.listen(devtools)
    await devtools.send("Network.enable")
    if is_slow:
        await _slow_down(devtools)
    await page.goto(address, wait_until="commit", timeout=PATIENCE_SECONDS * 1000)
    marks = await _marks(page, until)
    await traffic.is_quiet()
    await page.close()
    return View(marks["button"] / 1000, marks[until] / 1000, traffic.requests, traffic.kilobytes)


async def _slow_down(devtools: CDPSession) -> None:
    network = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}
    await devtools.send("Network.emulateNetworkConditions", network)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})


async def _marks(page: Page, until: str) -> dict[str, float]:
    # Not `wait_for_function`: it needs an eval, which the pages' policy forbids.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            marks: dict[str, float] = await page.evaluate("window.benchMarks")
            if until in marks:
                return marks
            await asyncio.sleep(0.1)


def sheet_of(views: dict[str, list[View]]) -> Sheet:
    """The table; each figure is the median, times with the lowest and the highest."""
    rows = [
        [
            name,
            _spread([view.button_s for view in seen]),
            _spread([view.then_s for view in seen]),
            str(round(statistics.median(view.requests for view in seen))),
            f"{statistics.median(view.kilobytes for view in seen):.0f}",
        ]
        for name, seen in views.items()
    ]
    title = f"The viewer's page at {BYTES_PER_SECOND * 8 / 1000:.0f} kbit/s, {LATENCY_MS} ms, processor ÷ {CPU_SLOWDOWN}"
    return Sheet(title, ("view", "order button (s)", "order placed or form open (s)", "requests", "kB"), rows)


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    machine = this_machine()
    sheet = sheet_of(asyncio.run(measure(runs)))
    console.print(sheet.as_table())
    console.print(f"Written to {write_markdown('page', machine.sentence(utc_now()), [sheet], [])}")


if __name__ == "__main__":
    main()
