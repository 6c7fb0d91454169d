"""A producer's own login reaches the goods of that producer, and nothing else; an organiser makes and closes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import httpx2
import pytest

from app.accounts.service import CurrentUser
from app.catalog.service import CatalogService
from tests.accounts.builders import SmallApp, a_user
from tests.catalog import hostile_pictures as hostile
from tests.catalog.builders import a_producer, a_product
from tests.people import PASSWORD

LOGIN = {"login": "co.sen", "display_name": "Cô Sen", "password": PASSWORD}


@dataclass(frozen=True)
class Neighbours:
    """Two producers of one organisation, the login of the first, and the product of each."""

    own: UUID
    own_product: UUID
    other: UUID
    other_product: UUID
    login_id: UUID
    organiser: CurrentUser


@pytest.fixture
async def neighbours(market: SmallApp, catalog: CatalogService, organiser: CurrentUser) -> Neighbours:
    own, other = await a_producer(catalog, organiser, name="Cơ sở cô Sen"), await a_producer(catalog, organiser, name="Cơ sở nhà bên")
    products = [await a_product(catalog, organiser, producer_id=each.id) for each in (own, other)]
    login = await market.logins.create(organiser, own.id, login="co.sen", display_name="Cô Sen", password=PASSWORD)
    return Neighbours(own.id, products[0].id, other.id, products[1].id, login.user_id, organiser)


@pytest.fixture
async def sen(market: SmallApp, neighbours: Neighbours) -> AsyncIterator[httpx2.AsyncClient]:
    async with market.signed_in("co.sen") as client:
        yield client


async def test_a_producer_sees_and_changes_their_own_goods(sen: httpx2.AsyncClient, neighbours: Neighbours) -> None:
    producers, products = (await sen.get("/api/v1/producers")).json(), (await sen.get("/api/v1/products")).json()
    changed = await sen.patch(f"/api/v1/products/{neighbours.own_product}", json={"price_vnd": 190_000})
    told = await sen.patch(f"/api/v1/producers/{neighbours.own}", json={"story": "Nhà làm mật đã ba đời."})
    new = {"producer_id": str(neighbours.own), "name": "Phấn hoa", "price_vnd": 90_000, "unit": "hũ", "weight_grams": 200}
    made = await sen.post("/api/v1/products", json=new)
    picture = await sen.post(f"/api/v1/producers/{neighbours.own}/pictures", content=hostile.jpeg_with_position())

    assert [each["id"] for each in producers["items"]] == [str(neighbours.own)]
    assert [each["id"] for each in products["items"]] == [str(neighbours.own_product)]
    assert (producers["total"], products["total"]) == (1, 1)
    assert [each.status_code for each in (changed, told, made, picture)] == [200, 200, 201, 201]


async def test_goods_of_the_neighbour_do_not_exist_for_a_producer(sen: httpx2.AsyncClient, neighbours: Neighbours) -> None:
    product = {"producer_id": str(neighbours.other), "name": "Phấn hoa", "price_vnd": 90_000, "unit": "hũ", "weight_grams": 200}
    refused = [
        await sen.get(f"/api/v1/products/{neighbours.other_product}"),
        await sen.patch(f"/api/v1/products/{neighbours.other_product}", json={"price_vnd": 1}),
        await sen.patch(f"/api/v1/producers/{neighbours.other}", json={"story": "…"}),
        await sen.patch(f"/api/v1/products/{neighbours.own_product}", json={"producer_id": str(neighbours.other)}),
        await sen.post("/api/v1/products", json=product),
        await sen.get(f"/api/v1/producers/{neighbours.other}/pictures"),
        await sen.post(f"/api/v1/producers/{neighbours.other}/pictures", content=hostile.jpeg_with_position()),
    ]

    assert [each.status_code for each in refused] == [404] * 7
    assert (await sen.get(f"/api/v1/products?producer_id={neighbours.other}")).json()["items"] == []


async def test_a_producer_makes_neither_producers_nor_logins(sen: httpx2.AsyncClient, neighbours: Neighbours) -> None:
    another = {"name": "Cơ sở mới", "kind": "household", "province_code": 42, "commune_code": 18133}
    refused = [
        await sen.post("/api/v1/producers", json=another),
        await sen.get(f"/api/v1/producers/{neighbours.own}/logins"),
        await sen.post(f"/api/v1/producers/{neighbours.own}/logins", json=LOGIN | {"login": "nguoi.khac"}),
        await sen.post(f"/api/v1/producers/{neighbours.own}/logins/{neighbours.login_id}/close"),
    ]

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(403, "forbidden"), *[(403, "organiser_only")] * 3]


async def test_a_closed_login_is_out_at_once_and_stays_out(market: SmallApp, sen: httpx2.AsyncClient, neighbours: Neighbours) -> None:
    path = f"/api/v1/producers/{neighbours.own}/logins"
    async with market.signed_in(neighbours.organiser.login) as organiser:
        closed = [await organiser.post(f"{path}/{neighbours.login_id}/close") for _ in range(2)]
        listed = (await organiser.get(path)).json()["items"]

    assert [each.status_code for each in closed] == [204, 204]
    assert [(each["login"], each["is_active"]) for each in listed] == [("co.sen", False)]
    assert (await sen.get("/api/v1/products")).status_code == 401
    assert (await sen.post("/api/v1/login", json={"login": "co.sen", "password": PASSWORD})).status_code == 401


async def test_a_repeat_of_making_a_login_makes_one(market: SmallApp, neighbours: Neighbours) -> None:
    path = f"/api/v1/producers/{neighbours.own}/logins"
    body = LOGIN | {"login": "anh.dung"}
    async with market.signed_in(neighbours.organiser.login) as organiser:
        first, again = [await organiser.post(path, json=body, headers={"idempotency-key": "k"}) for _ in range(2)]
        taken = await organiser.post(path, json=body)
        listed = (await organiser.get(path)).json()["items"]

    assert (first.status_code, first.json()) == (201, again.json())
    assert taken.json()["code"] == "login_taken"
    assert [each["login"] for each in listed] == ["anh.dung", "co.sen"]


async def test_logins_of_another_organisations_producer_do_not_exist(
    market: SmallApp, neighbours: Neighbours, stranger: CurrentUser
) -> None:
    path = f"/api/v1/producers/{neighbours.own}/logins"
    async with market.signed_in(stranger.login) as client:
        answers = [
            await client.get(path),
            await client.post(path, json=LOGIN | {"login": "nguoi.khac"}),
            await client.post(f"{path}/{neighbours.login_id}/close"),
        ]

    assert [each.json()["code"] for each in answers] == ["producer_not_found"] * 3


async def test_a_producers_login_without_a_producer_reaches_nothing(market: SmallApp, neighbours: Neighbours) -> None:
    lost = await a_user(market.accounts, "lac.loi", role="producer")
    async with market.signed_in(lost.login) as client:
        assert (await client.get("/api/v1/producers")).json() == {"items": [], "total": 0}
        assert (await client.get("/api/v1/products?include_inactive=true")).json() == {"items": [], "total": 0}
