"""Rules of live sales: an organiser writes versions, everybody reads those that held during a session, and nobody rewrites them."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from app.sessions.usual_rules import USUAL_RULES_EN, USUAL_RULES_VI
from tests.live.market import Market, a_session

PATH = "/api/v1/livestream-rules"
OWN = {"text_vi": "Nói đúng về hàng.\n\nGiá nói là giá thật.", "text_en": "Say what is true."}


@pytest.fixture
def market(shop: Market) -> Market:
    return shop


def path_of(market: Market, tail: str) -> str:
    return f"/api/v1/sessions/{market.session_id}/{tail}"


async def test_the_usual_rules_are_offered_and_own_ones_hold_from_when_they_are_written(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        before = (await organiser.get(PATH)).json()
        written = (await organiser.put(PATH, json=OWN)).raise_for_status().json()
        same = (await organiser.put(PATH, json=OWN)).json()
        other = (await organiser.put(PATH, json=OWN | {"text_en": "Say nothing but what is true."})).json()

    assert before["current"] == {
        "version": 0,
        "text_vi": USUAL_RULES_VI,
        "text_en": USUAL_RULES_EN,
        "valid_from_ms": None,
        "is_usual": True,
    }
    assert (before["versions"], before["usual"]["text_vi"]) == ([], USUAL_RULES_VI)
    assert {name: written["current"][name] for name in OWN} == OWN
    assert [each["version"] for each in same["versions"]] == [1]
    assert [(each["version"], each["written_by"]) for each in other["versions"]] == [
        (2, market.organiser.display_name),
        (1, market.organiser.display_name),
    ]


async def test_a_session_that_ran_by_the_usual_rules_keeps_them_whatever_is_written_later(market: Market) -> None:
    async with market.browser(market.organiser) as organiser, market.browser() as anybody:
        (await organiser.post(path_of(market, "transitions"), json={"to": "live"})).raise_for_status()
        (await organiser.put(PATH, json=OWN)).raise_for_status()
        during = (await anybody.get(path_of(market, "livestream-rules"))).json()
        (await organiser.post(path_of(market, "transitions"), json={"to": "ended"})).raise_for_status()
        (await organiser.put(PATH, json=OWN | {"text_en": "Later."})).raise_for_status()
        after = (await anybody.get(path_of(market, "livestream-rules"))).json()
        page = await anybody.get(f"/s/{market.session_id}/rules")

    assert [(each["version"], each["is_usual"]) for each in during["versions"]] == [(2, False), (1, True)]
    assert after["versions"] == during["versions"]
    assert during["versions"][1]["text_vi"] == USUAL_RULES_VI
    assert page.status_code == 200
    assert "Giá nói là giá thật." in page.text
    assert "Later." not in page.text
    kept = await market.stores.database.pool.fetchval(
        "SELECT details->>'rules_version' FROM audit_entries WHERE subject_id = $1 AND details->>'to' = 'live'", str(market.session_id)
    )
    assert kept == "1"


async def test_a_coming_session_shows_what_holds_now_and_a_draft_nothing(market: Market) -> None:
    draft_id = await a_session(market.node, market.organiser, market.host, market.product_ids)
    await market.stores.database.pool.execute("UPDATE sessions SET state = 'scheduled' WHERE id = $1", market.session_id)
    async with market.browser(market.organiser) as organiser, market.browser() as anybody:
        (await organiser.put(PATH, json=OWN)).raise_for_status()
        coming = await anybody.get(path_of(market, "livestream-rules"))
        draft = await anybody.get(f"/api/v1/sessions/{draft_id}/livestream-rules")
        unknown = await anybody.get(f"/s/{uuid4()}/rules")

    assert [each["version"] for each in coming.json()["versions"]] == [1]
    assert (draft.status_code, draft.json()["code"]) == (404, "session_not_found")
    assert unknown.status_code == 404


async def test_versions_written_at_the_same_moment_follow_one_another(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        texts = [OWN | {"text_en": f"Rules {number}."} for number in range(6)]
        answers = await asyncio.gather(*(organiser.put(PATH, json=text) for text in texts))
        listed = (await organiser.get(PATH)).json()

    assert [answer.status_code for answer in answers] == [200] * 6
    assert sorted(each["version"] for each in listed["versions"]) == [1, 2, 3, 4, 5, 6]


async def test_the_same_intention_makes_one_version(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        key = {"idempotency-key": str(uuid4())}
        first = await organiser.put(PATH, json=OWN, headers=key)
        (await organiser.put(PATH, json=OWN | {"text_en": "Between."})).raise_for_status()
        repeat = await organiser.put(PATH, json=OWN, headers=key)

    assert first.status_code == repeat.status_code == 200
    assert [each["version"] for each in repeat.json()["versions"]] == [2, 1]


@pytest.mark.parametrize(
    "statement", ["UPDATE livestream_rules SET text_vi = 'khác'", "DELETE FROM livestream_rules", "TRUNCATE livestream_rules"]
)
async def test_postgresql_refuses_to_rewrite_a_version(market: Market, statement: str) -> None:
    async with market.browser(market.organiser) as organiser:
        (await organiser.put(PATH, json=OWN)).raise_for_status()

    with pytest.raises(asyncpg.PostgresError, match=r"append-only|permission denied"):
        await market.stores.database.pool.execute(statement)


async def test_only_organisers_write_and_nothing_empty_or_endless(market: Market) -> None:
    async with market.browser(market.host) as host:
        refused = await host.put(PATH, json=OWN)
    async with market.browser(market.organiser) as organiser:
        wrong = [await organiser.put(PATH, json=OWN | {"text_vi": text}) for text in ("", " \n ", "dài " * 2_000)]

    assert refused.json()["code"] == "organiser_only"
    assert [answer.status_code for answer in wrong] == [422] * 3
