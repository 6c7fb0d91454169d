"""Every command of a socket, tried by every role, by viewers, bridges, people of another organisation, and people whose rights have ended."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, get_args
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.accounts.permissions import ROLES, RULES, Action, Grant, Reach, Role
from app.accounts.service import CurrentUser
from app.main import services_of
from app.protocol.client_commands import ClientCommand
from app.protocol.close_codes import CloseCode
from tests.absurd.market import Sale
from tests.authorisation.test_walk import somebody
from tests.buyers import an_order
from tests.live.market import Viewer, a_session

# Who may say what. `True`: it is this kind of socket's own; an action: staff may who may do that. What is not here is denied.
ALLOWED: Mapping[str, Mapping[str, bool | Action]] = {
    "viewer.hello": {"viewer": True, "bridge": True, "staff": Action.SEE_BOARD},
    "comment.post": {"viewer": True, "staff": Action.SPEAK_AS_STAFF},
    "like.send": {"viewer": True},
    "interest.show": {"viewer": True},
    "order.place": {"viewer": True},
    "waitlist.join": {"viewer": True},
    "outside_count.report": {"bridge": True, "staff": Action.RUN_SESSIONS},
    "viewer.leave": {"viewer": True, "bridge": True, "staff": Action.SEE_BOARD},
}
DENIED = "command_not_allowed"
# What a command of each kind leaves behind, wherever it was taken.
TRACES = ("comments", "orders", "waitlist_entries", "outside_counts")


def contents(sale: Sale) -> dict[str, dict[str, Any]]:
    """A right command of every kind, in an order in which one connection may try them all."""
    order = an_order(sale.offer)
    return {
        "viewer.hello": {"version": 1},
        "comment.post": {"text": "Còn hàng không"},
        "like.send": {"count": 1},
        "interest.show": {"step": "basket", "product_id": sale.offer["product_id"]},
        "order.place": order | {"buyer": order["buyer"] | {"phone": f"090{uuid4().int % 10**7:07d}"}},
        "waitlist.join": {"offer_id": sale.offer["id"], "quantity": 1},
        "outside_count.report": {"source": "facebook", "viewers": 7},
        "viewer.leave": {},
    }


def test_every_command_has_been_decided_about() -> None:
    assert {kind.model_fields["type"].default for kind in get_args(ClientCommand)} == set(ALLOWED)


@asynccontextmanager
async def on_board(sale: Sale, user: CurrentUser) -> AsyncIterator[Viewer]:
    board = await sale.market.connects(path="/board", headers=await sale.market.login_cookie(user))
    try:
        yield board
    finally:
        await board.socket.close()


async def refusals(sale: Sale, viewer: Viewer) -> dict[str, str | None]:
    """What each command is answered: the code of its refusal, None when it was done."""
    answers = {kind: await viewer.asks(kind, **content) for kind, content in contents(sale).items()}
    return {kind: answer.get("code") for kind, answer in answers.items()}


async def refused_at_the_door(sale: Sale, **options: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as refused:
        await sale.market.connects(**options)
    return refused.value.response.status_code, json.loads(refused.value.response.body)["code"]


async def traces(sale: Sale) -> dict[str, int]:
    """Rows by table, once everything that was said so far is in the archive."""
    await services_of(sale.market.node.app).moderating._archive.flush()
    count = "SELECT count(*) FROM {} WHERE session_id = $1"
    pool = sale.market.stores.database.pool
    return {table: await pool.fetchval(count.format(table), sale.market.session_id) for table in TRACES}


def denied(codes: Mapping[str, str | None]) -> set[str]:
    return {kind for kind, code in codes.items() if code == DENIED}


def denied_to(audience: str, may: frozenset[Action] = frozenset()) -> set[str]:
    rights = {kind: who.get(audience, False) for kind, who in ALLOWED.items()}
    return {kind for kind, right in rights.items() if right is False or (isinstance(right, Action) and right not in may)}


async def test_a_viewer_says_what_is_a_viewers(sale: Sale) -> None:
    codes = await refusals(sale, await sale.market.connects())

    assert denied(codes) == denied_to("viewer") == {"outside_count.report"}
    assert codes["waitlist.join"] == "offer_still_available"
    assert [kind for kind, code in codes.items() if code is not None and kind not in {"waitlist.join", *denied(codes)}] == []


async def test_a_bridge_reports_and_says_nothing_else(sale: Sale) -> None:
    token = (await sale.organiser.post(f"/api/v1/sessions/{sale.market.session_id}/bridge-tokens", json={"label": "Máy"})).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    bridge = await sale.market.connects(path="/bridge", headers=bearer)
    before = await traces(sale)

    codes = await refusals(sale, bridge)

    after = await traces(sale)
    assert denied(codes) == denied_to("bridge")
    assert {table: after[table] - before[table] for table in TRACES} == dict.fromkeys(TRACES, 0) | {"outside_counts": 1}
    for path in ("", "/board"):
        assert (await refused_at_the_door(sale, path=path, headers=bearer))[0] == 401


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_says_on_the_board_exactly_what_the_table_says(sale: Sale, role: Role) -> None:
    user = await somebody(sale, sale.market.organiser.organisation_id, Grant(role))
    may = frozenset(action for action in Action if RULES[action].of(role) is Reach.ALL)
    before = await traces(sale)

    if Action.SEE_BOARD not in may:
        assert (await refused_at_the_door(sale, path="/board", headers=await sale.market.login_cookie(user)))[0] == 403
        assert await traces(sale) == before
        return
    async with on_board(sale, user) as board:
        codes = await refusals(sale, board)

    assert denied(codes) == denied_to("staff", may)
    assert {kind for kind, code in codes.items() if code is None} == set(ALLOWED) - denied(codes)
    after = await traces(sale)
    assert (after["orders"], after["waitlist_entries"]) == (before["orders"], before["waitlist_entries"])
    assert after["outside_counts"] - before["outside_counts"] == (Action.RUN_SESSIONS in may)


async def test_the_host_of_the_session_says_what_a_host_may_of_ones_own(sale: Sale) -> None:
    may = frozenset(action for action in Action if RULES[action].of("host") is not Reach.NONE)

    async with on_board(sale, sale.market.host) as board:
        codes = await refusals(sale, board)

    assert denied(codes) == denied_to("staff", may)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_in_another_session_or_organisation_opens_no_board(sale: Sale, role: Role) -> None:
    market = sale.market
    elsewhere = await a_session(market.node, market.organiser, market.host, market.product_ids)
    other = await market.node.accounts.create_organisation(f"Chợ phiên {uuid4().hex[:8]}")
    neighbour = await somebody(sale, market.organiser.organisation_id, Grant(role, session_id=elsewhere))
    stranger = await somebody(sale, other, Grant(role))

    assert (await refused_at_the_door(sale, path="/board", headers=await market.login_cookie(neighbour)))[0] == 403
    # as if there were no such session
    foreign = await refused_at_the_door(sale, path="/board", headers=await market.login_cookie(stranger))
    assert foreign in {(404, "session_not_found"), (403, "forbidden")}


@pytest.mark.parametrize("how", ["role taken", "account closed", "signed out"])
async def test_whoever_is_revoked_is_closed_and_says_nothing_more(sale: Sale, how: str) -> None:
    market = sale.market
    user = await somebody(sale, market.organiser.organisation_id, Grant("helper"))
    cookie = await market.login_cookie(user)
    board = await market.connects(path="/board", headers=cookie)
    await board.hello()
    before = await traces(sale)

    ends = {
        "role taken": "UPDATE role_grants SET role = 'desk' WHERE user_id = $1",
        "account closed": "UPDATE users SET is_active = false WHERE id = $1",
        "signed out": "DELETE FROM sign_ins WHERE user_id = $1",
    }
    await market.stores.database.pool.execute(ends[how], user.id)

    assert await board.closed(within=1.5) == (CloseCode.NOT_ALLOWED if how == "role taken" else CloseCode.SIGNED_OUT)
    with pytest.raises(ConnectionClosed):
        await board.send("comment.post", text="vẫn ở đây")
    status = (await refused_at_the_door(sale, path="/board", headers=cookie))[0]
    assert status == (403 if how == "role taken" else 401)
    assert await traces(sale) == before


@pytest.mark.parametrize("audience", ["viewer", "staff", "bridge"])
async def test_before_its_hello_no_socket_is_heard(sale: Sale, audience: str) -> None:
    market = sale.market
    token = (await sale.organiser.post(f"/api/v1/sessions/{market.session_id}/bridge-tokens", json={"label": "Máy"})).json()["token"]
    doors: dict[str, dict[str, Any]] = {
        "viewer": {},
        "staff": {"path": "/board", "headers": await market.login_cookie(market.organiser)},
        "bridge": {"path": "/bridge", "headers": {"Authorization": f"Bearer {token}"}},
    }
    silent = await market.connects(**doors[audience])
    before = await traces(sale)

    tried = {kind: content for kind, content in contents(sale).items() if kind not in {"viewer.hello", "viewer.leave"}}
    codes = {kind: (await silent.asks(kind, **content))["code"] for kind, content in tried.items()}

    assert set(codes.values()) <= {DENIED, "hello_expected"}
    assert await traces(sale) == before
