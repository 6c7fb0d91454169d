"""Every role, here and in another organisation, sends what schemathesis makes of the document: nothing breaks, and nobody gets what the table forbids.

`make test` sends a thin cut of it, `make races` ten times as much from its seed on.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from schemathesis import Case

from app.accounts.permissions import ROLES
from app.settings import child_environment
from tests.absurd.fuzzing import Cases, Fuzzer, answer_to, cases_of, fuzzers, turns
from tests.absurd.market import Sale

_environment = child_environment({})
IS_LONG = _environment.get("OCOP_RACES") == "long"
START = int(_environment.get("OCOP_RACES_SEED", "11"))
pytestmark = pytest.mark.timeout(3_000 if IS_LONG else 300)
Wrong = list[tuple[str, str, int, str]]


async def _sent(sale: Sale, people: Sequence[Fuzzer], all_cases: Sequence[Cases], *, each: int) -> tuple[Wrong, Wrong, Counter[str]]:
    """What broke, what was answered though the table forbids it, and how many answers of each sort everybody got."""
    broken: Wrong = []
    let_in: Wrong = []
    counts: Counter[str] = Counter()
    choice = random.Random(START)  # noqa: S311 - to be repeated
    by_person: list[list[tuple[Cases, Case[Any]]]] = [[] for _ in people]
    for first, asked in enumerate(all_cases):
        for person, case in turns(asked, len(people), each=each, first=first):
            by_person[person].append((asked, case))
    for fuzzer, requests in zip(people, by_person, strict=True):
        for asked, case in requests:
            answer = await answer_to(fuzzer, asked, case, sale.ids, choice)
            line = (fuzzer.name, asked.operation, answer.status_code, answer.text[:300])
            counts[f"{fuzzer.name} {answer.status_code // 100}xx"] += 1
            if answer.status_code >= 500:
                broken.append(line)
            if answer.status_code < 400 and fuzzer.may_not(asked.operation):
                let_in.append(line)
    return broken, let_in, counts


@pytest.mark.slow
async def test_nothing_breaks_and_nobody_gets_what_the_table_forbids(sale: Sale) -> None:
    each, began = 10 if IS_LONG else 1, time.process_time()
    all_cases = cases_of(sale.market.node.app, each=20 if IS_LONG else 1, start=START)
    async with AsyncExitStack() as stack:
        people = await fuzzers(sale, stack)
        broken, let_in, counts = await _sent(sale, people, all_cases, each=each)
        still_known = {fuzzer.name: (await fuzzer.client.get("/api/v1/me")).status_code for fuzzer in people if fuzzer.role is not None}

    took = f"{time.process_time() - began:.0f} s of CPU"
    print(f"\nseed {START}: {sum(counts.values())} requests to {len(all_cases)} operations, {took}; {dict(sorted(counts.items()))}")  # noqa: T201
    assert broken == [], "\n".join(map(str, broken))
    assert let_in == [], "\n".join(map(str, let_in))
    # whoever was signed out meanwhile has asked as a stranger
    assert set(still_known.values()) == {200}, still_known
    assert len(all_cases) > 150
    assert {fuzzer.role for fuzzer in people} == {None, *ROLES}
    assert counts["organiser 2xx"] > 20 * each, counts
    assert await _unreadable(sale) == []


async def _unreadable(sale: Sale) -> list[tuple[str, int]]:
    """What an organiser cannot read after all that was written."""
    link = {"order-link": sale.ids["order-link"]}
    answers = {
        each.name: (await sale.organiser.get(each.path(sale.ids), headers=link)).status_code
        for each in sale.operations
        if each.method == "GET" and all(name in sale.ids for name, where in each.parameters if where == "path")
    }
    return [(name, status) for name, status in answers.items() if status >= 500]


async def test_an_answer_that_the_table_forbids_is_noticed(sale: Sale) -> None:
    """The control: an organiser who were a stranger by the table is found to be let in."""
    all_cases = cases_of(sale.market.node.app, each=2, start=START, only=("GET /api/v1/people", "GET /api/v1/sessions/{session_id}/stats"))
    pretended = Fuzzer("a stranger with an organiser's browser", sale.organiser)

    _, let_in, _ = await _sent(sale, [pretended], all_cases, each=4)

    assert {operation for _, operation, _, _ in let_in} == {"GET /api/v1/people", "GET /api/v1/sessions/{session_id}/stats"}
