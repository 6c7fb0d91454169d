"""Noting a payment: at most what is payable, once, on a day that can be right."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from app.infra.clock import vietnam_day
from app.settlement.agreeing import PAID_BEFORE_MOST
from app.settlement.errors import MoreThanPayable, PaidTooEarly
from app.settlement.reading import fact_rows
from tests.settlement.builders import Books


async def facts(books: Books) -> list[asyncpg.Record]:
    async with books.database.pool.acquire() as db:
        return await fact_rows(db, books.mine)


async def test_more_than_what_is_payable_cannot_be_noted_as_paid(books: Books) -> None:
    await books.sold(honey=1)
    settled = await books.agree()

    for amount_vnd in (129_001, 280_187_900):
        with pytest.raises(MoreThanPayable) as refused:
            await books.pay(settled, amount_vnd, key="too much")
        assert refused.value.details == {"payable_vnd": 129_000}
    await books.pay(settled, 129_000, key="too much")
    await books.pay(settled, 129_000, key="too much")

    assert [(row["kind"], row["amount_vnd"]) for row in await facts(books)] == [("agreed", 129_000), ("paid", 129_000)]


async def test_those_who_pay_at_once_pay_once(books: Books) -> None:
    await books.sold(honey=1)
    settled = await books.agree()

    answers = await asyncio.gather(*(books.pay(settled, 100_000) for _ in range(4)), return_exceptions=True)

    assert sorted(type(each).__name__ for each in answers) == ["NoneType", "SettlementPaid", "SettlementPaid", "SettlementPaid"]
    assert sum(row["amount_vnd"] for row in await facts(books) if row["kind"] == "paid") == 100_000


async def test_a_payment_lies_at_most_a_year_before_the_agreement(books: Books) -> None:
    await books.sold(honey=1)
    settled = await books.agree()
    earliest = vietnam_day((await facts(books))[0]["made_at"]) - PAID_BEFORE_MOST

    with pytest.raises(PaidTooEarly) as refused:
        await books.pay(settled, paid_on=earliest - timedelta(days=1))
    await books.pay(settled, paid_on=earliest)

    assert refused.value.details == {"earliest": earliest.isoformat()}
    assert [row["kind"] for row in await facts(books)] == ["agreed", "paid"]


async def owed(books: Books) -> tuple[int, int, int]:
    listed = (await books.house.lists.producers(books.organiser)).items
    return next((each.agreed_vnd, each.rest_vnd, each.paid_vnd) for each in listed if each.producer_id == books.mine)


async def test_the_rest_of_a_part_payment_stays_owed_until_a_later_settlement_takes_it_over(books: Books) -> None:
    await books.sold(honey=1)
    first = await books.agree()
    assert await owed(books) == (129_000, 0, 0)

    await books.pay(first, 100_000)
    listed = (await books.house.lists.settlements(books.organiser, books.mine)).items
    assert [(each.state, each.payable_vnd, each.paid_vnd) for each in listed] == [("part_paid", 129_000, 100_000)]
    assert (await books.house.lists.settlement(books.organiser, books.mine, 1)).state == "part_paid"
    assert await owed(books) == (29_000, 29_000, 100_000)

    await books.sold(honey=1)
    second = await books.agree()
    assert (second.sums.payable_vnd, await owed(books)) == (158_000, (158_000, 0, 100_000))
    await books.pay(second)
    assert await owed(books) == (0, 0, 258_000)


async def test_who_owes_the_organisation_is_not_owed_a_rest(books: Books) -> None:
    order_id = await books.sold(honey=2)
    await books.pay(await books.agree(), 200_000)
    assert await owed(books) == (58_000, 58_000, 200_000)

    await books.step(order_id, "returned")
    carried = await books.agree()

    assert (carried.state, carried.sums.payable_vnd, await owed(books)) == ("carried", -200_000, (0, 0, 200_000))
