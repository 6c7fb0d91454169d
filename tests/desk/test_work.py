"""Colleagues at one desk: who gets which order, what a call does, what can be taken back, and what is told to whom."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from app.accounts.permissions import Grant
from app.accounts.service import CurrentUser
from app.desk.errors import CallTimeUnfit, NotOfTheDesk, OrderInHand, TooLateToUndo
from app.desk.schemas import NewHeldStep, WantNext
from app.errors import MalformedRequest
from app.fulfilment.buyer_schemas import CancelReason
from app.fulfilment.errors import OrderNotFound, StateNotReachable
from app.fulfilment.persons import erase_contacts
from app.fulfilment.transitions import Step
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.redis_client import RedisClients
from app.orders.group_commit import PlacingQueues
from app.sessions.errors import NotYourSession
from app.settings import DeskSettings
from tests.desk.builders import Node, a_colleague, a_node
from tests.orders.builders import Market, a_market


@pytest.fixture
async def lan(database: Database, market: Market) -> CurrentUser:
    return await a_colleague(database, market, "Lan")


@pytest.fixture
async def minh(database: Database, market: Market) -> CurrentUser:
    return await a_colleague(database, market, "Minh")


# --- whose order ---


async def test_colleagues_who_ask_at_once_get_different_orders_and_each_keeps_theirs(
    database: Database, market: Market, node: Node
) -> None:
    colleagues = [await a_colleague(database, market, f"Người {number}") for number in range(8)]
    placed = await node.places(8)

    first = await asyncio.gather(*(node.work.take_next(each, WantNext(queue="first")) for each in colleagues))
    again = [await node.work.take_next(each, WantNext(queue="first")) for each in colleagues]

    taken = [each.order.order_id for each in first if each.order is not None]
    assert sorted(taken) == sorted(placed)
    assert [each.order.order_id for each in again if each.order is not None] == taken
    assert (await node.work.take_next(await a_colleague(database, market, "Thừa"), WantNext(queue="first"))).order is None


async def test_orders_come_in_the_order_in_which_they_were_placed_and_what_is_put_off_comes_not_again(node: Node, lan: CurrentUser) -> None:
    one, two, three = await node.places(3)

    got = [await node.work.take_next(lan, WantNext(queue="first", skip=skip)) for skip in ([], [one], [one, two], [one, two, three])]

    assert [each.order and each.order.order_id for each in got] == [one, two, three, None]
    held = await node.database.pool.fetchval("SELECT count(*) FROM desk_orders WHERE held_by IS NOT NULL")
    assert held == 0


async def test_an_order_in_a_hand_is_named_taken_over_only_on_purpose_and_free_when_the_hand_is_gone(
    node: Node, lan: CurrentUser, minh: CurrentUser
) -> None:
    (order_id,) = await node.places()
    await node.work.hold(lan, node.market.session_id, order_id, take_over=False)

    with pytest.raises(OrderInHand) as refused:
        await node.work.hold(minh, node.market.session_id, order_id, take_over=False)
    with pytest.raises(OrderInHand):
        await node.calls(minh, order_id, "agreed")
    over = await node.work.hold(minh, node.market.session_id, order_id, take_over=True)
    with pytest.raises(OrderInHand):
        await node.calls(lan, order_id, "agreed")
    await node.database.pool.execute("UPDATE desk_orders SET held_until = now() - interval '1 second'")
    free = await node.calls(lan, order_id, "agreed")

    assert refused.value.details["who"] == "Lan"
    assert over.order.held_name == "Minh"
    assert (free.order.held_name, free.order.queue) == (None, "pack")


async def test_two_outcomes_at_once_are_one_and_the_other_hears_what_has_happened(node: Node, lan: CurrentUser, minh: CurrentUser) -> None:
    (order_id,) = await node.places()

    answers = await asyncio.gather(
        node.calls(lan, order_id, "refused", reason="too_dear"), node.calls(minh, order_id, "agreed"), return_exceptions=True
    )

    refused = [each for each in answers if isinstance(each, StateNotReachable)]
    calls = await node.database.pool.fetch("SELECT outcome FROM order_calls")
    assert len(refused) + len(calls) == 2
    assert len(calls) >= 1
    await node.a_minute_passes()
    assert len(await node.course(order_id)) <= 3


async def test_an_assigned_order_comes_to_that_colleague_first_and_to_nobody_else_by_itself(
    node: Node, lan: CurrentUser, minh: CurrentUser
) -> None:
    one, two = await node.places(2)
    assigned = await node.work.assign(lan, node.market.session_id, two, minh.id)

    for_minh = await node.work.take_next(minh, WantNext(queue="first"))
    for_lan = await node.work.take_next(lan, WantNext(queue="first"))
    nothing = await node.work.take_next(lan, WantNext(queue="first", skip=[one]))

    assert assigned.order.assigned_name == "Minh"
    assert for_minh.order is not None
    assert for_minh.order.order_id == two
    assert for_lan.order is not None
    assert for_lan.order.order_id == one
    assert nothing.order is None
    with pytest.raises(NotOfTheDesk):
        await node.work.assign(lan, node.market.session_id, two, uuid4())


async def test_a_role_in_one_session_sees_the_orders_of_that_session_alone(database: Database, node: Node, market: Market) -> None:
    other = await a_market(database)
    await database.pool.execute("UPDATE sessions SET organisation_id = $2 WHERE id = $1", other.session_id, market.organisation_id)
    (here,), (there,) = await node.places(), await node.places(market=other)
    everywhere = await a_colleague(database, market, "Lan")
    only_here = await a_colleague(database, market, "Cúc", session_id=market.session_id)
    stranger = await a_colleague(database, await a_market(database), "Người lạ")

    seen = {
        name: [each.order_id for each in (await node.work.page(user, None, "first", cursor=None, limit=10)).orders]
        for name, user in (("everywhere", everywhere), ("only_here", only_here), ("stranger", stranger))
    }

    assert seen == {"everywhere": [here, there], "only_here": [here], "stranger": []}
    assert (await node.work.counts(only_here, None)).queues[0].due == 1
    with pytest.raises(NotYourSession):
        await node.calls(only_here, there, "agreed")
    nobody = CurrentUser(uuid4(), market.organisation_id, "", "x", "x", "desk", (Grant("desk", None, uuid4()),))
    assert (await node.work.page(nobody, None, "first", cursor=None, limit=10)).orders == []


async def test_rehearsals_stand_on_the_desk_of_their_session_alone(database: Database, node: Node, lan: CurrentUser) -> None:
    await database.pool.execute("UPDATE sessions SET is_rehearsal = true")
    (order_id,) = await node.places()

    everywhere = await node.work.page(lan, None, "first", cursor=None, limit=10)
    here = await node.work.page(lan, node.market.session_id, "first", cursor=None, limit=10)

    assert [each.order_id for each in everywhere.orders] == []
    assert [each.order_id for each in here.orders] == [order_id]


# --- calls ---


async def test_three_calls_in_vain_end_in_the_advice_to_cancel(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()
    begun = utc_now()

    queues = []
    for outcome in ("no_answer", "busy", "no_answer"):
        work = await node.calls(lan, order_id, outcome)
        queues.append((work.order.queue, work.order.tries, work.suggests_cancel))
        assert await node.ready_at(order_id) > begun

    assert queues == [("second", 1, False), ("third", 2, False), ("given_up", 3, True)]
    assert await node.course(order_id) == ["placed"]
    counts = {each.queue: (each.due, each.later) for each in (await node.work.counts(lan, None)).queues}
    assert counts["given_up"] == (0, 1)
    assert (await node.work.take_next(lan, WantNext(queue="given_up"))).order is None


async def test_whoever_asks_to_be_called_later_is_called_then(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()
    then = (utc_now() + timedelta(hours=3)).replace(microsecond=0)

    work = await node.calls(lan, order_id, "call_back", again_at=then.isoformat())

    assert (work.order.queue, await node.ready_at(order_id)) == ("first", then)
    for unfit in (None, utc_now() - timedelta(minutes=1), utc_now() + timedelta(days=15)):
        with pytest.raises(CallTimeUnfit):
            await node.calls(lan, order_id, "call_back", again_at=unfit and unfit.isoformat())


async def test_a_call_under_one_key_counts_once(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()

    answers = await asyncio.gather(*(node.calls(lan, order_id, "no_answer", key="one press") for _ in range(3)))

    assert {each.order.tries for each in answers} == {1}
    assert await node.database.pool.fetchval("SELECT count(*) FROM order_calls") == 1


async def test_nobody_is_called_about_an_order_that_is_over(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()
    await node.selling.desk.append(node.market.session_id, [Step(order_id, "cancelled", "refused")])

    with pytest.raises(StateNotReachable):
        await node.calls(lan, order_id, "no_answer")
    assert await node.database.pool.fetchval("SELECT count(*) FROM order_calls") == 0


# --- a minute to take it back ---


async def test_a_step_is_in_the_ledger_after_its_minute_and_nothing_of_it_before(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()

    work = await node.calls(lan, order_id, "agreed")
    before = await node.course(order_id)
    assert await node.held_back.write_due() == 0
    await node.a_minute_passes()

    assert work.step is not None
    assert (work.step.kind, work.step.taken_by, work.order.queue) == ("confirmed", "Lan", "pack")
    assert (before, await node.course(order_id)) == (["placed"], ["placed", "confirmed"])
    audited = await node.database.pool.fetchval("SELECT user_id FROM audit_entries WHERE action = 'order.confirmed'")
    assert audited == lan.id
    assert await node.queue_of(order_id) == "pack"


async def test_what_was_taken_back_never_reaches_the_ledger_and_the_order_is_where_it_was(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()
    work = await node.calls(lan, order_id, "refused", reason="too_dear")
    assert work.step is not None

    back = await node.work.undo(lan, node.market.session_id, order_id, work.step.mark, None)
    await node.a_minute_passes()

    assert (back.order.queue, back.order.held_name, back.step) == ("first", "Lan", None)
    assert [call.is_undone for call in back.calls] == [True]
    assert await node.course(order_id) == ["placed"]


async def test_a_call_in_vain_is_taken_back_too(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()
    work = await node.calls(lan, order_id, "no_answer")

    back = await node.work.undo(lan, node.market.session_id, order_id, work.calls[0].mark, None)

    assert (back.order.queue, back.order.tries) == ("first", 0)


async def test_after_the_minute_nothing_is_taken_back(node: Node, lan: CurrentUser) -> None:
    agreed, in_vain = await node.places(2)
    marks = {
        order_id: (await node.calls(lan, order_id, outcome)).calls[0].mark for order_id, outcome in ((agreed, "agreed"), (in_vain, "busy"))
    }
    await node.a_minute_passes()

    for order_id, mark in marks.items():
        with pytest.raises(TooLateToUndo):
            await node.work.undo(lan, node.market.session_id, order_id, mark, None)
    assert await node.course(agreed) == ["placed", "confirmed"]


async def test_taking_back_and_the_clock_at_the_same_moment_leave_one_outcome(node: Node, lan: CurrentUser) -> None:
    placed = await node.places(10)
    marks = {order_id: (await node.calls(lan, order_id, "agreed")).calls[0].mark for order_id in placed}
    await node.database.pool.execute("UPDATE desk_orders SET step_due_at = now() - interval '1 second'")

    undone = [node.work.undo(lan, node.market.session_id, order_id, mark, None) for order_id, mark in marks.items()]
    answers = await asyncio.gather(*undone, node.held_back.write_due(), node.held_back.write_due(), return_exceptions=True)
    await node.held_back.write_due()

    for order_id, answer in zip(placed, answers, strict=False):
        expected = ["placed", "confirmed"] if isinstance(answer, TooLateToUndo) else ["placed"]
        assert await node.course(order_id) == expected


async def test_the_next_step_has_the_one_before_it_written(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()
    await node.calls(lan, order_id, "agreed")

    work = await node.work.step(lan, node.market.session_id, order_id, NewHeldStep(kind="delivered"), None)

    assert await node.course(order_id) == ["placed", "confirmed"]
    assert (work.order.queue, work.step and work.step.kind) == ("collect", "delivered")
    with pytest.raises(StateNotReachable):
        await node.work.step(lan, node.market.session_id, order_id, NewHeldStep(kind="cancelled"), None)


@pytest.mark.parametrize("reason", ["buyer_other"])
async def test_what_a_colleague_did_comes_before_the_buyer_and_the_clock(node: Node, lan: CurrentUser, reason: CancelReason) -> None:
    by_clock, by_buyer = await node.places(2)
    for order_id in (by_clock, by_buyer):
        await node.calls(lan, order_id, "agreed")
    await node.database.pool.execute("UPDATE orders SET due_at = now() - interval '1 second' WHERE id = $1", by_clock)

    assert await node.selling.desk.expire_due() == 0
    await node.selling.desk.append(node.market.session_id, [Step(by_buyer, "cancelled", reason, by_buyer=True)])

    assert [await node.course(order_id) for order_id in (by_clock, by_buyer)] == [["placed", "confirmed"]] * 2


async def test_a_step_that_does_not_fit_any_more_is_dropped_and_leaves_its_trace(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()
    await node.calls(lan, order_id, "agreed")
    # as code of before does, which knows of nothing that is held back
    node.selling.desk._settle = None
    await node.selling.desk.append(node.market.session_id, [Step(order_id, "cancelled", "refused")])

    await node.a_minute_passes()

    assert (await node.course(order_id), await node.queue_of(order_id)) == (["placed", "cancelled"], "over")
    assert await node.database.pool.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'order.step_dropped'") == 1


async def test_without_a_minute_a_step_is_written_at_once(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, queues: PlacingQueues, lan: CurrentUser
) -> None:
    node = a_node(database, redis, redis_prefix, market, queues, settings=DeskSettings(undo_seconds=0))
    (order_id,) = await node.places()

    work = await node.calls(lan, order_id, "agreed")
    await node.close()

    assert (work.step, await node.course(order_id)) == (None, ["placed", "confirmed"])


# --- following the ledgers ---


async def test_whatever_writes_to_the_ledger_the_desk_follows(node: Node, lan: CurrentUser) -> None:
    paid, cancelled, new = await node.places(3)
    await node.selling.desk.append(node.market.session_id, [Step(paid, "paid"), Step(cancelled, "cancelled", "refused")])

    await node.follower.follow()

    assert [await node.queue_of(each) for each in (paid, cancelled, new)] == ["pack", "over", "first"]
    assert [each.order_id for each in (await node.work.page(lan, None, "over", cursor=None, limit=9)).orders] == [cancelled]


async def test_the_desk_made_anew_from_the_ledgers_is_the_same(node: Node, lan: CurrentUser) -> None:
    placed = await node.places(6)
    transfers = await node.places(2, payment="transfer")
    await node.calls(lan, placed[0], "no_answer")
    await node.calls(lan, placed[1], "agreed")
    await node.a_minute_passes()
    await node.follower.follow()
    seen = "SELECT order_id, queue, tries FROM desk_orders ORDER BY order_id"
    before = await node.database.pool.fetch(seen)

    await node.database.pool.execute("DELETE FROM desk_orders")
    await node.database.pool.execute("DELETE FROM desk_marks")
    await asyncio.gather(*(node.follower.follow() for _ in range(3)))

    after = await node.database.pool.fetch(seen)
    fresh = {row["order_id"]: row["queue"] for row in after}
    assert {fresh[each] for each in transfers} == {"money"}
    # calls are looked at when something happens to the order: what was only called in vain begins anew
    assert [row for row in before if row["tries"] == 0] == [row for row in after if row["order_id"] != placed[0]]


async def test_an_order_is_worked_although_the_follower_has_not_seen_it(node: Node, lan: CurrentUser) -> None:
    (order_id,) = await node.places()
    await node.database.pool.execute("DELETE FROM desk_orders")

    work = await node.work.read(lan, node.market.session_id, order_id)
    called = await node.calls(lan, order_id, "no_answer")

    assert (work.order.queue, called.order.queue) == ("first", "second")


# --- pages ---


async def test_pages_of_a_queue_hold_every_order_once(node: Node, lan: CurrentUser) -> None:
    placed = await node.places(7)
    await node.database.pool.execute("UPDATE desk_orders SET ready_at = '2026-11-28T01:00:00.123457Z'")

    seen, cursor = [], None
    while True:
        page = await node.work.page(lan, None, "first", cursor=cursor, limit=3)
        seen += [each.order_id for each in page.orders]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == sorted(placed)
    for wrong in ("", "x", "é", "_" * 32, "_" * 60):
        with pytest.raises(MalformedRequest):
            await node.work.page(lan, None, "first", cursor=wrong, limit=3)


# --- notes ---


async def test_notes_are_for_colleagues_sealed_and_gone_with_the_person(node: Node, lan: CurrentUser, minh: CurrentUser) -> None:
    (order_id,) = await node.places()
    await node.work.add_note(lan, node.market.session_id, order_id, "Gọi sau 17 giờ", None)

    seen = await node.work.read(minh, node.market.session_id, order_id)
    stored = await node.database.pool.fetchval("SELECT sealed FROM order_notes")
    async with node.database.pool.acquire() as db, db.transaction():
        await erase_contacts(db, [order_id])
    erased = await node.work.read(minh, node.market.session_id, order_id)

    assert [(note.words, note.written_by) for note in seen.notes] == [("Gọi sau 17 giờ", "Lan")]
    assert "Gọi".encode() not in stored
    assert [note.words for note in erased.notes] == [None]
    with pytest.raises(OrderNotFound):
        await node.work.add_note(lan, node.market.session_id, order_id, "thêm", None)
