"""Requests that schemathesis makes of the OpenAPI document, right and wrong ones, and the people who send them: every role, here and elsewhere."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import httpx2
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.core.result import Ok

from app.accounts.access import LOGIN_COOKIE
from app.accounts.permissions import ROLES, RULES, Action, Reach, Role
from app.accounts.service import NewUser, token_digest
from tests.absurd.market import JSON, Sale
from tests.architecture.test_access import ACCESS
from tests.people import PASSWORD

# Names of one thing of an organisation in an address.
THINGS = (
    "session_id",
    "producer_id",
    "product_id",
    "order_id",
    "payment_id",
    "picture_id",
    "user_id",
    "complaint_id",
    "claim_id",
    "parcel_id",
)
_SIGN_IN = "INSERT INTO sign_ins (token_digest, user_id, expires_at) VALUES ($1, $2, now() + interval '1 hour')"
# It ends the sign-in that asks.
_LOGOUT = "POST /api/v1/logout"
# A session that is over takes less: what may end it comes last.
_ENDS = ("/transitions", "/close", "/logins/{user_id}/close")
# In most addresses real things stand: what stops at an unknown id gets nowhere.
_REAL_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Fuzzer:
    """Somebody who asks. `role` None: without an account. `is_foreign`: of another organisation than everything that is asked about."""

    name: str
    client: httpx2.AsyncClient
    role: Role | None = None
    is_foreign: bool = False
    is_the_host: bool = False

    def may_not(self, operation: str) -> bool:
        """Whether the table forbids it, whatever stands in the request."""
        access = ACCESS[operation]
        if access not in set(Action):
            return False
        if self.role is None:
            return True
        reach = RULES[Action(access)].of(self.role)
        names_a_thing = any("{" + name + "}" in operation for name in THINGS)
        is_anothers = self.is_foreign or (reach is Reach.OWN and not self.is_the_host)
        return reach is Reach.NONE or (is_anothers and names_a_thing)


@dataclass(frozen=True, slots=True)
class Cases:
    """What is asked of one operation."""

    operation: str
    method: str
    template: str
    cases: Sequence[Case[Any]]


def cases_of(app: FastAPI, *, each: int, start: int, only: Sequence[str] = ()) -> list[Cases]:
    """For every operation up to `each` right requests and as many wrong ones, the same for the same `start`."""
    found = []
    for result in schemathesis.openapi.from_dict(app.openapi()).get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        name = f"{operation.method.upper()} {operation.path}"
        if name == _LOGOUT or (only and name not in only):
            continue
        made: list[Case[Any]] = []
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            made += _examples(operation.as_strategy(generation_mode=mode), each, start)
        found.append(Cases(name, operation.method.upper(), operation.path, made))
    return sorted(found, key=lambda one: one.template.endswith(_ENDS))


def _examples(strategy: Any, most: int, start: int) -> list[Case[Any]]:
    made: list[Case[Any]] = []

    @seed(start)
    @settings(max_examples=most, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(strategy)
    def draw(case: Case[Any]) -> None:
        made.append(case)

    try:
        draw()
    except Unsatisfiable:
        return []  # nothing can be wrong with it: it takes neither a body nor a parameter
    return made


async def fuzzers(sale: Sale, stack: AsyncExitStack) -> list[Fuzzer]:
    """Those who may least come first, so that the session lives as long as possible."""
    market = sale.market
    other = await market.node.accounts.create_organisation("Chợ phiên huyện bên")
    people = [Fuzzer("anonymous", await stack.enter_async_context(sale.stranger()))]
    viewer = await stack.enter_async_context(sale.stranger())
    assert (await viewer.post(f"/api/v1/sessions/{market.session_id}/tickets")).status_code == 200
    people.append(Fuzzer("viewer", viewer))
    for is_foreign in (True, False):
        organisation = other if is_foreign else market.organiser.organisation_id
        for role in reversed(ROLES):
            person = await stack.enter_async_context(sale.stranger())
            person.cookies.set(LOGIN_COOKIE, await _signed_in(sale, organisation, role))
            people.append(Fuzzer(f"{'foreign ' if is_foreign else ''}{role}", person, role, is_foreign))
    people.insert(-1, Fuzzer("the session's host", sale.people["host"], "host", is_the_host=True))
    return people


async def _signed_in(sale: Sale, organisation_id: UUID, role: Role) -> str:
    """The cookie of somebody new."""
    new = NewUser(f"{role}.{uuid4().hex[:8]}", "Nguyễn Văn Vai", role, PASSWORD)
    user, token = await sale.market.node.accounts.create_user(organisation_id, new), secrets.token_urlsafe(32)
    await sale.market.stores.database.pool.execute(_SIGN_IN, token_digest(token), user.id)
    return token


async def answer_to(fuzzer: Fuzzer, asked: Cases, case: Case[Any], ids: Mapping[str, str], choice: random.Random) -> httpx2.Response:
    """Send it, mostly with real ids in the address, from a network that nobody has used: no pace of before stands in the way."""
    transport = fuzzer.client._transport
    assert isinstance(transport, httpx2.ASGITransport)
    transport.client = (f"10.{choice.randrange(256)}.{choice.randrange(256)}.{choice.randrange(256)}", 50_000)
    path = asked.template
    for name, value in (case.path_parameters or {}).items():
        is_real = name in ids and choice.random() < _REAL_SHARE
        path = path.replace("{" + name + "}", quote(ids[name] if is_real else _text(value), safe=""))
    headers = {name.encode("ascii", "ignore"): _header(value) for name, value in (case.headers or {}).items()}
    if "order-link" in ids and "order-link" in {name.lower() for name in case.headers or {}} and choice.random() < _REAL_SHARE:
        headers = {b"order-link": ids["order-link"].encode()}
    query = urlencode({name: _text(value) for name, value in (case.query or {}).items()})
    content = None
    if not isinstance(case.body, NotSet):
        content = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
        headers |= {} if isinstance(case.body, bytes) else {name.encode(): value.encode() for name, value in JSON.items()}
    return await fuzzer.client.request(asked.method, path + (f"?{query}" if query else ""), content=content, headers=list(headers.items()))


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode()


def _header(value: object) -> bytes:
    """What a server lets through of it."""
    return bytes(each for each in _text(value).encode() if each >= 32 and each != 127).strip()


def turns(asked: Cases, people: int, *, each: int, first: int) -> Iterator[tuple[int, Case[Any]]]:
    """Which person sends which cases: each of them `each`, right and wrong ones in turns, another person the next ones."""
    for person in range(people):
        for number in range(each):
            yield person, asked.cases[(first + person * each + number) % len(asked.cases)]
