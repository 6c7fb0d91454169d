"""The bridge between a server that speaks as `social_stream` does and a real service."""

from __future__ import annotations

import asyncio
import contextlib
import json

from websockets.asyncio.server import ServerConnection, serve

from app.comment_orders.bridge import CHAT_CHANNEL, Bridge
from tests.comment_orders.test_intake import CHAT, a_source
from tests.live.market import Market


async def test_what_social_stream_says_stands_on_the_board(live_shop: Market) -> None:
    issued = await a_source(live_shop, "social_stream")
    board = await live_shop.board()
    joined: list[str] = []

    async def says(socket: ServerConnection) -> None:
        assert socket.request is not None
        joined.append(socket.request.path)
        for message in (
            "{",
            "[]",
            json.dumps({"action": "clear"}),
            json.dumps(CHAT | {"type": "tiktok"}),
            json.dumps(CHAT | {"event": "gift"}),
        ):
            await socket.send(message)
        await socket.send(json.dumps(CHAT | {"type": "youtube", "chatmessage": "ngon quá", "id": 42}))
        await socket.wait_closed()

    async with serve(says, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        bridge = Bridge("abc", f"http://{live_shop.node.address}{issued['address']}", issued["secret"], f"ws://127.0.0.1:{port}")
        running = asyncio.ensure_future(bridge.run())
        seen = [(await board.sees_event("comment.posted", within=15))["comment"] for _ in range(2)]
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    assert joined == [f"/join/abc/{CHAT_CHANNEL}"]
    assert [(each["source"], each["text"]) for each in seen] == [("tiktok", "A1 x2"), ("youtube", "ngon quá")]
