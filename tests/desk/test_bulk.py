"""One step, or one colleague, for many orders over HTTP: the preview tells the truth, a repeat adds nothing, all of it is taken back within its minute."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from app.accounts.service import CurrentUser
from app.main import services_of
from tests.buyers import a_viewer, an_offer, path_of, places
from tests.live.fixtures import house, market, sockets, stores
from tests.live.market import Market, a_user, another_organisation

__all__ = ["house", "market", "sockets", "stores"]

BULK = "/api/v1/desk/bulk"


@pytest.fixture
async def order_ids(market: Market) -> list[str]:
    """Three orders on the desk."""
    await market.goes_live()
    offer = await an_offer(market, per_viewer_limit=10)
    async with a_viewer(market) as viewer:
        return [(await places(viewer, market, offer))["order_id"] for _ in range(3)]


@pytest.fixture
async def lan(market: Market) -> CurrentUser:
    return await a_user(market.node, market.organiser.organisation_id, name="Lan", role="desk")


@pytest.fixture
async def desk(market: Market, lan: CurrentUser) -> AsyncIterator[httpx2.AsyncClient]:
    async with market.browser(lan) as browser:
        yield browser


async def does(
    desk: httpx2.AsyncClient, order_ids: list[str], kind: str = "confirmed", *, path: str = "", key: str = "", **more: Any
) -> Any:
    headers = {"idempotency-key": key} if key else {}
    answer = await desk.post(BULK + path, json={"kind": kind, "order_ids": order_ids, **more}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def kinds_of(market: Market, order_id: str) -> list[str]:
    """What the ledger says, with the step that is held back in brackets."""
    pool = market.node.database.pool
    written = [row["kind"] for row in await pool.fetch("SELECT kind FROM ledger_entries WHERE order_id = $1 ORDER BY seq", order_id)]
    held = await pool.fetchval("SELECT step_kind FROM desk_orders WHERE order_id = $1", order_id)
    return written if held is None else [*written, f"({held})"]


def problems(result: Any) -> list[str | None]:
    return [each["problem"] for each in result["orders"]]


async def assigned(market: Market) -> set[tuple[str, UUID]]:
    rows = await market.node.database.pool.fetch("SELECT order_id, assigned_to FROM desk_orders WHERE assigned_to IS NOT NULL")
    return {(str(row["order_id"]), row["assigned_to"]) for row in rows}


async def test_the_preview_says_what_the_step_then_does_and_changes_nothing(
    market: Market, desk: httpx2.AsyncClient, order_ids: list[str]
) -> None:
    strange = str(uuid4())
    async with market.browser(market.organiser) as colleague:
        await colleague.put(path_of(market, "orders", order_ids[1], "hold"), json={"take_over": False})
    await desk.post(path_of(market, "orders", order_ids[2], "steps"), json={"kind": "confirmed", "reason": ""})
    asked = [*order_ids, strange]

    preview = await does(desk, asked, path="/preview")
    untouched = [await kinds_of(market, each) for each in order_ids]
    done = await does(desk, asked)

    assert problems(preview) == problems(done) == [None, "order_in_hand", "order_state_not_reachable", "order_not_found"]
    assert preview["fits"] == done["fits"] == 1
    assert preview["mark"] is None
    assert preview["orders"][1]["who"]
    assert untouched == [["placed"], ["placed"], ["placed", "confirmed"]]
    assert [await kinds_of(market, each) for each in order_ids] == [["placed", "(confirmed)"], ["placed"], ["placed", "confirmed"]]


async def test_the_same_key_again_changes_nothing_and_another_body_under_it_is_refused(
    market: Market, desk: httpx2.AsyncClient, order_ids: list[str]
) -> None:
    first = await does(desk, order_ids[:2], key="all")
    again = await does(desk, order_ids[:2], key="all")
    other = await desk.post(BULK, json={"kind": "confirmed", "order_ids": order_ids}, headers={"idempotency-key": "all"})

    assert first == again
    assert first["fits"] == 2
    assert first["mark"] is not None
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await kinds_of(market, order_ids[2]) == ["placed"]


async def test_all_of_it_is_taken_back_within_its_minute_but_for_what_a_colleague_has_taken_up(
    market: Market, desk: httpx2.AsyncClient, order_ids: list[str]
) -> None:
    mark = (await does(desk, order_ids, "cancelled", reason="refused"))["mark"]
    async with market.browser(market.organiser) as colleague:
        await colleague.put(path_of(market, "orders", order_ids[0], "hold"), json={"take_over": False})

    undone = await desk.post(f"{BULK}/undo", json={"mark": mark}, headers={"idempotency-key": "back"})
    again = await desk.post(f"{BULK}/undo", json={"mark": mark}, headers={"idempotency-key": "back"})

    assert undone.json() == {"undone": 2, "in_hand": 1}
    assert again.json() == {"undone": 0, "in_hand": 0}
    assert [await kinds_of(market, each) for each in order_ids] == [["placed", "(cancelled)"], ["placed"], ["placed"]]


async def test_what_is_written_is_not_taken_back(market: Market, desk: httpx2.AsyncClient, order_ids: list[str]) -> None:
    mark = (await does(desk, order_ids))["mark"]
    pool = market.node.database.pool
    await pool.execute("UPDATE desk_orders SET step_due_at = step_due_at - interval '2 minutes'")
    await services_of(market.node.app).order_desk.jobs._held_back.write_due()

    undone = await desk.post(f"{BULK}/undo", json={"mark": mark})
    strange = await desk.post(f"{BULK}/undo", json={"mark": str(uuid4())})

    assert (undone.status_code, undone.json()["code"]) == (409, "undo_too_late")
    assert (strange.status_code, strange.json()["code"]) == (409, "undo_too_late")
    assert [await kinds_of(market, each) for each in order_ids] == [["placed", "confirmed"]] * 3


async def test_many_orders_are_given_to_a_colleague_of_their_session_alone(
    market: Market, desk: httpx2.AsyncClient, lan: CurrentUser, order_ids: list[str]
) -> None:
    stranger = await a_user(market.node, market.organiser.organisation_id, name="Thợ", role="producer")
    await does(desk, order_ids[2:], "cancelled", reason="refused")
    body = {"user_id": str(lan.id), "order_ids": order_ids}

    preview = (await desk.post(f"{BULK}/assignment/preview", json=body)).json()
    untouched = await assigned(market)
    given = (await desk.put(f"{BULK}/assignment", json=body)).json()
    after = await assigned(market)
    refused = await desk.put(f"{BULK}/assignment", json=body | {"user_id": str(stranger.id)})
    back = (await desk.put(f"{BULK}/assignment", json=body | {"user_id": None})).json()

    assert problems(preview) == problems(given) == [None, None, "order_state_not_reachable"]
    assert untouched == set()
    assert after == {(order_id, lan.id) for order_id in order_ids[:2]}
    assert (refused.status_code, refused.json()["code"]) == (404, "colleague_not_found")
    assert back["fits"] == 2


async def test_of_another_organisation_s_orders_nothing_is_said_or_done(market: Market, order_ids: list[str]) -> None:
    async with another_organisation(market) as other, market.browser(other.organiser) as outside:
        preview = await does(outside, order_ids, path="/preview")
        done = await does(outside, order_ids)

    assert problems(preview) == problems(done) == ["order_not_found"] * 3
    assert {each["code"] for each in done["orders"]} == {""}
    assert [await kinds_of(market, each) for each in order_ids] == [["placed"]] * 3


async def test_what_is_absurd_is_refused_and_nothing_is_a_small_step(desk: httpx2.AsyncClient) -> None:
    nobody = await does(desk, [])
    answers = [
        await desk.post(BULK, json={"kind": "confirmed", "order_ids": [str(uuid4())] * 201}),
        await desk.post(BULK, json={"kind": "placed", "order_ids": []}),
        await desk.post(BULK, json={"kind": "paid", "order_ids": []}),
        await desk.post(BULK, json={"kind": "cancelled", "reason": "Chị Lan ở xóm 5", "order_ids": []}),
        await desk.put(f"{BULK}/assignment", json={"order_ids": ["0"]}),
        await desk.post(f"{BULK}/undo", json={"mark": None}),
    ]

    assert nobody["fits"] == 0
    assert {answer.status_code for answer in answers} == {422}
