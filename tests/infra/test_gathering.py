"""Many who ask at once are answered together; nobody waits beyond the limit, and a call that fails is heard of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from typing_extensions import override

from app.errors import AppError, NotFound, Unavailable
from app.infra.clock import monotonic
from app.infra.gathering import Gathering


class Work:
    """Doubles numbers, refuses zero, fails on thirteen, and stands still while it is held."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.is_free = asyncio.Event()
        self.is_free.set()

    async def __call__(self, items: Sequence[int]) -> list[int | AppError]:
        self.calls.append(list(items))
        await self.is_free.wait()
        if 13 in items:
            raise OSError("the store is away")
        return [2 * item if item else NotFound() for item in items]


def _gathering(work: Work, *, seconds: float = 5, queue_max: int = 100) -> Gathering[int, int]:
    return Gathering("test", work, busy=Unavailable, seconds=seconds, most=10, queue_max=queue_max)


async def test_who_asks_meanwhile_is_answered_by_the_next_call_and_each_in_order() -> None:
    work = Work()
    gathering = _gathering(work)

    answers = await asyncio.gather(*(gathering.ask(number) for number in range(21, 46)))

    assert answers == [2 * number for number in range(21, 46)]
    assert [len(call) for call in work.calls] == [10, 10, 5]
    await gathering.close()


async def test_a_refusal_is_of_one_and_a_failure_of_its_call() -> None:
    gathering = _gathering(Work())

    mixed = await asyncio.gather(*(gathering.ask(number) for number in (1, 0, 2)), return_exceptions=True)
    failed = await asyncio.gather(*(gathering.ask(number) for number in (1, 13)), return_exceptions=True)

    assert [type(answer) for answer in mixed] == [int, NotFound, int]
    assert [type(answer) for answer in failed] == [Unavailable, Unavailable]
    assert await gathering.ask(4) == 8
    await gathering.close()


async def test_nobody_waits_beyond_the_limit_and_no_more_than_may_wait() -> None:
    work = Work()
    gathering = _gathering(work, seconds=0.2, queue_max=15)
    work.is_free.clear()
    started = monotonic()

    answers = await asyncio.gather(*(gathering.ask(number) for number in range(40)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {Unavailable}
    assert monotonic() - started < 1
    work.is_free.set()
    assert await gathering.ask(4) == 8
    assert sum(len(call) for call in work.calls) <= 11
    await gathering.close()


async def test_an_answer_that_does_not_come_leaves_no_one_without_one() -> None:
    class Short(Work):
        @override
        async def __call__(self, items: Sequence[int]) -> list[int | AppError]:
            return []

    gathering = _gathering(Short(), seconds=0.3)

    with pytest.raises(Unavailable):
        await gathering.ask(1)
    await gathering.close()
