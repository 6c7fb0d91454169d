"""A viewer that does not read delays nobody, costs little and is closed in the end."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

from tests.live.fixtures import on_both_transports
from tests.live.market import Market, Stores, Viewer, an_offer, market_with

pytestmark = on_both_transports


def a_long_story() -> dict[str, Any]:
    """A product whose story fills the buffers between server and viewer quickly."""
    return {
        "id": str(uuid4()),
        "code": "A1",
        "name": "Bưởi Phúc Trạch",
        "story": "x" * 200_000,
        "price_vnd": 50_000,
        "unit": "kg",
        "weight_grams": 1_000,
        "ocop_stars": None,
        "ocop_certificate_number": None,
        "picture_url": "/static/pictures/placeholder.svg",
        "picture_alt": "",
        "producer_id": str(uuid4()),
        "producer_name": "Hợp tác xã",
        "commune_name": "Phúc Trạch",
    }


async def stalled_viewer(market: Market) -> Viewer:
    """A viewer in the room whose program stops reading: tiny receive buffer, and nothing taken out of it."""
    host, port = market.node.address.split(":")
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
    viewer = await market.connects(sock=raw, max_queue=1)
    await viewer.hello()
    viewer.socket.transport.pause_reading()
    return viewer


async def test_a_stalled_viewer_delays_nobody_and_is_closed(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, slow_timeout_seconds=1.0, reply_queue_frames=8)
        stalled, quick = await stalled_viewer(market), await market.enters()
        assert market.node.rooms.hub.socket_count == 2

        slowest = 0.0
        deadline = time.monotonic() + 20
        while market.node.rooms.hub.socket_count == 2 and time.monotonic() < deadline:
            await market.announces({"type": "products.changed", "products": [a_long_story()]})
            asked_at = time.monotonic()
            await quick.asks("like.send", count=1)
            slowest = max(slowest, time.monotonic() - asked_at)

        assert market.node.rooms.hub.socket_count == 1
        assert slowest < 1.0
        stalled.socket.transport.abort()


async def test_ticks_are_dropped_before_replies_and_the_gap_is_healed(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, reply_queue_frames=4)
        viewer = await market.enters()

        for number in range(200):
            await market.announces({"type": "offer.changed", "offer": an_offer(market.product_ids[0], total_quantity=1_000 + number)})
        place = {"epoch": viewer.frames[0]["epoch"], "offset": viewer.frames[0]["offset"]}
        resumed = await viewer.hello(resume=place)

        assert resumed["type"] == "room.resumed"
        assert [event["offset"] for event in resumed["events"]] == list(range(place["offset"] + 1, resumed["offset"] + 1))
