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
