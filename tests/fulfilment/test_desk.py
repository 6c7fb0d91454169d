"""The order desk: what the clock does when nobody does, who may step in, and that every step leaves its trace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.accounts.service import CurrentUser
from app.fulfilment.desk import EXPIRED_PER_STEP, OrderDesk
from app.fulfilment.errors import OrderNotFound, StateNotReachable
from app.fulfilment.payments import BookedPayment, ReceivedPayment
from app.fulfilment.persons import erase_contacts
from app.fulfilment.transitions import Step
from app.infra.clock import utc_now
from app.infra.database import Database, open_database
from app.infra.redis_client import RedisClients
from app.ledger.kinds import EntryKind
from app.orders.group_commit import PlacingQueues
from app.sessions.errors import NotYourSession, SessionNotFound
from app.settings import DatabaseSettings, OrderSettings
from tests.orders.builders import Market, a_market, a_wanted_order, an_offer
from tests.selling import selling_services


def a_desk(database: Database, redis: RedisClients, prefix: str, stack: AsyncExitStack) -> OrderDesk:
    """The desk of one node, without its jobs: the tests say when the clock looks."""
    selling = selling_services(database, redis, prefix)
    stack.push_async_callback(selling.placing.close)
    return selling.desk


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def desk(database: Database, redis: RedisClients, redis_prefix: str, stack: AsyncExitStack) -> OrderDesk:
    return a_desk(database, redis, redis_prefix, stack)


def staff_of(market: Market, **changes: Any) -> CurrentUser:
    return replace(CurrentUser(market.user_id, market.organisation_id, "Đoàn xã", "host", "Lan", "host"), **changes)


async def due_since(database: Database, order_id: UUID, seconds: float = 1) -> None:
    await database.pool.execute("UPDATE orders SET due_at = $2 WHERE id = $1", order_id, utc_now() - timedelta(seconds=seconds))


async def course(database: Database, order_id: UUID) -> list[tuple[str, str]]:
    rows = await database.pool.fetch("SELECT kind, body::json->>'reason' FROM ledger_entries WHERE order_id = $1 ORDER BY seq", order_id)
    return [tuple(row) for row in rows]


async def remaining(database: Database, offer_id: UUID) -> int:
    return int(await database.pool.fetchval("SELECT remaining FROM offers WHERE id = $1", offer_id))


async def audited(database: Database, action: str) -> list[tuple[UUID, str]]:
    rows = await database.pool.fetch("SELECT user_id, subject_id FROM audit_entries WHERE action = $1 ORDER BY id", action)
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(("payment", "reason"), [("transfer", "hold_over"), ("cod", "not_confirmed")])
async def test_what_nobody_pays_or_confirms_in_time_expires_and_gives_units_and_limit_back(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk, payment: str, reason: str
) -> None:
    offer_id = await an_offer(database, market, total=2, limit=2)
    device_id = uuid4()
    receipt = await queues.place(a_wanted_order(market, {offer_id: 2}, device_id=device_id, payment=payment))
    assert await desk.expire_due() == 0

    await due_since(database, receipt.order_id)

    assert await desk.expire_due() == 1
    assert await course(database, receipt.order_id) == [("placed", ""), ("expired", reason)]
    assert await remaining(database, offer_id) == 2
    await queues.place(a_wanted_order(market, {offer_id: 2}, device_id=device_id))


async def test_a_transfer_is_due_after_the_hold_and_a_cod_order_after_the_time_to_confirm(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    offer_id = await an_offer(database, market)
    asked = "SELECT extract(epoch FROM due_at - placed_at)::int FROM orders WHERE id = $1"

    transfer = await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer"))
    cod = await queues.place(a_wanted_order(market, {offer_id: 1}, payment="cod"))

    assert await database.pool.fetchval(asked, transfer.order_id) == 900
    assert await database.pool.fetchval(asked, cod.order_id) == 72 * 3600


@pytest.mark.parametrize("kinds", [("confirmed",), ("paid",), ("confirmed", "delivered"), ("paid", "delivered", "returned")])
async def test_confirmed_and_paid_orders_never_expire(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk, kinds: tuple[EntryKind, ...]
) -> None:
    offer_id = await an_offer(database, market, total=3)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}))
    for kind in kinds:
        await desk.step(staff_of(market), market.session_id, Step(receipt.order_id, kind))
    await due_since(database, receipt.order_id, 1_000_000)

    assert await desk.expire_due() == 0
    assert [kind for kind, _ in await course(database, receipt.order_id)] == ["placed", *kinds]


async def test_expiry_on_two_nodes_and_twice_expires_once(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, queues: PlacingQueues, stack: AsyncExitStack
) -> None:
    offer_id = await an_offer(database, market, total=20)
    receipts = [await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer")) for _ in range(12)]
    for receipt in receipts:
        await due_since(database, receipt.order_id)
    nodes = [a_desk(database, redis, redis_prefix, stack) for _ in range(3)]

    counts = await asyncio.gather(*(node.expire_due() for node in nodes))
    again = [await node.expire_due() for node in nodes]

    assert (sum(counts), sum(again)) == (12, 0)
    assert await remaining(database, offer_id) == 20
    assert await database.pool.fetchval("SELECT count(*) FROM ledger_entries WHERE kind = 'expired'") == 12


async def test_a_payment_and_the_clock_at_the_same_moment_leave_one_outcome(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk
) -> None:
    offer_id = await an_offer(database, market, total=30)
    receipts = [await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer")) for _ in range(8)]
    for receipt in receipts:
        await due_since(database, receipt.order_id)

    async def pay(number: int) -> BookedPayment:
        payment = ReceivedPayment(market.organisation_id, receipts[number].order_id, f"FT{number}", receipts[number].total_vnd, utc_now())
        return await desk.book(staff_of(market), payment)

    *booked, expired = await asyncio.gather(*(pay(number) for number in range(8)), desk.expire_due())

    assert isinstance(expired, int)
    paid = [payment for payment in booked if isinstance(payment, BookedPayment) and payment.matter is None]
    assert len(paid) + expired == 8
    late = [item.order_id for item in (await desk.work_list(staff_of(market))).items]
    for receipt in receipts:
        kinds = [kind for kind, _ in await course(database, receipt.order_id)]
        assert kinds == (["placed", "expired"] if receipt.order_id in late else ["placed", "paid"])


async def test_one_session_that_is_locked_does_not_hold_up_the_others(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk
) -> None:
    other = await a_market(database)
    orders = {}
    for each in (market, other):
        offer_id = await an_offer(database, each)
        orders[each.session_id] = await queues.place(a_wanted_order(each, {offer_id: 1}))
    await due_since(database, orders[market.session_id].order_id, 9)
    await due_since(database, orders[other.session_id].order_id, 3)

    async with database.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM ledgers WHERE session_id = $1 FOR UPDATE", market.session_id)
        assert await desk.expire_due() == 1

    assert await course(database, orders[other.session_id].order_id) == [("placed", ""), ("expired", "not_confirmed")]
    assert await desk.expire_due() == 1
    assert await course(database, orders[market.session_id].order_id) == [("placed", ""), ("expired", "not_confirmed")]


async def test_the_next_process_goes_on_where_the_last_one_was_and_does_not_begin_in_1970(
    database: Database, redis: RedisClients, redis_prefix: str, market: Market, queues: PlacingQueues, stack: AsyncExitStack
) -> None:
    offer_id = await an_offer(database, market, total=20)
    old, missed, newly = [await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer")) for _ in range(3)]
    await due_since(database, old.order_id, 86_400)

    first = await a_desk(database, redis, redis_prefix, stack).expire_due()
    # Nothing comes into being with a date so long gone: whoever finds it has read everything again.
    await due_since(database, missed.order_id, 43_200)
    # Of a node whose clock was behind by half an hour.
    await due_since(database, newly.order_id, 1_800)
    second = await a_desk(database, redis, redis_prefix, stack).expire_due()

    assert (first, second) == (1, 1)
    assert [len(await course(database, receipt.order_id)) for receipt in (old, missed, newly)] == [2, 1, 2]


async def test_a_session_that_cannot_be_written_leaves_room_for_the_others_however_much_of_it_is_due(
    postgres_url: str, redis: RedisClients, redis_prefix: str, stack: AsyncExitStack
) -> None:
    database = await stack.enter_async_context(open_database(postgres_url, DatabaseSettings(lock_timeout_seconds=0.3)))
    stuck, other = await a_market(database), await a_market(database)
    selling = selling_services(database, redis, redis_prefix)
    stack.push_async_callback(selling.placing.close)
    queues = PlacingQueues(database.placing, OrderSettings(), _nothing_to_tell)
    stack.push_async_callback(queues.close)
    offer_id = await an_offer(database, stuck, total=EXPIRED_PER_STEP + 5)
    await asyncio.gather(*(queues.place(a_wanted_order(stuck, {offer_id: 1})) for _ in range(EXPIRED_PER_STEP + 5)))
    last = await queues.place(a_wanted_order(other, {await an_offer(database, other): 1}))
    await database.pool.execute("UPDATE orders SET due_at = now() - interval '1 hour' WHERE session_id = $1", stuck.session_id)
    await due_since(database, last.order_id)

    async with database.pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM ledgers WHERE session_id = $1 FOR UPDATE", stuck.session_id)
        while_stuck = [await selling.desk.expire_due() for _ in range(2)]
    again = a_desk(database, redis, redis_prefix, stack)
    afterwards = [await again.expire_due() for _ in range(3)]

    assert while_stuck == [0, 1]
    assert afterwards == [EXPIRED_PER_STEP, 5, 0]


async def _nothing_to_tell(session_id: object, result: object) -> None:
    return None


async def test_orders_still_expire_after_the_clock_was_ahead(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_id = await an_offer(database, market)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer"))
    await database.pool.execute("UPDATE orders SET due_at = $1", utc_now() + timedelta(hours=3))
    monkeypatch.setattr("app.fulfilment.desk.utc_now", lambda: utc_now() + timedelta(hours=2))
    assert await desk.expire_due() == 0
    monkeypatch.undo()

    await due_since(database, receipt.order_id)

    assert await desk.expire_due() == 1


async def test_the_work_list_shows_only_money_that_needs_a_person_and_only_our_own(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk
) -> None:
    offer_id = await an_offer(database, market)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}, payment="transfer"))
    stranger = await a_market(database)

    async def book(market: Market, reference: str, amount_vnd: int) -> BookedPayment:
        return await desk.book(
            staff_of(market), ReceivedPayment(market.organisation_id, receipt.order_id, reference, amount_vnd, utc_now())
        )

    await book(market, "FT1", receipt.total_vnd - 1)
    await book(stranger, "FT1", receipt.total_vnd)
    await book(market, "FT2", receipt.total_vnd)
    await book(market, "FT2", receipt.total_vnd)
    await book(market, "FT3", receipt.total_vnd)

    mine = (await desk.work_list(staff_of(market))).items
    theirs = (await desk.work_list(staff_of(stranger))).items
    assert [(item.reference, item.matter) for item in mine] == [("FT1", "under"), ("FT3", "repeated")]
    assert [(item.matter, item.order_id) for item in theirs] == [("unmatched", None)]
    assert [kind for kind, _ in await course(database, receipt.order_id)] == ["placed", "paid"]
    # once per line of the bank, however often it is sent
    assert [user_id for user_id, _ in await audited(database, "payment.booked")] == [
        market.user_id,
        stranger.user_id,
        market.user_id,
        market.user_id,
    ]


async def test_staff_of_another_organisation_learn_nothing(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk
) -> None:
    offer_id = await an_offer(database, market)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}))
    stranger = await a_market(database)

    for user, refusal in (
        (staff_of(stranger, role="organiser"), SessionNotFound),
        (staff_of(market, id=uuid4(), role="host"), NotYourSession),
    ):
        with pytest.raises(refusal):
            await desk.step(user, market.session_id, Step(receipt.order_id, "cancelled"))
        with pytest.raises(refusal):
            await desk.read_order(user, market.session_id, receipt.order_id)
        with pytest.raises(refusal):
            await desk.list_orders(user, market.session_id, before=None, limit=10)
    # nor does their own session open the order
    with pytest.raises(OrderNotFound):
        await desk.step(staff_of(stranger), stranger.session_id, Step(receipt.order_id, "cancelled"))
    with pytest.raises(OrderNotFound):
        await desk.read_order(staff_of(stranger), stranger.session_id, receipt.order_id)
    with pytest.raises(OrderNotFound):
        await desk.reveal_receiver(staff_of(stranger), stranger.session_id, receipt.order_id, "call")

    assert await course(database, receipt.order_id) == [("placed", "")]
    assert await audited(database, "order.contact_read") == []


async def test_a_step_and_its_audit_entry_exist_together_or_not_at_all(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk
) -> None:
    offer_id = await an_offer(database, market, total=4)
    kept, lost = [await queues.place(a_wanted_order(market, {offer_id: 1})) for _ in range(2)]

    await desk.step(staff_of(market), market.session_id, Step(kept.order_id, "cancelled", "no_answer"))
    with pytest.raises(StateNotReachable):
        await desk.step(staff_of(market), market.session_id, Step(kept.order_id, "cancelled"))
    # an author who does not exist: the audit entry cannot be written, so nothing is
    with pytest.raises(Exception, match="audit_entries"):
        await desk.step(staff_of(market, id=uuid4(), role="organiser"), market.session_id, Step(lost.order_id, "cancelled"))

    assert await audited(database, "order.cancelled") == [(market.user_id, str(kept.order_id))]
    assert await course(database, kept.order_id) == [("placed", ""), ("cancelled", "no_answer")]
    assert await course(database, lost.order_id) == [("placed", "")]
    assert await remaining(database, offer_id) == 3


async def test_a_receiver_is_masked_until_somebody_says_what_for_and_that_is_written_down(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk
) -> None:
    offer_id = await an_offer(database, market)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 2}, phone="+84912345678"))

    listed = await desk.list_orders(staff_of(market), market.session_id, before=None, limit=10)
    assert await audited(database, "order.contact_read") == []
    read = await desk.read_order(staff_of(market), market.session_id, receipt.order_id)
    assert await audited(database, "order.contact_read") == []
    receiver = await desk.reveal_receiver(staff_of(market), market.session_id, receipt.order_id, "deliver")

    for shown in (listed.model_dump_json(), read.model_dump_json()):
        assert not any(trace in shown for trace in ("912345", "Lan", "Thôn"))
    assert [(order.phone_masked, order.units, order.state) for order in listed.orders] == [("•••678", 2, "placed")]
    assert (read.receiver.name, read.receiver.phone, read.receiver.ward_name) == ("N. T. L.", "•••678", "Xã Hương Sơn")
    assert (receiver.name, receiver.phone, receiver.street) == ("Nguyễn Thị Lan", "+84912345678", "Thôn 3")
    assert await audited(database, "order.contact_read") == [(market.user_id, str(receipt.order_id))]
    assert await database.pool.fetchval("SELECT details FROM audit_entries WHERE action = 'order.contact_read'") == '{"reason": "deliver"}'


async def test_lists_go_on_where_they_stopped_and_show_the_furthest_state(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk
) -> None:
    offer_id = await an_offer(database, market, total=50)
    receipts = [await queues.place(a_wanted_order(market, {offer_id: 1})) for _ in range(5)]
    await desk.step(staff_of(market), market.session_id, Step(receipts[0].order_id, "confirmed"))

    first = (await desk.list_orders(staff_of(market), market.session_id, before=None, limit=3)).orders
    rest = (await desk.list_orders(staff_of(market), market.session_id, before=first[-1].number, limit=3)).orders

    assert [order.number for order in (*first, *rest)] == [5, 4, 3, 2, 1]
    assert rest[-1].state == "confirmed"


async def test_an_erased_receiver_leaves_the_order_readable(
    database: Database, market: Market, queues: PlacingQueues, desk: OrderDesk
) -> None:
    offer_id = await an_offer(database, market)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}))
    async with database.pool.acquire() as db:
        await erase_contacts(db, [receipt.order_id])

    read = await desk.read_order(staff_of(market), market.session_id, receipt.order_id)
    await desk.step(staff_of(market), market.session_id, Step(receipt.order_id, "confirmed"))

    assert (read.receiver.name, read.receiver.phone, read.phone_masked) == (None, None, None)
