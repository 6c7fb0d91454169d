"""What an organisation asks of products holds at the door of a session, and the refusal names what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts.builders import run
from tests.live.market import Market, a_user

GATE = "/api/v1/listing-gate"


@pytest.fixture
def market(shop: Market) -> Market:
    return shop


def path_of(market: Market, tail: str) -> str:
    return f"/api/v1/sessions/{market.session_id}/{tail}"


async def test_nothing_is_asked_until_an_organiser_asks(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        before = (await organiser.get(GATE)).json()
        again = [await organiser.put(GATE, json={"min_score": 40, "required_items": ["pictures", "origin"]}) for _ in range(2)]
    async with market.browser(market.host) as host:
        refused = await host.put(GATE, json={"min_score": 0})
        after = (await host.get(GATE)).json()

    assert before == {"min_score": 0, "required_items": [], "require_papers": False}
    assert [each.status_code for each in again] == [200, 200]
    assert refused.json()["code"] == "organiser_only"
    assert after == {"min_score": 40, "required_items": ["origin", "pictures"], "require_papers": False}


async def test_a_session_with_an_incomplete_product_does_not_go_live_and_says_why(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        product_id = str(market.product_ids[0])
        await organiser.put(path_of(market, "products"), json={"product_ids": [product_id]})
        await organiser.put(GATE, json={"required_items": ["origin", "certificate"]})
        refused = await organiser.post(path_of(market, "transitions"), json={"to": "live"})
        again = await organiser.put(path_of(market, "products"), json={"product_ids": [product_id]})
        name = (await organiser.get(f"/api/v1/products/{product_id}")).json()["name"]
        await _completes(organiser, product_id)
        live = await organiser.post(path_of(market, "transitions"), json={"to": "live"})

    for answer in (refused, again):
        assert (answer.status_code, answer.json()["code"]) == (409, "products_incomplete")
        (lacking,) = answer.json()["details"]["products"]
        assert (lacking["id"], lacking["name"], lacking["missing"]) == (product_id, name, ["origin", "certificate"])
    assert (live.status_code, live.json()["state"]) == (200, "live")


async def test_below_the_lowest_score_everything_missing_is_named(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        await organiser.put(GATE, json={"min_score": 90})
        refused = await organiser.put(path_of(market, "products"), json={"product_ids": [str(market.product_ids[0])]})

    details = refused.json()["details"]
    assert details["min_score"] == 90
    assert len(details["products"][0]["missing"]) > 5


async def test_a_certificate_that_lapses_before_the_broadcast_does_not_count(market: Market) -> None:
    async with market.browser(market.organiser) as organiser:
        product_id = str(market.product_ids[0])
        await _completes(organiser, product_id)
        await organiser.put(GATE, json={"required_items": ["certificate"]})
        await organiser.patch(f"/api/v1/sessions/{market.session_id}", json={"planned_start_at": "2099-01-31T20:00:00+07:00"})
        refused = await organiser.put(path_of(market, "products"), json={"product_ids": [product_id]})

    assert refused.json()["details"]["products"][0]["missing"] == ["certificate"]


async def test_a_rehearsal_is_not_held_up(market: Market) -> None:
    await run(market.stores.database, "UPDATE sessions SET is_rehearsal = true WHERE id = :id", id=market.session_id)
    async with market.browser(market.organiser) as organiser:
        await organiser.put(GATE, json={"min_score": 100})
        listed = await organiser.put(path_of(market, "products"), json={"product_ids": [str(market.product_ids[0])]})
        live = await organiser.post(path_of(market, "transitions"), json={"to": "live"})

    assert [listed.status_code, live.status_code] == [200, 200]


async def _completes(organiser: Any, product_id: str) -> None:
    content = {"label": {"origin": "Hà Tĩnh"}, "certificate_number": "1/QĐ", "certificate_expires_on": "2090-01-01"}
    answer = await organiser.patch(f"/api/v1/products/{product_id}", json=content)
    assert answer.status_code == 200, answer.text


async def test_goods_whose_sellers_papers_nobody_checked_do_not_go_on_air_and_who_checked_is_kept(market: Market) -> None:
    product_id = str(market.product_ids[0])
    papers = f"/api/v1/products/{product_id}/papers"
    async with market.browser(market.organiser) as organiser, market.browser(market.host) as host:
        await organiser.put(path_of(market, "products"), json={"product_ids": [product_id]})
        await organiser.put(GATE, json={"require_papers": True})
        before = (await organiser.get(papers)).json()
        refused = await organiser.post(path_of(market, "transitions"), json={"to": "live"})
        by_host = await host.put(papers, json={"words": "ATTP 12/2025"})
        lapsed = await organiser.put(papers, json={"words": "ATTP 12/2020", "valid_until": "2021-01-31"})
        still = await organiser.post(path_of(market, "transitions"), json={"to": "live"})
        checked = await organiser.put(papers, json={"words": "Giấy ATTP 12/2025, phiếu kiểm nghiệm", "valid_until": "2099-12-31"})
        withdrawn = await organiser.delete(papers)
        again = await organiser.post(path_of(market, "transitions"), json={"to": "live"})
        await organiser.put(papers, json={"words": "Giấy ATTP 12/2025"})
        live = await organiser.post(path_of(market, "transitions"), json={"to": "live"})

    assert before == withdrawn.json() == {"papers": None}
    for answer in (refused, still, again):
        assert (answer.status_code, answer.json()["code"]) == (409, "products_incomplete")
        assert answer.json()["details"]["products"][0]["missing"] == ["papers"]
    assert (by_host.status_code, lapsed.status_code) == (403, 200)
    seen = checked.json()["papers"]
    assert (seen["words"], seen["checked_by"]) == ("Giấy ATTP 12/2025, phiếu kiểm nghiệm", market.organiser.display_name)
    assert (live.status_code, live.json()["state"]) == (200, "live")
    rows = await market.stores.database.pool.fetch("SELECT action, user_id FROM audit_entries WHERE action LIKE 'papers.%' ORDER BY id")
    actions = ["papers.checked", "papers.checked", "papers.withdrawn", "papers.checked"]
    assert [(row["action"], row["user_id"]) for row in rows] == [(action, market.organiser.id) for action in actions]


async def test_papers_of_another_organisation_are_nobodys_business(market: Market) -> None:
    other_id = await market.node.accounts.create_organisation("Xã khác")
    stranger = await a_user(market.node, other_id, name="Ai", role="organiser")
    papers = f"/api/v1/products/{market.product_ids[0]}/papers"
    async with market.browser(stranger) as other:
        answers = [await other.get(papers), await other.put(papers, json={"words": "x"}), await other.delete(papers)]
        too_long = await other.put(papers, json={"words": "x" * 301})

    assert [answer.status_code for answer in answers] == [404] * 3
    assert too_long.status_code == 422
