"""The organiser's warning stands on every screen until an organiser lifts it; the host cannot; what was shown stays known."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import httpx2
import pytest

from tests.live.market import Market, a_user

TEXT = "Giá nói trên sóng chưa đúng, mời chờ."


def path_of(market: Market, tail: str = "warning") -> str:
    return f"/api/v1/sessions/{market.session_id}/{tail}"


async def warns(market: Market, text: str | None, **headers: str) -> httpx2.Response:
    async with market.browser(market.organiser) as organiser:
        return await organiser.put(path_of(market), json={"text": text}, headers=headers)


async def test_a_warning_reaches_every_screen_on_both_nodes_and_goes_when_it_is_lifted(live_market: Market) -> None:
    other = await live_market.another_node()
    here, there, board = await live_market.enters(), await live_market.enters(node=other), await live_market.board()

    assert (await warns(live_market, TEXT)).status_code == 204
    told = [await each.sees_event("warning.changed", within=5) for each in (here, there, board)]
    late = (await (await live_market.connects(node=other)).hello())["warning"]
    async with httpx2.AsyncClient(base_url=f"http://{other.address}", timeout=30, verify=False) as anybody:
        polled = (await anybody.get(path_of(live_market, "tick"))).json()["warning"]
    assert (await warns(live_market, None)).status_code == 204
    lifted = [await each.sees_event("warning.changed", within=5) for each in (here, there, board)]

    assert [each["warning"]["text"] for each in told] == [TEXT] * 3
    assert late == polled == told[0]["warning"]
    assert [each["warning"] for each in lifted] == [None] * 3


async def test_a_host_reads_it_and_can_neither_set_nor_lift_it(live_market: Market) -> None:
    await warns(live_market, TEXT)
    helper = await a_user(live_market.node, live_market.organiser.organisation_id, name="Hà Linh", role="helper")
    answers = []
    for user in (live_market.host, helper):
        async with live_market.browser(user) as browser:
            answers += [await browser.put(path_of(live_market), json={"text": text}) for text in (None, "khác")]
            answers.append(await browser.get(path_of(live_market, "warnings")))
    snapshot = await (await live_market.connects()).hello()

    assert [answer.status_code for answer in answers] == [403] * 6
    assert snapshot["warning"]["text"] == TEXT


async def test_who_warned_and_who_lifted_stays_with_the_session_and_in_the_trail(live_market: Market) -> None:
    for text in (TEXT, TEXT, "Dừng bán mặt hàng này.", None, None):
        assert (await warns(live_market, text)).status_code == 204
    async with live_market.browser(live_market.organiser) as organiser:
        items = (await organiser.get(path_of(live_market, "warnings"))).json()["items"]
    rows = await live_market.stores.database.pool.fetch(
        "SELECT action, details FROM audit_entries WHERE subject_id = $1 AND action LIKE 'warning.%' ORDER BY id",
        str(live_market.session_id),
    )

    assert [(each["text"], each["set_by"], each["lifted_by"]) for each in items] == [
        ("Dừng bán mặt hàng này.", live_market.organiser.display_name, live_market.organiser.display_name),
        (TEXT, live_market.organiser.display_name, live_market.organiser.display_name),
    ]
    assert all(each["lifted_at_ms"] >= each["set_at_ms"] for each in items)
    assert [(row["action"], json.loads(row["details"])["text"]) for row in rows] == [
        ("warning.set", TEXT),
        ("warning.set", "Dừng bán mặt hàng này."),
        ("warning.lifted", "Dừng bán mặt hàng này."),
    ]


async def test_the_same_intention_is_carried_out_once_and_two_at_once_leave_one_standing(live_market: Market) -> None:
    key = {"idempotency-key": str(uuid4())}
    async with live_market.browser(live_market.organiser) as organiser:
        await organiser.put(path_of(live_market), json={"text": TEXT}, headers=key)
        await organiser.put(path_of(live_market), json={"text": None})
        again = await organiser.put(path_of(live_market), json={"text": TEXT}, headers=key)
        none = (await organiser.get(path_of(live_market, "tick"))).json()["warning"]
        both = await asyncio.gather(*(organiser.put(path_of(live_market), json={"text": f"Cảnh báo {number}"}) for number in range(5)))
    standing = await live_market.stores.database.pool.fetchval(
        "SELECT count(*) FROM room_warnings WHERE session_id = $1 AND lifted_at IS NULL", live_market.session_id
    )

    assert (again.status_code, none) == (204, None)
    assert [answer.status_code for answer in both] == [204] * 5
    assert standing == 1


async def test_only_a_live_session_is_warned_in_and_an_ended_one_can_be_freed(market: Market) -> None:
    early = await warns(market, TEXT)
    await market.goes_live()
    await warns(market, TEXT)
    await market.ends()
    late, freed = await warns(market, "khác"), await warns(market, None)

    assert [(answer.status_code, answer.json()["code"]) for answer in (early, late)] == [(409, "session_not_live")] * 2
    assert freed.status_code == 204


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "x" * 201, 5, ["a"]])
async def test_what_is_no_warning_is_refused_at_the_door(live_house: Market, text: object) -> None:
    async with live_house.browser(live_house.organiser) as organiser:
        answer = await organiser.put(path_of(live_house), json={"text": text})

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
