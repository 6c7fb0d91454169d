"""Contacts and complaints are sealed, old rows too; who asks gets a copy; erasing destroys the key and changes no amount."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.fulfilment.buyer_queries import order_page
from app.fulfilment.persons import Persons, Retention, erase_contacts
from app.fulfilment.sealed_rows import SEALED_AT_ONCE, OldRows, SealedRows
from app.fulfilment.transitions import Step
from app.fulfilment.working_days import Promise
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.orders.group_commit import PlacingQueues
from tests.fulfilment.test_desk import a_desk, staff_of
from tests.orders.builders import Market, a_wanted_order, an_offer
from tests.races.checkers import complaints_about, read_truth

RING = KeyRing("tests")
PHONE = "+84912345678"
_IN_THE_CLEAR = """
UPDATE order_contacts SET name = 'Nguyễn Thị Lan', phone = $2, province_code = 42, province_name = 'Tỉnh Hà Tĩnh', ward_code = 1,
  ward_name = 'Xã Hương Sơn', street = 'Thôn 3', note = '', key_id = NULL, wrapped_key = NULL, sealed = NULL, phone_digest = NULL
WHERE order_id = $1
"""
_WORDS_IN_THE_CLEAR = "INSERT INTO complaints (id, order_id, client_key, words, answer, made_at) VALUES ($1, $2, $3, $4, $5, now())"


@pytest.fixture
async def desk(database: Database, redis: RedisClients, redis_prefix: str) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:
        yield a_desk(database, redis, redis_prefix, stack)


@pytest.fixture
def rows() -> SealedRows:
    return SealedRows(RING)


async def in_the_clear(database: Database, order_id: UUID) -> UUID:
    """As code of before wrote it: the contact, and a complaint with its answer."""
    complaint_id = uuid4()
    await database.pool.execute(_IN_THE_CLEAR, order_id, PHONE)
    await database.pool.execute(_WORDS_IN_THE_CLEAR, complaint_id, order_id, uuid4(), "Hũ vỡ, gọi 0912345678", "Chị Lan ơi, gửi bù ạ")
    return complaint_id


async def all_text(database: Database, *tables: str) -> str:
    return "".join([str(await database.pool.fetchval(f"SELECT string_agg(t::text, '|') FROM {table} t")) for table in tables])  # noqa: S608 - ours


async def test_rows_of_before_are_read_as_they_are_and_sealed_soon(
    database: Database, market: Market, queues: PlacingQueues, rows: SealedRows
) -> None:
    offer_id = await an_offer(database, market)
    order_id = (await queues.place(a_wanted_order(market, {offer_id: 1}))).order_id
    await in_the_clear(database, order_id)
    async with database.pool.acquire() as db:
        before = await order_page(db, rows.envelopes, order_id)

    sealed = await OldRows(database, rows).seal_some()

    async with database.pool.acquire() as db:
        after = await order_page(db, rows.envelopes, order_id)
    stored = await all_text(database, "order_contacts", "complaints")
    assert sealed == 2
    assert after == before
    assert (after.receiver.phone, after.complaints[0].words, after.complaints[0].answer) == (
        PHONE,
        "Hũ vỡ, gọi 0912345678",
        "Chị Lan ơi, gửi bù ạ",
    )
    for trace in ("912345678", "Lan", "Thôn", "Hương Sơn", "Hũ", b"912345678".hex(), "Nguyễn".encode().hex()):
        assert trace not in stored
    assert await OldRows(database, rows).seal_some() == 0


async def test_many_rows_of_before_are_sealed_in_steps_by_several_nodes_at_once(
    database: Database, market: Market, queues: PlacingQueues, rows: SealedRows
) -> None:
    offer_id = await an_offer(database, market, total=1_000)
    for _ in range(SEALED_AT_ONCE + 20):
        await queues.place(a_wanted_order(market, {offer_id: 1}))
    for row in await database.pool.fetch("SELECT order_id FROM order_contacts"):
        await database.pool.execute(_IN_THE_CLEAR, row["order_id"], PHONE)

    sealed = [await OldRows(database, SealedRows(RING)).seal_some() for _ in range(3)]

    assert sealed == [SEALED_AT_ONCE, 20, 0]
    assert await database.pool.fetchval("SELECT count(*) FROM order_contacts WHERE phone IS NOT NULL OR sealed IS NULL") == 0


async def test_a_copy_of_one_row_opens_nothing_in_another(
    database: Database, market: Market, queues: PlacingQueues, rows: SealedRows
) -> None:
    offer_id = await an_offer(database, market)
    one, other = [(await queues.place(a_wanted_order(market, {offer_id: 1}))).order_id for _ in range(2)]
    await database.pool.execute(
        "UPDATE order_contacts c SET key_id = o.key_id, wrapped_key = o.wrapped_key, sealed = o.sealed FROM order_contacts o "
        "WHERE c.order_id = $1 AND o.order_id = $2",
        one,
        other,
    )

    async with database.pool.acquire() as db:
        with pytest.raises(Exception, match="cannot be opened"):
            await order_page(db, rows.envelopes, one)


async def test_erasing_a_person_destroys_the_keys_of_settled_orders_and_names_the_others(
    database: Database, market: Market, queues: PlacingQueues, desk: Any, rows: SealedRows, postgres_url: str
) -> None:
    offer_id = await an_offer(database, market, total=50, limit=20)
    orders = [await queues.place(a_wanted_order(market, {offer_id: 1}, phone=PHONE)) for _ in range(3)]
    stranger = await queues.place(a_wanted_order(market, {offer_id: 1}))
    for kind in ("confirmed", "delivered"):
        await desk.step(staff_of(market), market.session_id, Step(orders[0].order_id, kind))
    await desk.step(staff_of(market), market.session_id, Step(orders[1].order_id, "cancelled", "no_answer"))
    ledger = await all_text(database, "ledger_entries", "orders", "order_lines")
    persons = Persons(database, rows, promise=Promise(2))

    copy = await persons.copy_of_phone(PHONE)
    erasure = await persons.erase_phone(PHONE)
    again = await persons.erase_phone(PHONE)

    assert {page.code for page in copy.orders} == {order.order_code for order in orders}
    assert {page.receiver.phone for page in copy.orders} == {PHONE}
    assert set(erasure.erased) == {orders[0].order_code, orders[1].order_code}
    assert erasure.still_needed == again.still_needed == [orders[2].order_code]
    assert again.erased == []
    left = await database.pool.fetch("SELECT order_id FROM order_contacts WHERE wrapped_key IS NOT NULL AND sealed IS NOT NULL")
    assert {row["order_id"] for row in left} == {orders[2].order_id, stranger.order_id}
    assert await all_text(database, "ledger_entries", "orders", "order_lines") == ledger
    assert complaints_about(await read_truth(postgres_url, market.session_id)) == []
    actions = await database.pool.fetch("SELECT action, user_id FROM audit_entries WHERE action LIKE 'person.%' ORDER BY id")
    assert [tuple(row) for row in actions] == [("person.copied_by_command", None)] * 3 + [("person.erased_by_command", None)] * 2


async def test_whoever_keeps_a_copy_of_the_sealed_words_cannot_read_them_without_the_key(
    database: Database, market: Market, queues: PlacingQueues, rows: SealedRows
) -> None:
    offer_id = await an_offer(database, market)
    order_id = (await queues.place(a_wanted_order(market, {offer_id: 1}, phone=PHONE))).order_id
    await in_the_clear(database, order_id)
    await OldRows(database, rows).seal_some()
    (copy,) = await database.pool.fetch("SELECT id, sealed_words FROM complaints")
    sealed = await database.pool.fetchval("SELECT sealed FROM order_contacts")
    async with database.pool.acquire() as db:
        await erase_contacts(db, [order_id])
        await db.execute("UPDATE complaints SET sealed_words = $2 WHERE id = $1", copy["id"], copy["sealed_words"])
        page = await order_page(db, rows.envelopes, order_id)

    assert sealed is not None
    assert (page.receiver.name, page.receiver.phone, page.complaints[0].words) == (None, None, None)


async def test_contacts_are_forgotten_when_the_setting_says_so_and_the_audit_trail_says_how_many(
    database: Database, market: Market, queues: PlacingQueues
) -> None:
    offer_id = await an_offer(database, market)
    old, new = [(await queues.place(a_wanted_order(market, {offer_id: 1}))).order_id for _ in range(2)]
    await database.pool.execute("UPDATE orders SET due_at = $2 WHERE id = $1", old, utc_now() - timedelta(days=366))
    retention = Retention(database, contact_days=365)

    seen = [await retention.erase_due() for _ in range(2)]

    assert seen == [1, 0]
    erased = await database.pool.fetch("SELECT order_id FROM order_contacts WHERE erased_at IS NOT NULL")
    assert [row["order_id"] for row in erased] == [old]
    assert new not in erased
    details = await database.pool.fetch("SELECT details FROM audit_entries WHERE action = 'retention.erased'")
    assert [row["details"] for row in details] == ['{"orders": 1, "contact_days": 365}']
