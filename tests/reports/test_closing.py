"""Closing a session: one signed statement per state of the ledger, an export that anyone can check, nobody's data in it."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.accounts.service import CurrentUser
from app.fulfilment.desk import OrderDesk
from app.fulfilment.persons import erase_contacts
from app.fulfilment.transitions import Step
from app.infra.database import Database
from app.infra.job_runner import JobRunner
from app.infra.key_ring import KeyRing
from app.ledger.kinds import EntryKind
from app.local_servers.embedded_postgres import EmbeddedPostgres
from app.main import services_of
from app.orders.schemas import NewOffer
from app.protocol.client_commands import OrderContent
from app.protocol.server_events import OrderReceipt
from app.reports import closing
from app.reports.closing import SIGNED_PER_STEP, ClosingService
from app.reports.errors import LedgerBroken, SigningKeyUnreadable, StatementNotDue
from app.reports.heavy_work import HeavyWork
from app.reports.signing import Signer
from app.reports.summaries import Summaries
from app.sessions.errors import SessionNotFound
from tests.live.market import SECRET, Market, a_user, open_market, open_stores

CANARY = {"name": "Hoàng Kim Yến Canary", "phone": "0987654321", "street": "Ngõ Canary 77", "note": "Chú thích Canary"}
CANARY_PARTS = ("Canary", "Kim Yến", "87654321", "Ngõ")


class Sale:
    """A live market of the whole service, with the desk and the statements of its session."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.organiser: CurrentUser = market.organiser

    @property
    def id(self) -> UUID:
        return self.market.session_id

    @property
    def database(self) -> Database:
        return self.market.stores.database

    @property
    def closing(self) -> ClosingService:
        return services_of(self.market.node.app).closing

    @property
    def desk(self) -> OrderDesk:
        return services_of(self.market.node.app).desk

    async def offer(self, product: int = 0) -> UUID:
        new = NewOffer(
            product_id=self.market.product_ids[product], flash_price_vnd=39_000, total_quantity=50, per_viewer_limit=50, open_now=True
        )
        made = await services_of(self.market.node.app).offers.create(self.market.host, self.id, new)
        return UUID(str(made.id))

    async def order(self, *lines: tuple[UUID, int]) -> OrderReceipt:
        content: dict[str, Any] = {
            "key": uuid4(),
            "lines": [{"offer_id": offer_id, "quantity": quantity} for offer_id, quantity in lines],
            "buyer": {
                "name": CANARY["name"],
                "phone": CANARY["phone"],
                "note": CANARY["note"],
                "address": {"province_code": 42, "ward_code": 18547, "street": CANARY["street"]},
            },
        }
        return await services_of(self.market.node.app).placing.place(uuid4(), self.id, OrderContent.model_validate(content))

    async def steps(self, receipt: OrderReceipt, *kinds: EntryKind, reason: str = "") -> None:
        for kind in kinds:
            await self.desk.step(self.organiser, self.id, Step(receipt.order_id, kind, reason))

    async def sells(self) -> list[OrderReceipt]:
        """Three orders: one paid and delivered, one cancelled, one waiting."""
        first, second = await self.offer(0), await self.offer(1)
        receipts = [await self.order((first, 2)), await self.order((first, 1), (second, 3)), await self.order((second, 1))]
        await self.steps(receipts[0], "paid", "delivered")
        await self.steps(receipts[1], "cancelled", reason="no_answer")
        return receipts

    async def moves(self, *states: str) -> None:
        for state in states:
            await self.market.node.sessions.transition(self.organiser, self.id, cast("Any", state))

    async def statements(self) -> int:
        return int(await self.database.pool.fetchval("SELECT count(*) FROM closing_statements WHERE session_id = $1", self.id))

    async def public_key(self) -> str:
        return (await self.closing.public_key(self.organiser.organisation_id)).hex()


@pytest.fixture
async def sale(postgres_url: str, redis_url: str, redis_prefix: str) -> AsyncIterator[Sale]:
    async with open_stores(postgres_url, redis_url, redis_prefix) as stores, AsyncExitStack() as stack:
        market = await open_market(stores, stack)
        await market.goes_live()
        yield Sale(market)


def unpacked(export: bytes, folder: Path) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(io.BytesIO(export)) as archive:
        archive.extractall(folder)
    return folder


def checked_alone(folder: Path, *arguments: str, export: str = ".") -> tuple[int, str]:
    """The verifier out of the export itself, by a Python that finds no installed package."""
    command = [sys.executable, "-I", "-S", "verify.py", export, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("states", [(), ("ended",)])
async def test_before_closing_there_is_no_statement(sale: Sale, states: tuple[str, ...]) -> None:
    await sale.moves(*states)

    with pytest.raises(StatementNotDue):
        await sale.closing.statement(sale.organiser, sale.id)
    with pytest.raises(StatementNotDue):
        await sale.closing.export(sale.organiser, sale.id)
    async with sale.market.browser(sale.organiser) as organiser:
        answer = await organiser.get(f"/api/v1/sessions/{sale.id}/statement")
    assert (answer.status_code, answer.json()["code"]) == (409, "statement_not_due")
    assert await sale.statements() == 0


async def test_a_closed_session_is_signed_once_whoever_asks_and_however_many_at_once(sale: Sale) -> None:
    await sale.sells()
    await sale.moves("ended", "closed")

    asked = await asyncio.gather(*(sale.closing.statement(sale.organiser, sale.id) for _ in range(5)), sale.closing.sign_closed())
    again = await sale.closing.statement(sale.organiser, sale.id)
    async with sale.market.browser(sale.organiser) as organiser, sale.market.browser() as anyone:
        over_http = (await organiser.get(f"/api/v1/sessions/{sale.id}/statement")).json()
        published = (await anyone.get(f"/api/v1/organisations/{sale.organiser.organisation_id}/public-key")).json()

    assert all(statement == again for statement in asked[:5])
    assert await sale.statements() == 1
    assert (over_http["body"], over_http["number"], over_http["last_seq"]) == (again.body, 1, 6)
    assert published == {
        "organisation_id": str(sale.organiser.organisation_id),
        "algorithm": "Ed25519",
        "public_key": over_http["public_key"],
    }
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(published["public_key"]))
    key.verify(bytes.fromhex(over_http["signature"]), over_http["body"].encode())
    figures = json.loads(again.body)["figures"]
    assert figures["ladder_vnd"] == {"placed": 273_000, "confirmed": 78_000, "delivered": 78_000, "paid": 78_000, "net": 78_000}
    assert (figures["totals"]["orders_placed"], figures["totals"]["units_placed"], figures["buyers"]) == (3, 7, 3)


async def test_a_session_that_never_had_an_offer_is_signed_once_too(sale: Sale, tmp_path: Path) -> None:
    await sale.moves("ended", "closed")

    asked = await asyncio.gather(*(sale.closing.statement(sale.organiser, sale.id) for _ in range(6)))

    assert len({statement.body for statement in asked}) == 1
    assert await sale.statements() == 1
    code, said = checked_alone(unpacked(await sale.closing.export(sale.organiser, sale.id), tmp_path / "export"))
    assert (code, said[:13]) == (0, "OK: 0 entries")


async def test_the_job_signs_by_itself_and_a_return_after_closing_gives_a_second_statement(sale: Sale, tmp_path: Path) -> None:
    receipts = await sale.sells()
    await sale.moves("ended", "closed")
    await sale.closing.sign_closed()
    first = await sale.closing.statement(sale.organiser, sale.id)

    await sale.steps(receipts[0], "returned", reason="broken")
    await sale.closing.sign_closed()
    second = await sale.closing.statement(sale.organiser, sale.id)

    assert (first.number, first.last_seq, second.number, second.last_seq) == (1, 6, 2, 7)
    assert json.loads(first.body)["figures"]["ladder_vnd"]["net"] == 78_000
    assert json.loads(second.body)["figures"]["ladder_vnd"]["net"] == 0
    kept = await sale.database.pool.fetchval("SELECT body FROM closing_statements WHERE session_id = $1 AND number = 1", sale.id)
    assert kept == first.body
    assert await sale.statements() == 2
    code, said = checked_alone(unpacked(await sale.closing.export(sale.organiser, sale.id), tmp_path / "export"))
    assert (code, "7 entries" in said) == (0, True)


async def test_the_export_is_checked_by_its_own_verifier_without_any_package(sale: Sale, tmp_path: Path) -> None:
    await sale.sells()
    await sale.moves("ended", "closed")
    async with sale.market.browser(sale.organiser) as organiser:
        answer = await organiser.get(f"/api/v1/sessions/{sale.id}/export.zip")
    folder = unpacked(answer.content, tmp_path / "export")
    (tmp_path / "export.zip").write_bytes(answer.content)
    key = await sale.public_key()

    assert answer.headers["content-type"] == "application/zip"
    assert sorted(path.name for path in folder.iterdir()) == ["README.txt", "ledger.txt", "statement.json", "statement.sig", "verify.py"]
    code, said = checked_alone(folder, "--key", key)
    assert (code, said) == (0, "OK: 6 entries, chain unbroken, placed 273000 VND, net 78000 VND, signed by the key you gave\n")
    assert checked_alone(folder, "--key", "00" * 32)[0] == 1
    assert checked_alone(folder, export="../export.zip")[0] == 0
    ledger = folder / "ledger.txt"
    ledger.write_text(ledger.read_text().replace('"quantity":2', '"quantity":3', 1))
    code, said = checked_alone(folder)
    assert (code, said.count("\n")) == (1, 1)


async def test_no_buyer_is_in_the_export_and_erasing_one_changes_nothing(sale: Sale, tmp_path: Path) -> None:
    await sale.sells()
    await sale.moves("ended", "closed")
    before = unpacked(await sale.closing.export(sale.organiser, sale.id), tmp_path / "before")

    async with sale.database.pool.acquire() as db:
        erased = await erase_contacts(db, [row[0] for row in await db.fetch("SELECT order_id FROM order_contacts")])
    after = unpacked(await sale.closing.export(sale.organiser, sale.id), tmp_path / "after")

    devices = [str(row[0]) for row in await sale.database.pool.fetch("SELECT device_id FROM orders")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in before.iterdir()}
    found = [(name, part) for name, text in texts.items() for part in (*CANARY_PARTS, *devices) if part in text]
    assert (found, len(erased) > 0) == ([], True)
    assert {path.name: path.read_text(encoding="utf-8") for path in after.iterdir()} == texts
    assert checked_alone(after, "--key", await sale.public_key())[0] == 0


async def test_statements_and_exports_are_for_the_sessions_organisation(sale: Sale) -> None:
    await sale.moves("ended", "closed")
    stranger = replace(sale.organiser, organisation_id=uuid4())

    for asked in (sale.closing.statement, sale.closing.export):
        with pytest.raises(SessionNotFound):
            await asked(stranger, sale.id)
        with pytest.raises(SessionNotFound):
            await asked(sale.organiser, uuid4())
    async with sale.market.browser() as nobody:
        paths = ("statement", "export.zip")
        answers = [await nobody.get(f"/api/v1/sessions/{sale.id}/{path}") for path in paths]
        unknown = await nobody.get(f"/api/v1/organisations/{uuid4()}/public-key")
    assert {answer.status_code for answer in answers} == {401}
    assert unknown.status_code == 404


async def test_a_broken_ledger_is_not_signed_and_does_not_hold_up_others(
    sale: Sale, postgres_server: EmbeddedPostgres, postgres_url: str
) -> None:
    await sale.sells()
    broken = sale.id
    await sale.moves("ended")
    postgres_server.run_sql(
        "SET session_replication_role = replica; UPDATE ledger_entries SET body = replace(body, '\"quantity\":2', '\"quantity\":9') WHERE seq = 1",
        database=urlsplit(postgres_url).path.lstrip("/"),
    )
    await sale.moves("closed")
    sale.market.session_id = await _another_closed_session(sale)

    await sale.closing.sign_closed()

    assert await sale.statements() == 1
    with pytest.raises(LedgerBroken) as refusal:
        await sale.closing.statement(sale.organiser, broken)
    assert refusal.value.details == {"seq": 1}


async def test_however_many_ledgers_are_broken_the_others_are_signed(sale: Sale) -> None:
    """More than one look takes, all before the good one."""
    for number in range(SIGNED_PER_STEP + 5):
        broken = await _another_closed_session(sale, UUID(int=number + 1))
        await sale.database.pool.execute("INSERT INTO ledgers (session_id, last_seq, last_hash) VALUES ($1, 1, '\\x00')", broken)
    sale.market.session_id = await _another_closed_session(sale, UUID(int=2**128 - 1))
    alone = ClosingService(sale.database, Signer(KeyRing(SECRET)))

    for _ in range(2):
        await alone.sign_closed()

    assert await sale.statements() == 1


async def _another_closed_session(sale: Sale, made: UUID | None = None) -> UUID:
    made = made or uuid4()
    await sale.database.pool.execute(
        "INSERT INTO sessions (id, organisation_id, host_id, title, state, announced_state, started_at, ended_at, closed_at) "
        "SELECT $1, organisation_id, host_id, 'Phiên hai', 'closed', 'closed', now(), now(), now() FROM sessions WHERE id = $2",
        made,
        sale.id,
    )
    return made


async def test_a_copy_of_the_database_cannot_sign_without_the_secret(sale: Sale) -> None:
    await sale.sells()
    await sale.moves("ended", "closed")
    key = await sale.public_key()
    thief = ClosingService(sale.database, Signer(KeyRing("another secret")))
    await sale.closing.statement(sale.organiser, sale.id)
    receipts = await sale.database.pool.fetch("SELECT order_id FROM ledger_entries WHERE seq = 1")
    await sale.desk.step(sale.organiser, sale.id, Step(receipts[0]["order_id"], "returned"))

    async with sale.database.pool.acquire() as db, db.transaction():
        with pytest.raises(SigningKeyUnreadable):
            await Signer(KeyRing("another secret")).sign(db, sale.organiser.organisation_id, "text")
    with pytest.raises(SigningKeyUnreadable):
        await thief.public_key(sale.organiser.organisation_id)
    sealed = await sale.database.pool.fetchval("SELECT sealed_private_key FROM signing_keys")
    assert bytes.fromhex(key) not in sealed


async def test_an_export_is_asked_for_watched_and_fetched_over_http(sale: Sale, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await sale.sells()
    path = f"/api/v1/sessions/{sale.id}"
    stranger = await a_user(sale.market.node, await sale.market.node.accounts.create_organisation("Xã khác"), name="Ai", role="organiser")
    work = HeavyWork(sale.database, Signer(KeyRing(SECRET)), Summaries(sale.database))
    monkeypatch.setattr(closing, "EXPORT_AT_ONCE", 2)
    async with (
        sale.market.browser(sale.organiser) as organiser,
        sale.market.browser(stranger) as other,
        sale.market.browser() as anyone,
    ):
        assert (await organiser.post(f"{path}/exports")).json()["code"] == "statement_not_due"
        await sale.moves("ended", "closed")
        refused = await organiser.get(f"{path}/export.zip")
        assert (refused.status_code, refused.json()["code"], refused.json()["details"]["ask_at"]) == (
            409,
            "export_is_a_job",
            f"{path}/exports",
        )

        asked = await organiser.post(f"{path}/exports")
        where = asked.headers["location"]
        assert (asked.status_code, asked.json()["state"], asked.json()["total"]) == (202, "waiting", 6)
        assert (await organiser.get(f"{where}/file")).json()["code"] == "job_file_not_ready"
        for response in (await other.get(where), await other.get(f"{where}/file"), await other.delete(where)):
            assert (response.status_code, response.json()["code"]) == (404, "job_not_found")
        assert (await other.post(f"{path}/exports")).status_code == 404
        assert {(await anyone.get(where)).status_code, (await anyone.post(f"{path}/exports")).status_code} == {401}
        await JobRunner(sale.database.pool, work.by_kind(), name="jobs").run_once()

        job = (await organiser.get(where)).json()
        assert (job["state"], job["done"], job["file"]) == ("done", 6, f"{where}/file")
        export = (await organiser.get(job["file"])).content
        assert (await organiser.post(f"{path}/exports")).json()["id"] == job["id"]
        assert (await organiser.delete(where)).json()["state"] == "done"
    code, said = checked_alone(unpacked(export, tmp_path / "export"), "--key", await sale.public_key())
    assert (code, "6 entries" in said) == (0, True)
