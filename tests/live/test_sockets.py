"""The doors and the manners of sockets: who gets in, what is answered, what is limited."""

from __future__ import annotations

import json
import unicodedata
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from websockets.exceptions import InvalidStatus

from app.main import services_of
from tests.live.fixtures import on_both_transports
from tests.live.market import Market, Stores, Viewer, a_user, market_with

pytestmark = on_both_transports


async def refused(market: Market, **how: Any) -> tuple[int, dict[str, Any], Any]:
    """The answer to a socket that is not let in."""
    with pytest.raises(InvalidStatus) as refusal:
        await market.connects(**how)
    response = refusal.value.response
    return response.status_code, json.loads(response.body or b"{}"), response.headers


async def viewers(viewer: Viewer, count: int) -> dict[str, Any]:
    """A tick with this count; one that has not changed comes again with the heartbeat."""
    return await viewer.sees(lambda frame: bool(frame.get("counts")) and frame["counts"]["viewers"] == count, 7)


@pytest.mark.parametrize("state", ["draft", "scheduled", "ended", "closed"])
async def test_only_a_live_session_takes_viewers(market: Market, state: str) -> None:
    async with market.stores.database.transactions.begin() as db:
        await db.execute(
            text("UPDATE sessions SET state = :state, announced_state = :state WHERE id = :id"), {"state": state, "id": market.session_id}
        )

    status, problem, _ = await refused(market)

    assert (status, problem["code"], problem["details"]) == (409, "session_not_live", {"state": state})


async def test_a_viewer_may_come_in_the_moment_the_session_starts(market: Market) -> None:
    assert (await refused(market))[0] == 409

    await market.goes_live()

    assert (await market.enters()).frames[0]["type"] == "room.snapshot"


async def test_an_unknown_session_is_not_found(live_market: Market) -> None:
    live_market.session_id = uuid4()

    status, problem, _ = await refused(live_market)

    assert (status, problem["code"]) == (404, "session_not_found")


@pytest.mark.parametrize("cookie", ["", "ocop_ticket=forged", "ocop_ticket="])
async def test_no_ticket_no_entry(live_market: Market, cookie: str) -> None:
    status, problem, _ = await refused(live_market, headers={"Cookie": cookie})

    assert (status, problem["code"]) == (401, "ticket_invalid")


@pytest.mark.parametrize("path", ["", "/board", "/bridge"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_foreign_page_is_refused_before_the_upgrade(live_market: Market, path: str, origin: str) -> None:
    status, problem, _ = await refused(live_market, path=path, origin=origin)

    assert (status, problem["code"]) == (403, "origin_refused")


async def test_our_own_page_may_connect(live_market: Market) -> None:
    viewer = await live_market.connects(origin=f"http://{live_market.node.address}")

    assert (await viewer.hello())["type"] == "room.snapshot"


async def test_a_full_worker_says_when_to_come_back(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, max_viewers_per_worker=2)
        await market.enters()
        await market.enters()

        status, problem, headers = await refused(market)

        assert (status, problem["code"]) == (503, "capacity")
        assert 2 <= int(headers["Retry-After"]) <= 10


async def test_the_board_is_for_staff_in_charge_only(live_market: Market) -> None:
    node = live_market.node
    stranger = await a_user(node, await node.accounts.create_organisation("Đơn vị khác"), name="Người Lạ", role="organiser")
    colleague = await a_user(node, live_market.host.organisation_id, name="Thu Hà", role="host")

    codes = [(await refused(live_market, path="/board"))[1]["code"]]
    codes += [
        (await refused(live_market, path="/board", headers=await live_market.login_cookie(user)))[1]["code"]
        for user in (stranger, colleague)
    ]

    assert codes == ["not_signed_in", "session_not_found", "not_your_session"]
    assert (await live_market.board(live_market.organiser)).frames[0]["board"] is not None


async def test_board_figures_are_for_the_board_only(live_market: Market) -> None:
    viewer, board = await live_market.enters(), await live_market.board()

    on_board = await board.sees(
        lambda frame: frame["type"] == "room.tick" and frame["board"] is not None and frame["board"]["views"] == 1, 7
    )
    await viewers(viewer, 1)

    assert on_board["counts"]["viewers"] == 1
    assert all(frame.get("board") is None for frame in viewer.frames)


async def test_a_bridge_reports_outside_counts_that_are_shown_beside_ours(live_market: Market) -> None:
    token = await services_of(live_market.node.app).bridges.issue(live_market.host, live_market.session_id, "Máy đọc TikTok")
    viewer = await live_market.enters()
    bridge = await live_market.connects(path="/bridge", headers={"Authorization": f"Bearer {token}"})
    await bridge.hello()

    assert (await bridge.asks("outside_count.report", source="tiktok", viewers=12_345))["type"] == "command.done"

    tick = await viewer.sees(lambda frame: bool(frame.get("counts")) and bool(frame["counts"]["outside"]))
    assert [(each["source"], each["viewers"]) for each in tick["counts"]["outside"]] == [("tiktok", 12_345)]
    assert tick["counts"]["viewers"] == 1
    assert (await bridge.asks("comment.post", text="chào"))["code"] == "command_not_allowed"
    assert (await refused(live_market, path="/bridge", headers={"Authorization": "Bearer nope"}))[1]["code"] == "bridge_token_invalid"


@pytest.mark.parametrize(
    ("message", "code", "reply_id"),
    [
        ("not json", "malformed", None),
        ("[]", "malformed", None),
        ('{"type":"no.such","id":"7"}', "malformed", "7"),
        ('{"type":"comment.post","id":"8"}', "malformed", "8"),
        ('{"type":"comment.post","id":"9","text":"a","extra":1}', "malformed", "9"),
        ('{"type":"like.send","id":"10","count":101}', "malformed", "10"),
        ('{"type":"outside_count.report","id":"11","source":"tiktok","viewers":1}', "command_not_allowed", "11"),
        ('{"type":"comment.post","id":"12","text":"' + "a" * 5_000 + '"}', "message_too_large", None),
        (b"\xff\xfe", "malformed", None),
    ],
)
async def test_what_cannot_be_taken_is_answered_and_the_socket_stays(
    live_market: Market, message: str | bytes, code: str, reply_id: str | None
) -> None:
    viewer = await live_market.enters()

    await viewer.socket.send(message)

    refusal = await viewer.sees(lambda frame: frame["type"] == "command.failed")
    assert (refusal["code"], refusal["id"]) == (code, reply_id)
    assert (await viewer.asks("like.send", count=1))["type"] == "command.done"


@pytest.mark.parametrize("name", ["Ban tổ chức", "A d m i n", "Người dẫn"])
async def test_a_viewer_who_poses_as_staff_is_refused_and_may_come_in_under_another_name(live_market: Market, name: str) -> None:
    viewer = await live_market.connects()

    refusal = await viewer.hello(name=name)
    welcome = await viewer.hello(name="Lan")
    again = await viewer.hello(name=name)
    await viewer.asks("comment.post", text="chào")

    assert (refusal["type"], refusal["code"], again["code"]) == ("command.failed", "name_reserved", "name_reserved")
    assert welcome["type"] == "room.snapshot"
    assert (await viewer.sees_event("comment.posted"))["comment"]["author"] == "Lan"


async def test_staff_may_be_called_what_they_are(live_market: Market) -> None:
    board = await live_market.board()

    assert (await board.hello(name="Ban tổ chức"))["type"] in {"room.snapshot", "room.resumed"}


@pytest.mark.parametrize("text", ["\u3164", "\u2800", "\u200d", " \u034f "])
async def test_a_text_or_name_that_nobody_sees_is_refused_with_its_code(live_market: Market, text: str) -> None:
    viewer = await live_market.enters()

    refusals = [await viewer.asks("comment.post", text=text), await viewer.hello(name=text)]

    assert [(each["code"], each["details"]["errors"][0]["code"]) for each in refusals] == [("malformed", "text_empty")] * 2


async def test_a_long_name_is_counted_after_nfc(live_market: Market) -> None:
    name = "Nguyễn Thị Hồng Nhung ở Đức Thọ Hà Tĩnh"
    viewer = await live_market.connects()

    assert (await viewer.hello(name=unicodedata.normalize("NFD", name)))["type"] == "room.snapshot"
    refusal = await viewer.asks("comment.post", text="ế" * 301)
    assert (refusal["code"], refusal["details"]["errors"][0]["code"]) == ("malformed", "text_too_long")
    await viewer.asks("comment.post", text=unicodedata.normalize("NFD", "ế" * 300))
    comment = (await viewer.sees_event("comment.posted"))["comment"]
    assert (comment["author"], comment["text"]) == (name, "ế" * 300)


async def test_commands_before_hello_are_refused(live_market: Market) -> None:
    viewer = await live_market.connects()

    assert (await viewer.asks("like.send", count=1))["code"] == "hello_expected"
    assert (await viewer.hello())["type"] == "room.snapshot"


async def test_every_command_gets_exactly_one_reply(live_market: Market) -> None:
    viewer = await live_market.enters()

    asked = [await viewer.send("like.send", count=1) for _ in range(20)] + [
        await viewer.send("comment.post", text="chào") for _ in range(5)
    ]
    last = await viewer.asks("like.send", count=1)

    replies = [frame["id"] for frame in viewer.frames if frame.get("id")]
    assert replies[1:] == [*asked, last["id"]]


async def test_a_client_of_another_version_is_told_and_closed(live_market: Market) -> None:
    viewer = await live_market.connects()

    assert (await viewer.asks("viewer.hello", version=99))["code"] == "version_unsupported"
    assert await viewer.closed() == 4502


async def test_a_socket_without_hello_is_closed(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, hello_timeout_seconds=0.2)

        assert await (await market.connects()).closed() == 4002


async def test_leaving_is_answered_and_closed(live_market: Market) -> None:
    viewer = await live_market.enters()

    assert (await viewer.asks("viewer.leave"))["type"] == "command.done"
    assert await viewer.closed() == 4501


async def test_fifty_sockets_on_one_ticket_are_one_viewer_and_capped(live_market: Market) -> None:
    device = uuid4()
    other = await live_market.enters()

    opened = [await live_market.connects(device=device) for _ in range(50)]
    for viewer in opened[:8]:
        await viewer.hello()

    assert {await viewer.closed() for viewer in opened[8:]} == {4029}
    await viewers(other, 2)
    await opened[0].socket.close()
    await other.asks("like.send", count=1)
    await other.sees(lambda frame: bool(frame.get("counts")))
    assert other.frames[-1]["counts"]["viewers"] == 2


async def test_staff_are_not_viewers(live_market: Market) -> None:
    board = await live_market.board()

    await live_market.enters()

    await viewers(board, 1)


async def test_a_flood_is_limited_and_answered(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, commands_per_second=5.0, commands_burst=10)
        viewer = await market.enters()

        for _ in range(15):
            await viewer.send("like.send", count=1)
        outcomes: list[str] = []
        while len(outcomes) < 15:
            frame = await viewer.sees(lambda frame: bool(frame.get("id")))
            outcomes.append(frame.get("code", "done"))

        assert outcomes[:9] == ["done"] * 9
        assert "rate_limited" in outcomes
        refusal = next(frame for frame in viewer.frames if frame.get("code") == "rate_limited")
        assert refusal["retryable"] is True
        assert refusal["retry_after_ms"] > 0


async def test_comments_keep_their_pace(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, comment_interval_seconds=30.0)
        viewer = await market.enters()

        assert (await viewer.asks("comment.post", text="một"))["type"] == "command.done"
        refusal = await viewer.asks("comment.post", text="hai")

        assert (refusal["code"], refusal["retryable"]) == ("comments_too_fast", True)


async def test_phone_numbers_reach_neither_room_nor_archive(live_market: Market) -> None:
    viewer, board = await live_market.enters(name="Lan 0987654321"), await live_market.board()

    await viewer.asks("comment.post", text="gọi em 0912 345 678")

    comment = (await board.sees_event("comment.posted"))["comment"]
    assert (comment["author"], comment["text"]) == ("Lan 0987***321", "gọi em 0912***678")
    assert await live_market.archived_comments(1) == [("Lan 0987***321", "gọi em 0912***678")]


async def test_at_the_end_everybody_is_told_and_then_closed(live_market: Market) -> None:
    viewer, board = await live_market.enters(), await live_market.board()

    await live_market.ends()

    assert (await viewer.sees_event("session.changed"))["session"]["state"] == "ended"
    assert (await board.sees_event("session.changed"))["session"]["state"] == "ended"
    assert [await viewer.closed(), await board.closed()] == [4500, 4500]
    assert (await refused(live_market))[1]["details"] == {"state": "ended"}


async def test_a_leaving_server_tells_everyone_when_to_return(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack)
        viewer = await market.enters()

        market.node.server.should_exit = True

        goodbye = await viewer.sees(lambda frame: frame["type"] == "server.leaving")
        assert 0 < goodbye["return_after_ms"] <= 10_000
        assert await viewer.closed() == 4001


async def test_counts_reach_statistics(live_market: Market) -> None:
    viewer = await live_market.enters()
    await viewer.asks("like.send", count=7)
    await viewer.asks("comment.post", text="chào cả nhà")

    tick = await viewer.sees(lambda frame: bool(frame.get("counts")) and frame["counts"]["comments"] == 1)

    assert tick["counts"]["likes"] == 7
    stats = await live_market.node.metrics.stats(live_market.session_id)
    assert stats.totals.views == 1


async def test_signing_out_closes_the_boards_on_every_node(stores: Stores) -> None:
    async with AsyncExitStack() as stack:
        market = await market_with(stores, stack, staff_check_seconds=0.1)
        other = await market.another_node()
        cookie = await market.login_cookie(market.host)
        boards = [await market.connects(path="/board", node=node, headers=cookie) for node in (market.node, other)]
        elsewhere = await market.board()
        for board in boards:
            await board.hello()

        await market.node.accounts.sign_out(cookie["Cookie"].partition("=")[2])

        assert [await board.closed() for board in boards] == [4503, 4503]
        assert (await elsewhere.asks("comment.post", text="vẫn ở đây"))["type"] == "command.done"
