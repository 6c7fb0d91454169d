"""The host's questions over real sockets and HTTP: gathered from comments, told to boards, answered on one worker and gone on the other."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.live.market import Market, Viewer


def asked(frame: dict[str, Any]) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = frame["groups"]
    return groups


def topics(groups: list[dict[str, Any]]) -> set[tuple[str, str | None, int]]:
    return {(group["kind"], group["product_id"], group["people"]) for group in groups}


async def hears_of(board: Viewer, expected: set[tuple[str, str | None, int]]) -> list[dict[str, Any]]:
    """The groups, once they are these."""
    frame = await board.sees(lambda each: each["type"] == "questions.asked" and topics(asked(each)) == expected, within=15)
    return asked(frame)


async def says(market: Market, *texts: str) -> None:
    """Each from a viewer of its own."""
    for text in texts:
        viewer = await market.enters()
        assert (await viewer.asks("comment.post", text=text))["type"] == "command.done"


async def test_the_board_hears_what_is_asked_grouped_and_counted(live_market: Market) -> None:
    market = live_market
    pomelo, candy = map(str, market.product_ids)
    board = await market.board()
    await market.node.sessions.pin(market.host, market.session_id, market.product_ids[0])
    await says(market, "bưởi giá bao nhiêu", "bn ạ", "chốt 2 thùng nhé", "cu đơ để được mấy ngày", "ship bao nhiêu shop", "đẹp quá")

    groups = await hears_of(board, {("price", pomelo, 2), ("use_by", candy, 1), ("delivery_fee", None, 1)})

    by_kind = {group["kind"]: group for group in groups}
    assert groups[0]["kind"] == "price"
    assert by_kind["price"]["answer"] == "Bưởi Phúc Trạch: 50.000 ₫ một kg ạ."
    assert by_kind["price"]["newest"]["text"] == "bn ạ"
    assert (by_kind["use_by"]["answer"], by_kind["use_by"]["missing"]) == (None, "shelf_life")
    assert by_kind["delivery_fee"]["answer"] == "Phiên này miễn phí giao hàng ạ."


async def test_one_device_that_asks_again_is_counted_once(live_market: Market) -> None:
    board = await live_market.board()
    viewer = await live_market.enters()
    for text in ("bưởi giá bao nhiêu", "giá bưởi sao ạ", "bưởi bn"):
        await viewer.asks("comment.post", text=text)

    (group,) = await hears_of(board, {("price", str(live_market.product_ids[0]), 1)})

    assert group["newest"]["text"] == "bưởi bn"


async def test_what_is_hidden_leaves_the_questions_and_comes_back_when_it_is_shown_again(live_market: Market) -> None:
    pomelo = str(live_market.product_ids[0])
    board = await live_market.board()
    await says(live_market, "bưởi giá bao nhiêu", "giá bưởi sao ạ")
    (group,) = await hears_of(board, {("price", pomelo, 2)})
    path = f"/api/v1/sessions/{live_market.session_id}/comments/{group['newest']['id']}"

    async with live_market.browser(live_market.host) as host:
        assert (await host.post(f"{path}/hide")).status_code == 204
        (left,) = await hears_of(board, {("price", pomelo, 1)})
        assert left["newest"]["id"] != group["newest"]["id"]
        assert (await host.post(f"{path}/restore")).status_code == 204
        (again,) = await hears_of(board, {("price", pomelo, 2)})

    assert again["newest"] == group["newest"]


async def test_what_a_rule_held_is_asked_once_it_is_let_through_however_late(live_market: Market) -> None:
    board = await live_market.board()
    viewer = await live_market.enters()
    held = await viewer.asks("comment.post", text="bưởi giá bao nhiêu, xem ở vuon-buoi.com")
    assert held["code"] == "comment_held"
    comment = (await board.sees_event("comment.held"))["comment"]
    await live_market.archived_comments(1)
    # As if it had waited for five minutes, while others asked.
    earlier = "UPDATE comments SET posted_at = posted_at - interval '5 minutes' WHERE session_id = $1"
    await live_market.stores.database.pool.execute(earlier, live_market.session_id)
    await says(live_market, "ship bao nhiêu shop")
    await hears_of(board, {("delivery_fee", None, 1)})

    async with live_market.browser(live_market.host) as host:
        path = f"/api/v1/sessions/{live_market.session_id}/comments/{comment['id']}/restore"
        assert (await host.post(path)).status_code == 204

    await hears_of(board, {("delivery_fee", None, 1), ("price", str(live_market.product_ids[0]), 1)})


async def test_a_comment_belongs_to_what_was_pinned_when_it_was_said(live_market: Market) -> None:
    """Read later, by a worker that had no board open: the pin of now is another one."""
    pomelo, candy = live_market.product_ids
    await live_market.node.sessions.pin(live_market.host, live_market.session_id, pomelo)
    await says(live_market, "giá bao nhiêu ạ")
    await live_market.archived_comments(1)
    await live_market.node.sessions.pin(live_market.host, live_market.session_id, candy)

    board = await live_market.board()

    await hears_of(board, {("price", str(pomelo), 1)})


async def test_what_is_answered_on_one_worker_is_gone_on_the_other_until_it_is_asked_again(live_market: Market) -> None:
    pomelo = str(live_market.product_ids[0])
    node = await live_market.another_node()
    here = await live_market.board()
    there = await live_market.connects(path="/board", node=node, headers=await live_market.login_cookie(live_market.organiser))
    await there.hello()
    await says(live_market, "bưởi còn không ạ", "bưởi hết chưa")
    (group,) = await hears_of(here, {("stock", pomelo, 2)})
    await hears_of(there, {("stock", pomelo, 2)})

    async with live_market.browser(live_market.host) as host:
        body = {"kind": "stock", "product_id": pomelo, "until_ms": group["newest"]["at_ms"]}
        left = await host.post(f"/api/v1/sessions/{live_market.session_id}/questions/answered", json=body)

    assert (left.status_code, left.json()) == (200, {"groups": []})
    await asyncio.gather(hears_of(here, set()), hears_of(there, set()))
    await says(live_market, "bưởi còn hàng k")
    await asyncio.gather(hears_of(here, {("stock", pomelo, 1)}), hears_of(there, {("stock", pomelo, 1)}))


async def test_an_answer_in_own_words_holds_in_every_session_of_the_organisation(live_market: Market, house: Market) -> None:
    board = await live_market.board()
    await says(live_market, "bao lâu thì nhận được hàng")
    (group,) = await hears_of(board, {("delivery_time", None, 1)})
    assert group["missing"] == "delivery_time"

    async with live_market.browser(live_market.host) as host:
        path = f"/api/v1/sessions/{house.session_id}/questions/own-answers/delivery_time"
        assert (await host.put(path, json={"text": "  2 đến  4 ngày ạ."})).status_code == 200

    frame = await board.sees(lambda each: each["type"] == "questions.asked" and bool(each["groups"][0]["answer"]), within=15)
    assert asked(frame)[0]["answer"] == "2 đến 4 ngày ạ."


@pytest.mark.parametrize("who", ["stranger", "viewer"])
async def test_nobody_else_reads_or_clears_questions(live_market: Market, who: str) -> None:
    viewer = await live_market.enters()
    await says(live_market, "bưởi giá bao nhiêu")
    path = f"/api/v1/sessions/{live_market.session_id}/questions"
    body = {"kind": "price", "product_id": None, "until_ms": 1}

    async with live_market.browser(None) as anyone:
        answers = [await anyone.get(path), await anyone.post(f"{path}/answered", json=body)]

    assert [answer.status_code for answer in answers] == [401, 401]
    if who == "viewer":
        await asyncio.sleep(2.5)
        await viewer.asks("like.send", count=1)
        assert "questions.asked" not in {frame["type"] for frame in viewer.frames}


async def test_what_is_not_in_the_session_cannot_be_answered(live_market: Market) -> None:
    path = f"/api/v1/sessions/{live_market.session_id}/questions"
    async with live_market.browser(live_market.host) as host:
        other = await host.post(f"{path}/answered", json={"kind": "price", "product_id": str(uuid4()), "until_ms": 1})
        unknown = await host.post(f"{path}/answered", json={"kind": "weather", "product_id": None, "until_ms": 1})
        odd = await host.put(f"{path}/own-answers/price", json={"text": "rẻ"})

    assert (other.status_code, other.json()["code"]) == (409, "product_not_in_session")
    assert [unknown.status_code, odd.status_code] == [422, 422]
