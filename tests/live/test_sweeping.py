"""One act mutes whoever was caught twice of late and hides all that they said; one takes it back. Nobody else is hit."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

from tests.live.fixtures import house, live_market, market, sockets, stores
from tests.live.market import Market, Viewer
from tests.live.test_moderation import Helper, helping, polled, says, words_in

__all__ = ["house", "live_market", "market", "sockets", "stores"]


async def sweeps(helper: Helper, **wish: Any) -> dict[str, Any]:
    return dict(await helper.does("POST", "/moderation/sweeps", minutes=10, **wish))


async def test_whoever_was_caught_twice_is_muted_on_all_nodes_and_all_they_said_is_gone(live_market: Market) -> None:
    other = await live_market.another_node()
    troll, slipped, honest = await live_market.enters(), await live_market.enters(node=other), await live_market.enters(node=other)
    await says(troll, "câu không luật nào biết")
    await says(honest, "bưởi còn không shop")
    await honest.reads("câu không luật nào biết")
    for words in ("vào keo88.com", "xem keo99.com"):
        await says(troll, words)
    await says(slipped, "ảnh ở anh.com")

    async with helping(live_market) as helper:
        swept = await sweeps(helper)

        assert (len(swept["restriction_ids"]), swept["comments"]) == (1, 1)
        await honest.sees_event("comments.hidden", within=1)
        for node in (live_market.node, other):
            assert words_in(await polled(node, live_market)) == ["bưởi còn không shop"]
        await says(troll, "còn nghe không")
        assert (await says(slipped, "xin lỗi nhé"))["type"] == "command.done"
        await honest.reads("xin lỗi nhé")
        assert words_in(await polled(other, live_market)) == ["bưởi còn không shop", "xin lỗi nhé"]
        assert (await sweeps(helper))["restriction_ids"] == []


async def test_a_sweep_is_taken_back_and_the_next_does_not_overrule_that(live_market: Market) -> None:
    viewer, reader = await live_market.enters(), await live_market.enters()
    for words in ("một", "vào keo88.com", "xem keo99.com"):
        await says(viewer, words)
    await reader.reads("một")

    async with helping(live_market) as helper:
        swept = await sweeps(helper)
        await reader.sees_event("comments.hidden", within=1)
        await helper.does("POST", "/restrictions/lift", restriction_ids=swept["restriction_ids"])
        restored = await reader.sees_event("comments.restored", within=1)
        assert [each["text"] for each in restored["comments"]] == ["một"]
        assert (await sweeps(helper))["restriction_ids"] == []

        for words in ("lại vào keo88.com", "lại xem keo99.com"):
            await says(viewer, words)
        assert len((await sweeps(helper))["restriction_ids"]) == 1


async def test_what_was_let_through_counts_against_nobody(live_market: Market) -> None:
    viewer = await live_market.enters()
    for words in ("ảnh ở anh.com", "ảnh nữa ở anh.com"):
        await says(viewer, words)

    async with helping(live_market) as helper:
        await asyncio.sleep(0.3)
        first, _ = await helper.hidden()
        await helper.shows(first["comment"]["id"])

        assert (await sweeps(helper))["restriction_ids"] == []


async def test_a_sweep_with_the_same_key_is_done_once_and_answered_alike(live_market: Market) -> None:
    viewer = await live_market.enters()
    for words in ("vào keo88.com", "xem keo99.com"):
        await says(viewer, words)
    key = {"idempotency-key": str(uuid4())}
    path = f"/api/v1/sessions/{live_market.session_id}/moderation/sweeps"

    async with live_market.browser(live_market.host) as client:
        first, again = [(await client.post(path, json={}, headers=key)).json() for _ in range(2)]

    assert first["id"] == again["id"]
    assert first["restriction_ids"] == again["restriction_ids"] != []


async def test_what_was_said_while_the_mute_was_on_its_way_is_hidden_too(live_market: Market) -> None:
    other = await live_market.another_node()
    troll, reader = await live_market.enters(node=other), await live_market.enters()
    await says(troll, "câu thứ nhất")
    await reader.reads("câu thứ nhất")
    comment = reader.events("comment.posted")[-1]["comment"]

    async with helping(live_market) as helper:
        async with asyncio.TaskGroup() as both:
            both.create_task(helper.restricts(comment["id"]))
            both.create_task(_chatters(troll))
        await asyncio.sleep(3.5)

        for node in (live_market.node, other):
            assert words_in(await polled(node, live_market)) == []


async def _chatters(troll: Viewer) -> None:
    for number in range(60):
        await troll.send("comment.post", text=f"câu chen vào {number}")
        await asyncio.sleep(0.01)
