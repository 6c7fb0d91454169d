"""A product from near: what everybody may read of it, and only in a session that shows it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from app.catalog.schemas import ProducerChanges, ProductChanges
from app.infra.clock import utc_now, vietnam_day
from tests.live.market import Market


@pytest.fixture
def market(shop: Market) -> Market:
    return shop


async def test_everybody_reads_story_maker_label_and_a_certificate_that_holds(market: Market) -> None:
    catalog, (product_id, lapsed_id) = market.node.catalog, market.product_ids
    today = vietnam_day(utc_now())
    producer_id = (await catalog.list_producers(market.organiser)).items[0].id
    await catalog.update_producer(market.organiser, producer_id, ProducerChanges(story="Từ năm 1998.\nBa đời."))
    label = {"ingredients": "Múi bưởi", "storage": "Nơi mát.\nKhông đông đá."}
    for each, last_day in ((product_id, today), (lapsed_id, today - timedelta(days=1))):
        changes = {
            "ocop_stars": 4,
            "certificate_number": "215/QĐ-UBND",
            "certificate_expires_on": last_day,
            "story": "Ngọt thanh.",
            "label": label,
        }
        await catalog.update_product(market.organiser, each, ProductChanges.model_validate(changes))
    await market.goes_live()

    async with market.browser() as anyone:
        sheet = (await anyone.get(f"/api/v1/sessions/{market.session_id}/products/{product_id}")).json()
        lapsed = (await anyone.get(f"/api/v1/sessions/{market.session_id}/products/{lapsed_id}")).json()

    assert (sheet["name"], sheet["story"], sheet["weight_grams"]) == ("Bưởi Phúc Trạch", "Ngọt thanh.", 1_000)
    assert sheet["producer"]["story"] == "Từ năm 1998.\nBa đời."
    assert sheet["certificate"] == {"number": "215/QĐ-UBND", "stars": 4, "valid_from": None, "valid_until": today.isoformat()}
    assert lapsed["certificate"] is None
    assert {name: fact for name, fact in sheet["label"].items() if fact != ""} == label


async def test_a_product_of_a_draft_or_of_no_session_is_shown_to_nobody(market: Market) -> None:
    async with market.browser() as anyone:
        of_a_draft = await anyone.get(f"/api/v1/sessions/{market.session_id}/products/{market.product_ids[0]}")
        await market.goes_live()
        of_no_session = await anyone.get(f"/api/v1/sessions/{market.session_id}/products/{uuid4()}")
        shown = await anyone.get(f"/api/v1/sessions/{market.session_id}/products/{market.product_ids[0]}")

    assert [answer.status_code for answer in (of_a_draft, of_no_session)] == [of_a_draft.status_code] * 2
    assert of_a_draft.json()["code"] == "product_not_in_session"
    assert shown.status_code == 200
