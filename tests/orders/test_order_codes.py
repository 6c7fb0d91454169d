"""Codes that people call orders by: short, spelt without look-alikes, never twice, and silent about how many orders there are."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise
from uuid import uuid4

import pytest

from app.infra.database import Database
from app.orders.batch import CODES_AT_ONCE
from app.orders.group_commit import PlacingQueues
from app.protocol.order_codes import ORDER_CODE_LENGTH, ORDER_CODE_SIGNS, check_sign, read_order_code
from app.settings import OrderSettings
from tests.orders.builders import Market, a_wanted_order, an_offer


async def some_codes(database: Database, count: int) -> list[str]:
    return [row[0] for row in await database.pool.fetch("SELECT next_order_codes($1)", count)]


async def test_codes_never_meet_and_are_spelt_as_the_service_reads_them(database: Database) -> None:
    codes = await some_codes(database, 20_000)

    assert len(set(codes)) == len(codes)
    assert [code for code in codes if read_order_code(code) != code] == []


async def test_codes_in_a_row_have_nothing_in_common(database: Database) -> None:
    codes = await some_codes(database, 5_000)

    # Two arbitrary codes agree in 6/31 of six signs; numbers that were only written in letters would agree in nearly all.
    alike = sum(one == other for before, after in pairwise(codes) for one, other in zip(before[:-1], after[:-1], strict=True))
    assert alike / len(codes) < 0.4
    for place in range(ORDER_CODE_LENGTH):
        assert min(Counter(code[place] for code in codes)[sign] for sign in ORDER_CODE_SIGNS) > 80


@pytest.mark.parametrize("typed", ["K7M2PAE", "k7m2pae", " K7M-2PAE ", "K7M 2PAE", "#K7M.2PAE"])
def test_a_code_is_read_in_any_spelling(typed: str) -> None:
    assert read_order_code(typed) == "K7M2PAE"


@pytest.mark.parametrize("typed", ["", "K7M2PA", "K7M2PAEE", "K7M2P0E", "K7M2PIE", "Đ7M2PAE", "K7M2PAF", "7KM2PAE"])
def test_what_is_no_code_is_nobodys(typed: str) -> None:
    assert read_order_code(typed) is None


def test_the_check_sign_finds_each_slip_of_one_sign_and_each_exchange_of_two() -> None:
    right = "K7M2PA"
    for place in range(len(right)):
        for sign in set(ORDER_CODE_SIGNS) - {right[place]}:
            assert check_sign(right[:place] + sign + right[place + 1 :]) != check_sign(right)
    for one in range(len(right)):
        for other in range(one):
            signs = list(right)
            signs[one], signs[other] = signs[other], signs[one]
            assert check_sign("".join(signs)) != check_sign(right)


async def test_orders_of_few_and_of_many_get_codes_and_repeats_the_same(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=2 * CODES_AT_ONCE)
    orders = [a_wanted_order(market, {offer_id: 1}) for _ in range(CODES_AT_ONCE + 40)]

    first = await queues.place(orders[0])
    receipts = [first, *await asyncio.gather(*(queues.place(order) for order in orders[1:]))]
    again = await asyncio.gather(*(queues.place(order) for order in orders))

    written = {row["id"]: row["code"] for row in await database.pool.fetch("SELECT id, code FROM orders")}
    assert {receipt.order_id: receipt.order_code for receipt in receipts} == written
    assert len(set(written.values())) == len(orders)
    assert [(one.order_code, one.link_token) for one in again] == [(one.order_code, one.link_token) for one in receipts]
    assert len({receipt.link_token for receipt in receipts}) == len(orders)


async def test_two_nodes_give_different_codes(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market, total=40)
    one, other = [], []

    async def nothing_to_tell(session_id: object, result: object) -> None:
        return None

    second = PlacingQueues(database.placing, OrderSettings(), nothing_to_tell)
    for _ in range(10):
        one.append((await queues.place(a_wanted_order(market, {offer_id: 1}))).order_code)
        other.append((await second.place(a_wanted_order(market, {offer_id: 1}))).order_code)
    await second.close()

    assert len({*one, *other}) == 20


async def test_an_order_that_older_code_writes_without_a_code_gets_one(database: Database, market: Market, queues: PlacingQueues) -> None:
    offer_id = await an_offer(database, market)
    order = a_wanted_order(market, {offer_id: 1})
    receipt = await queues.place(order)
    copied = uuid4()

    columns = "session_id, seq, device_id, client_key, request_digest, phone_digest, payment, total_vnd, placed_at, due_at"
    async with database.pool.acquire() as db, db.transaction():
        await db.execute(
            "ALTER TABLE orders DROP CONSTRAINT fk_orders_ledger_entry, DROP CONSTRAINT uq_orders_seq, DROP CONSTRAINT uq_orders_client_key"
        )
        await db.execute(f"INSERT INTO orders (id, {columns}) SELECT $1, {columns} FROM orders WHERE id = $2", copied, receipt.order_id)  # noqa: S608 - our own names
        code = await db.fetchval("SELECT code FROM orders WHERE id = $1", copied)

    assert read_order_code(code) == code != receipt.order_code
