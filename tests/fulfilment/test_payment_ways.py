"""Order forms offer a transfer exactly where an account is named for the goods; nothing of the account is said to them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.buyers import path_of
from tests.fulfilment.test_bank_accounts import ACCOUNT, PATH
from tests.live.market import Market


@pytest.fixture
async def market(live_shop: Market) -> Market:
    return live_shop


async def ways(market: Market) -> list[str]:
    async with market.browser() as stranger:
        answer = await stranger.get(path_of(market, "payment-ways"))
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"transfer_product_ids", "transfer_of_several"}
    assert answer.json()["transfer_of_several"] == (answer.json()["transfer_product_ids"] != [])
    found: list[str] = answer.json()["transfer_product_ids"]
    return found


async def test_a_transfer_is_offered_while_the_organisation_has_an_account(market: Market) -> None:
    before = await ways(market)
    async with market.browser(market.organiser) as organiser:
        named = await organiser.put(PATH, json=ACCOUNT)
        assert named.status_code == 200, named.text
        during = await ways(market)
        (account,) = (await organiser.get(PATH)).json()["items"]
        await organiser.delete(f"{PATH}/{account['account_id']}")
        after = await ways(market)

    assert (before, after) == ([], [])
    assert sorted(during) == sorted(map(str, market.product_ids))


async def test_of_a_session_that_is_not_there_nothing_is_offered_and_no_id_is_refused(market: Market) -> None:
    async with market.browser() as stranger:
        nowhere = await stranger.get(f"/api/v1/sessions/{uuid4()}/payment-ways")
        absurd = await stranger.get("/api/v1/sessions/0/payment-ways")

    assert (nowhere.status_code, nowhere.json()) == (200, {"transfer_product_ids": [], "transfer_of_several": False})
    assert absurd.status_code == 422
