"""The order desk finds orders by a phone number though numbers are sealed; who searched is written down, the number is not."""

from __future__ import annotations

import pytest

from tests.buyers import a_viewer, an_offer, path_of, places
from tests.live.market import Market, a_user, another_organisation


@pytest.fixture
def market(live_shop: Market) -> Market:
    return live_shop


async def test_the_desk_finds_the_orders_of_a_number_and_who_searched_is_written_down(market: Market) -> None:
    offer = await an_offer(market)
    async with a_viewer(market) as viewer, a_viewer(market) as another, market.browser(market.host) as host:
        wanted = [await places(viewer, market, offer, phone="0987654321") for _ in range(2)]
        await places(another, market, offer, phone="0912000333")
        path = path_of(market, "order-search")
        found = (await host.post(path, json={"phone": "+84 987.654.321"})).raise_for_status().json()["orders"]
        none = (await host.post(path, json={"phone": "0987654322"})).json()["orders"]
        wrong = await host.post(path, json={"phone": "12345678"})
    async with another_organisation(market) as other, other.browser(other.organiser) as stranger:
        foreign = await stranger.post(path, json={"phone": "0987654321"})
        elsewhere = (await stranger.post(path_of(other, "order-search"), json={"phone": "0987654321"})).json()["orders"]
    helper = await a_user(market.node, market.organiser.organisation_id, name="Hà Linh", role="helper")
    async with market.browser(helper) as browser:
        refused = await browser.post(path, json={"phone": "0987654321"})

    assert [each["code"] for each in found] == [receipt["order_code"] for receipt in reversed(wanted)]
    assert {each["phone_masked"] for each in found} == {"•••321"}
    assert (none, elsewhere) == ([], [])
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_phone")
    assert (foreign.status_code, refused.status_code) == (404, 403)
    rows = await market.stores.database.pool.fetch(
        "SELECT user_id, details::text FROM audit_entries WHERE action = 'order.searched_by_phone' AND subject_id = $1 ORDER BY id",
        str(market.session_id),
    )
    assert [row["user_id"] for row in rows] == [market.host.id] * 2
    assert all(receipt["order_id"] in rows[0]["details"] for receipt in wanted)
    assert not any("987654" in row["details"] for row in rows)
