"""`ocop places`: newer facts reach running workers without a release; what was stored with orders and producers stays as it was."""

from __future__ import annotations

import asyncio
import contextlib
import io
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.accounts.service import CurrentUser
from app.catalog.addresses import PlaceBook, book
from app.catalog.errors import InvalidAddress
from app.catalog.places_commands import check_against_database, import_places, tell
from app.catalog.places_file import UnreadablePlacesFile
from app.catalog.places_watch import PlacesWatch
from app.catalog.schemas import ProducerChanges
from app.catalog.service import CatalogService
from app.infra.database import Database
from app.settings import PROJECT_ROOT, child_environment, load_settings
from tests.accounts.builders import Clock, SmallApp, rows, run
from tests.catalog.builders import a_producer

HEADER = "code,province_code,name,valid_from,valid_to,decision"
RENAMED = "18133,42,Phường Hương Sơn,2027-01-01,,1/NQ-UBTVQH16"
PHUONG, XA, HA_TINH, HUONG_SON = "Phường Hương Sơn", "Xã Hương Sơn", 42, 18133
SOON = 0.05


class Ocop:
    """What `ocop places` does, on the stores of the test; `starts` is the command itself, in a process of its own."""

    def __init__(self, folder: Path, postgres_url: str, redis_url: str) -> None:
        folder.mkdir(exist_ok=True)
        self.file = folder / "moi.csv"
        self.header = HEADER
        self.urls = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url}

    async def __call__(self, verb: str, *lines: str) -> tuple[int, str]:
        """Exit code, and what is said."""
        self._write(lines)
        settings = load_settings(database_url=self.urls["DATABASE_URL"], redis_url=self.urls["REDIS_URL"])
        work = {"check": check_against_database, "import": import_places}[verb]
        outcome = await asyncio.to_thread(work, settings, self.file)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            code = tell(outcome, "Changed")
        return code, said.getvalue()

    def starts(self, verb: str, *lines: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        self._write(lines)
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "places", verb, str(self.file)],
            capture_output=True,
            text=True,
            env=child_environment({**self.urls, "OCOP_LOG_FORMAT": "json"}),
            cwd=PROJECT_ROOT,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def _write(self, lines: tuple[str, ...]) -> None:
        self.file.write_text("\n".join([self.header, *lines]) + "\n", encoding="utf-8")


@pytest.fixture
def ocop(tmp_path: Path, postgres_url: str, redis_url: str) -> Ocop:
    return Ocop(tmp_path, postgres_url, redis_url)


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[tuple[PlaceBook, Clock]]:
    """The places of a running worker that looks often, and its clock."""
    clock = Clock()
    places = PlaceBook(now=clock)
    watch = PlacesWatch(database, places=places, seconds=SOON)
    await watch.start()
    yield places, clock
    await watch.close()


async def until_known(places: PlaceBook, name: str) -> None:
    """Wait until the watch has taken an import over."""
    for _ in range(400):
        if places.gazetteer.versions_of((False, HUONG_SON))[-1].name == name:
            return
        await asyncio.sleep(SOON)
    raise AssertionError(f"{name} is not known after {400 * SOON:.0f} s")


async def test_check_tells_what_would_change_and_stores_nothing(ocop: Ocop, database: Database) -> None:
    code, said, _ = ocop.starts("check", RENAMED)

    assert code == 0
    assert "1 rows, 1 with changes, 0 as they are, 0 bad." in said
    assert "Would change:\n  line 2: 18133 Phường Hương Sơn from 2027-01-01: so far Xã Hương Sơn" in said
    assert await rows(database, "SELECT 1 FROM place_imports") == []


async def test_check_works_before_the_database_has_the_table(ocop: Ocop, database: Database) -> None:
    await run(database, "ALTER TABLE place_versions RENAME TO place_versions_away")

    assert (await ocop("check", RENAMED))[0] == 0


async def test_a_file_that_cannot_be_read_is_one_line_on_standard_error(ocop: Ocop) -> None:
    code, said, complained = ocop.starts("import", "18133,42,Xã Hương Sơn,2027-01-01,,\x00" + "x" * 200_000)

    assert (code, said, complained.count("\n")) == (1, "", 1)
    assert complained.startswith("ocop: ")
    with pytest.raises(UnreadablePlacesFile):
        await ocop("check", "18133,42,Xã Hương Sơn,2027-01-01,,\x00" + "x" * 200_000)


async def test_a_withdrawn_version_is_gone_and_the_withdrawal_is_kept(
    ocop: Ocop, database: Database, worker: tuple[PlaceBook, Clock]
) -> None:
    places, _ = worker
    await ocop("import", RENAMED)
    await until_known(places, PHUONG)
    ocop.header = f"{HEADER},withdrawn"
    first, second = [await ocop("import", f"{RENAMED},yes") for _ in range(2)]
    await until_known(places, XA)

    assert "withdrawn" in first[1]
    assert "0 with changes, 1 as they are" in second[1]
    assert [row["is_withdrawn"] for row in await rows(database, "SELECT is_withdrawn FROM place_versions ORDER BY import_id")] == [
        False,
        True,
    ]


async def test_one_bad_row_keeps_the_whole_file_out(ocop: Ocop, database: Database) -> None:
    bad = "18133,42,Hương Sơn,2028-01-01,,"
    checked, imported = ocop.starts("check", RENAMED, bad)[:2], await ocop("import", RENAMED, bad)

    for code, said in (checked, imported):
        assert code == 1
        assert "line 3: name is 'Hương Sơn'; it must begin with one of Xã, Phường, Đặc khu" in said
        assert "Nothing was stored." in said
    assert await rows(database, "SELECT 1 FROM place_versions") == []


async def test_an_import_is_written_down_with_its_file_and_a_second_one_changes_nothing(ocop: Ocop, database: Database) -> None:
    first, second = ocop.starts("import", RENAMED), await ocop("import", RENAMED)
    (entry,) = await rows(database, "SELECT file_name, length(file_sha256) AS digits FROM place_imports")

    assert (first[0], second[0]) == (0, 0)
    assert '"event": "places_imported"' in first[2]
    assert "1 rows, 0 with changes, 1 as they are, 0 bad." in second[1]
    assert dict(entry) == {"file_name": "moi.csv", "digits": 64}
    assert len(await rows(database, "SELECT 1 FROM place_versions")) == 1


async def test_two_imports_at_once_store_it_once(tmp_path: Path, postgres_url: str, redis_url: str, database: Database) -> None:
    await asyncio.gather(*(Ocop(tmp_path / of, postgres_url, redis_url)("import", RENAMED) for of in ("one", "other")))

    assert len(await rows(database, "SELECT 1 FROM place_versions")) == 1


async def test_a_running_worker_knows_the_new_name_on_its_day_and_not_before(ocop: Ocop, worker: tuple[PlaceBook, Clock]) -> None:
    places, clock = worker
    assert (await ocop("import", RENAMED))[0] == 0
    await until_known(places, PHUONG)

    clock.now = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
    before = places.resolve(HA_TINH, HUONG_SON).ward_name
    clock.now = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)

    assert (before, places.resolve(HA_TINH, HUONG_SON).ward_name) == (XA, PHUONG)


async def test_a_later_import_corrects_an_earlier_one(ocop: Ocop, worker: tuple[PlaceBook, Clock]) -> None:
    places, _ = worker
    await ocop("import", RENAMED)
    corrected = await ocop("import", RENAMED.replace("Phường Hương Sơn", "Phường Phố Châu"))
    await until_known(places, "Phường Phố Châu")

    assert "corrected, was Phường Hương Sơn" in corrected[1]


async def test_every_worker_sees_an_import_and_a_new_worker_starts_with_it(
    ocop: Ocop, database: Database, worker: tuple[PlaceBook, Clock]
) -> None:
    other = PlaceBook(now=worker[1])
    watch = PlacesWatch(database, places=other, seconds=SOON)
    await watch.start()
    await ocop("import", RENAMED)
    await until_known(worker[0], PHUONG)
    await until_known(other, PHUONG)
    await watch.close()

    late = PlaceBook()
    newcomer = PlacesWatch(database, places=late, seconds=60)
    await newcomer.start()
    names = [version.name for version in late.gazetteer.versions_of((False, HUONG_SON))]
    await newcomer.close()

    assert names == [XA, PHUONG]
    assert [version.name for version in late.gazetteer.versions_of((False, HUONG_SON))] == [XA]


async def test_a_worker_starts_and_serves_the_shipped_places_where_imports_cannot_be_read(database: Database) -> None:
    await run(database, "ALTER TABLE place_imports RENAME TO place_imports_away")
    places = PlaceBook()
    watch = PlacesWatch(database, places=places, seconds=SOON)
    await watch.start()

    assert places.resolve(HA_TINH, HUONG_SON).ward_name == XA
    await run(database, "ALTER TABLE place_imports_away RENAME TO place_imports")
    await run(
        database,
        "WITH entry AS (INSERT INTO place_imports (file_name, file_sha256) VALUES ('x', 'x') RETURNING id) "
        "INSERT INTO place_versions (import_id, level, code, valid_from, province_code, name) "
        "SELECT id, 'ward', 18133, '2027-01-01', 42, 'Phường Hương Sơn' FROM entry",
    )
    await until_known(places, PHUONG)
    await watch.close()


async def test_a_producer_keeps_the_name_of_its_day_until_another_place_is_chosen(
    catalog: CatalogService, organiser: CurrentUser, ocop: Ocop, database: Database
) -> None:
    producer = await a_producer(catalog, organiser)
    await ocop("import", RENAMED.replace("2027-01-01", "2026-01-01"))
    watch = PlacesWatch(database, seconds=60)
    await watch.start()
    try:
        kept = await catalog.update_producer(organiser, producer.id, ProducerChanges(story="Ong vẫn bay."))
        newer = await a_producer(catalog, organiser, name="Hộ bà Lan")
    finally:
        await watch.close()

    assert (producer.commune_name, kept.commune_name, newer.commune_name) == (XA, XA, PHUONG)


async def test_an_entry_with_a_code_that_no_longer_exists_can_still_be_edited(
    catalog: CatalogService, organiser: CurrentUser, database: Database
) -> None:
    producer = await a_producer(catalog, organiser)
    await run(database, "UPDATE producers SET commune_code = 99998, commune_name = 'Xã Thời Trước'")

    kept = await catalog.update_producer(organiser, producer.id, ProducerChanges(story="Vẫn ở đây."))

    assert (kept.commune_code, kept.commune_name) == (99_998, "Xã Thời Trước")


async def test_a_dissolved_unit_is_refused_for_new_entries_with_the_day_it_ended(
    market: SmallApp, organiser: CurrentUser, ocop: Ocop, database: Database
) -> None:
    await ocop("import", "18133,42,Xã Hương Sơn,2025-07-01,2026-06-30,19/2025/QĐ-TTg")
    watch = PlacesWatch(database, seconds=60)
    await watch.start()
    try:
        producer = {"name": "Hộ bà Lan", "kind": "household", "province_code": HA_TINH, "commune_code": HUONG_SON}
        async with market.signed_in(organiser.login) as client:
            answer = await client.post("/api/v1/producers", json=producer)
            listed = await client.get(f"/api/v1/addresses/provinces/{HA_TINH}/wards")
    finally:
        await watch.close()

    assert (answer.status_code, answer.json()["code"]) == (400, InvalidAddress.code)
    assert answer.json()["details"] | {"advice": ""} == {
        "province_code": HA_TINH, "ward_code": HUONG_SON, "reason": "no_longer", "valid_to": "2026-06-30", "advice": "",
    }  # fmt: skip
    assert len(listed.json()["items"]) == 68
    assert book.resolve(HA_TINH, HUONG_SON).ward_name == XA
