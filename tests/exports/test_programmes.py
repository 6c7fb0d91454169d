"""A programme's page as a file: what is hidden stays hidden, settlements go to those who may see them, and nobody gets more than they may read."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pyarrow.parquet
import pytest

from app.accounts.errors import IntentionKeyReused
from app.accounts.intentions import Intention
from app.accounts.permissions import Grant
from app.accounts.service import CurrentUser
from app.errors import Forbidden
from app.exports.asking import OPEN_MOST
from app.exports.errors import TooManyExports
from app.exports.programme_asking import ProgrammeExports
from app.exports.programme_work import ProgrammeExportWork
from app.exports.schemas import WantedProgrammeExport
from app.infra.database import Database
from app.infra.job_lock import JobLock
from app.infra.job_runner import JobRunner
from app.infra.jobs import JobNotFound, JobStatus
from app.infra.key_ring import KeyRing
from app.infra.redis_client import RedisClients
from app.metrics.service import MetricsService
from app.programmes.errors import ProgrammeNotFound
from app.programmes.household import programme_house
from app.programmes.whole import WholeProgrammes
from app.reports.closing import ClosingService
from app.reports.signing import Signer
from app.settlement.household import settlement_house
from app.settlement.schemas import NewCharge
from tests.exports.builders import opened, records, unpacked
from tests.programmes.builders import Province
from tests.settlement.builders import agreement

DAY, FIRST, LAST = date(2026, 11, 20), date(2026, 11, 1), date(2026, 11, 30)
HERE, THERE = 18133, 18547
_POOL = "INSERT INTO session_stock (session_id, product_id, units, per_viewer_limit) VALUES ($1, $2, 100, 100)"


@dataclass
class Files:
    """A programme of three sessions in two communes, one of them so small that its figures are hidden; a producer who was settled with."""

    province: Province
    programme_id: UUID
    desk: ProgrammeExports
    runner: JobRunner
    titles: tuple[str, ...] = ("Chợ lớn", "Chợ vừa", "Chợ nhỏ")

    async def ask(self, form: str, *content: str, user: CurrentUser | None = None, key: str | None = None) -> JobStatus:
        wanted = WantedProgrammeExport.model_validate({"format": form, "content": content or ("programme",), "language": "vi"})
        intention = None if key is None else Intention(key, form.encode())
        return await self.desk.start(user or self.province.user(), self.programme_id, wanted, intention)

    async def read(self, job: JobStatus, user: CurrentUser | None = None) -> bytes:
        while await self.runner.run_once():
            pass
        _, pieces = await self.desk.file(user or self.province.user(), self.programme_id, job.id)
        return b"".join([piece async for piece in pieces])

    async def made(self, form: str, *content: str) -> bytes:
        return await self.read(await self.ask(form, *content))


@pytest.fixture
async def files(database: Database, redis: RedisClients, redis_prefix: str) -> Files:
    house = programme_house(database, MetricsService(database, redis, redis_prefix), JobLock(redis, redis_prefix, "test"))
    province = Province(database, house)
    await province.begin()
    producer_id = await province.producer("HTX Cam Sơn Mai")
    for title, ward_code, buyers in (("Chợ lớn", HERE, 9), ("Chợ vừa", THERE, 7), ("Chợ nhỏ", THERE, 2)):
        session_id = await province.session(DAY, title=title, ward_code=ward_code)
        await database.pool.execute(_POOL, session_id, producer_id)
        for each in await province.sell(session_id, producer_id, DAY, buyers=[f"{title} {number}" for number in range(buyers)]):
            await province.record(each, "confirmed", "delivered", "paid", day=DAY)
    await province.sum()
    settling = settlement_house(database)
    charge = NewCharge(kind="carrier_fee", amount_vnd=30_000, reason="Nhà xe Tân Mai")
    await settling.charges.add(province.user(), producer_id, charge)
    seen = await settling.lists.draft(province.user(), producer_id)
    await settling.settling.agree(province.user(), producer_id, agreement(seen))
    work = ProgrammeExportWork(database, WholeProgrammes(database, house.reading))
    programme = await province.programme(FIRST, LAST)
    return Files(province, programme.id, ProgrammeExports(database), JobRunner(database.pool, work.by_kind(), name="exports"))


async def test_the_file_says_what_the_page_says_and_hides_what_it_hides(files: Files) -> None:
    user, house = files.province.user(), files.province.house
    report = await house.reading.report(user, files.programme_id)
    page = await house.reading.sessions(user, files.programme_id, cursor=None, limit=100)
    league = await house.leagues.table(user, files.programme_id, "producer", None)

    book = opened(await files.made("xlsx"))
    figures = {row["Mã"]: row["Giá trị"] for row in records(book["Chỉ số"])}
    sessions = {row["Phiên"]: row for row in records(book["Các phiên"])}

    assert report.sales is not None
    assert (figures["net_vnd"], figures["orders_placed"]) == (report.sales.net_vnd, report.sales.orders_placed)
    assert {title: row["Thực thu (đồng)"] for title, row in sessions.items()} == {
        each.title: None if each.sales is None else each.sales.net_vnd for each in page.sessions
    }
    assert sessions["Chợ nhỏ"]["Thực thu (đồng)"] is None
    assert [row["Giá trị hàng giữ lại (đồng)"] for row in records(book["Xếp hạng cơ sở"])] == [row.kept_vnd for row in league.rows]
    defined = {row["Mã cột"]: row["Định nghĩa"] for row in records(book["Định nghĩa"])}
    assert all(defined.values())
    assert {"programme_sessions.net_vnd", "league_communes.net_per_session_vnd", "programme_months.placed_vnd"} <= set(defined)
    assert "Chương trình" in {cell.value for row in book["Thông tin"].iter_rows() for cell in row}


async def test_every_format_of_a_programme_says_the_same(files: Files) -> None:
    found = json.loads(await files.made("json", "programme", "settlements"))
    typed = unpacked(await files.made("parquet", "programme", "settlements"))
    texts = unpacked(await files.made("csv", "programme", "settlements"))

    for name, rows in found["tables"].items():
        table = pyarrow.parquet.read_table(io.BytesIO(typed[f"{name}.parquet"]))
        assert table.num_rows == len(rows) == len(texts[f"{name}.csv"].decode("utf-8-sig").strip("\r\n").splitlines()) - 1, name
    (settled,) = found["tables"]["settlements"]
    nets = sum(row["net_vnd"] for row in found["tables"]["settlement_orders"])
    assert (settled["goods_vnd"], settled["payable_vnd"], nets) == (1_800_000, 1_770_000, 1_800_000)
    assert {(table["table"], column["key"]) for table in found["dictionary"] for column in table["columns"]} >= {
        ("settlement_orders", "net_vnd"),
        ("programme_sessions", "net_vnd"),
    }


async def test_who_reads_one_commune_gets_that_commune_and_nobody_gets_more_than_they_may(files: Files) -> None:
    province = files.province
    local = province.user("auditor", Grant("auditor", ward_code=HERE))
    other = province.user("auditor", Grant("auditor", ward_code=THERE))
    stranger = CurrentUser(uuid4(), uuid4(), "Nơi khác", "x", "X", "organiser", (Grant("organiser"),))
    host = province.user("host", Grant("host"))
    whole = await files.ask("json", "programme", "settlements")
    part = await files.ask("json", user=local)

    with pytest.raises(Forbidden):
        await files.ask("json", "settlements", user=local)
    with pytest.raises(ProgrammeNotFound):
        await files.ask("json", user=stranger)
    found: Any = json.loads(await files.read(part, local))
    assert [row["title"] for row in found["tables"]["programme_sessions"]] == ["Chợ lớn"]
    assert [name for name in found["tables"] if name.startswith("settlement")] == []
    assert await files.read(part)
    for user, job in ((local, whole), (other, whole), (other, part), (stranger, whole), (host, part)):
        for look in (files.desk.job, files.desk.file, files.desk.cancel):
            with pytest.raises(JobNotFound):
                await look(user, files.programme_id, job.id)
    assert [job.id for job in await files.desk.about(local, files.programme_id)] == [part.id]
    assert await files.desk.about(other, files.programme_id) == []


async def test_an_export_of_a_programme_is_no_job_of_a_session(files: Files) -> None:
    job = await files.ask("csv")
    closing = ClosingService(files.province.database, Signer(KeyRing("tests")))

    with pytest.raises(JobNotFound):
        await closing.job(files.province.user(), job.id)
    with pytest.raises(JobNotFound):
        await files.desk.job(files.province.user(), (await files.province.programme(FIRST, DAY)).id, job.id)


async def test_a_second_tap_is_the_same_file_and_few_are_under_way_at_a_time(files: Files) -> None:
    first = await files.ask("json", key="k")

    assert (await files.ask("json", key="k")).id == first.id
    with pytest.raises(IntentionKeyReused):
        await files.ask("csv", key="k")
    for _ in range(OPEN_MOST - 1):
        await files.ask("json")
    with pytest.raises(TooManyExports):
        await files.ask("json")
    assert (await files.desk.cancel(files.province.user(), files.programme_id, first.id)).state == "cancelled"
    assert (await files.ask("json")).state == "waiting"
