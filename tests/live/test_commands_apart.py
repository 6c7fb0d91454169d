"""One command that waits keeps none of the same viewer's others waiting, and every command has its answer in time."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.local_servers.embedded_redis import EmbeddedRedis
from app.main import services_of
from app.orders.schemas import NewOffer
from app.protocol.views import OfferView
from tests.live.fixtures import on_both_transports
from tests.live.market import QUICK, Market, open_market, open_stores

pytestmark = on_both_transports


async def _an_open_offer(market: Market) -> OfferView:
    new = NewOffer(product_id=market.product_ids[0], flash_price_vnd=39_000, total_quantity=20, per_viewer_limit=20, open_now=True)
    return await services_of(market.node.app).offers.create(market.host, market.session_id, new)


def _an_order(offer: OfferView) -> dict[str, Any]:
    buyer = {"name": "Lan", "phone": "0901234567", "address": {"province_code": 42, "ward_code": 18_073, "street": "Thôn 3"}}
    return {"key": str(uuid4()), "lines": [{"offer_id": str(offer.id), "quantity": 1}], "buyer": buyer, "payment": "cod"}


async def test_an_order_that_waits_for_postgresql_keeps_none_of_its_viewers_other_commands_waiting(live_market: Market) -> None:
    offer = await _an_open_offer(live_market)
    viewer = await live_market.enters(name="Lan")
    async with live_market.stores.database.pool.acquire() as db, db.transaction():
        await db.execute("SELECT FROM ledgers WHERE session_id = $1 FOR UPDATE", live_market.session_id)
        order_id = await viewer.send("order.place", **_an_order(offer))

        liked = await viewer.asks("like.send", count=1)
        commented = await viewer.asks("comment.post", text="còn hàng không ạ")
        answered_early = [frame for frame in viewer.frames if frame.get("id") == order_id]
    placed = await viewer.sees(lambda frame: frame.get("id") == order_id, within=8)

    assert (liked["type"], commented["type"]) == ("command.done", "command.done")
    assert answered_early == []
    assert placed["type"] == "order.placed"


async def test_many_orders_under_way_are_bounded_and_all_are_answered(live_market: Market) -> None:
    offer = await _an_open_offer(live_market)
    viewer = await live_market.enters(name="Lan")

    ids = {await viewer.send("order.place", **_an_order(offer)) for _ in range(18)}
    while ids - {frame.get("id") for frame in viewer.frames}:
        await viewer.next_frame(8)

    replies = [frame for frame in viewer.frames if frame.get("id") in ids]
    assert len(replies) == len(ids)
    assert {frame["type"] for frame in replies} == {"order.placed"}
    assert services_of(live_market.node.app).router._apart == {}


async def test_nameless_people_are_called_alike_on_both_ways_in(live_market: Market) -> None:
    device = uuid4()
    viewer = await live_market.enters(device=device)

    await viewer.asks("comment.post", text="chào cả nhà")
    posted = await viewer.sees_event("comment.posted")

    assert posted["comment"]["author"] == f"Khách {device.int % 10_000:04d}"


@pytest.fixture
async def fragile(postgres_url: str, server_folder: Path, sockets: str) -> AsyncIterator[tuple[Market, EmbeddedRedis]]:
    """A live market on a Redis of its own."""
    server = EmbeddedRedis(server_folder)
    server.start()
    settings = QUICK.model_copy(update={"sockets": sockets})
    async with open_stores(postgres_url, server.url, "own", settings) as stores, AsyncExitStack() as stack:
        market = await open_market(stores, stack)
        await market.goes_live()
        yield market, server
    server.stop()


async def test_every_command_is_answered_in_time_while_redis_stands_still(fragile: tuple[Market, EmbeddedRedis]) -> None:
    market, server = fragile
    offer = await _an_open_offer(market)
    viewer = await market.enters(name="Lan")
    os.kill(server.pid, signal.SIGSTOP)
    try:
        ids = [
            await viewer.send("comment.post", text="còn không ạ"),
            await viewer.send("like.send", count=1),
            await viewer.send("order.place", **_an_order(offer)),
        ]
        while set(ids) - {frame.get("id") for frame in viewer.frames}:
            await viewer.next_frame(12)
    finally:
        os.kill(server.pid, signal.SIGCONT)

    replies = {frame["id"]: frame for frame in viewer.frames if frame.get("id") in ids}
    assert replies[ids[0]]["code"] in {"comments_busy", "outcome_unknown"}
    assert replies[ids[1]]["type"] == "command.done"
    assert replies[ids[2]]["type"] == "order.placed"
