"""Every role asks absurd things with its own sign-in: nothing breaks, and what the table denies is denied however it is asked.

So many requests and no more for each operation; `test_absurd_requests.py` goes through all values, mostly as the organiser.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from app.accounts.permissions import ROLES, RULES, Action, Grant, Reach, Role
from tests.absurd.market import JSON, Sale
from tests.absurd.operations import Operation, changed
from tests.absurd.test_absurd_requests import LOGOUT
from tests.absurd.values import ABSURD, IN_ADDRESSES, whole_bodies
from tests.architecture.test_access import ACCESS
from tests.authorisation.test_walk import signed_in, somebody

# Of one operation that the role may do; of one that it may not, the right request and one of each kind.
BODIES, WHOLES, ADDRESSES = 4, 1, 2
REQUESTS_MOST = 2_000


def may(role: Role, operation: Operation) -> bool:
    """Whether the table lets the role do this anywhere; what asks for no role is open to all."""
    access = ACCESS[operation.name]
    return access not in set(Action) or RULES[Action(access)].of(role) is not Reach.NONE


def bodies(operation: Operation, right: Any, choice: random.Random, count: int) -> Iterator[bytes]:
    """Absurd values at all places together, at half of them, and so on; and bodies that are wrong as a whole."""
    places = [place for place in operation.places if place]
    leaves = [place for place in places if not any(each[: len(place)] == place and each != place for each in places)]
    for number in range(count):
        body = right
        for place in choice.sample(leaves, max(1, len(leaves) // (number + 1))) if leaves else []:
            body = changed(body, place, choice.choice(ABSURD))
        yield json.dumps(body).encode()
    yield from choice.sample(list(whole_bodies(json.dumps(right, ensure_ascii=False).encode()).values()), WHOLES)


async def requests_of(
    client: httpx2.AsyncClient, sale: Sale, operation: Operation, choice: random.Random, *, many: bool
) -> list[httpx2.Response]:
    """The answers: first to a right request, then to absurd ones."""
    ids = await sale.ids_for(operation)
    right = sale.right_body(operation, ids)
    headers = {name: ids[name] for name, where in operation.parameters if where == "header" and name in ids}

    async def ask(content: bytes | None, filled: dict[str, str], query: str = "") -> httpx2.Response:
        sent = headers | (JSON if content is not None else {})
        return await client.request(operation.method, operation.path(filled) + query, content=content, headers=sent)

    whole = None if operation.schema is None else json.dumps(right).encode()
    answers = [await ask(whole, ids)]
    if operation.schema is not None:
        answers += [await ask(body, ids) for body in bodies(operation, right, choice, BODIES if many else 1)]
    for name, where in operation.parameters:
        for value in choice.sample(IN_ADDRESSES, ADDRESSES if many else 1):
            if where == "path":
                answers.append(await ask(whole, ids | {name: value}))
            elif where == "query":
                answers.append(await ask(whole, ids, f"?{name}={value}"))
    return answers


@pytest.mark.timeout(180)
@pytest.mark.parametrize("role", ROLES)
async def test_what_a_role_asks_breaks_nothing_and_opens_nothing(sale: Sale, role: Role) -> None:
    user = await somebody(sale, sale.market.organiser.organisation_id, Grant(role))
    choice = random.Random(f"absurd {role}")  # noqa: S311 - to be repeated
    broken, opened, asked = [], [], 0
    async with AsyncExitStack() as stack:
        client = await signed_in(sale, stack, user)
        for operation in sale.operations:
            if operation.name == LOGOUT:
                continue
            is_allowed = may(role, operation)
            answers = await requests_of(client, sale, operation, choice, many=is_allowed)
            asked += len(answers)
            broken += [(operation.name, answer.status_code, answer.text[:200]) for answer in answers if answer.status_code >= 500]
            if not is_allowed and (answers[0].status_code != 403 or any(answer.is_success for answer in answers)):
                opened.append((operation.name, [answer.status_code for answer in answers], answers[0].text[:200]))
        still = await client.get("/api/v1/me")

    assert broken == []
    assert opened == []
    assert 300 < asked < REQUESTS_MOST
    assert still.status_code == 200, "the sign-in was lost on the way"
    assert await sale.unreadable() == []
