"""The list of producers: folding long ledgers holds up nobody else, and nobody waits for it without end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.settlement import standings
from app.settlement.errors import SettlementsBeingSummed
from tests.settlement.builders import Books


async def test_whoever_waits_for_the_sums_of_producers_holds_no_connection(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    await books.sold(honey=1)
    lists, pool = books.house.lists, books.database.pool
    folding = asyncio.Event()
    slow = asyncio.Event()
    advanced = standings._advanced

    async def held(*arguments: Any) -> standings.SessionStanding:
        folding.set()
        await slow.wait()
        return await advanced(*arguments)

    monkeypatch.setattr(standings, "_advanced", held)
    asked = asyncio.gather(*(lists.producers(books.organiser) for _ in range(pool.get_max_size() * 2)))
    await folding.wait()
    async with asyncio.timeout(5):
        # the one that folds has the last
        others = [await pool.acquire() for _ in range(pool.get_max_size() - 1)]
    for each in others:
        await pool.release(each)
    slow.set()
    answers = await asked

    assert {row.unsettled_vnd for answer in answers for row in answer.items} == {129_000, 0}


async def test_the_sums_of_producers_are_waited_for_no_longer_than_a_connection(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    await books.sold(honey=1)
    lists, pool = books.house.lists, books.database.pool
    with monkeypatch.context() as short:
        short.setattr(pool, "use_seconds", 0.5)
        async with lists._standings._lock:
            with pytest.raises(SettlementsBeingSummed):
                await lists.producers(books.organiser)

    assert {row.unsettled_vnd for row in (await lists.producers(books.organiser)).items} == {129_000, 0}, "nothing is left in the way"
