"""An offer that waits for the host's hand is the staff's business: no viewer hears of it before it opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.infra.clock import utc_now
from app.main import services_of
from tests.buyers import an_offer
from tests.live.market import Market


@pytest.fixture
def market(live_shop: Market) -> Market:
    return live_shop


async def seen_in(market: Market) -> dict[str, list[str]]:
    """Ids of the offers that each kind of person sees."""
    path = f"/api/v1/sessions/{market.session_id}"
    async with market.browser(market.host) as host, market.browser() as viewer:
        return {
            "host": [offer["id"] for offer in (await host.get(f"{path}/offers")).json()["offers"]],
            "viewer": [offer["id"] for offer in (await viewer.get(f"{path}/offers")).json()["offers"]],
            "room": [offer["id"] for offer in (await viewer.get(f"{path}/tick")).json()["offers"]],
        }


async def test_a_prepared_offer_is_shown_to_the_host_alone_until_it_opens(market: Market) -> None:
    offer = await an_offer(market, open_now=False)
    before = await seen_in(market)

    async with market.browser(market.host) as host:
        await host.post(f"/api/v1/sessions/{market.session_id}/offers/{offer['id']}/open", json={})
    async with market.browser() as viewer:
        after = [each["id"] for each in (await viewer.get(f"/api/v1/sessions/{market.session_id}/offers")).json()["offers"]]

    assert before == {"host": [offer["id"]], "viewer": [], "room": []}
    assert after == [offer["id"]]


async def test_an_offer_with_a_start_time_is_announced(market: Market) -> None:
    offer = await an_offer(market, open_now=False, starts_at=(utc_now() + timedelta(hours=1)).isoformat())

    assert (await seen_in(market))["viewer"] == [offer["id"]]


async def asks(market: Market, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    async with market.browser(market.host) as host:
        return await host.request(method, f"/api/v1/sessions/{market.session_id}{path}", json={} if body is None else body)


async def test_an_offer_that_waits_is_changed_and_keeps_the_rules_of_prices(market: Market) -> None:
    offer = await an_offer(market, open_now=False)
    path = f"/offers/{offer['id']}"

    changed = await asks(market, "PATCH", path, {"flash_price_vnd": 35_000, "total_quantity": 25, "per_viewer_limit": 3})
    dear = await asks(market, "PATCH", path, {"flash_price_vnd": 51_000})
    cheap = await asks(market, "PATCH", path, {"flash_price_vnd": 24_000})

    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in ("flash_price_vnd", "total_quantity", "remaining", "per_viewer_limit")} == {
        "flash_price_vnd": 35_000,
        "total_quantity": 25,
        "remaining": 25,
        "per_viewer_limit": 3,
    }
    assert (dear.status_code, cheap.status_code) == (400, 400)
    assert (await seen_in(market))["room"] == []


async def test_a_time_makes_it_known_to_the_room_and_taking_it_away_ends_that(market: Market) -> None:
    offer = await an_offer(market, open_now=False)
    viewer = await market.enters()
    at = (utc_now() + timedelta(hours=1)).isoformat()

    await asks(market, "PATCH", f"/offers/{offer['id']}", {"starts_at": at})
    announced = await viewer.sees_event("offer.changed")
    await asks(market, "PATCH", f"/offers/{offer['id']}", {"starts_at": None})
    ended = await viewer.sees_event("offer.ended")

    assert (announced["offer"]["id"], announced["offer"]["state"], ended["offer_id"]) == (offer["id"], "scheduled", offer["id"])
    assert (await seen_in(market))["viewer"] == []


async def test_a_dropped_offer_never_opens_and_nobody_hears_that_it_was_there(market: Market) -> None:
    offer = await an_offer(market, open_now=False)
    path = f"/offers/{offer['id']}"

    first, again = [await asks(market, "POST", f"{path}/drop") for _ in range(2)]
    opened = await asks(market, "POST", f"{path}/open")

    assert [first.status_code, again.status_code] == [200, 200]
    assert (opened.status_code, opened.json()["code"]) == (409, "offer_not_open")
    seen = await seen_in(market)
    assert (seen["viewer"], seen["room"]) == ([], [])


async def test_an_open_offer_is_neither_changed_nor_dropped(market: Market) -> None:
    offer = await an_offer(market, open_now=True)
    path = f"/offers/{offer['id']}"

    answers = [await asks(market, "PATCH", path, {"total_quantity": 5}), await asks(market, "POST", f"{path}/drop")]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "offer_already_opened")] * 2


async def test_offers_that_never_opened_leave_the_recording_and_the_report_alone(market: Market) -> None:
    """One was dropped, one still waited when the session ended: neither has a beginning."""
    dropped, waiting = await an_offer(market, open_now=False), await an_offer(market, open_now=False)
    await asks(market, "POST", f"/offers/{dropped['id']}/drop")
    await market.ends()
    await services_of(market.node.app).offers.keep_time()

    async with market.browser() as anybody, market.browser(market.host) as host:
        moments = await anybody.get(f"/api/v1/sessions/{market.session_id}/moments.json")
        chapters = await anybody.get(f"/api/v1/sessions/{market.session_id}/moments.vtt")
        offers = (await host.get(f"/api/v1/sessions/{market.session_id}/offers")).json()["offers"]

    assert (moments.status_code, chapters.status_code) == (200, 200)
    assert [each for each in moments.json()["moments"] if each["kind"] == "offer"] == []
    assert {each["id"]: each["state"] for each in offers} == {dropped["id"]: "ended", waiting["id"]: "ended"}
