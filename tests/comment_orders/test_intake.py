"""Comments of other platforms over real HTTP: signed, repeated, partly bad, absurd; on the board with their source, and as claims."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from app.comment_orders.outside import COMMENTS_MOST, from_social_stream
from app.comment_orders.sources import TOLERANCE_SECONDS, signature_of
from tests.live.market import Market, Viewer

FACEBOOK = {"platform": "facebook", "author": "Nguyễn Lan", "author_id": "998"}


class Source:
    """A program that sends comments."""

    def __init__(self, client: httpx2.AsyncClient, issued: dict[str, Any]) -> None:
        self.client, self.issued = client, issued

    async def sends(self, *comments: dict[str, Any], **changes: Any) -> httpx2.Response:
        body = json.dumps({"comments": comments}).encode()
        return await self.sends_bytes(body, **changes)

    async def sends_bytes(self, body: bytes, *, ago: float = 0, secret: str | None = None, signed: bytes | None = None) -> httpx2.Response:
        timestamp = str(int(time.time() - ago))
        signature = signature_of(secret or self.issued["secret"], timestamp, body if signed is None else signed)
        headers = {"content-type": "application/json", "ocop-timestamp": timestamp, "ocop-signature": signature}
        return await self.client.post(self.issued["address"], content=body, headers=headers)


async def a_source(market: Market, platform: str = "facebook") -> dict[str, Any]:
    async with market.browser(market.host) as host:
        answer = await host.post(
            f"/api/v1/sessions/{market.session_id}/comment-sources", json={"platform": platform, "label": "Trang của xã"}
        )
    assert answer.status_code == 201, answer.text
    issued: dict[str, Any] = answer.json()
    return issued


def a_comment(text: str, **changes: Any) -> dict[str, Any]:
    return FACEBOOK | {"id": uuid4().hex, "text": text} | changes


def outcomes(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["outcome"] for item in answer.json()["items"]]


async def test_comments_stand_on_every_screen_with_their_source_and_are_masked(live_shop: Market) -> None:
    board, viewer = await live_shop.board(), await live_shop.enters()
    issued = await a_source(live_shop)
    async with live_shop.browser() as client:
        assert outcomes(await Source(client, issued).sends(a_comment("gọi mình 0901234567 nhé"))) == ["taken"]

    for screen in (board, viewer):
        seen = (await screen.sees_event("comment.posted"))["comment"]
        assert (seen["source"], seen["author"], seen["text"]) == ("facebook", "Nguyễn Lan", "gọi mình 0901***567 nhé")
    assert await live_shop.archived_comments(1) == [("Nguyễn Lan", "gọi mình 0901***567 nhé")]


async def test_a_batch_that_is_sent_again_changes_nothing(live_shop: Market) -> None:
    issued = await a_source(live_shop)
    batch = [a_comment("một"), a_comment("hai"), a_comment("ba")]
    async with live_shop.browser() as client:
        source = Source(client, issued)
        first = outcomes(await source.sends(*batch))
        again = await asyncio.gather(*(source.sends(*batch, a_comment("bốn", id="4")) for _ in range(3)))

    assert first == ["taken"] * 3
    assert sorted(outcomes(each)[3] for each in again) == ["repeated", "repeated", "taken"]
    assert all(outcomes(each)[:3] == ["repeated"] * 3 for each in again)
    assert len(await live_shop.archived_comments(4)) == 4


async def test_what_is_wrong_with_one_comment_is_said_of_that_one(live_shop: Market) -> None:
    issued = await a_source(live_shop)
    async with live_shop.browser() as client:
        answer = await Source(client, issued).sends(
            a_comment("tốt"),
            a_comment("\u200b\x00  "),
            {"id": "x"},
            a_comment("lạ", platform="myspace"),
            a_comment("dài " * 500),
            a_comment("tên", author="\u202e\x07 ☺"),
            a_comment("x" * 10_001),
            a_comment("quá", at="1999-01-01T00:00:00Z"),
            a_comment("lỗi", id=""),
            a_comment("đúp", id="same"),
            a_comment("đúp", id="same"),
        )

    assert outcomes(answer) == [
        *("taken", "refused", "refused", "refused", "taken", "taken"),
        *("refused",) * 3,
        *("taken", "repeated"),
    ]
    assert {item["code"] for item in answer.json()["items"] if item["outcome"] == "refused"} == {"malformed"}


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "ocops_wrong"},
        {"secret": ""},
        {"ago": TOLERANCE_SECONDS + 60},
        {"ago": -TOLERANCE_SECONDS - 60},
        {"signed": b"another body"},
    ],
)
async def test_what_is_not_signed_right_or_in_time_is_refused(live_shop: Market, changes: dict[str, Any]) -> None:
    issued = await a_source(live_shop)
    async with live_shop.browser() as client:
        if changes.get("secret") == "":
            answer = await client.post(issued["address"], json={"comments": [a_comment("x")]})
        else:
            answer = await Source(client, issued).sends(a_comment("x"), **changes)

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")


async def test_a_source_that_was_taken_back_is_known_to_nobody(live_shop: Market) -> None:
    issued, strange = await a_source(live_shop), await a_source(live_shop)
    async with live_shop.browser(live_shop.host) as host:
        path = f"/api/v1/sessions/{live_shop.session_id}/comment-sources"
        assert [(await host.delete(f"{path}/{issued['id']}")).status_code for _ in range(2)] == [204, 204]
        listed = [each["id"] for each in (await host.get(path)).json()["sources"]]
        assert (await host.delete(f"{path}/{uuid4()}")).json()["code"] == "comment_source_not_found"
    async with live_shop.browser() as client:
        answer = await Source(client, issued).sends(a_comment("x"))
        swapped = await Source(client, issued | {"address": strange["address"]}).sends(a_comment("x"))

    assert listed == [strange["id"]]
    assert [answer.json()["code"], swapped.json()["code"]] == ["signature_invalid"] * 2


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"comments": []}', b'{"comments": 5}', b'{"comments": ["x"]}', b"\xff\xfe"],
)
async def test_absurd_bodies_are_malformed(live_shop: Market, body: bytes) -> None:
    issued = await a_source(live_shop)
    async with live_shop.browser() as client:
        answer = await Source(client, issued).sends_bytes(body)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_a_body_that_is_nested_without_end_is_refused(live_shop: Market) -> None:
    issued = await a_source(live_shop)
    async with live_shop.browser() as client:
        answer = await Source(client, issued).sends_bytes(b'{"comments": ' + b"[" * 5_000)

    assert 400 <= answer.status_code < 500


async def test_huge_batches_are_refused_before_they_are_read(live_shop: Market) -> None:
    issued = await a_source(live_shop)
    async with live_shop.browser() as client:
        source = Source(client, issued)
        many = await source.sends(*(a_comment("x") for _ in range(COMMENTS_MOST + 1)))
        large = await source.sends_bytes(b" " * (256 * 1024 + 1))

    assert (many.status_code, many.json()["code"]) == (422, "malformed")
    assert large.status_code == 413


async def test_block_words_hold_comments_of_platforms_as_well(live_shop: Market) -> None:
    board = await live_shop.board()
    issued = await a_source(live_shop)
    async with live_shop.browser() as client:
        answer = await Source(client, issued).sends(a_comment("xem tại https://lua-dao.example.com nhé"))

    assert outcomes(answer) == ["held"]
    assert (await board.sees_event("comment.held"))["mark"]["reason"] == "link"


async def test_a_session_that_is_not_live_takes_none(shop: Market) -> None:
    issued = await a_source(shop)
    async with shop.browser() as client:
        answer = await Source(client, issued).sends(a_comment("x"))

    assert (answer.status_code, answer.json()["code"]) == (409, "session_not_live")


async def answered(viewer: Viewer) -> dict[str, Any]:
    frame = await viewer.sees(lambda frame: frame["type"] == "claim.answered", within=10)
    claim: dict[str, Any] = frame["claim"]
    return claim


async def puts_on_the_shelf(market: Market, units: int) -> None:
    async with market.browser(market.host) as host:
        path = f"/api/v1/sessions/{market.session_id}/stock/{market.product_ids[0]}"
        answer = await host.put(path, json={"units": units, "per_viewer_limit": 10})
        assert answer.is_success, answer.text


async def test_a_comment_is_answered_to_its_writer_alone_and_told_to_the_board(live_shop: Market) -> None:
    """The whole way over sockets and the service's own jobs, on two workers."""
    await puts_on_the_shelf(live_shop, 5)
    other_node = await live_shop.another_node()
    board, stranger = await live_shop.board(), await live_shop.enters()
    writer = await live_shop.enters(node=other_node)
    assert (await writer.asks("comment.post", text="chốt A1 x2 0901234567"))["type"] == "command.done"

    claim = await answered(writer)
    assert (claim["state"], claim["lines"][0]["quantity"], claim["words"], claim["phone_masked"]) == (
        "held",
        2,
        "chốt A1 x2 0901***567",
        "•••567",
    )
    told = (await board.sees_event("claim.changed", within=10))["claim"]
    assert told["id"] == claim["id"]
    assert "0901234567" not in json.dumps([*board.frames, *stranger.frames])
    assert stranger.events("claim.changed") == [frame for frame in stranger.frames if frame["type"] == "claim.answered"] == []

    async with live_shop.browser(live_shop.host) as host:
        path = f"/api/v1/sessions/{live_shop.session_id}/claims"
        listed = (await host.get(path)).json()["claims"]
        buyer = {"name": "Lan", "phone": "0901234567", "address": {"province_code": 42, "ward_code": 18133, "street": "Thôn 3"}}
        needs = await host.post(f"{path}/{claim['id']}/order", json={})
        ordered = [await host.post(f"{path}/{claim['id']}/order", json={"buyer": buyer}) for _ in range(2)]
        phone = await host.post(f"{path}/{claim['id']}/phone", json={"reason": "call"})
    assert ([each["id"] for each in listed], needs.json()["code"]) == ([claim["id"]], "claim_needs_receiver")
    assert {each.json()["order_code"] for each in ordered} == {ordered[0].json()["order_code"]}
    assert phone.json()["phone"] is None
    assert (await answered(writer))["state"] == "ordered"


async def test_an_author_of_a_platform_is_a_buyer_of_their_own(live_shop: Market) -> None:
    await puts_on_the_shelf(live_shop, 5)
    board = await live_shop.board()
    issued = await a_source(live_shop)
    async with live_shop.browser() as client:
        source = Source(client, issued)
        await source.sends(a_comment("A1"), a_comment("A1", author_id="other"), a_comment("A1 x2", platform="tiktok"), a_comment("a1"))
        claims: dict[str, Any] = {}
        async with asyncio.timeout(15):
            while len(claims) < 3:
                told = (await board.sees_event("claim.changed", within=15))["claim"]
                claims[told["id"]] = told

    assert sorted((each["source"], each["lines"][0]["quantity"]) for each in claims.values()) == [
        ("facebook", 1),
        ("facebook", 1),
        ("tiktok", 2),
    ]


CHAT = {
    "chatname": "Lan",
    "chatmessage": "A1 x2",
    "type": "facebook",
    "userid": "998",
    "id": 41,
    "textonly": True,
    "chatimg": "",
    "event": False,
}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (CHAT, "A1 x2"),
        (CHAT | {"textonly": False, "chatmessage": 'A1 &amp; B3 <img src="x" alt="❤️"> <b>x2</b>'}, "A1 & B3  ❤️   x2"),
        ({"contents": CHAT}, "A1 x2"),
        (CHAT | {"event": "follow"}, None),
        (CHAT | {"private": True}, None),
        (CHAT | {"bot": True}, None),
        (CHAT | {"chatmessage": ""}, None),
        (CHAT | {"chatmessage": 5}, None),
        (CHAT | {"chatname": None, "userid": None}, "A1 x2"),
        ({"action": "clear"}, None),
        ([], None),
        ("x", None),
        (None, None),
    ],
)
def test_messages_of_social_stream_are_read(message: object, text: str | None) -> None:
    read = from_social_stream(message)

    assert (None if read is None else read.text.strip()) == text


async def test_the_webhook_of_social_stream_needs_its_secret(live_shop: Market) -> None:
    issued = await a_source(live_shop, "social_stream")
    async with live_shop.browser() as client:
        taken = await client.post(issued["webhook"], json=CHAT | {"type": "tiktok"})
        again = await client.post(issued["webhook"], json=[CHAT | {"type": "tiktok"}, {"event": "gift"}])
        without = await client.post(issued["webhook"].partition("?")[0], json=CHAT)
        absurd = [await client.post(issued["webhook"], content=body) for body in (b"", b"5", b"[]", b"[5]")]

    assert (outcomes(taken), outcomes(again)) == (["taken"], ["repeated"])
    assert (without.status_code, without.json()["code"]) == (401, "signature_invalid")
    assert {(each.status_code, each.json()["code"]) for each in absurd} == {(422, "malformed")}
