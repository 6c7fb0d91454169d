"""Pictures in an S3-compatible store: a real server that speaks S3 over HTTP, in a process of its own."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from app.accounts.service import CurrentUser
from app.catalog.errors import PictureNotFound
from app.catalog.picture_files import DatabasePictureFiles
from app.catalog.picture_files_s3 import S3PictureFiles
from app.catalog.picture_stores import Moved, PictureMove
from app.catalog.pictures import PictureService
from app.catalog.service import CatalogService
from app.errors import Unavailable
from app.infra.database import Database
from app.settings import PictureSettings
from tests.accounts.builders import rows
from tests.catalog import hostile_pictures as hostile
from tests.catalog.builders import a_producer
from tests.catalog.s3_server import s3_address, settings_of, store
from tests.local_servers.service_process import free_port

__all__ = ["s3_address", "store"]


async def test_a_picture_lives_in_the_store_and_leaves_it(
    store: PictureSettings, catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    pictures = PictureService(database, S3PictureFiles(store))
    producer_id = (await a_producer(catalog, organiser)).id

    uploaded = await pictures.upload(organiser, producer_id, hostile.jpeg_with_position())

    assert uploaded.picture_id is not None
    name = uploaded.sources[0].webp.rsplit("/", 1)[1]
    elsewhere = PictureService(database, S3PictureFiles(store))
    content, media_type = await elsewhere.file(uploaded.picture_id, name)
    assert (content[:4], media_type) == (b"RIFF", "image/webp")
    assert (await rows(database, "SELECT count(*) AS n FROM picture_files"))[0]["n"] == 0

    await pictures.delete(organiser, uploaded.picture_id)

    with pytest.raises(PictureNotFound):
        await PictureService(database, S3PictureFiles(store)).file(uploaded.picture_id, name)


async def test_a_store_that_is_away_is_unavailable_and_no_picture_is_known(
    catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    files = S3PictureFiles(settings_of(f"http://127.0.0.1:{free_port()}", "nowhere"))
    producer_id = (await a_producer(catalog, organiser)).id

    with pytest.raises(Unavailable):
        await PictureService(database, files).upload(organiser, producer_id, hostile.jpeg_with_position())
    with pytest.raises(Unavailable):
        await files.read(UUID(int=1), "x")

    assert (await rows(database, "SELECT count(*) AS n FROM pictures"))[0]["n"] == 0


async def test_a_bucket_that_does_not_exist_is_no_success(s3_address: str) -> None:
    files = S3PictureFiles(settings_of(s3_address, "khong-co"))

    with pytest.raises(Unavailable):
        await files.send(UUID(int=1), {"x": b"y"})


async def test_pictures_move_into_the_store_and_back_and_are_the_same_bytes(
    store: PictureSettings, catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    rows_service = PictureService(database, DatabasePictureFiles(database))
    producer_id = (await a_producer(catalog, organiser)).id
    uploaded = await rows_service.upload(organiser, producer_id, hostile.jpeg_with_position())
    assert uploaded.picture_id is not None
    name = uploaded.sources[0].webp.rsplit("/", 1)[1]
    content = (await rows_service.file(uploaded.picture_id, name))[0]
    kept = (await rows(database, "SELECT count(*) AS n FROM picture_files"))[0]["n"]

    copied = await PictureMove(database, store, "s3").run()
    # What the second run finds is not sent again, and only what is there is dropped.
    emptied = await PictureMove(database, store, "s3").run(drop=True)

    assert copied == Moved(pictures=1, copied=kept)
    assert emptied == Moved(pictures=1, already_there=kept, dropped=kept)
    assert (await rows(database, "SELECT count(*) AS n FROM picture_files"))[0]["n"] == 0
    in_store = PictureService(database, S3PictureFiles(store))
    assert (await in_store.file(uploaded.picture_id, name))[0] == content

    back = await PictureMove(database, store, "postgresql").run(drop=True)

    assert back == Moved(pictures=1, copied=kept, dropped=kept)
    assert await S3PictureFiles(store).read(uploaded.picture_id, name) is None
    assert (await PictureService(database, DatabasePictureFiles(database)).file(uploaded.picture_id, name))[0] == content


async def test_a_file_that_is_not_what_its_name_says_is_neither_carried_nor_dropped(
    store: PictureSettings, catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    producer_id = (await a_producer(catalog, organiser)).id
    uploaded = await PictureService(database, DatabasePictureFiles(database)).upload(organiser, producer_id, hostile.jpeg_with_position())
    assert uploaded.picture_id is not None
    names = [each["name"] for each in await rows(database, "SELECT name FROM picture_files ORDER BY name")]
    async with database.transactions.begin() as db:
        await db.execute(text("UPDATE picture_files SET content = 'broken' WHERE name = :name"), {"name": names[0]})

    moved = await PictureMove(database, store, "s3").run(drop=True)

    assert (moved.copied, moved.missing, moved.dropped) == (len(names) - 1, 1, len(names) - 1)
    assert [each["name"] for each in await rows(database, "SELECT name FROM picture_files")] == names[:1]


async def test_a_move_into_a_store_that_is_away_loses_nothing(catalog: CatalogService, organiser: CurrentUser, database: Database) -> None:
    producer_id = (await a_producer(catalog, organiser)).id
    await PictureService(database, DatabasePictureFiles(database)).upload(organiser, producer_id, hostile.jpeg_with_position())
    kept = (await rows(database, "SELECT count(*) AS n FROM picture_files"))[0]["n"]

    with pytest.raises(Unavailable):
        await PictureMove(database, settings_of(f"http://127.0.0.1:{free_port()}", "nowhere"), "s3").run(drop=True)

    assert (await rows(database, "SELECT count(*) AS n FROM picture_files"))[0]["n"] == kept
