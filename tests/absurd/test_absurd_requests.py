"""Every place of every request, as the OpenAPI document names them, takes every absurd value: nothing breaks, all stays readable."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.routing import APIRoute

from app.protocol import amounts
from tests.absurd.market import Sale
from tests.absurd.needing_more import needs_more
from tests.absurd.operations import Operation, Place, changed
from tests.absurd.values import ABSURD, IN_ADDRESSES, IN_HEADERS, TIMES, whole_bodies
from tests.architecture.service_routes import routes_of

# Thousands of requests: a guard against what hangs, not against a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SOME, ALL = 4, 1_000
Broken = list[tuple[Any, ...]]
Course = dict[Place, object]
# Ends the sign-in that asks; it takes neither a body nor a parameter.
LOGOUT = "POST /api/v1/logout"


def _with_body(operations: list[Operation]) -> list[Operation]:
    return [each for each in operations if each.schema is not None]


def _short(value: object) -> str:
    return repr(value)[:60]


async def test_a_right_request_of_every_operation_is_taken_so_that_absurd_ones_get_as_far(sale: Sale) -> None:
    refused = []
    for operation in sale.operations:
        if operation.name == LOGOUT:
            continue
        ids = await sale.ids_for(operation)
        options: dict[str, Any] = {"query": "?text=ha+tinh"} if operation.template.endswith("/search") else {}
        answer = await sale.send("organiser", operation, ids, sale.right_body(operation, ids), **options)
        if answer.status_code >= 400 and not needs_more(operation):
            refused.append((operation.name, answer.status_code, answer.text))

    assert refused == [], "\n".join(map(str, refused))
    assert len(sale.operations) > 40


async def test_absurd_values_in_all_places_at_once_are_refused_and_break_nothing(sale: Sale) -> None:
    """Of two operations one has the values at even places and the other those at odd ones; people take turns."""
    broken: Broken = []
    people = itertools.cycle(sale.people)
    for order, operation in enumerate(_with_body(sale.operations)):
        places = [place for place in operation.places if place]
        ids = await sale.ids_for(operation)
        right = sale.right_body(operation, ids)
        for number in range(order % 2, len(ABSURD), 2):
            body = right
            for at, place in enumerate(reversed(places)):
                if not any(each[: len(place)] == place and each != place for each in places):
                    body = changed(body, place, ABSURD[(number + 7 * at) % len(ABSURD)])
            answer = await sale.send(next(people), operation, ids, body)
            if answer.status_code >= 500:
                broken.append((operation.name, _short(body), answer.text))

    assert broken == []


def _let_in(operation: Operation, right: object) -> dict[Place, list[object]]:
    """The absurd values that each place takes at the door while all else is right: those that get far."""
    found: dict[Place, list[object]] = {}
    for place in operation.places:
        # Where any words may stand, a time is a text like others.
        values = ABSURD if not operation.is_let_in(changed(right, place, "any words")) else [each for each in ABSURD if each not in TIMES]
        found[place] = [value for value in values if operation.is_let_in(changed(right, place, value))]
    return found


def _courses(let_in: dict[Place, list[object]], choice: random.Random) -> Iterator[Course]:
    """Each value in its place once, several places together; what holds others is changed by itself."""
    shuffled = {place: choice.sample(values, len(values)) for place, values in let_in.items()}
    leaves = [place for place in shuffled if not any(other != place and other[: len(place)] == place for other in shuffled)]
    for number in range(max(len(shuffled[place]) for place in leaves)):
        if course := {place: shuffled[place][number] for place in leaves if number < len(shuffled[place])}:
            yield course
    for place in set(shuffled) - set(leaves):
        yield from ({place: value} for value in shuffled[place])


async def _broken_by_what_is_let_in(sale: Sale, operation: Operation, seed: int, most: int) -> Broken:
    right = sale.right_body(operation, sale.ids)
    choice = random.Random(seed)  # noqa: S311 - to be repeated
    courses = list(_courses(_let_in(operation, right), choice))
    courses = choice.sample(courses, min(most, len(courses)))
    broken: Broken = []
    ids: dict[str, str] | None = None
    while courses:
        course = courses.pop()
        ids = ids or await sale.ids_for(operation)
        body = sale.right_body(operation, ids)
        for place, value in course.items():
            body = changed(body, place, value)
        answer = await sale.send("organiser", operation, ids, body)
        statuses = [answer.status_code]
        if answer.is_success or sale.counts_failures(operation, ids):
            ids = None
        if answer.is_success:
            statuses.append((await sale.organiser.get(sale.reader_after(operation))).status_code)
        elif len(course) > 1 and answer.status_code < 500 and answer.status_code != 401:
            # One of them was refused behind the door: the others have to get there, too.
            half = len(course) // 2
            courses += [dict(list(course.items())[:half]), dict(list(course.items())[half:])]
        assert 429 not in statuses, (operation.name, answer.text)
        if max(statuses) >= 500:
            broken.append((operation.name, {place: _short(value) for place, value in course.items()}, statuses, answer.text))
    return broken


@pytest.mark.parametrize("most", [pytest.param(ALL, marks=pytest.mark.slow), SOME])
async def test_absurd_values_that_the_door_lets_in_break_nothing_behind_it(sale: Sale, most: int) -> None:
    broken: Broken = []
    for operation in _with_body(sale.operations):
        broken += await _broken_by_what_is_let_in(sale, operation, 11, most)

    assert broken == []
    assert await sale.unreadable() == []


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 3])
async def test_bodies_that_are_wrong_as_a_whole_are_refused(sale: Sale, every: int) -> None:
    """Each kind for each operation, or each for every third."""
    broken: Broken = []
    for order, operation in enumerate(_with_body(sale.operations)):
        ids = await sale.ids_for(operation)
        right = json.dumps(sale.right_body(operation, ids), ensure_ascii=False).encode()
        for kind, body in itertools.islice(whole_bodies(right).items(), order % every, None, every):
            answer = await sale.send("organiser", operation, ids, body)
            if answer.status_code >= 500:
                broken.append((operation.name, kind, answer.text))

    assert broken == []


async def test_absurd_parameters_are_refused(sale: Sale) -> None:
    """Where a parameter is met first it takes every value, later some."""
    broken: Broken = []
    met: set[str] = set()
    choice, people = random.Random(11), itertools.cycle(sale.people)  # noqa: S311 - to be repeated
    for operation in sale.operations:
        own = await sale.ids_for(operation)
        for name, where in operation.parameters:
            values: list[Any] = [*IN_HEADERS] if where == "header" else [*IN_ADDRESSES]
            for value in values if name not in met else choice.sample(values, SOME):
                ids = own | ({name: value} if where == "path" else {})
                options: dict[str, Any] = {"headers": {name: value}} if where == "header" else {}
                query = f"?{name}={value}" if where == "query" else ""
                body = sale.right_body(operation, own)
                answer = await sale.send(next(people), operation, ids, body, query=query, **options)
                if answer.status_code >= 500:
                    broken.append((operation.name, name, _short(value), answer.text))
            met.add(name)

    assert broken == []


async def test_pages_at_absurd_addresses_are_answered_with_pages(sale: Sale) -> None:
    broken: Broken = []
    choice, people = random.Random(11), itertools.cycle(sale.people)  # noqa: S311 - to be repeated
    routes = [route for route in routes_of(sale.market.node.app) if isinstance(route, APIRoute) and not route.include_in_schema]
    for route in routes:
        for value in choice.sample(IN_ADDRESSES, 2 * SOME):
            path = re.sub(r"\{\w+\}", value, route.path) + f"?next={value}&language={value}&lang={value}"
            answer = await sale.people[next(people)].get(path)
            if answer.status_code >= 500:
                broken.append((route.path, _short(value), answer.text))

    assert broken == []
    assert len(routes) > 8


async def test_a_bound_that_is_gone_is_noticed(sale: Sale, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the bounds of times this file goes red."""
    monkeypatch.setattr(amounts, "EARLIEST", datetime.min.replace(tzinfo=UTC))
    monkeypatch.setattr(amounts, "LATEST", datetime.max.replace(tzinfo=UTC))
    (operation,) = [each for each in sale.operations if each.name == "PATCH /api/v1/sessions/{session_id}"]

    assert await _broken_by_what_is_let_in(sale, operation, 11, ALL) != []
    right = {"planned_start_at": "2026-12-05T08:00:00+07:00"}
    monkeypatch.undo()
    await sale.send("organiser", operation, sale.ids, right)
