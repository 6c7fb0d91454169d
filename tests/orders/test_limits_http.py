"""Limits are the same at the door, in the tables and on the way out: what is absurd is refused, and nobody else notices."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from app.infra.clock import monotonic
from app.protocol.amounts import FLASH_PRICE_MAX, UNITS_PER_LINE_MAX, VND_MAX
from tests.buyers import BUYER, a_viewer, an_order, path_of
from tests.live.market import Market

JS_SAFE_INTEGER = 2**53 - 1
INT4, INT8 = 2**31 - 1, 2**63 - 1


@pytest.fixture
def market(live_shop: Market) -> Market:
    return live_shop


async def _dear_offers(market: Market, host: httpx2.AsyncClient, how_many: int) -> list[dict[str, Any]]:
    await market.stores.database.pool.execute("UPDATE products SET price_vnd = $1", FLASH_PRICE_MAX)
    content = {
        "product_id": str(market.product_ids[0]),
        "flash_price_vnd": FLASH_PRICE_MAX,
        "total_quantity": 1_000_000,
        "buffer_quantity": 1_000_000,
        "per_viewer_limit": UNITS_PER_LINE_MAX,
        "open_now": True,
    }
    answers = [await host.post(path_of(market, "offers"), json=content) for _ in range(how_many)]
    assert [answer.status_code for answer in answers] == [201] * how_many
    return [answer.json() for answer in answers]


def test_every_sum_of_what_is_let_in_fits_its_columns_and_the_answers() -> None:
    assert FLASH_PRICE_MAX * UNITS_PER_LINE_MAX <= VND_MAX < JS_SAFE_INTEGER < INT8
    assert 10 * UNITS_PER_LINE_MAX < INT4


async def test_an_order_worth_too_much_is_refused_at_once_and_twelve_beside_it_are_not_delayed(market: Market) -> None:
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(market.browser(market.host))
        dear = await _dear_offers(market, host, 2)
        lines = [{"offer_id": offer["id"], "quantity": UNITS_PER_LINE_MAX} for offer in dear]
        viewers = [await stack.enter_async_context(a_viewer(market)) for _ in range(13)]
        phones = [BUYER | {"phone": f"09123456{number:02d}"} for number in range(13)]
        started = monotonic()

        absurd, *others = await asyncio.gather(
            viewers[0].post(path_of(market, "orders"), json=an_order(dear[0], buyer=phones[0]) | {"lines": lines}),
            *(
                viewer.post(path_of(market, "orders"), json=an_order(dear[0], 1, buyer=phone))
                for viewer, phone in zip(viewers[1:], phones[1:], strict=True)
            ),
        )
        took = monotonic() - started
        again = await viewers[0].post(path_of(market, "orders"), json=an_order(dear[0], buyer=phones[0]) | {"lines": lines})
        largest = await viewers[0].post(path_of(market, "orders"), json=an_order(dear[1], UNITS_PER_LINE_MAX, buyer=phones[0]))
        mine = await viewers[0].get(path_of(market, "orders", "mine"))
        listed = await host.get(path_of(market, "orders"))

    assert (absurd.status_code, absurd.json()["code"], absurd.json()["retryable"]) == (400, "amount_too_large", False)
    assert absurd.json()["details"] == {"total_vnd": 2 * 10**12, "limit_vnd": VND_MAX}
    assert [answer.status_code for answer in others] == [201] * 12
    assert took < 2
    assert again.json()["code"] == "amount_too_large"
    assert (largest.status_code, largest.json()["total_vnd"]) == (201, VND_MAX)
    assert [each["total_vnd"] for each in mine.json()["orders"]] == [VND_MAX]
    assert listed.status_code == 200


async def test_a_board_shows_more_money_than_one_order_may_be_worth(market: Market) -> None:
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(market.browser(market.host))
        (dear,) = await _dear_offers(market, host, 1)
        for number in range(3):
            viewer = await stack.enter_async_context(a_viewer(market))
            order = an_order(dear, UNITS_PER_LINE_MAX, buyer=BUYER | {"phone": f"091234560{number}"})
            assert (await viewer.post(path_of(market, "orders"), json=order)).status_code == 201
        board = await market.board()

        def shows_all(frame: dict[str, Any]) -> bool:
            return (frame.get("board") or {}).get("revenue_placed_vnd") == 3 * VND_MAX

        await board.sees(shows_all, within=5)
        reports = [await host.get(path_of(market, name)) for name in ("report", "stats")]

    assert [answer.status_code for answer in reports] == [200, 200]


async def test_an_offer_is_open_for_a_day_at_most(market: Market) -> None:
    content = {"product_id": str(market.product_ids[0]), "flash_price_vnd": 39_000, "total_quantity": 10, "open_now": True}
    async with market.browser(market.host) as host:
        offer = (await host.post(path_of(market, "offers"), json=content)).json()
        answers = [await host.post(path_of(market, "offers", offer["id"], "extend"), json={"seconds": 3600}) for _ in range(25)]

    codes = [answer.json().get("code") for answer in answers]
    assert codes[0] is None
    assert codes[-1] == "invalid_offer"
    assert {answer.status_code for answer in answers} == {200, 400}
