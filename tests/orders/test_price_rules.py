"""A flash price goes down to half of the price before it; below that only with a reason and its evidence, and alcohol is never offered."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.orders.errors import HalfPriceRule, PriceRuleBroken
from app.orders.price_rules import HalfPriceEvidence, check_flash_price
from tests.accounts.builders import rows, run
from tests.live.market import Market


@pytest.fixture
def market(live_shop: Market) -> Market:
    return live_shop


EARLIER: dict[str, Any] = {"reason": "earlier_price", "evidence": "Hóa đơn ngày 1/11", "earlier_price_vnd": 80_000}


@pytest.mark.parametrize("flash_price_vnd", [100_000, 50_000, 50_001])
def test_down_to_half_of_the_price_nothing_is_asked(flash_price_vnd: int) -> None:
    check_flash_price(flash_price_vnd, 100_000, None)


@pytest.mark.parametrize(("flash_price_vnd", "normal_price_vnd", "least"), [(49_999, 100_000, 50_000), (1, 3, 2)])
def test_below_half_without_a_reason_is_refused_with_the_least_price(flash_price_vnd: int, normal_price_vnd: int, least: int) -> None:
    with pytest.raises(HalfPriceRule) as refusal:
        check_flash_price(flash_price_vnd, normal_price_vnd, None)

    assert refusal.value.details == {"price_vnd": normal_price_vnd, "least_price_vnd": least}


def test_an_earlier_price_counts_instead_of_the_normal_one_when_it_was_lower() -> None:
    check_flash_price(40_000, 100_000, HalfPriceEvidence(**EARLIER))

    with pytest.raises(HalfPriceRule):
        check_flash_price(39_999, 100_000, HalfPriceEvidence(**EARLIER))
    with pytest.raises(HalfPriceRule):
        check_flash_price(49_999, 100_000, HalfPriceEvidence(**EARLIER | {"earlier_price_vnd": 200_000}))


@pytest.mark.parametrize("reason", ["concentrated_programme", "fresh_food"])
def test_the_laws_exceptions_need_their_evidence(reason: Any) -> None:
    check_flash_price(1_000, 100_000, HalfPriceEvidence(reason=reason, evidence="Quyết định 12/QĐ-SCT"))

    with pytest.raises(ValidationError):
        HalfPriceEvidence(reason=reason, evidence="  ")


def test_an_earlier_price_must_be_named() -> None:
    with pytest.raises(ValidationError):
        HalfPriceEvidence(reason="earlier_price", evidence="Hóa đơn")


def test_no_reason_lifts_a_price_above_the_normal_one() -> None:
    with pytest.raises(PriceRuleBroken):
        check_flash_price(100_001, 100_000, HalfPriceEvidence(**EARLIER))


async def test_the_evidence_is_kept_in_the_audit_trail(market: Market) -> None:
    product_id = str(market.product_ids[0])
    path = f"/api/v1/sessions/{market.session_id}/offers"
    new = {"product_id": product_id, "flash_price_vnd": 10_000, "total_quantity": 5}
    async with market.browser(market.host) as host:
        refused = await host.post(path, json=new)
        made = await host.post(path, json=new | {"below_half": {"reason": "fresh_food", "evidence": "Cá tươi trong ngày"}})

    assert (refused.status_code, refused.json()["code"]) == (400, "half_price_rule")
    assert made.status_code == 201
    (entry,) = await rows(
        market.stores.database,
        "SELECT details FROM audit_entries WHERE action = 'offer.created' AND organisation_id = :ours",
        ours=market.host.organisation_id,
    )
    assert entry["details"]["below_half"]["evidence"] == "Cá tươi trong ngày"


async def test_alcohol_is_neither_listed_pinned_offered_opened_nor_sold(market: Market) -> None:
    product_id = str(market.product_ids[0])
    line = {"product_id": product_id, "quantity": 1, "unit_price_vnd": 50_000}
    path = f"/api/v1/sessions/{market.session_id}"
    new = {"product_id": product_id, "flash_price_vnd": 39_000, "total_quantity": 5}
    async with market.browser(market.host) as host, market.browser() as viewer:
        await viewer.post(f"{path}/tickets")
        prepared = (await host.post(f"{path}/offers", json=new)).json()["id"]
        await run(market.stores.database, "UPDATE products SET is_alcohol = true WHERE id = :id", id=product_id)
        refused = [
            await host.post(f"{path}/pin", json={"product_id": product_id}),
            await host.post(f"{path}/offers", json=new),
            await host.post(f"{path}/offers/{prepared}/open", json={}),
            await host.put(f"{path}/stock/{product_id}", json={"units": 5}),
            await host.put(f"{path}/products", json={"product_ids": [product_id]}),
        ]
        listed = [each["id"] for each in (await host.get(path)).json()["products"]]
        quoted = await viewer.post(f"{path}/quote", json={"lines": [line]})
        unpinned = await host.post(f"{path}/pin", json={"product_id": None})

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(409, "alcohol_not_shown")] * 5
    assert product_id not in listed
    assert quoted.json()["code"] == "not_on_shelf"
    assert unpinned.status_code == 200
