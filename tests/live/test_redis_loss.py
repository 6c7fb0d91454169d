"""Redis can be emptied, set back or stopped: rooms heal by a new epoch and fresh snapshots."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from app.local_servers.embedded_redis import EmbeddedRedis
from app.protocol.server_events import ProductPinned
from app.realtime.room_log import RoomLog
from app.sessions.outbox import Told, event_to_tell, tell_room_raw
from tests.live.market import QUICK, Market, open_market, open_stores


@pytest.fixture
async def own_market(postgres_url: str, own_redis: EmbeddedRedis) -> AsyncIterator[Market]:
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(postgres_url, own_redis.url, "own"))
        market = await open_market(stores, stack)
        await market.goes_live()
        yield market


async def test_an_emptied_redis_makes_a_new_epoch_and_everyone_gets_a_fresh_snapshot(own_market: Market) -> None:
    viewer = await own_market.enters()
    await viewer.asks("comment.post", text="trước")
    old = viewer.frames[0]["epoch"]

    await own_market.stores.redis.once.flushall()

    tick = await viewer.sees(lambda frame: frame["type"] == "room.tick" and frame["epoch"] != old, within=6)
    snapshot = await viewer.hello(resume={"epoch": old, "offset": 1})
    assert (snapshot["type"], snapshot["epoch"]) == ("room.snapshot", tick["epoch"])
    assert snapshot["session"]["state"] == "live"
    await viewer.asks("comment.post", text="sau")
    await viewer.reads("sau")


async def test_a_redis_that_was_set_back_does_not_use_offsets_twice(own_market: Market) -> None:
    viewer = await own_market.enters()
    for text in ("một", "hai", "ba"):
        await viewer.asks("comment.post", text=text)
    before = viewer.frames[0]["epoch"]
    keys = [key async for key in own_market.stores.redis.idempotent.scan_iter("own:*:log_head")]

    await own_market.stores.redis.once.hset(keys[0], "offset", 1)

    await viewer.sees(lambda frame: frame["type"] == "room.tick" and frame["epoch"] != before, within=6)


async def test_a_short_outage_of_redis_is_survived_with_the_same_epoch(own_market: Market, own_redis: EmbeddedRedis) -> None:
    viewer = await own_market.enters()
    await viewer.asks("comment.post", text="trước")
    place = {"epoch": viewer.frames[0]["epoch"], "offset": viewer.frames[0]["offset"]}

    own_redis.stop()
    refusal = await viewer.asks("comment.post", text="giữa")
    own_redis.start()

    assert (refusal["code"], refusal["retryable"]) == ("comments_busy", True)
    log = RoomLog(own_market.stores.redis, prefix="own", settings=QUICK)
    head = await log.head(own_market.session_id)
    assert head.epoch == place["epoch"]
    while (await viewer.asks("comment.post", text="sau"))["type"] != "command.done":
        pass
    await viewer.reads("sau", within=8)
    assert {frame["epoch"] for frame in viewer.frames if "epoch" in frame} == {head.epoch}


async def test_what_a_crashed_process_left_untold_is_told_by_the_job(own_market: Market) -> None:
    viewer = await own_market.enters()
    pinned = event_to_tell(ProductPinned(product_id=own_market.product_ids[1]))

    async with own_market.stores.database.pool.acquire() as connection:
        await connection.execute(
            "UPDATE sessions SET pinned_product_id = $1 WHERE id = $2", own_market.product_ids[1], own_market.session_id
        )
        await tell_room_raw(connection, own_market.session_id, [pinned, Told("products")])

    assert (await viewer.sees_event("product.pinned", within=6))["product_id"] == str(own_market.product_ids[1])
    assert len((await viewer.sees_event("products.changed"))["products"]) == 2
