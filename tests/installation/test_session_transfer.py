"""A session from one installation to another: two real databases, two secrets, the same figures; and packages that must be refused."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.catalog.picture_files import DatabasePictureFiles, PictureFiles
from app.catalog.picture_stores import Store
from app.fulfilment.buyer_queries import order_page
from app.fulfilment.change_schemas import OrderChangeWish, PartReturn
from app.infra.database import Database, open_database
from app.infra.key_ring import KeyRing
from app.infra.redis_client import open_redis
from app.infra.sealing import Envelopes
from app.installation import session_import
from app.installation.session_export import SessionExport, fold_whole
from app.installation.session_import import SessionImport
from app.installation.transfer_errors import (
    LedgerDoesNotFit,
    PackageChanged,
    PackageExists,
    PackageNewer,
    PackageUnreadable,
    PassphraseRefused,
    SessionHereAlready,
    SessionNotFinal,
    SessionUnknown,
)
from app.installation.transfer_package import PackageReader
from app.installation.transfer_tables import CARRIED, NOT_CARRIED
from app.ledger.projector import Projector
from app.main import services_of
from app.metrics.service import MetricsService
from app.orders.contacts import Pseudonyms
from app.orders.group_commit import PlacingQueues
from app.reports.export import export_zip
from app.reports.service import ReportService
from app.reports.statement import last_statement
from app.settings import DatabaseSettings, OrderSettings
from tests.live.market import SECRET, open_market, open_stores
from tests.orders.builders import a_market, a_wanted_order, an_offer
from tests.reports.test_closing import CANARY, CANARY_PARTS, Sale, checked_alone, unpacked

pytestmark = pytest.mark.slow

HERE, THERE = KeyRing(SECRET), KeyRing("secret-of-the-other-installation")
PASSPHRASE = "correct horse battery"


class Moving:
    """A session that was sold in, closed and signed here, and an empty installation there."""

    def __init__(self, sale: Sale, there: Database, folder: Path, *, here_url: str, there_url: str) -> None:
        self.sale, self.there, self.folder = sale, there, folder
        self.here_url, self.there_url = here_url, there_url
        self.package = folder / "session.zip"

    @property
    def here(self) -> Database:
        return self.sale.database

    async def sold(self) -> None:
        """Orders that were changed, cancelled, delivered, returned in part; comments; a pin; a signature, and a fact after it."""
        sale = self.sale
        receipts = await sale.sells()
        changed = await sale.order((await sale.offer(0), 4))
        order_lines = await self.here.pool.fetch("SELECT offer_id, unit_price_vnd FROM order_lines WHERE order_id = $1", changed.order_id)
        changes = services_of(sale.market.node.app).order_desk.changes
        seen = await self.here.pool.fetchval("SELECT max(seq) FROM ledger_entries WHERE order_id = $1", changed.order_id)
        wish = {"seen_seq": seen, "reason": "buyer_asked", "lines": [{"offer_id": str(order_lines[0]["offer_id"]), "quantity": 3}]}
        await changes.change(sale.organiser, sale.id, changed.order_id, OrderChangeWish.model_validate(wish))
        await sale.steps(changed, "confirmed", "delivered", "paid")
        await self.here.pool.execute(
            "INSERT INTO comments (id, session_id, device_id, author, text, posted_at, network) VALUES ($1, $2, $3, 'Lan', 'ngon', now(), $4)",
            *(uuid4(), sale.id, uuid4(), b"12345678"),
        )
        await sale.moves("ended", "closed")
        # the clock's work, which would else come at some moment between two looks
        await self.here.pool.execute("UPDATE offers SET state = 'ended', announced_state = 'ended' WHERE session_id = $1", sale.id)
        await sale.closing.statement(sale.organiser, sale.id)
        back = {"reason": "broken", "resaleable": True, "lines": [{"offer_id": wish["lines"][0]["offer_id"], "quantity": 1}]}
        await changes.take_back(sale.organiser, sale.id, changed.order_id, PartReturn.model_validate(back))
        await sale.steps(receipts[0], "returned", reason="broken")
        await sale.closing.statement(sale.organiser, sale.id)
        metrics = sale.market.node.metrics
        await Projector(self.here, metrics).catch_up(sale.id)
        assert await ReportService(self.here, metrics, settle_seconds=0).finish_ended() == 1

    async def leaves(self, *, passphrase: str | None = None, files: PictureFiles | None = None) -> SessionExport:
        await fold_whole(self.here, self.sale.id)
        db = await asyncpg.connect(self.here_url)
        try:
            export = SessionExport(db, HERE, self.sale.id, files=files or DatabasePictureFiles(self.here), passphrase=passphrase)
            async for _ in export.write(self.package):
                pass
            return export
        finally:
            await db.close()

    async def arrives(self, package: Path | None = None, *, passphrase: str | None = None, s3: PictureFiles | None = None) -> SessionImport:
        db, reader = await asyncpg.connect(self.there_url), PackageReader(package or self.package)
        try:
            pictures: tuple[Store, PictureFiles] = ("s3", s3) if s3 else ("postgresql", DatabasePictureFiles(self.there))
            taken = SessionImport(db, THERE, reader, pictures=pictures, passphrase=passphrase)
            async for _ in taken.run():
                pass
            await fold_whole(self.there, self.sale.id)
            return taken
        finally:
            reader.close()
            await db.close()

    async def nothing_there(self) -> bool:
        tables = [table.name for table in CARRIED]
        queries = [f"SELECT EXISTS (SELECT FROM {name})" for name in tables]  # noqa: S608 - our own tables
        return not any([await self.there.pool.fetchval(query) for query in queries])

    def tampered(self, part: str, change: Callable[[dict[str, Any]], None], *, hashed: bool = True) -> Path:
        """The package with one row changed; `hashed`: by somebody who mends the manifest too."""
        aim = self.folder / "tampered.zip"
        with zipfile.ZipFile(self.package) as source, zipfile.ZipFile(aim, "w") as target:
            parts = {name: source.read(name) for name in source.namelist()}
            name = f"rows/{part}.jsonl"
            rows = [json.loads(line) for line in parts[name].splitlines()]
            change(rows[0])
            parts[name] = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
            if hashed:
                manifest = json.loads(parts["manifest.json"])
                manifest["parts"][part]["sha256"] = hashlib.sha256(parts[name]).hexdigest()
                parts["manifest.json"] = json.dumps(manifest).encode()
            for each, content in parts.items():
                target.writestr(each, content)
        return aim


@pytest.fixture
async def moving(fresh_database: Callable[[], str], redis_url: str, redis_prefix: str, tmp_path: Path) -> AsyncIterator[Moving]:
    here_url, there_url = fresh_database(), fresh_database()
    async with (
        open_stores(here_url, redis_url, redis_prefix) as stores,
        open_database(there_url, DatabaseSettings()) as there,
        AsyncExitStack() as stack,
    ):
        market = await open_market(stores, stack)
        await market.goes_live()
        yield Moving(Sale(market), there, tmp_path, here_url=here_url, there_url=there_url)


async def _report(database: Database, redis_url: str, prefix: str, session_id: UUID) -> dict[str, Any]:
    async with open_redis(redis_url) as redis:
        report = await ReportService(database, MetricsService(database, redis, prefix)).whole(session_id)
    return report.model_dump(mode="json", exclude={"as_of"})


async def test_the_report_says_the_same_over_there_and_its_export_verifies(
    moving: Moving, redis_url: str, redis_prefix: str, tmp_path: Path
) -> None:
    await moving.sold()
    before = await _report(moving.here, redis_url, redis_prefix, moving.sale.id)
    await moving.leaves()

    taken = await moving.arrives()

    after = await _report(moving.there, redis_url, f"{redis_prefix}-there", moving.sale.id)
    assert after == before
    assert after["reconciliation"]["ok"]
    assert taken.entries == await moving.here.pool.fetchval("SELECT count(*) FROM ledger_entries WHERE session_id = $1", moving.sale.id)
    async with moving.there.pool.acquire() as db:
        statement = await last_statement(db, moving.sale.id)
        assert statement is not None
        folder = unpacked(await export_zip(db, moving.sale.id, statement), tmp_path / "export")
    assert checked_alone(folder)[0] == 0
    assert await moving.there.pool.fetchval("SELECT count(*) FROM comments") == 1
    assert await moving.there.pool.fetchval("SELECT action FROM audit_entries WHERE action LIKE 'session.imp%'") == "session.imported"


async def test_people_stay_behind_unless_they_are_asked_for(moving: Moving) -> None:
    await moving.sold()
    await moving.leaves()

    with zipfile.ZipFile(moving.package) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode()
        assert moving.package.stat().st_mode & 0o077 == 0
    devices = await moving.here.pool.fetch("SELECT device_id::text AS id, encode(phone_digest, 'hex') AS number FROM orders")
    assert not any(part in text for part in CANARY_PARTS)
    assert not any(row["id"] in text or row["number"] in text for row in devices)
    assert moving.sale.organiser.display_name not in text
    await moving.arrives()
    kept = await moving.there.pool.fetch("SELECT key_id, sealed, phone_digest, erased_at FROM order_contacts")
    assert len(kept) == 4
    assert all(row["sealed"] is None and row["phone_digest"] is None and row["erased_at"] is not None for row in kept)
    assert not await moving.there.pool.fetchval("SELECT bool_or(is_active) FROM users")


async def test_people_go_along_under_a_passphrase_and_are_sealed_anew(moving: Moving) -> None:
    await moving.sold()
    await moving.leaves(passphrase=PASSPHRASE)
    with pytest.raises(PassphraseRefused):
        await moving.arrives(passphrase="another passphrase")
    assert await moving.nothing_there()

    await moving.arrives(passphrase=PASSPHRASE)

    rows = await moving.there.pool.fetch("SELECT order_id, key_id, phone_digest FROM order_contacts")
    number = Pseudonyms(THERE).phone_digest(f"+84{CANARY['phone'][1:]}")
    assert {(row["key_id"], row["phone_digest"]) for row in rows} == {(THERE.current.key_id, number)}
    async with moving.there.pool.acquire() as db:
        page = await order_page(db, Envelopes(THERE), rows[0]["order_id"])
    assert page.receiver is not None
    assert page.receiver.name == CANARY["name"]


async def test_the_export_says_how_many_parcels_and_settled_orders_stay_behind(moving: Moving) -> None:
    await moving.sold()
    db, organiser = moving.here.pool, moving.sale.organiser
    producer_id = await db.fetchval("SELECT producer_id FROM products WHERE id = $1", moving.sale.market.product_ids[0])
    orders = [row["id"] for row in await db.fetch("SELECT id FROM orders WHERE session_id = $1 ORDER BY seq LIMIT 2", moving.sale.id)]
    parcel = "INSERT INTO parcels (id, organisation_id, code, batch_id, made_by) VALUES ($1, $2, 'K1', $1, $3)"
    await db.execute(parcel, moving.sale.id, organiser.organisation_id, organiser.id)
    head = "INSERT INTO settlement_heads (producer_id, organisation_id, last_hash) VALUES ($1, $2, $3)"
    await db.execute(head, producer_id, organiser.organisation_id, bytes(32))
    line = "INSERT INTO settlement_lines (producer_id, settlement, place, session_id, order_id, body) VALUES ($1, 1, $2, $3, $4, '{}')"
    for place, order_id in enumerate(orders):
        await db.execute("INSERT INTO parcel_orders (parcel_id, order_id) VALUES ($1, $2)", moving.sale.id, order_id)
        await db.execute(line, producer_id, place, moving.sale.id, order_id)

    export = await moving.leaves()

    assert (export.parcels, export.settled) == (1, 2)


async def test_a_session_that_is_here_is_refused_and_stays_as_it_is(moving: Moving) -> None:
    await moving.sold()
    await moving.leaves()
    await moving.arrives()
    counted = "SELECT (SELECT count(*) FROM ledger_entries) + (SELECT count(*) FROM audit_entries)"
    before = await moving.there.pool.fetchval(counted)

    with pytest.raises(SessionHereAlready):
        await moving.arrives()

    assert await moving.there.pool.fetchval(counted) == before
    with pytest.raises(PackageExists):
        await moving.leaves()


async def test_it_comes_into_a_database_with_other_data_and_a_taken_code_is_given_up(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_import, "AT_ONCE", 2)
    await moving.sold()
    await moving.leaves()
    market = await a_market(moving.there)
    offer_id = await an_offer(moving.there, market)

    async def nothing_to_tell(session_id: object, result: object) -> None:
        return None

    queues = PlacingQueues(moving.there.placing, OrderSettings(), nothing_to_tell)
    receipt = await queues.place(a_wanted_order(market, {offer_id: 1}))
    await queues.close()
    codes = [row["code"] for row in await moving.here.pool.fetch("SELECT code FROM orders ORDER BY seq")]
    await moving.there.pool.execute("UPDATE orders SET code = $2 WHERE id = $1", receipt.order_id, codes[1])

    taken = await moving.arrives()

    arrived = await moving.there.pool.fetch("SELECT code FROM orders WHERE session_id = $1 ORDER BY seq", moving.sale.id)
    kept = [row["code"] for row in arrived]
    assert taken.new_codes == 1
    assert (kept[0], kept[2:]) == (codes[0], codes[2:])
    assert kept[1] not in {None, codes[1]}
    assert await moving.there.pool.fetchval("SELECT count(*) FROM ledger_entries WHERE session_id = $1", market.session_id) == 1


TAMPERED: list[tuple[str, Callable[[dict[str, Any]], None], type[Exception]]] = [
    ("ledger_entries", lambda row: row.update(body=row["body"].replace('"quantity":2', '"quantity":3')), LedgerDoesNotFit),
    ("ledger_entries", lambda row: row.update(amount_vnd=row["amount_vnd"] + 1_000), LedgerDoesNotFit),
    ("ledgers", lambda row: row.update(last_seq=row["last_seq"] - 1), LedgerDoesNotFit),
    ("orders", lambda row: row.update(total_vnd=1), LedgerDoesNotFit),
    ("closing_statements", lambda row: row.update(body=row["body"].replace('"buyers": ', '"buyers": 1')), LedgerDoesNotFit),
    ("sessions", lambda row: row.update(id=str(uuid4())), PackageChanged),
    ("sessions", lambda row: row.update(state="asleep"), PackageChanged),
    ("sessions", lambda row: row.update({'x" = 1; DROP TABLE users; --': 1}), PackageNewer),
    ("offers", lambda row: row.update(remaining="many"), PackageChanged),
    ("comments", lambda row: row.update(session_id=str(uuid4())), PackageChanged),
]


async def test_a_package_that_was_tampered_with_leaves_nothing_behind(moving: Moving) -> None:
    await moving.sold()
    await moving.leaves()
    failed = []
    for number, (part, change, refusal) in enumerate(TAMPERED):
        for hashed, expected in ((False, PackageChanged), (True, refusal)):
            try:
                await moving.arrives(moving.tampered(part, change, hashed=hashed))
                failed.append((number, part, hashed, "taken in"))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
                if not isinstance(error, expected):
                    failed.append((number, part, hashed, repr(error)))
    assert not failed
    assert await moving.nothing_there()


async def test_what_is_no_package_is_refused_in_one_line(moving: Moving) -> None:
    await moving.sold()
    await moving.leaves()
    absurd = {"empty.zip": b"", "text.zip": b"hello", "cut.zip": moving.package.read_bytes()[:-40]}
    for name, content in absurd.items():
        (moving.folder / name).write_bytes(content)
        with pytest.raises(PackageUnreadable):
            PackageReader(moving.folder / name)
    with pytest.raises(PackageUnreadable):
        PackageReader(moving.folder / "nowhere.zip")
    for said, refusal in (
        (b"[]", PackageUnreadable),
        (b'{"format": "ocop-live session 9"}', PackageNewer),
        (b"[" * 100_000, PackageUnreadable),
    ):
        with zipfile.ZipFile(moving.folder / "other.zip", "w") as archive:
            archive.writestr("manifest.json", said)
        with pytest.raises(refusal):
            PackageReader(moving.folder / "other.zip")


async def test_only_a_session_that_is_over_and_counted_leaves(moving: Moving) -> None:
    with pytest.raises(SessionNotFinal):
        await moving.leaves()
    db = await asyncpg.connect(moving.here_url)
    with pytest.raises(SessionUnknown):
        async for _ in SessionExport(db, HERE, uuid4(), files=DatabasePictureFiles(moving.here)).write(moving.package):
            pass
    await db.close()
    assert list(moving.folder.iterdir()) == []


async def test_every_table_of_the_database_is_decided_about(moving: Moving) -> None:
    tables = {row["tablename"] for row in await moving.here.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    left = [name for names in NOT_CARRIED.values() for name in names]
    decided = [*(table.name for table in CARRIED), *left, "alembic_version"]

    assert sorted(decided) == sorted(tables)
