"""What a buyer agrees to beyond the order: nothing by itself, with its evidence when given, taken back as easily, never without words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from app.fulfilment.consents import CURRENT
from app.web.modules import SCRIPTS_DIR
from app.web.texts import LANGUAGES, texts_for
from tests.buyers import a_viewer, an_offer, places
from tests.fulfilment.order_link import OrderLink
from tests.fulfilment.test_buyer_orders import step
from tests.live.market import Market, open_market, open_stores

# Words that were shown are never changed under their version: new words get a new one, here and in app/fulfilment/consents.py.
WORDS = {"2026-11-28": "4f90"}


@pytest.fixture
async def market(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Market]:
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        market = await open_market(stores, stack)
        await market.goes_live()
        yield market


async def wishes(link: OrderLink, *, is_given: bool, **changes: Any) -> httpx2.Response:
    wish = {"is_given": is_given, "text_version": CURRENT, "language": "vi"} | changes
    return await link._browser.put(f"{link._path}/consents/news", headers=link._headers, json=wish)


def test_the_words_belong_to_their_version() -> None:
    shown = "\n".join(texts_for(language)["consent.news"] for language in LANGUAGES)
    script = (SCRIPTS_DIR / "consent.js").read_text(encoding="utf-8")

    assert hashlib.sha256(shown.encode()).hexdigest()[:4] == WORDS[CURRENT]
    assert re.findall(r'NEWS_TEXT = "([^"]+)"', script) == [CURRENT]


async def test_an_order_is_no_consent_and_what_is_given_is_kept_with_its_evidence(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        link = OrderLink(viewer, await places(viewer, market, offer))
        nothing = (await link.page())["consents"]

        answers = [await wishes(link, is_given=True), await wishes(link, is_given=True)]
        withdrawn = await wishes(link, is_given=False)
        again = await wishes(link, is_given=True, language="en")

    assert nothing == []
    assert [len(answer.json()["consents"]) for answer in answers] == [1, 1]
    (given,) = answers[0].json()["consents"]
    assert (given["purpose"], given["text_version"], given["language"], given["withdrawn_at_ms"]) == ("news", CURRENT, "vi", None)
    assert withdrawn.json()["consents"][0]["withdrawn_at_ms"] >= given["given_at_ms"]
    assert [each["language"] for each in again.json()["consents"]] == ["vi", "en"]
    rows = await market.stores.database.pool.fetch(
        "SELECT c.device_id = o.device_id AS is_its_device FROM consents c JOIN orders o ON o.id = c.order_id"
    )
    assert [row["is_its_device"] for row in rows] == [True, True]
    actions = await market.stores.database.pool.fetch("SELECT action FROM audit_entries WHERE action LIKE 'consent.%' ORDER BY id")
    assert [row["action"] for row in actions] == ["consent.given", "consent.withdrawn", "consent.given"]


async def test_words_that_nobody_was_shown_and_other_purposes_are_refused(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        link = OrderLink(viewer, await places(viewer, market, offer))
        unknown = await wishes(link, is_given=True, text_version="1999-01-01")
        other = await viewer.put(f"{link._path}/consents/selling-data", headers=link._headers, json={"is_given": True})
        stranger = await viewer.put(f"{link._path}/consents/news", headers={"order-link": "x"}, json={"is_given": True})

    assert (unknown.status_code, other.status_code, stranger.status_code) == (422, 422, 404)


async def test_whoever_is_forgotten_is_told_no_news(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer:
        receipt = await places(viewer, market, offer)
        link = OrderLink(viewer, receipt)
        await wishes(link, is_given=True)
        before = await viewer.post(f"{link._path}/erasure", headers=link._headers)
        await step(market, receipt, "cancelled", "no_answer")
        copy = await viewer.get(f"{link._path}/personal-data", headers=link._headers)
        mine = await viewer.get("/api/v1/my-data")
        after = await viewer.post("/api/v1/my-data/erasure")
        page = await link.page()
        late = await wishes(link, is_given=True)

    assert (before.json()["erased"], before.json()["still_needed"]) == ([], [receipt["order_code"]])
    assert (copy.json()["orders"], copy.json()["orders"][0]["receiver"]["name"]) == (mine.json()["orders"], "Nguyễn Thị Lan")
    assert (after.json()["erased"], after.json()["still_needed"]) == ([receipt["order_code"]], [])
    assert page["consents"][0]["withdrawn_at_ms"] is not None
    assert page["receiver"]["name"] is None
    assert late.json()["code"] == "order_no_longer_yours"
