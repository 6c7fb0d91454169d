"""An offer that waits for the host's hand is the staff's business: no viewer hears of it before it opens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.infra.clock import utc_now
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
