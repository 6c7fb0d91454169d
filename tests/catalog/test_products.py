"""Products: who may see and change them, their certificates and pictures, and the cards that sessions show."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from app.accounts.service import CurrentUser
from app.catalog.errors import ProducerNotFound, ProductNotFound
from app.catalog.schemas import PictureContent, PictureView, ProductChanges
from app.catalog.service import CatalogService
from app.catalog.views import PLACEHOLDER_PICTURE
from app.errors import MalformedRequest
from app.infra.database import Database
from tests.accounts.builders import rows
from tests.catalog.builders import a_producer, a_product, product_content


async def test_new_product_is_listed_with_all_that_was_entered(catalog: CatalogService, organiser: CurrentUser) -> None:
    product = await a_product(catalog, organiser)

    listed = await catalog.list_products(organiser)

    assert (listed.items, listed.total) == ([product], 1)
    assert product.producer_name == "Hợp tác xã Mật ong Hương Sơn"
    assert product.pictures == (PictureView(path="/static/pictures/mat-ong.svg", alt="Hũ mật ong"),)
    assert product.certificate_expires_on == date(2028, 9, 23)


async def test_product_of_another_organisation_is_not_found(
    catalog: CatalogService, organiser: CurrentUser, stranger: CurrentUser, database: Database
) -> None:
    product = await a_product(catalog, organiser)

    with pytest.raises(ProductNotFound):
        await catalog.update_product(stranger, product.id, ProductChanges(price_vnd=1))
    async with database.transactions() as db:
        with pytest.raises(ProductNotFound) as refusal:
            await catalog.require_products(db, stranger.organisation_id, [product.id])

    assert refusal.value.details == {"product_ids": [str(product.id)]}
    assert (await catalog.list_products(stranger)).items == []
    assert [row["price_vnd"] for row in await rows(database, "SELECT price_vnd FROM products")] == [180_000]


async def test_product_cannot_be_given_to_a_producer_of_another_organisation(
    catalog: CatalogService, organiser: CurrentUser, stranger: CurrentUser
) -> None:
    foreign = await a_producer(catalog, stranger)
    product = await a_product(catalog, organiser)

    with pytest.raises(ProducerNotFound):
        await a_product(catalog, organiser, producer_id=foreign.id)
    with pytest.raises(ProducerNotFound):
        await catalog.update_product(organiser, product.id, ProductChanges(producer_id=foreign.id))
    with pytest.raises(ProducerNotFound):
        await a_product(catalog, organiser, producer_id=uuid4())


@pytest.mark.parametrize(
    "changes",
    [
        {"price_vnd": 0},
        {"price_vnd": -1},
        {"price_vnd": 180_000.5},
        {"price_vnd": True},
        {"weight_grams": 0},
        {"name": " \u200b "},
        {"unit": ""},
        {"ocop_stars": 2},
        {"ocop_stars": 6},
        {"certificate_number": None},
        {"certified_on": None},
        {"certificate_expires_on": date(2025, 9, 23)},
        {"pictures": [{"path": "/static/pictures/a.svg"}] * 11},
        {"stock": 5},
    ],
)
def test_product_that_breaks_a_rule_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        product_content(uuid4(), **changes)


@pytest.mark.parametrize(
    "path", ["/static/pictures/cu-do.svg", "/static/pictures/2026/cu-do.v2.webp", "https://anh.example.vn/cu-do.jpg?w=800"]
)
def test_picture_lies_below_our_pictures_or_at_an_https_address(path: str) -> None:
    assert PictureContent(path=path).path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "cu-do.svg",
        "/static/pictures/",
        "/static/pictures/../js/app.js",
        "/static/pictures//a.svg",
        "/static/pictures/.hidden",
        "/static/js/a.svg",
        "/static/pictures/a.svg\n",
        "http://anh.example.vn/a.jpg",
        "//anh.example.vn/a.jpg",
        "https://",
        "https://user@anh.example.vn/a.jpg",
        "https://anh.example.vn/a b.jpg",
        "https://anh.example.vn/a.jpg\x00",
        "https://[anh/a.jpg",
        "javascript:alert(1)",
        "data:image/svg+xml,<svg/>",
        "https://anh.example.vn/" + "a" * 500,
    ],
)
def test_any_other_picture_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        PictureContent(path=path)


async def test_only_what_is_given_changes(catalog: CatalogService, organiser: CurrentUser) -> None:
    product = await a_product(catalog, organiser)

    changed = await catalog.update_product(organiser, product.id, ProductChanges(price_vnd=175_000))

    assert changed == product.model_copy(update={"price_vnd": 175_000})


async def test_pictures_are_replaced_as_a_whole_and_keep_their_order(catalog: CatalogService, organiser: CurrentUser) -> None:
    product = await a_product(catalog, organiser)
    pictures = (PictureContent(path="/static/pictures/b.svg"), PictureContent(path="/static/pictures/a.svg", alt="Hai"))

    changed = await catalog.update_product(organiser, product.id, ProductChanges(pictures=pictures))
    emptied = await catalog.update_product(organiser, product.id, ProductChanges(pictures=()))

    assert changed.pictures == (PictureView(path="/static/pictures/b.svg"), PictureView(path="/static/pictures/a.svg", alt="Hai"))
    assert emptied.pictures == ()


async def test_renewed_certificate_counts_36_months_anew(catalog: CatalogService, organiser: CurrentUser) -> None:
    product = await a_product(catalog, organiser)

    renewed = await catalog.update_product(organiser, product.id, ProductChanges(certified_on=date(2028, 9, 1)))

    assert renewed.certificate_expires_on == date(2031, 9, 1)


async def test_change_that_leaves_stars_without_a_certificate_is_refused(catalog: CatalogService, organiser: CurrentUser) -> None:
    product = await a_product(catalog, organiser)

    for changes in (ProductChanges(certificate_number=None), ProductChanges(certified_on=None), ProductChanges(price_vnd=None)):
        with pytest.raises(MalformedRequest):
            await catalog.update_product(organiser, product.id, changes)

    assert (await catalog.list_products(organiser)).items == [product]


async def test_changes_at_the_same_moment_cannot_break_a_rule_together(
    catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    product = await a_product(catalog, organiser, ocop_stars=None)
    give_stars, drop_number = ProductChanges(ocop_stars=4), ProductChanges(certificate_number=None)

    async with database.transactions.begin() as db:
        await db.execute(text("SELECT 1 FROM products FOR UPDATE"))
        both = asyncio.gather(
            catalog.update_product(organiser, product.id, give_stars),
            catalog.update_product(organiser, product.id, drop_number),
            return_exceptions=True,
        )
        await until_waiting(database, connections=2)
    results = await both

    (kept,) = (await catalog.list_products(organiser)).items
    assert [type(result) for result in results].count(MalformedRequest) == 1
    assert kept.ocop_stars is None or kept.certificate_number is not None


async def until_waiting(database: Database, *, connections: int) -> None:
    """Until so many connections of this database wait for a lock."""
    waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(10):
        while (await rows(database, waiting))[0]["n"] < connections:  # noqa: ASYNC110 - PostgreSQL tells nobody that a lock is waited for
            await asyncio.sleep(0.01)


async def test_inactive_product_leaves_the_choice_but_not_the_catalogue(
    catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    product = await a_product(catalog, organiser)
    async with database.transactions() as db:
        await catalog.require_products(db, organiser.organisation_id, [product.id])

    await catalog.update_product(organiser, product.id, ProductChanges(is_active=False))

    assert (await catalog.list_products(organiser)).total == 0
    assert (await catalog.list_products(organiser, include_inactive=True)).total == 1
    assert product.id in await catalog.cards([product.id], on=date(2026, 1, 1))
    async with database.transactions() as db:
        with pytest.raises(ProductNotFound):
            await catalog.require_products(db, organiser.organisation_id, [product.id])


async def test_products_can_be_listed_by_producer(catalog: CatalogService, organiser: CurrentUser) -> None:
    honey = await a_product(catalog, organiser)
    await a_product(catalog, organiser, name="Kẹo lạc")

    listed = await catalog.list_products(organiser, producer_id=honey.producer_id)

    assert (listed.items, listed.total) == ([honey], 1)


@pytest.mark.parametrize(("day", "stars", "number"), [(date(2028, 9, 23), 4, "215/QĐ-UBND"), (date(2028, 9, 24), None, None)])
async def test_card_shows_stars_and_number_only_while_the_certificate_holds(
    catalog: CatalogService, organiser: CurrentUser, day: date, stars: int | None, number: str | None
) -> None:
    product = await a_product(catalog, organiser)

    card = (await catalog.cards([product.id], on=day))[product.id]

    assert (card.ocop_stars, card.ocop_certificate_number) == (stars, number)
    assert (card.price_vnd, card.producer_name, card.commune_name) == (180_000, "Hợp tác xã Mật ong Hương Sơn", "Xã Hương Sơn")
    assert (card.picture_url, card.picture_alt) == ("/static/pictures/mat-ong.svg", "Hũ mật ong")


async def test_card_without_pictures_shows_the_placeholder_named_after_the_product(catalog: CatalogService, organiser: CurrentUser) -> None:
    product = await a_product(catalog, organiser, pictures=())

    card = (await catalog.cards([product.id, uuid4()], on=date(2026, 1, 1)))[product.id]

    assert (card.picture_url, card.picture_alt) == (PLACEHOLDER_PICTURE, "Mật ong hoa rừng")
    assert await catalog.cards([], on=date(2026, 1, 1)) == {}
    assert await catalog.cards([uuid4()], on=date(2026, 1, 1)) == {}


async def test_audit_tells_the_old_and_the_new_price(catalog: CatalogService, organiser: CurrentUser, database: Database) -> None:
    product = await a_product(catalog, organiser)
    await catalog.update_product(organiser, product.id, ProductChanges(price_vnd=175_000))

    created, updated = await rows(database, "SELECT * FROM audit_entries WHERE action LIKE 'product.%' ORDER BY id")

    assert (created["action"], created["details"]["price_vnd"]) == ("product.created", 180_000)
    assert (updated["user_id"], updated["subject_id"]) == (organiser.id, str(product.id))
    assert updated["details"] == {"price_vnd": {"from": 180_000, "to": 175_000}}
