"""The catalogue over HTTP: doors, statuses, refusals."""

from __future__ import annotations

from uuid import uuid4

import pytest

from app.accounts.service import CurrentUser
from tests.accounts.builders import SmallApp, a_user

# fixed, so that every process that runs tests names them alike
NOBODYS_ID = "5d1f6c1e-0000-4000-8000-000000000000"


PRODUCER = {"name": "Hộ bà Lan", "kind": "household", "tax_code": "042085001234", "province_code": 42, "commune_code": 18547}
PRODUCT = {"name": "Bưởi Phúc Trạch", "price_vnd": 60_000, "unit": "quả", "weight_grams": 1_200}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/producers"),
        ("POST", "/producers"),
        ("PATCH", f"/producers/{NOBODYS_ID}"),
        ("GET", "/products"),
        ("POST", "/products"),
        ("PATCH", f"/products/{NOBODYS_ID}"),
    ],
)
async def test_catalogue_is_closed_to_whoever_is_not_signed_in(market: SmallApp, method: str, path: str) -> None:
    async with market.browser() as client:
        answer = await client.request(method, f"/api/v1{path}", json={})

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_staff_enter_and_change_producer_and_product(market: SmallApp, organiser: CurrentUser) -> None:
    async with market.signed_in(organiser.login) as client:
        producer = await client.post("/api/v1/producers", json=PRODUCER)
        product = await client.post("/api/v1/products", json=PRODUCT | {"producer_id": producer.json()["id"]})
        changed = await client.patch(f"/api/v1/products/{product.json()['id']}", json={"price_vnd": 65_000})
        listed = await client.get("/api/v1/products")

    assert (producer.status_code, product.status_code, changed.status_code) == (201, 201, 200)
    assert producer.json()["commune_name"] == "Xã Phúc Trạch"
    assert listed.json() == {"items": [changed.json()], "total": 1}
    assert listed.headers["cache-control"] == "no-store"


async def test_ids_of_another_organisation_answer_404_as_if_they_did_not_exist(market: SmallApp, organiser: CurrentUser) -> None:
    await a_user(market.accounts, "nguoi.khac", organisation="Chợ phiên nơi khác")
    async with market.signed_in(organiser.login) as client:
        producer = (await client.post("/api/v1/producers", json=PRODUCER)).json()
        product = (await client.post("/api/v1/products", json=PRODUCT | {"producer_id": producer["id"]})).json()

    async with market.signed_in("nguoi.khac") as client:
        for kind, known in (("producer", producer), ("product", product)):
            for subject_id in (known["id"], uuid4()):
                answer = await client.patch(f"/api/v1/{kind}s/{subject_id}", json={"name": "Của tôi"})

                assert (answer.status_code, answer.json()["code"]) == (404, f"{kind}_not_found")
        stolen = await client.post("/api/v1/products", json=PRODUCT | {"producer_id": producer["id"]})

    assert (stolen.status_code, stolen.json()["code"]) == (404, "producer_not_found")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"commune_code": 70}, 400, "invalid_address"),
        ({"tax_code": "123"}, 422, "malformed"),
        ({"kind": "ngo"}, 422, "malformed"),
        ({"stars": 5}, 422, "malformed"),
    ],
)
async def test_producer_that_breaks_a_rule_is_refused_with_its_code(
    market: SmallApp, organiser: CurrentUser, changes: dict[str, object], status: int, code: str
) -> None:
    async with market.signed_in(organiser.login) as client:
        answer = await client.post("/api/v1/producers", json=PRODUCER | changes)
        listed = await client.get("/api/v1/producers")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert listed.json()["total"] == 0


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "offset=-1", "producer_id=x"])
async def test_page_beyond_the_limits_is_malformed(market: SmallApp, organiser: CurrentUser, query: str) -> None:
    async with market.signed_in(organiser.login) as client:
        answer = await client.get(f"/api/v1/products?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_cross_site_post_with_the_cookie_changes_nothing(market: SmallApp, organiser: CurrentUser) -> None:
    async with market.signed_in(organiser.login) as client:
        answer = await client.post("/api/v1/producers", json=PRODUCER, headers={"sec-fetch-site": "cross-site"})
        listed = await client.get("/api/v1/producers")

    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
    assert listed.json()["total"] == 0


async def test_every_body_of_the_interface_description_has_a_valid_example(market: SmallApp) -> None:
    schemas = market.app.openapi()["components"]["schemas"]

    for name in (
        "ProducerContent",
        "ProducerView",
        "ProductContent",
        "ProductDetails",
        "ProvinceView",
        "WardView",
        "LoginRequest",
        "UserView",
    ):
        (example,) = schemas[name]["examples"]
        assert set(example) <= set(schemas[name]["properties"])
        assert set(schemas[name]["required"]) <= set(example)
