"""Uploaded pictures go along with a session, out of either store and into either, and nothing of them stays where the move failed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.catalog.errors import PictureNotFound
from app.catalog.picture_files import DatabasePictureFiles, PictureFiles
from app.catalog.picture_files_s3 import S3PictureFiles
from app.catalog.pictures import PictureService
from app.catalog.schemas import PictureView
from app.infra.database import Database
from app.installation.transfer_errors import LedgerDoesNotFit, PackageChanged, PackageUnreadable, PictureStoreAway
from app.reports.service import ReportService
from app.settings import PictureSettings
from tests.catalog import hostile_pictures as hostile
from tests.catalog.s3_server import s3_address, settings_of, store
from tests.installation.test_session_transfer import Moving, moving
from tests.live.market import another_session
from tests.local_servers.service_process import free_port
from tests.reports.test_closing import Sale

__all__ = ["moving", "s3_address", "store"]


async def shown_by_a_product(moving: Moving, files: PictureFiles) -> PictureView:
    """A photo that was uploaded here and stands second in a product of the session."""
    product_id = moving.sale.market.product_ids[0]
    producer_id = await moving.here.pool.fetchval("SELECT producer_id FROM products WHERE id = $1", product_id)
    uploaded = await PictureService(moving.here, files).upload(moving.sale.organiser, producer_id, hostile.jpeg_with_position())
    await moving.here.pool.execute(
        "INSERT INTO product_pictures (product_id, position, path, alt, picture_id) VALUES ($1, 7, $2, 'Hũ mật ong', $3)",
        *(product_id, uploaded.path, uploaded.picture_id),
    )
    return uploaded


async def bytes_of(database: Database, files: PictureFiles, picture: PictureView) -> list[bytes]:
    assert picture.picture_id is not None
    pictures = PictureService(database, files)
    paths = [path for source in picture.sources for path in (source.avif, source.webp, source.jpeg)]
    return [(await pictures.file(picture.picture_id, path.rsplit("/", 1)[1]))[0] for path in paths]


async def test_pictures_come_out_of_postgresql_go_into_s3_and_are_the_same_bytes(moving: Moving, store: PictureSettings) -> None:
    here = DatabasePictureFiles(moving.here)
    picture = await shown_by_a_product(moving, here)
    await moving.sold()
    await moving.leaves()

    await moving.arrives(s3=S3PictureFiles(store))

    assert await bytes_of(moving.there, S3PictureFiles(store), picture) == await bytes_of(moving.here, here, picture)
    assert await moving.there.pool.fetchval("SELECT path FROM product_pictures WHERE picture_id = $1", picture.picture_id) == picture.path
    assert await moving.there.pool.fetchval("SELECT count(*) FROM picture_files") == 0


async def test_pictures_come_out_of_s3_and_go_into_postgresql(moving: Moving, store: PictureSettings) -> None:
    here = S3PictureFiles(store)
    picture = await shown_by_a_product(moving, here)
    await moving.sold()
    await moving.leaves(files=here)

    await moving.arrives()

    assert await bytes_of(moving.there, DatabasePictureFiles(moving.there), picture) == await bytes_of(moving.here, here, picture)


async def test_a_picture_that_is_not_whole_stays_behind_and_is_counted(moving: Moving) -> None:
    files = DatabasePictureFiles(moving.here)
    picture = await shown_by_a_product(moving, files)
    await moving.here.pool.execute("DELETE FROM picture_files WHERE name LIKE '%.avif'")
    await moving.sold()

    export = await moving.leaves()
    await moving.arrives()

    assert export.lost_pictures == 1
    counted = "SELECT (SELECT count(*) FROM pictures) + (SELECT count(*) FROM product_pictures WHERE picture_id IS NOT NULL)"
    assert await moving.there.pool.fetchval(counted) == 0
    assert picture.picture_id is not None


def without_a_picture(package: Path, aim: Path, change: Callable[[bytes], bytes] | None) -> Path:
    """The package with one file of a picture changed, or left out."""
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(aim, "w") as target:
        names = source.namelist()
        wanted = next(name for name in names if name.startswith("pictures/"))
        for name in names:
            if name != wanted:
                target.writestr(name, source.read(name))
            elif change is not None:
                target.writestr(name, change(source.read(name)))
    return aim


async def test_a_damaged_or_missing_file_is_refused_and_nothing_stays_in_either_store(moving: Moving, store: PictureSettings) -> None:
    picture = await shown_by_a_product(moving, DatabasePictureFiles(moving.here))
    await moving.sold()
    await moving.leaves()
    cases: list[tuple[Callable[[bytes], bytes] | None, type[Exception]]] = [
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), PackageChanged),
        (None, PackageUnreadable),
    ]
    for number, (change, refusal) in enumerate(cases):
        package = without_a_picture(moving.package, moving.folder / f"damaged-{number}.zip", change)
        with pytest.raises(refusal):
            await moving.arrives(package)
    changed = moving.tampered("ledgers", lambda row: row.update(last_seq=row["last_seq"] - 1))

    with pytest.raises(LedgerDoesNotFit):
        await moving.arrives(changed, s3=S3PictureFiles(store))

    assert await moving.nothing_there()
    assert await moving.there.pool.fetchval("SELECT count(*) FROM picture_files") == 0
    assert picture.picture_id is not None
    name = picture.sources[0].webp.rsplit("/", 1)[1]
    assert await S3PictureFiles(store).read(picture.picture_id, name) is None


async def test_names_that_are_no_files_of_pictures_are_refused(moving: Moving) -> None:
    await shown_by_a_product(moving, DatabasePictureFiles(moving.here))
    await moving.sold()
    await moving.leaves()
    absurd: list[Any] = [[], None, 1, [{"width": 1, "height": 1}], [{"width": 1, "height": 1, "jpeg": "../../../other"}]]
    for files in absurd:
        with pytest.raises(PackageChanged):
            await moving.arrives(moving.tampered("pictures", partial(dict.update, files=files)))
    with pytest.raises(PackageChanged):
        await moving.arrives(moving.tampered("pictures", lambda row: row.update(organisation_id=str(UUID(int=1)))))
    assert await moving.nothing_there()


async def test_a_package_of_before_there_were_pictures_in_it_is_taken_in(moving: Moving) -> None:
    await moving.sold()
    await moving.leaves()
    older = moving.folder / "older.zip"
    with zipfile.ZipFile(moving.package) as source, zipfile.ZipFile(older, "w") as target:
        manifest = json.loads(source.read("manifest.json"))
        del manifest["parts"]["pictures"]
        for name in source.namelist():
            if name not in {"rows/pictures.jsonl", "manifest.json"}:
                target.writestr(name, source.read(name))
        target.writestr("manifest.json", json.dumps(manifest))

    assert (await moving.arrives(older)).entries > 0


async def test_a_store_that_is_away_is_named_on_either_side(moving: Moving) -> None:
    await shown_by_a_product(moving, DatabasePictureFiles(moving.here))
    await moving.sold()
    away = S3PictureFiles(settings_of(f"http://127.0.0.1:{free_port()}", "nowhere"))
    with pytest.raises(PictureStoreAway):
        await moving.leaves(files=away)
    assert not moving.package.exists()
    await moving.leaves()

    with pytest.raises(PictureStoreAway):
        await moving.arrives(s3=away)

    assert await moving.nothing_there()


async def test_a_picture_that_is_here_already_stays_as_it_is(moving: Moving) -> None:
    """Another session of the same goods came before."""
    picture = await shown_by_a_product(moving, DatabasePictureFiles(moving.here))
    await moving.sold()
    await moving.leaves()
    await moving.arrives()
    await moving.there.pool.execute("UPDATE pictures SET width = 7")
    before = await bytes_of(moving.there, DatabasePictureFiles(moving.there), picture)
    async with another_session(moving.sale.market) as other:
        await other.goes_live()
        later = Moving(Sale(other), moving.there, moving.folder / "later", here_url=moving.here_url, there_url=moving.there_url)
        later.folder.mkdir()
        await later.sale.moves("ended", "closed")
        assert await ReportService(moving.here, other.node.metrics, settle_seconds=0).finish_ended() == 1
        await later.leaves()

    await later.arrives()

    assert await bytes_of(moving.there, DatabasePictureFiles(moving.there), picture) == before
    assert await moving.there.pool.fetchval("SELECT width FROM pictures") == 7
    with pytest.raises(PictureNotFound):
        await PictureService(moving.there, DatabasePictureFiles(moving.there)).file(UUID(int=1), "x.webp")
