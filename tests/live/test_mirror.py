"""A snapshot plus the later events is the same as a fresh snapshot, and events may be applied twice."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.live.mirror import RoomMirror
from app.live.moderation import RoomModeration
from app.live.tellings import ToldFigures, readable_part
from app.protocol.server_events import LoggedEvent, RoomEvent, StockChanged, room_event
from app.protocol.views import Counts, OfferView, SessionView, StockView
from tests.live.market import an_offer

SESSION = SessionView(
    id=UUID(int=1),
    title="Chợ phiên",
    state="live",
    organisation_name="OCOP",
    host_name="Lan",
    planned_start_at_ms=None,
    started_at_ms=1,
    ended_at_ms=None,
    video=None,
)
OFFER_IDS = [str(UUID(int=number)) for number in (11, 12)]
PRODUCT_IDS = [str(UUID(int=number)) for number in (21, 22)]


def a_comment(number: int, *, by_staff: bool = False) -> dict[str, Any]:
    comment = {"id": str(UUID(int=number)), "at_ms": number, "author": "Lan", "text": f"câu {number}", "by_staff": by_staff}
    return {"type": "comment.posted", "comment": comment}


offers = st.builds(
    lambda offer_id, total, state: an_offer(UUID(PRODUCT_IDS[0]), id=offer_id, total_quantity=total, remaining=total, state=state),
    st.sampled_from(OFFER_IDS),
    st.integers(1, 50),
    st.sampled_from(["scheduled", "open"]),
)
events = st.lists(
    st.one_of(
        st.builds(a_comment, st.integers(1, 60)),
        st.builds(lambda offer: {"type": "offer.opened", "offer": offer}, offers),
        st.builds(lambda offer: {"type": "offer.changed", "offer": offer}, offers),
        st.builds(lambda offer_id: {"type": "offer.sold_out", "offer_id": offer_id}, st.sampled_from(OFFER_IDS)),
        st.builds(lambda offer_id: {"type": "offer.ended", "offer_id": offer_id}, st.sampled_from(OFFER_IDS)),
        st.builds(
            lambda product_id, left: {
                "type": "stock.changed",
                "stock": {"product_id": product_id, "units": 50, "left": left, "per_viewer_limit": 10},
            },
            st.sampled_from(PRODUCT_IDS),
            st.integers(0, 50),
        ),
        st.builds(lambda product_id: {"type": "product.pinned", "product_id": product_id}, st.sampled_from([*PRODUCT_IDS, None])),
        st.builds(
            lambda state: {"type": "session.changed", "session": SESSION.model_copy(update={"state": state})},
            st.sampled_from(["live", "ended"]),
        ),
    ).map(room_event.validate_python),
    max_size=60,
    unique_by=lambda event: event.comment.id if event.type == "comment.posted" else id(event),
)


hidings = st.lists(
    st.one_of(
        st.builds(a_comment, st.integers(1, 20)),
        st.builds(lambda number: {"type": "comments.hidden", "comment_ids": [str(UUID(int=number))]}, st.integers(1, 20)),
        st.builds(lambda number: {"type": "comments.restored", "comments": [a_comment(number)["comment"]]}, st.integers(1, 20)),
    ).map(room_event.validate_python),
    max_size=40,
)


def a_mirror(content: dict[str, Any] | None = None) -> RoomMirror:
    return RoomMirror(**(content or {"session": SESSION, "products": (), "offers": (), "pinned_product_id": None, "comments": ()}))


def content_of(mirror: RoomMirror) -> dict[str, Any]:
    return {
        "session": mirror.session,
        "products": mirror.products,
        # as rooms start from them; what is told besides keeps within the pools
        "offers": tuple(mirror._offers.values()),
        "shelf": mirror.shelf,
        "pinned_product_id": mirror.pinned_product_id,
        "comments": mirror.comments,
    }


def apply_all(mirror: RoomMirror, happened: list[RoomEvent]) -> RoomMirror:
    for event in happened:
        mirror.apply(event)
    return mirror


@given(events, st.data())
def test_snapshot_plus_events_is_a_fresh_snapshot(happened: list[RoomEvent], draw: st.DataObject) -> None:
    joined_at = draw.draw(st.integers(0, len(happened)))
    server = apply_all(a_mirror(), happened)

    client = apply_all(a_mirror(content_of(apply_all(a_mirror(), happened[:joined_at]))), happened[joined_at:])

    assert content_of(client) == content_of(server)


@given(hidings, st.data())
def test_what_is_hidden_when_somebody_joins_stays_so_until_it_is_restored(happened: list[RoomEvent], draw: st.DataObject) -> None:
    joined_at = draw.draw(st.integers(0, len(happened)))
    server = apply_all(a_mirror(), happened)
    then = apply_all(a_mirror(), happened[:joined_at])
    known = RoomModeration(
        hidden_ids=[str(UUID(int=number)) for number in range(1, 21) if then.moderation.is_hidden(str(UUID(int=number)))]
    )

    client = apply_all(a_mirror(content_of(then) | {"moderation": known}), happened[joined_at:])

    assert client.comments == server.comments
    assert not any(server.moderation.is_hidden(comment.id) for comment in server.comments)


def test_a_restored_comment_stands_where_it_stood_among_those_of_the_same_millisecond() -> None:
    said = [a_comment(number) for number in range(1, 6)]
    for each in said:
        each["comment"]["at_ms"] = 7
    ids = [each["comment"]["id"] for each in said]
    mirror = apply_all(a_mirror(), [room_event.validate_python(each) for each in said])

    for gone in ([1, 3], [3], [0, 4]):
        hidden = {"type": "comments.hidden", "comment_ids": [ids[place] for place in gone]}
        restored = {"type": "comments.restored", "comments": [said[place]["comment"] for place in gone]}
        apply_all(mirror, [room_event.validate_python(hidden), room_event.validate_python(restored)])

    assert [comment.id for comment in mirror.comments] == ids


@given(events, st.data())
def test_content_that_is_newer_than_its_position_ends_up_the_same(happened: list[RoomEvent], draw: st.DataObject) -> None:
    position = draw.draw(st.integers(0, len(happened)))
    read_at = draw.draw(st.integers(position, len(happened)))
    server = apply_all(a_mirror(), happened)

    # Loaded from the stores a moment after the position was taken; comments come from the log and are exactly as of the position.
    loaded = content_of(apply_all(a_mirror(), happened[:read_at])) | {
        "comments": apply_all(a_mirror(), happened[:position]).comments,
    }

    assert content_of(apply_all(a_mirror(loaded), happened[position:])) == content_of(server)


def test_what_is_left_follows_the_ledger_and_never_leaves_its_bounds() -> None:
    mirror = a_mirror()
    mirror.apply(room_event.validate_python({"type": "offer.opened", "offer": an_offer(UUID(PRODUCT_IDS[0]), id=OFFER_IDS[0])}))

    for taken, left in ((0, 20), (7, 13), (25, 0), (5, 15)):
        mirror.take_stock({OFFER_IDS[0]: taken})
        assert mirror.stock == {OFFER_IDS[0]: left}


def test_sampling_keeps_staff_and_every_other_event_and_tells_how_many_it_left_out() -> None:
    raw = [a_comment(number, by_staff=number == 7) for number in range(1, 21)] + [{"type": "product.pinned", "product_id": None}]
    logged = [LoggedEvent(offset=offset, at_ms=0, event=room_event.validate_python(each)) for offset, each in enumerate(raw, start=1)]

    shown, skipped = readable_part(logged, 5)

    assert len(shown) + skipped == len(logged)
    assert len(shown) == 5 + 2
    assert {7, 21} <= {event.offset for event in shown}
    assert [event.offset for event in shown] == sorted(event.offset for event in shown)


def test_figures_are_equal_when_nothing_changed() -> None:
    counts = Counts(viewers=1, likes=2, comments=3)

    assert ToldFigures(counts, {"a": 1}, None) == ToldFigures(counts.model_copy(), {"a": 1}, None)


def a_shelf(*, units: int, left: int) -> list[StockView]:
    return [StockView(product_id=UUID(PRODUCT_IDS[0]), units=units, left=left, per_viewer_limit=10)]


def a_pooled_mirror(shelf: list[StockView]) -> RoomMirror:
    offer = OfferView.model_validate(an_offer(UUID(PRODUCT_IDS[0]), id=OFFER_IDS[0], total_quantity=20, remaining=20))
    return RoomMirror(session=SESSION, products=(), offers=[offer], pinned_product_id=None, comments=(), shelf=shelf)


def test_what_offers_and_shelf_took_is_taken_from_the_pool_and_limits_the_offer() -> None:
    mirror = a_pooled_mirror(a_shelf(units=30, left=30))

    mirror.take_stock({OFFER_IDS[0]: 12, PRODUCT_IDS[0]: 15})

    assert [pool.left for pool in mirror.shelf] == [3]
    assert [offer.remaining for offer in mirror.offers] == [3]
    assert mirror.stock == {OFFER_IDS[0]: 3, PRODUCT_IDS[0]: 3}


def test_a_pool_is_told_in_ticks_only_when_it_runs_low() -> None:
    assert PRODUCT_IDS[0] not in a_pooled_mirror(a_shelf(units=500, left=21)).stock
    assert a_pooled_mirror(a_shelf(units=500, left=20)).stock[PRODUCT_IDS[0]] == 20


def test_a_pool_that_is_filled_up_gives_the_offer_back_what_it_had() -> None:
    mirror = a_pooled_mirror(a_shelf(units=5, left=5))
    mirror.take_stock({PRODUCT_IDS[0]: 5})

    mirror.apply(StockChanged(stock=a_shelf(units=40, left=35)[0]))

    assert [offer.remaining for offer in mirror.offers] == [20]
