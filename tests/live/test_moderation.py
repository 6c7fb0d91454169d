"""A room that people in charge keep clean: hidden, muted and banned on every node, and nobody else is hit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text
from websockets.exceptions import InvalidStatus

from app.accounts.permissions import Role
from app.infra.clock import now_ms
from app.infra.key_ring import KeyRing
from app.protocol.close_codes import CloseCode
from app.realtime.tickets import TICKET_COOKIE, TicketSigner, new_device_id
from tests.live.fixtures import on_both_transports
from tests.live.market import SECRET, Market, Node, Stores, Viewer, a_user, open_market

pytestmark = on_both_transports


class Helper:
    """Somebody in charge with the board's calls."""

    def __init__(self, market: Market, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.path = f"/api/v1/sessions/{market.session_id}"

    async def does(self, method: str, path: str, **body: Any) -> Any:
        answer = await self.client.request(method, self.path + path, json=body if body or method == "PUT" else None)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def hides(self, comment_id: str) -> None:
        await self.does("POST", f"/comments/{comment_id}/hide")

    async def shows(self, comment_id: str) -> None:
        await self.does("POST", f"/comments/{comment_id}/restore")

    async def restricts(self, comment_id: str, kind: str = "mute", **more: Any) -> str:
        return str((await self.does("POST", "/restrictions", comment_id=comment_id, kind=kind, **more))["id"])

    async def sets_rules(self, **rules: Any) -> None:
        await self.does("PUT", "/moderation/rules", **rules)

    async def hidden(self) -> list[dict[str, Any]]:
        return list((await self.does("GET", "/moderation/hidden"))["items"])


@asynccontextmanager
async def helping(market: Market) -> AsyncIterator[Helper]:
    async with market.browser(market.host) as client:
        yield Helper(market, client)


async def says(viewer: Viewer, words: str) -> dict[str, Any]:
    return await viewer.asks("comment.post", text=words)


async def comment_of(viewer: Viewer, words: str) -> dict[str, Any]:
    """The comment with these words, once this viewer has been shown it."""
    await viewer.reads(words)
    return next(each["comment"] for each in viewer.events("comment.posted") if each["comment"]["text"] == words)


async def polled(node: Node, market: Market) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=f"http://{node.address}", timeout=30, verify=False) as client:
        document: dict[str, Any] = (await client.get(f"/api/v1/sessions/{market.session_id}/tick")).json()
    return document


def words_in(snapshot: dict[str, Any]) -> list[str]:
    return [comment["text"] for comment in snapshot["comments"]]


async def test_a_hidden_comment_is_gone_from_screens_snapshots_resumes_and_polls_of_every_node(live_market: Market) -> None:
    other = await live_market.another_node()
    here, there = await live_market.enters(), await live_market.enters(node=other)
    before = here.frames[0]
    await says(here, "một câu chửi")
    comment = await comment_of(there, "một câu chửi")

    async with helping(live_market) as helper:
        await helper.hides(comment["id"])

        for viewer in (here, there):
            event = await viewer.sees_event("comments.hidden", within=1)
            assert event == {"type": "comments.hidden", "comment_ids": [comment["id"]], "comments": [], "mark": None}
        for node in (live_market.node, other):
            assert words_in(await polled(node, live_market)) == []
            assert words_in(await (await live_market.connects(node=node)).hello()) == []
        resumed = await (await live_market.connects(node=other)).hello(resume={"epoch": before["epoch"], "offset": before["offset"]})
        assert resumed["type"] == "room.resumed"
        assert [each["event"]["type"] for each in resumed["events"]] == ["comments.hidden"]
        (hidden,) = await helper.hidden()
        assert (hidden["comment"]["text"], hidden["mark"]["reason"], hidden["mark"]["by"]) == ("một câu chửi", "staff", "Lê Ngọc Lan")


async def test_a_restored_comment_comes_back_in_its_place(live_market: Market) -> None:
    viewer = await live_market.enters()
    for words in ("một", "hai", "ba"):
        await says(viewer, words)
    comment = await comment_of(viewer, "hai")
    await viewer.reads("ba")

    async with helping(live_market) as helper:
        await helper.hides(comment["id"])
        await viewer.sees_event("comments.hidden")
        await helper.shows(comment["id"])
        restored = await viewer.sees_event("comments.restored", within=1)

    assert [each["text"] for each in restored["comments"]] == ["hai"]
    assert restored["by"] is None
    assert words_in(await polled(live_market.node, live_market)) == ["một", "hai", "ba"]


async def test_boards_see_who_hid_what_and_why(live_market: Market) -> None:
    viewer = await live_market.enters()
    board = await live_market.board()
    await says(viewer, "cho xin số điện thoại")
    comment = await comment_of(board, "cho xin số điện thoại")

    async with helping(live_market) as helper:
        await helper.hides(comment["id"])

    event = await board.sees_event("comments.hidden", within=1)
    assert event["mark"] | {"at_ms": 0} == {"reason": "staff", "by": "Lê Ngọc Lan", "word": None, "at_ms": 0}
    assert [each["text"] for each in event["comments"]] == ["cho xin số điện thoại"]
    snapshot = (await live_market.board()).frames[0]
    assert [each["comment"]["text"] for each in snapshot["moderation"]["hidden"]] == ["cho xin số điện thoại"]
    assert viewer.frames[0]["moderation"] is None


async def test_somebody_muted_is_heard_by_nobody_on_any_node_and_others_of_the_address_are(live_market: Market) -> None:
    other = await live_market.another_node()
    troll_id = uuid4()
    troll, same_house = await live_market.enters(device=troll_id), await live_market.enters()
    troll_there = await live_market.enters(device=troll_id, node=other)
    reader = await live_market.enters(node=other)
    await says(troll, "hàng dởm")
    comment = await comment_of(reader, "hàng dởm")

    async with helping(live_market) as helper:
        await helper.restricts(comment["id"])
        await reader.sees_event("comments.hidden", within=1)

        for socket, words in ((troll, "câu hai"), (troll_there, "câu ba")):
            assert (await says(socket, words))["type"] == "command.done"
            assert [frame["comment"]["text"] for frame in socket.frames if frame["type"] == "comment.echoed"] == [words]
        assert (await says(same_house, "bưởi ngon"))["type"] == "command.done"
        await reader.reads("bưởi ngon")

    assert [each["comment"]["text"] for each in reader.events("comment.posted")] == ["hàng dởm", "bưởi ngon"]
    assert words_in(await polled(other, live_market)) == ["bưởi ngon"]
    assert reader.events("speaker.restricted") == []


async def test_a_mute_says_so_where_the_rules_want_it(live_market: Market) -> None:
    troll = await live_market.enters()
    await says(troll, "hàng dởm")
    comment = await comment_of(troll, "hàng dởm")

    async with helping(live_market) as helper:
        await helper.sets_rules(muted_may_write=False)
        await helper.restricts(comment["id"], minutes=10)

        refused = await says(troll, "câu hai")

    assert (refused["type"], refused["code"]) == ("command.failed", "speaker_muted")
    assert 9 * 60_000 < refused["details"]["until_ms"] - now_ms() < 10 * 60_000 + 1_000


async def test_lifting_a_mute_lets_them_speak_and_shows_what_was_hidden_with_it(live_market: Market) -> None:
    viewer, reader = await live_market.enters(), await live_market.enters()
    await says(viewer, "câu đầu")
    comment = await comment_of(reader, "câu đầu")

    async with helping(live_market) as helper:
        restriction_id = await helper.restricts(comment["id"])
        await reader.sees_event("comments.hidden")
        await helper.does("POST", f"/restrictions/{restriction_id}/lift")

        restored = await reader.sees_event("comments.restored", within=1)
        await says(viewer, "câu sau")
        await reader.reads("câu sau")

    assert [each["text"] for each in restored["comments"]] == ["câu đầu"]


async def test_a_mute_ends_by_itself(live_market: Market) -> None:
    viewer, reader = await live_market.enters(), await live_market.enters()
    await says(viewer, "câu đầu")
    comment = await comment_of(reader, "câu đầu")

    async with helping(live_market) as helper:
        await helper.restricts(comment["id"])
        async with live_market.stores.database.transactions.begin() as db:
            await db.execute(
                text("UPDATE speaker_restrictions SET until_at = now() WHERE session_id = :id"), {"id": live_market.session_id}
            )
        node = await live_market.another_node()
        viewer_there = await live_market.enters(node=node, device=UUID(bytes=_device_of(viewer)))
        await says(viewer_there, "câu sau")

        await reader.reads("câu sau")


async def test_somebody_banned_is_closed_on_every_node_and_refused_until_it_ends(live_market: Market) -> None:
    other = await live_market.another_node()
    troll_id = uuid4()
    troll, troll_there = await live_market.enters(device=troll_id), await live_market.enters(device=troll_id, node=other)
    same_house = await live_market.enters(node=other)
    await says(troll, "hàng dởm")
    comment = await comment_of(same_house, "hàng dởm")

    async with helping(live_market) as helper:
        restriction_id = await helper.restricts(comment["id"], "ban")
        assert await troll.closed(within=1) == CloseCode.BANNED
        assert await troll_there.closed(within=1) == CloseCode.BANNED
        for node in (live_market.node, other, await live_market.another_node()):
            with pytest.raises(InvalidStatus) as refused:
                await live_market.connects(device=troll_id, node=node)
            assert refused.value.response.status_code == 403
            assert json.loads(refused.value.response.body)["code"] == "speaker_banned"
        cookie = {"Cookie": f"{TICKET_COOKIE}={TicketSigner(KeyRing(SECRET)).issue(troll_id)[1]}"}
        ticket = await helper.client.post(f"{helper.path}/tickets", headers=cookie)
        assert (ticket.status_code, ticket.json()["code"]) == (403, "speaker_banned")
        assert (await says(same_house, "bưởi ngon"))["type"] == "command.done"

        await helper.does("POST", f"/restrictions/{restriction_id}/lift")
        await live_market.enters(device=troll_id, node=other)


async def test_a_mute_or_ban_by_address_hits_everybody_there_and_nobody_else(stores: Stores) -> None:
    behind_proxy = replace(stores, settings=stores.settings.model_copy(update={"trusted_proxies": ("127.0.0.1",)}))
    async with AsyncExitStack() as stack:
        market = await open_market(behind_proxy, stack)
        await market.goes_live()

        async def enters_from(address: str) -> Viewer:
            cookie = f"{TICKET_COOKIE}={TicketSigner(KeyRing(SECRET)).issue()[1]}"
            viewer = await market.connects(headers={"Cookie": cookie, "X-Forwarded-For": address})
            await viewer.hello()
            return viewer

        troll, same_house, next_door = [await enters_from(f"203.0.113.{last}") for last in (9, 9, 10)]
        phone, same_phone = await enters_from("2001:db8:1:2::1"), await enters_from("2001:db8:1:2::ffff")
        await says(troll, "phá")
        await says(phone, "phá qua điện thoại")
        of_house, of_phone = await comment_of(next_door, "phá"), await comment_of(next_door, "phá qua điện thoại")
        async with helping(market) as helper:
            await helper.restricts(of_house["id"], scope="address")
            await helper.restricts(of_phone["id"], "ban", scope="address")

            assert await same_phone.closed(within=1) == CloseCode.BANNED
            newcomer = {"Cookie": f"{TICKET_COOKIE}={TicketSigner(KeyRing(SECRET)).issue()[1]}"}
            for address, code in (("2001:db8:1:2::77", "speaker_banned"), ("2001:db8:1:3::77", None)):
                beacon = await helper.client.post(f"{helper.path}/presence", headers=newcomer | {"X-Forwarded-For": address})
                assert beacon.json().get("code") == code
            await says(same_house, "tôi cũng ở đây")
            await says(next_door, "bưởi ngon")
        await next_door.reads("bưởi ngon")
        kept = await stores.database.pool.fetch("SELECT network FROM comments WHERE session_id = $1", market.session_id)

    assert [frame["comment"]["text"] for frame in same_house.frames if frame["type"] == "comment.echoed"] == ["tôi cũng ở đây"]
    assert "tôi cũng ở đây" not in [each["comment"]["text"] for each in next_door.events("comment.posted")]
    assert {len(row["network"]) for row in kept} == {8}


async def test_where_the_address_is_unknown_a_mute_by_address_is_refused(live_market: Market) -> None:
    viewer = await live_market.enters()
    await says(viewer, "phá")
    comment = await comment_of(viewer, "phá")

    async with helping(live_market) as helper:
        body = {"comment_id": comment["id"], "kind": "mute", "scope": "address"}
        answer = await helper.client.post(f"{helper.path}/restrictions", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "address_unknown")


async def test_a_helper_moderates_and_a_desk_does_not(live_market: Market) -> None:
    viewer = await live_market.enters()
    await says(viewer, "phá")
    comment = await comment_of(viewer, "phá")
    roles: tuple[Role, ...] = ("helper", "desk")
    answers = []
    for role in roles:
        user = await a_user(live_market.node, live_market.host.organisation_id, name="Nguyễn Thị Phụ", role=role)
        async with live_market.browser(user) as client:
            answers.append(await client.post(f"/api/v1/sessions/{live_market.session_id}/comments/{comment['id']}/hide"))

    assert [answer.status_code for answer in answers] == [204, 403]


async def test_staff_cannot_be_muted(live_market: Market) -> None:
    board = await live_market.board()
    await says(board, "xin chào cả nhà")
    comment = await comment_of(board, "xin chào cả nhà")

    async with helping(live_market) as helper:
        answer = await helper.client.post(f"{helper.path}/restrictions", json={"comment_id": comment["id"], "kind": "mute"})

    assert (answer.status_code, answer.json()["code"]) == (409, "staff_not_restricted")


async def test_an_order_is_never_affected_by_a_mute(live_market: Market) -> None:
    troll = await live_market.enters()
    await says(troll, "hàng dởm")
    comment = await comment_of(troll, "hàng dởm")

    async with helping(live_market) as helper:
        offer = await helper.does(
            "POST",
            "/offers",
            product_id=str(live_market.product_ids[0]),
            flash_price_vnd=39_000,
            total_quantity=5,
            per_viewer_limit=2,
            duration_seconds=60,
            open_now=True,
        )
        await helper.restricts(comment["id"])

    buyer = {"name": "Lan", "phone": "0912345678", "address": {"province_code": 42, "ward_code": 18547, "street": "Thôn 3"}}
    placed = await troll.asks("order.place", key=str(uuid4()), lines=[{"offer_id": offer["id"], "quantity": 1}], buyer=buyer)
    assert placed["type"] == "order.placed"


@pytest.mark.parametrize(
    ("rules", "words", "reason"),
    [
        ({"block_words": ["lừa đảo"]}, "bọn này l.ừ.a đ4o", "block_word"),
        ({}, "vào ngay https://keo-nha.example/x", "link"),
        ({}, "vay tien nhanh khong can the chap", "block_word"),
    ],
)
async def test_what_a_rule_holds_is_listed_with_its_reason_and_let_through(
    live_market: Market, rules: dict[str, Any], words: str, reason: str
) -> None:
    viewer, reader, board = await live_market.enters(), await live_market.enters(), await live_market.board()
    async with helping(live_market) as helper:
        await helper.sets_rules(**rules)

        answer = await says(viewer, words)
        held = await board.sees_event("comment.held")

        assert (answer["code"], answer["details"]) == ("comment_held", {"reason": reason})
        assert (held["comment"]["text"], held["mark"]["reason"]) == (words, reason)
        await helper.shows(held["comment"]["id"])
        restored = await reader.sees_event("comments.restored", within=1)
        assert [each["text"] for each in restored["comments"]] == [words]
        assert reader.events("comment.held") == []
        assert await helper.hidden() == []


async def test_a_name_is_read_as_well(live_market: Market) -> None:
    viewer = await live_market.enters(name="zalo.me/keonhanh")

    assert (await says(viewer, "chào cả nhà"))["code"] == "comment_held"


async def test_slow_mode_counts_a_device_over_all_nodes(live_market: Market) -> None:
    other = await live_market.another_node()
    device = uuid4()
    here, there, somebody = (
        await live_market.enters(device=device),
        await live_market.enters(device=device, node=other),
        await live_market.enters(),
    )
    async with helping(live_market) as helper:
        await helper.sets_rules(slow_mode_seconds=60)
        assert (await here.sees_event("talk.changed"))["talk"]["slow_mode_seconds"] == 60
        await there.sees_event("talk.changed")

        first, second, of_somebody = await says(here, "một"), await says(there, "hai"), await says(somebody, "ba")

    assert (first["type"], of_somebody["type"]) == ("command.done", "command.done")
    assert (second["code"], second["retryable"]) == ("comments_too_fast", True)
    assert 50_000 < second["retry_after_ms"] <= 60_001


async def test_a_text_that_everybody_repeats_is_held_after_so_many_times(live_market: Market) -> None:
    viewers = [await live_market.enters() for _ in range(4)]
    async with helping(live_market) as helper:
        await helper.sets_rules(repeats_most=2)

        answers = [await says(viewer, words) for viewer, words in zip(viewers, _disguised("hàng này toàn hàng nhái thôi"), strict=True)]
        short = [await says(viewer, "chốt 2 hũ") for viewer in viewers]

    assert [answer.get("code") for answer in answers] == [None, None, "comment_held", "comment_held"]
    assert [answer.get("code") for answer in short] == [None] * 4


async def test_buyers_only_lets_those_speak_who_have_ordered(live_market: Market) -> None:
    viewer = await live_market.enters()
    async with helping(live_market) as helper:
        await helper.sets_rules(buyers_only=True)

        assert (await says(viewer, "còn hàng không"))["code"] == "buyers_only"


async def test_a_new_device_watches_first_and_an_old_one_speaks(live_market: Market) -> None:
    new = await live_market.enters(device=new_device_id(now_ms()))
    known = await live_market.enters(device=new_device_id(now_ms() - 120_000))
    of_before = await live_market.enters(device=uuid4())
    async with helping(live_market) as helper:
        await helper.sets_rules(new_viewer_seconds=60)

        answers = [await says(viewer, "còn hàng không") for viewer in (new, known, of_before)]

    assert [answer.get("code") for answer in answers] == ["new_viewer_waits", None, None]
    assert 50_000 < answers[0]["retry_after_ms"] <= 60_001


async def test_a_strict_room_is_one_tap_away_on_all_nodes_and_goes_back_to_its_own_rules(live_market: Market) -> None:
    other = await live_market.another_node()
    new = await live_market.enters(device=new_device_id(now_ms()), node=other)
    known = await live_market.enters(device=new_device_id(now_ms() - 120_000))
    own = {"slow_mode_seconds": 30, "hold_links": False, "block_words": ["hàng dởm"]}
    async with helping(live_market) as helper:
        await helper.sets_rules(**own, is_strict=True)
        for viewer in (new, known):
            talk = (await viewer.sees_event("talk.changed"))["talk"]
            assert (talk["slow_mode_seconds"], talk["new_viewer_seconds"]) == (30, 60)

        codes = [(await says(new, "còn hàng không")).get("code"), (await says(known, "xem ở vuon-buoi.com")).get("code")]
        rules = (await helper.does("GET", "/moderation"))["rules"]
        board = (await live_market.board()).frames[0]["moderation"]["rules"]
        await helper.sets_rules(**own)

        talk = (await known.sees_event("talk.changed"))["talk"]
        assert (talk["slow_mode_seconds"], talk["new_viewer_seconds"]) == (30, 0)
        assert (await says(new, "còn hàng không")).get("code") is None
    assert codes == ["new_viewer_waits", "comment_held"]
    # What people have set stands there as they set it.
    assert rules == board
    assert (rules["is_strict"], rules["slow_mode_seconds"], rules["new_viewer_seconds"], rules["hold_links"]) == (True, 30, 0, False)


async def test_a_reply_names_whom_it_answers_until_that_is_hidden(live_market: Market) -> None:
    viewer, board = await live_market.enters(name="Lan"), await live_market.board()
    await says(viewer, "bưởi còn không")
    question = await comment_of(board, "bưởi còn không")

    await board.asks("comment.post", text="còn 20 quả", reply_to=question["id"])
    answer = await comment_of(viewer, "còn 20 quả")
    assert answer["reply_to"] == {"id": question["id"], "author": "Lan"}
    assert (await board.asks("comment.post", text="ai hỏi", reply_to=str(uuid4())))["code"] == "comment_not_found"
    async with helping(live_market) as helper:
        await helper.hides(question["id"])

    assert [each["reply_to"] for each in (await polled(live_market.node, live_market))["comments"]] == [None]


async def test_notice_pinned_comment_and_the_question_that_is_answered_stand_above_the_talk(live_market: Market) -> None:
    viewer, board = await live_market.enters(), await live_market.board()
    for words in ("một", "hai"):
        await says(viewer, words)
    first, second = await comment_of(board, "một"), await comment_of(board, "hai")

    async with helping(live_market) as helper:
        await helper.does("PUT", "/moderation/notice", text="Miễn phí giao hàng đến 21 giờ")
        await helper.does("PUT", "/moderation/pinned-comment", comment_id=first["id"])
        for comment in (first, second):
            await helper.does("PUT", f"/comments/{comment['id']}/question", state="waiting")
        await helper.does("PUT", f"/comments/{first['id']}/question", state="answering")
        await helper.does("PUT", f"/comments/{second['id']}/question", state="answering")
        talk = (await polled(live_market.node, live_market))["talk"]
        queue = (await helper.does("GET", "/moderation"))["questions"]
        await helper.hides(first["id"])

        without = (await polled(live_market.node, live_market))["talk"]

    assert (talk["notice"], talk["pinned"]["text"], talk["answering"]["text"]) == ("Miễn phí giao hàng đến 21 giờ", "một", "hai")
    assert [(each["comment"]["text"], each["state"]) for each in queue] == [("hai", "answering"), ("một", "answered")]
    assert (without["pinned"], without["answering"]["text"]) == (None, "hai")
    assert viewer.events("questions.changed") == []


async def test_everything_that_staff_did_is_in_the_trail(live_market: Market) -> None:
    viewer = await live_market.enters()
    await says(viewer, "câu đầu")
    comment = await comment_of(viewer, "câu đầu")

    async with helping(live_market) as helper:
        await helper.hides(comment["id"])
        await helper.shows(comment["id"])
        restriction_id = await helper.restricts(comment["id"])
        await helper.does("POST", f"/restrictions/{restriction_id}/lift")
        await helper.sets_rules(slow_mode_seconds=5)
    async with live_market.stores.database.transactions() as db:
        found = text("SELECT action FROM audit_entries WHERE subject_id = :id AND action NOT LIKE 'session.%' ORDER BY id")
        actions = (await db.scalars(found, {"id": str(live_market.session_id)})).all()

    assert actions == ["comment.hidden", "comment.restored", "speaker.muted", "speaker.freed", "moderation.rules_set"]


async def test_the_report_says_how_the_room_was_kept_clean(live_market: Market) -> None:
    viewer, troll = await live_market.enters(), await live_market.enters()
    await says(viewer, "câu đầu")
    await says(troll, "phá")
    await says(viewer, "xem ở keo88.com")
    first, spoilt = await comment_of(viewer, "câu đầu"), await comment_of(viewer, "phá")

    async with helping(live_market) as helper:
        await helper.hides(first["id"])
        await helper.shows(first["id"])
        await helper.restricts(spoilt["id"])
        await says(troll, "phá nữa")
        await live_market.archived_comments(4)
        figures = (await helper.does("GET", "/report"))["moderation"]

    assert figures.pop("median_seconds_to_hide") < 5
    assert figures == {"hidden_by_staff": 2, "held_by_rules": 1, "restored": 1, "said_unheard": 1, "mutes": 1, "bans": 0}


async def test_a_command_that_is_sent_twice_is_done_once(live_market: Market) -> None:
    viewer = await live_market.enters()
    await says(viewer, "câu đầu")
    comment = await comment_of(viewer, "câu đầu")

    async with helping(live_market) as helper:
        body = {"comment_id": comment["id"], "kind": "mute"}
        both = [await helper.client.post(f"{helper.path}/restrictions", json=body, headers={"idempotency-key": "m1"}) for _ in range(2)]
        details = await helper.does("GET", "/moderation")

    assert both[0].json() == both[1].json()
    assert [each["id"] for each in details["restrictions"]] == [both[0].json()["id"]]


async def test_two_who_hide_the_same_at_once_hide_it_once(live_market: Market) -> None:
    viewer = await live_market.enters()
    await says(viewer, "câu đầu")
    comment = await comment_of(viewer, "câu đầu")

    async with helping(live_market) as helper:
        await asyncio.gather(*(helper.hides(comment["id"]) for _ in range(5)))
        async with live_market.stores.database.transactions() as db:
            count = text("SELECT count(*) FROM audit_entries WHERE subject_id = :id AND action = 'comment.hidden'")
            hidden_times = await db.scalar(count, {"id": str(live_market.session_id)})

    assert hidden_times == 1


def _device_of(viewer: Viewer) -> bytes:
    cookie = viewer.socket.request.headers["Cookie"] if viewer.socket.request else ""
    return TicketSigner(KeyRing(SECRET)).read(cookie.partition("=")[2]).bytes


def _disguised(words: str) -> list[str]:
    return [words, words.upper(), words.replace(" ", "  ") + "!!!", words.replace("à", "a")]
