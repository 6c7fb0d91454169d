"""What viewers of a live room see: snapshots, events, exactly what they missed, and one order on every node."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from sqlalchemy import event

from app.realtime.arrivals import Arrivals
from app.realtime.hub import RoundCost
from app.realtime.spread import Spread
from tests.live.fixtures import on_both_transports
from tests.live.market import Market, Stores, Viewer, an_offer, market_with
from tests.patience import NEWS_SECONDS

pytestmark = on_both_transports


def texts(frame: dict[str, Any]) -> list[str]:
    return [each["event"]["comment"]["text"] for each in frame["events"] if each["event"]["type"] == "comment.posted"]


async def says(viewer: Viewer, *sayings: str) -> None:
    for saying in sayings:
        assert (await viewer.asks("comment.post", text=saying))["type"] == "command.done"


async def position_after(viewer: Viewer, text: str) -> dict[str, Any]:
    """The viewer's place once it has seen a comment."""
    seen = [frame for frame in viewer.frames if frame["type"] == "room.tick" and text in texts(frame)]
    tick = seen[0] if seen else await viewer.sees(lambda frame: frame["type"] == "room.tick" and text in texts(frame))
    return {"epoch": tick["epoch"], "offset": tick["offset"]}


async def test_hello_is_answered_with_the_whole_room(live_market: Market) -> None:
    viewer = await live_market.connects()

    snapshot = await viewer.hello()

    assert snapshot["type"] == "room.snapshot"
    assert snapshot["recovered"] is False
    assert snapshot["session"]["state"] == "live"
    assert [product["code"] for product in snapshot["products"]] == ["A1", "A2"]


async def test_a_comment_reaches_everybody_and_the_next_snapshot(live_market: Market) -> None:
    lan, minh = await live_market.enters(name="Lan"), await live_market.enters()

    await says(lan, "Bưởi năm nay ngọt không?")

    comment = (await minh.sees_event("comment.posted"))["comment"]
    assert (comment["author"], comment["text"], comment["by_staff"]) == ("Lan", "Bưởi năm nay ngọt không?", False)
    late = await live_market.connects()
    assert [each["text"] for each in (await late.hello())["comments"]] == ["Bưởi năm nay ngọt không?"]


async def test_ticks_follow_each_other_without_a_gap(live_market: Market) -> None:
    viewer = await live_market.connects()
    snapshot = await viewer.hello()

    await says(viewer, *(f"câu {number}" for number in range(20)))
    await position_after(viewer, "câu 19")

    place = snapshot["offset"]
    for tick in (frame for frame in viewer.frames if frame["type"] == "room.tick"):
        assert tick["after"] == place
        assert [event["offset"] for event in tick["events"]] == list(range(place + 1, tick["offset"] + 1))
        place = tick["offset"]


async def test_a_return_inside_the_window_gets_exactly_what_it_missed(live_market: Market) -> None:
    talker, leaver = await live_market.enters(), await live_market.enters()
    await says(talker, "một", "hai")
    place = await position_after(leaver, "hai")
    await leaver.socket.close()
    await says(talker, "ba", "bốn")
    await position_after(talker, "bốn")

    back = await live_market.connects()
    resumed = await back.hello(resume=place)

    assert resumed["type"] == "room.resumed"
    assert resumed["recovered"] is True
    assert texts(resumed) == ["ba", "bốn"]
    assert [event["offset"] for event in resumed["events"]] == [place["offset"] + 1, place["offset"] + 2]


async def test_two_returns_in_a_row_without_news_miss_nothing_and_repeat_nothing(live_market: Market) -> None:
    talker = await live_market.enters()
    await says(talker, "một")
    place = await position_after(talker, "một")

    first = await (await live_market.connects()).hello(resume=place)
    second = await (await live_market.connects()).hello(resume={"epoch": first["epoch"], "offset": first["offset"]})

    assert (first["events"], second["events"]) == ([], [])
    assert first["offset"] == second["offset"] == place["offset"]


async def test_a_return_from_outside_the_window_gets_a_snapshot(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, room_window_events=3)
        talker = await market.enters()
        await says(talker, "một")
        place = await position_after(talker, "một")
        await says(talker, "hai", "ba", "bốn")
        last = await position_after(talker, "bốn")

        inside = await (await market.connects()).hello(resume=place)
        outside = await (await market.connects()).hello(resume={**place, "offset": place["offset"] - 1})
        other_epoch = await (await market.connects()).hello(resume={**last, "epoch": "another"})

        assert texts(inside) == ["hai", "ba", "bốn"]
        assert outside["type"] == other_epoch["type"] == "room.snapshot"


async def test_a_position_from_a_faster_node_is_waited_for(live_market: Market) -> None:
    viewer = await live_market.enters()
    room = await live_market.node.rooms.room(live_market.session_id)
    ahead = {"epoch": room.position.epoch, "offset": room.position.offset + 1}

    asked = await viewer.send("viewer.hello", version=1, resume=ahead)
    await live_market.announces({"type": "product.pinned", "product_id": None})

    assert (await viewer.sees(lambda frame: frame.get("id") == asked))["type"] == "room.resumed"


async def test_all_nodes_show_one_order(live_market: Market) -> None:
    other = await live_market.another_node()
    here, there = await live_market.enters(), await live_market.enters(node=other)

    await asyncio.gather(says(here, *(f"đây {n}" for n in range(15))), says(there, *(f"đó {n}" for n in range(15))))
    await live_market.announces({"type": "product.pinned", "product_id": str(live_market.product_ids[0])})

    async def offsets(viewer: Viewer) -> list[tuple[int, str]]:
        await viewer.sees_event("product.pinned")
        return [(each["offset"], json.dumps(each["event"], sort_keys=True)) for frame in viewer.frames for each in frame.get("events", ())]

    seen_here, seen_there = await offsets(here), await offsets(there)
    assert len(seen_here) == 31
    assert seen_here == seen_there


async def test_a_node_that_opens_the_room_later_can_resume_from_another_node(live_market: Market) -> None:
    talker = await live_market.enters()
    await says(talker, "một", "hai")
    place = await position_after(talker, "một")
    end = await position_after(talker, "hai")

    other = await live_market.another_node()
    resumed = await (await live_market.connects(node=other)).hello(resume=place)

    assert resumed["type"] == "room.resumed"
    assert resumed["offset"] == end["offset"]


async def test_many_returns_at_once_share_one_load(live_market: Market) -> None:
    other = await live_market.another_node()

    reads: list[str] = []
    event.listen(other.database.engine.sync_engine, "before_cursor_execute", lambda *call: reads.append(call[2]))

    await asyncio.gather(*(live_market.enters(node=other) for _ in range(30)))

    assert sum("FROM session_products" in statement for statement in reads) == 1
    assert set(Counter(statement for statement in reads if "FROM comments" in statement).values()) == {1}


async def test_whoever_arrives_alone_hurries_the_round_and_a_rush_does_not(live_market: Market) -> None:
    """In a rush somebody always waits for a round: hurried, the rounds of all workers come at once, and orders behind them."""
    room = await live_market.node.rooms.room(live_market.session_id)
    await live_market.node.rooms._entries[live_market.session_id].tasks.close()  # its own rounds hurry, too

    async def is_hurried() -> bool:
        room._spread = slow = Spread(600)
        await live_market.enters()
        try:
            await asyncio.wait_for(slow.wait_for_turn(1.0), 0.05)
        except TimeoutError:
            return False
        return True

    assert await is_hurried()
    for _ in range(20):
        room._hub.arrivals.add(lambda: None)
    assert not await is_hurried()


async def test_ticks_are_rarer_in_a_rush_and_come_back_soon_after_it(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, tick_max_seconds=0.2, tick_rush_max_seconds=60.0)
        viewer = await market.enters()
        room = await market.node.rooms.room(market.session_id)
        for _ in range(50):
            room._cadence.note_round(RoundCost(60.0, 60.0))
        monkeypatch.setattr(Arrivals, "is_rush", True)
        with suppress(TimeoutError):
            while True:  # the tick that was due before
                await viewer.next_frame(within=1.5)

        monkeypatch.setattr(Arrivals, "is_rush", False)

        await viewer.sees(lambda frame: frame["type"] == "room.tick", within=3)


async def test_viewers_are_counted_however_rare_ticks_are(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.live.room.HEARTBEAT_SECONDS", 0.3)
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, tick_max_seconds=0.2, tick_rush_max_seconds=60.0)
        await market.enters()
        room = await market.node.rooms.room(market.session_id)
        for _ in range(50):
            room._cadence.note_round(RoundCost(60.0, 60.0))
        monkeypatch.setattr(Arrivals, "is_rush", True)
        await asyncio.sleep(1.0)  # the tick that was due before

        await market.enters()

        async with asyncio.timeout(NEWS_SECONDS):
            while room._figures is None or room._figures.viewers < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_an_offer_opens_at_once_even_when_ticks_are_slow(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, tick_min_seconds=5.0)
        viewer = await market.enters()

        await market.announces({"type": "offer.opened", "offer": an_offer(market.product_ids[0])})

        tick = await viewer.sees(lambda frame: bool(frame.get("events")), within=1)
        assert tick["events"][0]["event"]["type"] == "offer.opened"
        assert tick["counts"] is None


async def test_only_a_readable_number_of_comments_is_shown_and_the_rest_is_owned_up_to(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, tick_events_max=4, tick_min_seconds=0.6)
        viewer = await market.enters()
        await viewer.sees(lambda frame: frame["type"] == "room.tick")

        for number in range(12):
            await viewer.send("comment.post", text=f"câu {number}")
        shown = skipped = 0
        while shown + skipped < 12:
            frame = await viewer.sees(lambda frame: frame["type"] == "room.tick")
            assert len(texts(frame)) <= 4
            shown, skipped = shown + len(texts(frame)), skipped + frame["comments_skipped"]

        assert skipped > 0
        assert len(await market.archived_comments(12)) == 12


async def test_waiting_for_the_log_sends_nothing_to_the_others(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, tick_min_seconds=4.5, tick_max_seconds=4.5)
        viewer = await market.enters()
        room = await market.node.rooms.room(market.session_id)
        # The first tick goes by; so long after it, a tick would be a heartbeat.
        with suppress(TimeoutError):
            while True:
                await viewer.next_frame(within=0.8)

        await room.catch_up(room.position.offset + 1)

        with pytest.raises(TimeoutError):
            await viewer.next_frame(within=0.2)


async def test_a_quiet_room_still_sends_a_heartbeat_and_no_more(live_market: Market) -> None:
    viewer = await live_market.enters()
    await viewer.sees(lambda frame: frame["type"] == "room.tick" and frame["counts"] is not None and frame["counts"]["viewers"] == 1)

    heartbeat = await viewer.sees(lambda frame: frame["type"] == "room.tick", within=6)

    assert heartbeat["events"] == []
