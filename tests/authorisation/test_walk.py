"""Every route of the API, walked by every role, with ids of another organisation and with ids of sessions that the role does not reach."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import httpx2
import pytest

from app.accounts.permissions import ROLES, RULES, Action, Grant, Role, Scope
from app.accounts.service import CurrentUser, NewUser
from tests.absurd.market import JSON, Sale
from tests.absurd.operations import Operation
from tests.architecture.test_access import ACCESS
from tests.live.market import a_session
from tests.people import PASSWORD

# What names one thing of an organisation: with another's id there must be nothing to see and nothing to change.
THINGS = (
    "session_id",
    "producer_id",
    "product_id",
    "offer_id",
    "order_id",
    "payment_id",
    "picture_id",
    "user_id",
    "complaint_id",
    "job_id",
    "invitation_id",
    "token_id",
    "sign_in_id",
    "claim_id",
    "source_id",
)


def guarded(sale: Sale) -> list[tuple[Operation, Action]]:
    """Operations that need an account and name something by its id."""
    found = [(each, ACCESS[each.name]) for each in sale.operations]
    return [(each, Action(access)) for each, access in found if access in set(Action) and any(name in each.template for name in THINGS)]


async def somebody(sale: Sale, organisation_id: UUID, grant: Grant) -> CurrentUser:
    accounts = sale.market.node.accounts
    user = await accounts.create_user(organisation_id, NewUser(f"{grant.role}.{uuid4().hex[:8]}", "Nguyễn Văn Vai", grant.role, PASSWORD))
    update = "UPDATE role_grants SET ward_code = $2, session_id = $3 WHERE user_id = $1"
    await sale.market.stores.database.pool.execute(update, user.id, grant.ward_code, grant.session_id)
    return user


async def signed_in(sale: Sale, stack: AsyncExitStack, user: CurrentUser) -> httpx2.AsyncClient:
    client = await stack.enter_async_context(sale.stranger())
    answer = await client.post("/api/v1/login", json={"login": user.login, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return client


async def ask(client: httpx2.AsyncClient, sale: Sale, operation: Operation, ids: Mapping[str, str]) -> httpx2.Response:
    body = None if operation.schema is None else json.dumps(sale.right_body(operation, ids))
    return await client.request(operation.method, operation.path(ids), content=body, headers={} if body is None else JSON)


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_reaches_what_belongs_to_another_organisation(sale: Sale, role: Role) -> None:
    other = await sale.market.node.accounts.create_organisation("Chợ phiên huyện bên")
    user = await somebody(sale, other, Grant(role))
    before = await everything(sale)

    async with AsyncExitStack() as stack:
        client = await signed_in(sale, stack, user)
        answers = {each.name: await ask(client, sale, each, sale.ids) for each, _ in guarded(sale)}
        answers |= {name: await client.get(path) for name, path in pages(sale)}

    assert len(answers) > 40
    reached = {name: answer.status_code for name, answer in answers.items() if answer.status_code not in {403, 404}}
    assert reached == {}, {name: answers[name].text[:200] for name in reached}
    assert await everything(sale) == before


@pytest.mark.parametrize("role", [role for role in ROLES if role != "producer"])
async def test_a_role_in_one_session_reaches_no_other(sale: Sale, role: Role) -> None:
    market = sale.market
    elsewhere = await a_session(market.node, market.organiser, market.host, market.product_ids)
    user = await somebody(sale, market.organiser.organisation_id, Grant(role, session_id=elsewhere))
    before = await everything(sale)

    async with AsyncExitStack() as stack:
        client = await signed_in(sale, stack, user)
        answers = {each.name: await ask(client, sale, each, sale.ids) for each, _ in guarded(sale)}
        answers |= {name: await client.get(path) for name, path in pages(sale)}
        listed = {item["id"] for item in (await client.get("/api/v1/sessions")).json()["items"]}

    reached = {name: answer.status_code for name, answer in answers.items() if answer.status_code not in {403, 404}}
    assert reached == {}, {name: answers[name].text[:200] for name in reached}
    assert listed == {str(elsewhere)}
    assert await everything(sale) == before


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_let_in_exactly_where_the_table_says(sale: Sale, role: Role) -> None:
    """Let in: the answer is about the thing itself, whatever it says, no longer about the person."""
    market = sale.market
    user = await somebody(sale, market.organiser.organisation_id, Grant(role))
    reading = [(each, action) for each, action in guarded(sale) if each.method == "GET"]

    async with AsyncExitStack() as stack:
        client = await signed_in(sale, stack, user)
        answers = {each.name: (action, await ask(client, sale, each, sale.ids)) for each, action in reading}

    def is_let_in(action: Action) -> bool:
        # a host reaches sessions that name them, a producer the goods of the producer whose login it is: neither is here
        return RULES[action].of(role) == "all"

    wrong = {name for name, (action, answer) in answers.items() if is_let_in(action) and answer.status_code == 403}
    wrong |= {name for name, (action, answer) in answers.items() if not is_let_in(action) and answer.status_code not in {403, 404}}
    assert wrong == set(), {name: answers[name][1].text[:200] for name in wrong}


def test_a_narrow_grant_counts_for_no_wide_action() -> None:
    session, ward = Grant("organiser", session_id=uuid4()), Grant("organiser", ward_code=18133)
    wide = {action for action, rule in RULES.items() if rule.scope is Scope.ORGANISATION}

    assert wide >= {Action.MANAGE_PEOPLE, Action.SET_RULES}
    assert [action for action in Action if session.counts_for(action) and RULES[action].scope is not Scope.SESSION] == []
    assert [action for action in wide if ward.counts_for(action)] == []
    assert {action for action in Action if Grant("organiser").counts_for(action)} == set(Action)


def pages(sale: Sale) -> list[tuple[str, str]]:
    return [
        (f"page {path}", path)
        for path in (
            f"/host/{sale.ids['session_id']}",
            f"/host/{sale.ids['session_id']}/edit",
            f"/host/{sale.ids['session_id']}/orders",
            f"/organiser/{sale.ids['session_id']}",
            f"/organiser/{sale.ids['session_id']}/orders",
            f"/organiser/goods/producers/{sale.ids['producer_id']}",
            f"/organiser/goods/products/{sale.ids['product_id']}",
        )
    ]


async def everything(sale: Sale) -> list[tuple[str, str]]:
    """A digest of what the organisation has, so that nothing can have been changed on the way to a refusal."""
    tables = (
        "sessions",
        "session_products",
        "offers",
        "session_stock",
        "producers",
        "products",
        "pictures",
        "ledger_entries",
        "complaints",
        "session_complaints",
        "complaints_taken",
        "room_warnings",
        "payments",
        "producer_logins",
        "shipping_rules",
        "livestream_rules",
        "listing_gates",
        "jobs",
    )
    own = "SELECT coalesce(md5(string_agg(row::text, '|' ORDER BY row::text)), '') FROM {} AS row"
    return [(table, await sale.market.stores.database.pool.fetchval(own.format(table))) for table in tables]
