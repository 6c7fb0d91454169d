"""Settlements are tables like all others: every format says what was agreed, recomputed from the ledger, to those alone who may see it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow.parquet
import pytest

from app.accounts.service import CurrentUser
from app.errors import Forbidden
from app.exports.schemas import WantedExport
from app.infra.jobs import JobNotFound, JobStatus
from app.infra.key_ring import KeyRing
from app.reports.closing import ClosingService
from app.reports.signing import Signer
from app.sessions.errors import SessionNotFound
from tests.desk.builders import a_colleague
from tests.exports.builders import Exporting, opened, records, unpacked
from tests.settlement.builders import Books, another_session, some_books
from tests.settlement.recomputed import nets_of


@pytest.fixture
async def books(exporting: Exporting) -> Books:
    return await some_books(exporting.fair.database, exporting.fair.market, exporting.fair.queues)


async def asked(exporting: Exporting, user: CurrentUser, form: str, *content: str) -> JobStatus:
    wanted = WantedExport.model_validate({"format": form, "content": content or ("settlements",), "language": "vi"})
    return await exporting.desk.start(user, exporting.fair.id, wanted, None)


async def made(exporting: Exporting, user: CurrentUser, form: str, *content: str) -> bytes:
    job = await asked(exporting, user, form, *content)
    while await exporting.runner().run_once():
        pass
    return await exporting.file(job)


async def some_settlements(books: Books) -> None:
    """Two with the honey's producer, of which one is paid; a later return; one with the other producer; one session more in it."""
    later = await another_session(books, "Phiên chiều")
    early = await books.sold(honey=2, cake=1)
    await books.charge("carrier_fee", 30_000)
    await books.pay(await books.agree(), reference="FT-4711")
    await books.step(early, "returned", quantities={books.honey: 1})
    await books.sold(honey=3)
    await later.sold(honey=1, cake=2)
    await books.agree()
    await books.agree(producer_id=books.other)
    # what nobody has agreed on is in no table
    await books.sold(honey=5)


async def test_tables_of_settlements_add_up_to_what_was_agreed_and_to_the_ledger(exporting: Exporting, books: Books) -> None:
    await some_settlements(books)
    unsettled = (await books.next()).sums.goods_vnd

    book = opened(await made(exporting, books.organiser, "xlsx"))
    settled, orders, goods = (records(book[name]) for name in ("Quyết toán", "Quyết toán theo đơn", "Quyết toán theo hàng"))
    (charge,) = records(book["Khoản nhập tay"])

    assert [(row["Cơ sở"], row["Kỳ số"], row["Mã trạng thái"], row["Đã trả (đồng)"], row["Số chứng từ"]) for row in settled] == sorted(
        [
            ("HTX Mật ong", 1, "paid", 228_000, "FT-4711"),
            ("HTX Mật ong", 2, "agreed", None, None),
            ("Hộ Cu Đơ", 1, "agreed", None, None),
        ],
        key=lambda row: (row[0] == "Hộ Cu Đơ") != (books.other < books.mine),
    )
    for row in settled:
        parts = list(row.values())
        first, last = list(row).index("Chuyển từ kỳ trước (đồng)"), list(row).index("Còn phải trả (đồng)")
        assert sum(int(str(part)) for part in parts[first:last]) == parts[last]
    assert (charge["Loại"], charge["Số tiền (đồng)"]) == ("carrier_fee", -30_000)
    by_ledger, _ = nets_of(await books.bodies())
    for producer_id, name, rest in ((books.mine, "HTX Mật ong", unsettled), (books.other, "Hộ Cu Đơ", 0)):
        of_orders = sum(int(str(row["Thực thu (đồng)"])) for row in orders if row["Cơ sở"] == name)
        of_goods = sum(int(str(row["Tiền thực thu (đồng)"])) for row in goods if row["Cơ sở"] == name)
        assert of_orders == of_goods == by_ledger[str(producer_id)] - rest
    assert {row["Phiên"] for row in orders} == {"Chợ phiên"}, "lines of other sessions are in their own files"
    defined = {row["Mã cột"]: row["Định nghĩa"] for row in records(book["Định nghĩa"])}
    assert all(defined[f"settlement_{table}.net_vnd"] for table in ("orders", "goods"))


async def test_every_format_says_the_same_of_settlements(exporting: Exporting, books: Books) -> None:
    await some_settlements(books)

    found = json.loads(await made(exporting, books.organiser, "json"))
    texts = unpacked(await made(exporting, books.organiser, "csv"))
    typed = unpacked(await made(exporting, books.organiser, "parquet"))

    nets = [row["net_vnd"] for row in found["tables"]["settlement_orders"]]
    assert nets == pyarrow.parquet.read_table(io.BytesIO(typed["settlement_orders.parquet"])).column("net_vnd").to_pylist()
    heads, *rows = list(csv.reader(io.StringIO(texts["settlement_orders.csv"].decode("utf-8-sig")), delimiter=";"))
    assert [int(row[heads.index("Thực thu (đồng)")]) for row in rows] == nets
    described = {(table["table"], column["key"]): column for table in found["dictionary"] for column in table["columns"]}
    assert described["settlements", "payable_vnd"]["definition_en"]
    assert "Nguyễn Thị Lan" not in json.dumps(found, ensure_ascii=False)


async def test_who_may_not_see_all_settlements_gets_none(exporting: Exporting, books: Books) -> None:
    await some_settlements(books)
    closing = ClosingService(books.database, Signer(KeyRing("tests")))
    host = exporting.fair.staff
    producer = await a_colleague(books.database, books.market, "Chủ thể", role="producer")

    with pytest.raises(Forbidden):
        await asked(exporting, host, "xlsx", "report", "settlements")
    with pytest.raises(SessionNotFound):
        await asked(exporting, producer, "xlsx")
    job = await asked(exporting, books.organiser, "json")
    while await exporting.runner().run_once():
        pass
    assert await exporting.desk.about(host, exporting.fair.id) == []
    for look in (closing.job, closing.job_file, closing.cancel_job):
        with pytest.raises(JobNotFound):
            await look(host, job.id)
    _, pieces = await closing.job_file(books.organiser, job.id)
    assert b"".join([piece async for piece in pieces])
    plain: Any = json.loads(await made(exporting, host, "json", "report", "orders", "comments"))
    assert [name for name in plain["tables"] if name.startswith("settlement")] == []
