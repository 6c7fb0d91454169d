"""Pictures over HTTP: whose they are, that a repeat makes one, where they may be seen, and that a bomb takes nothing down."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from app.accounts.service import CurrentUser
from app.catalog.service import CatalogService
from app.infra.body_limits import BodyLimits
from app.infra.bounded_requests import BoundedRequests
from app.infra.database import Database
from app.infra.tasks import TaskOwner
from app.main import ROUTERS
from app.settings import HttpSettings
from tests.accounts.builders import SmallApp, rows
from tests.catalog import hostile_pictures as hostile
from tests.catalog.builders import a_producer, a_product

PHOTO = hostile.jpeg_with_position()


async def test_a_photo_is_taken_in_shown_by_a_product_and_kept_for_good(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser
) -> None:
    product = await a_product(catalog, organiser, pictures=())
    waiting_at = f"/api/v1/producers/{product.producer_id}/pictures"
    async with market.signed_in(organiser.login) as client:
        uploaded = (await client.post(waiting_at, content=PHOTO, headers={"content-type": "text/html"})).json()
        waiting = (await client.get(waiting_at)).json()["items"]
        shown = (
            await client.patch(
                f"/api/v1/products/{product.id}", json={"pictures": [{"picture_id": uploaded["picture_id"], "alt": "Hũ mật ong"}]}
            )
        ).json()
        no_longer = (await client.get(waiting_at)).json()["items"]
        kept = await client.delete(f"/api/v1/pictures/{uploaded['picture_id']}")

    assert [source["width"] for source in uploaded["sources"]] == [320, 640, 1280]
    assert ([each["picture_id"] for each in waiting], no_longer) == ([uploaded["picture_id"]], [])
    assert shown["pictures"] == [uploaded | {"alt": "Hũ mật ong"}]
    assert (kept.status_code, kept.json()["code"]) == (409, "picture_in_use")
    async with market.browser() as stranger:
        file = await stranger.get(shown["pictures"][0]["sources"][0]["avif"])
    assert file.headers["content-type"] == "image/avif"
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
    card = (await catalog.cards([product.id], on=catalog.today()))[product.id]
    assert card.picture_url == uploaded["sources"][0]["webp"]


async def test_a_repeat_of_an_upload_makes_one_picture(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    path = f"/api/v1/producers/{(await a_producer(catalog, organiser)).id}/pictures"
    async with market.signed_in(organiser.login) as client:
        first, again = [await client.post(path, content=PHOTO, headers={"idempotency-key": "mot-lan"}) for _ in range(2)]

    assert first.json() == again.json()
    assert (await rows(database, "SELECT count(*) AS n FROM pictures"))[0]["n"] == 1


async def test_a_picture_that_is_thrown_away_leaves_nothing(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    path = f"/api/v1/producers/{(await a_producer(catalog, organiser)).id}/pictures"
    async with market.signed_in(organiser.login) as client:
        uploaded = (await client.post(path, content=PHOTO)).json()
        gone = await client.delete(f"/api/v1/pictures/{uploaded['picture_id']}")

    assert gone.status_code == 204
    assert (await rows(database, "SELECT count(*) AS n FROM picture_files"))[0]["n"] == 0


async def test_pictures_of_others_are_neither_listed_nor_shown_nor_thrown_away(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser, stranger: CurrentUser
) -> None:
    path = f"/api/v1/producers/{(await a_producer(catalog, organiser)).id}/pictures"
    theirs = await a_product(catalog, stranger)
    async with market.signed_in(organiser.login) as client:
        picture_id = (await client.post(path, content=PHOTO)).json()["picture_id"]
    async with market.signed_in(stranger.login) as client:
        answers = [
            await client.get(path),
            await client.post(path, content=PHOTO),
            await client.delete(f"/api/v1/pictures/{picture_id}"),
            await client.patch(f"/api/v1/products/{theirs.id}", json={"pictures": [{"picture_id": picture_id}]}),
        ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        *[(404, "producer_not_found")] * 2,
        *[(404, "picture_not_found")] * 2,
    ]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (hostile.png_bomb(), 413, "picture_too_many_pixels"),
        (hostile.SVG_WITH_SCRIPT, 415, "picture_not_supported"),
        (hostile.HEIC, 400, "picture_broken"),
        (hostile.animated("PNG"), 415, "picture_animated"),
        (PHOTO[:5000], 400, "picture_broken"),
    ],
)
async def test_a_file_that_is_no_picture_is_refused_by_name_and_nothing_is_kept(
    content: bytes, status: int, code: str, market: SmallApp, catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    path = f"/api/v1/producers/{(await a_producer(catalog, organiser)).id}/pictures"
    async with market.signed_in(organiser.login) as client:
        refused = await client.post(path, content=content, headers={"content-type": "image/jpeg"})

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await rows(database, "SELECT count(*) AS n FROM pictures"))[0]["n"] == 0


async def test_only_uploads_may_be_large(market: SmallApp, catalog: CatalogService, organiser: CurrentUser) -> None:
    producer_id = (await a_producer(catalog, organiser)).id
    market.app.add_middleware(
        BoundedRequests,
        tasks=TaskOwner("requests"),
        allowed_hosts=(),
        deadline_seconds=15.0,
        limits=BodyLimits(ROUTERS),
        settings=HttpSettings(),
    )
    large = bytes(200_000)
    async with market.signed_in(organiser.login) as client:
        read = await client.post(f"/api/v1/producers/{producer_id}/pictures", content=large)
        too_large = await client.post(f"/api/v1/producers/{producer_id}/pictures", content=bytes(16 * 1024 * 1024))
        elsewhere = await client.post("/api/v1/products", content=large)

    assert [each.json()["code"] for each in (read, too_large, elsewhere)] == ["picture_not_supported", "body_too_large", "body_too_large"]


@pytest.mark.parametrize("name", ["x.jpeg", "0" * 32 + "-320.svg", "..%2F..%2Fetc%2Fpasswd", "0" * 32 + "-320.webp"])
async def test_a_file_that_is_not_there_is_not_found(market: SmallApp, name: str) -> None:
    async with market.browser() as client:
        answer = await client.get(f"/pictures/{UUID(int=1)}/{name}")

    assert answer.status_code == 404


async def test_a_product_does_not_show_a_picture_that_nobody_uploaded(
    market: SmallApp, catalog: CatalogService, organiser: CurrentUser
) -> None:
    product = await a_product(catalog, organiser)
    async with market.signed_in(organiser.login) as client:
        unknown = await client.patch(f"/api/v1/products/{product.id}", json={"pictures": [{"picture_id": str(uuid4())}]})
        both = await client.patch(
            f"/api/v1/products/{product.id}", json={"pictures": [{"picture_id": str(uuid4()), "path": "/static/pictures/a.svg"}]}
        )

    assert (unknown.json()["code"], both.json()["code"]) == ("picture_not_found", "malformed")
