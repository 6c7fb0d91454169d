"""No page breaks its own policy: every page in Chromium, as a stranger, a buyer and an organiser, with words that would like to be markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page
from typing_extensions import override

from tests.architecture.test_access import ACCESS
from tests.browser.conftest import DESK, Desk, Market
from tests.browser.people import signs_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
# What the browser says when a page does what its policy forbids.
_LISTENS = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.broken.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


class _Inline(HTMLParser):
    """Markup that a policy with nonces never runs; it may not be written at all."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "nonce" not in names):
            self.found.append(f"<{tag}>")
        self.found += [f"<{tag} {name}>" for name in names if name.startswith("on") or name == "style"]
        self.found += [f"<{tag} {name}>" for name, value in attrs if (value or "").strip().lower().startswith("javascript:")]


def inline_code(page: str) -> list[str]:
    parser = _Inline()
    parser.feed(page)
    return parser.found


@pytest.fixture
def places(market: Market) -> Iterator[dict[str, str]]:
    """Something to stand in every blank of an address, named as hostile as the doors take it."""
    desk = market.desk()
    session_id = desk.make_session(title=HOSTILE[:100])
    offer = desk.open_offer(session_id)
    products = desk.call("GET", "/api/v1/products")["items"]
    product = next(each for each in products if each["id"] == offer["product_id"])
    desk.call("PATCH", f"/api/v1/products/{product['id']}", {"story": HOSTILE})
    desk.call("POST", f"/api/v1/producers/{product['producer_id']}/booth", {})
    yield {
        "session_id": session_id,
        "producer_id": product["producer_id"],
        "product_id": product["id"],
        "ward_code": "18547",
        "code": "K7M2PAE",
    }
    desk.call("POST", f"/api/v1/producers/{product['producer_id']}/booth/close", {})
    desk.call("PATCH", f"/api/v1/products/{product['id']}", {"story": product.get("story", "")})


def addresses(places: dict[str, str]) -> list[str]:
    """Every page that the table of access names."""
    skipped = ("/api/", "/healthz", "/readyz", "/metrics", "/robots.txt", "/favicon.ico", "/pictures/")
    paths = [name.removeprefix("GET ") for name in ACCESS if name.startswith("GET ")]
    pages = [
        path for path in paths if not path.startswith(skipped) and not path.endswith((".ics", ".jpg", ".json", ".vtt", ".csv", ".zip"))
    ]
    return [re.sub(r"\{(\w+)\}", lambda blank: places.get(blank[1], "x"), path) for path in pages]


def watched(context: BrowserContext) -> Page:
    context.add_init_script(_LISTENS)
    return context.new_page()


def broken_on(page: Page, address: str) -> list[str]:
    page.goto(address)
    page.wait_for_load_state("load")
    page.wait_for_timeout(400)
    found: list[str] = page.evaluate("window.broken")
    return [f"{address}: {each}" for each in found] + ([f"{address}: a script of a text ran"] if page.title() == "taken" else [])


def test_no_page_breaks_its_policy_whoever_looks(market: Market, places: dict[str, str]) -> None:
    # pages of things that are not there say so on the console, too
    market.expected += ["404", "400", "Failed to load resource", "401", "403"]
    pages = addresses(places)
    stranger, organiser = watched(market.context((390, 844))), watched(market.context(DESK))
    signs_in(organiser, market.base, market.accounts.organiser, "/organiser")

    found = [each for page in (stranger, organiser) for path in pages for each in broken_on(page, f"{market.base}{path}")]

    assert len(pages) > 20
    assert found == []


def test_a_broken_policy_is_noticed(market: Market, places: dict[str, str]) -> None:
    """The control: what a page of ours never does is seen when it is done."""
    market.expected += ["Content Security Policy", "Refused to", "violates"]
    page = watched(market.context((390, 844)))
    page.goto(f"{market.base}/s/{places['session_id']}")

    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "document.title = 'taken'";
          document.body.append(script);
          document.body.setAttribute("onclick", "1");
          const frame = document.createElement("iframe");
          frame.src = "https://elsewhere.example/";
          document.body.append(frame);
        }"""
    )
    page.wait_for_timeout(300)

    kinds = {each.split(" ")[0] for each in page.evaluate("window.broken")}
    assert kinds >= {"script-src-elem", "frame-src"}
    assert page.title() != "taken"


def test_pages_hold_no_inline_code_and_escape_what_people_wrote(market: Market, places: dict[str, str]) -> None:
    desk: Desk = market.desk()
    cookies = {each["name"]: each["value"] for each in desk.context.cookies()}
    found: dict[str, list[str]] = {}
    with httpx2.Client(base_url=market.base, cookies=cookies, follow_redirects=True, timeout=30, verify=False) as client:
        for path in addresses(places):
            text = client.get(path).text
            if inline := inline_code(text):
                found[path] = inline
            assert "<script>document.title" not in text, path
            for card in re.findall(r'<script type="application/(?:ld\+)?json"[^>]*>(.*?)</script>', text, flags=re.DOTALL):
                assert "<" not in card, path
        shared = client.get(f"/s/{places['session_id']}").text

    assert found == {}
    written = sorted(inline_code(f"<p onclick='x' style='y'>{HOSTILE}<a href=' JavaScript:x'>"))
    assert written == ["<a href>", "<img onerror>", "<p onclick>", "<p style>", "<script>"]
    (title,) = re.findall(r'<meta property="og:title" content="([^"]*)"', shared)
    assert "<" not in title
    assert "script" in title
