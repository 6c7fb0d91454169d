"""Every format says the same as the report: numbers as numbers, text as text, and what each column means."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import pyarrow.parquet
import pytest

from app.exports.errors import ParquetNotInstalled
from app.exports.parquet import require_parquet
from app.exports.report_tables import report_tables
from app.exports.separated import shown
from app.exports.tables import Column, Document, Kind, Row, Table, at_once
from app.exports.work import document_of
from app.exports.workbook import write_workbook
from app.infra.clock import utc_now
from app.ledger.kinds import KINDS, state_of
from tests.exports.builders import Exporting, opened, records, unpacked

NAUGHTY = [
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "+84 901 234 567",
    "-1",
    "@SUM(A1)",
    "http://example.com",
    "00123",
    "1e5",
    "\tx",
]


async def nothing(_: int) -> None:
    return None


async def test_a_workbook_says_the_figures_of_the_report_with_a_definition_of_every_column(exporting: Exporting) -> None:
    fair = exporting.fair
    await fair.watch(viewers=3, likes=8)
    order = await fair.order(await fair.offer(), 2)
    await fair.record(order, "confirmed", "delivered", "paid")

    book = opened(await exporting.made("xlsx", "report", "orders", "comments"))
    report = await fair.report()

    assert book.sheetnames[:3] == ["Thông tin", "Chỉ số", "Bậc doanh thu"]
    assert book.sheetnames[-2:] == ["Biểu đồ", "Định nghĩa"]
    assert [row["Giá trị hàng (đồng)"] for row in records(book["Bậc doanh thu"])] == [step.amount_vnd for step in report.ladder]
    assert {row["Mã"]: row["Giá trị"] for row in records(book["Chỉ số"])} == {each.name: each.value for each in report.headline}
    minute = records(book["Từng phút"])[0]["Phút (giờ Việt Nam)"]
    assert isinstance(minute, datetime)
    assert (minute.hour - report.minutes[0].minute_at.hour) % 24 == 7
    assert len(vars(book["Biểu đồ"])["_charts"]) == 3
    defined = {row["Mã cột"] for row in records(book["Định nghĩa"])}
    assert defined >= {f"{table.name}.{column.key}" for table in report_tables(report) for column in table.columns}
    assert all(row["Định nghĩa"] and row["Nguồn"] for row in records(book["Định nghĩa"]))


async def test_every_sheet_prints_on_a4_with_heads_and_the_number_of_the_page(exporting: Exporting) -> None:
    await exporting.fair.order(await exporting.fair.offer())
    await exporting.fair.end()

    book = opened(await exporting.made("xlsx", "report", "orders", "comments"))

    assert {str(sheet.page_setup.paperSize) for sheet in book} == {"9"}
    assert [sheet.title for sheet in book if "Trang" not in str(sheet.oddFooter)] == []
    assert [sheet.title for sheet in book if sheet.print_title_rows != "$1:$1"] == ["Thông tin", "Biểu đồ"]
    wide = book["Sản phẩm"]
    assert (wide.page_setup.fitToWidth, wide.page_setup.fitToHeight, wide.print_title_cols) == (2, 0, "$A:$B"), "a table of many columns"


async def test_nothing_that_people_wrote_becomes_a_formula_a_link_or_a_number_in_a_workbook(exporting: Exporting) -> None:
    for number, text in enumerate(NAUGHTY):
        await exporting.say(text, seconds=number)
    await exporting.say("x\uffff\x0b", seconds=30)

    sheet = opened(await exporting.made("xlsx", "comments"))["Bình luận"]

    cells = [row[-1] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells[: len(NAUGHTY)]] == NAUGHTY
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell for cell in cells if cell.hyperlink] == []


async def test_orders_for_accounting_say_lines_amounts_by_kind_and_no_buyer(exporting: Exporting) -> None:
    fair = exporting.fair
    offer = await fair.offer()
    first, second = await fair.order(offer, 2), await fair.order(offer, 1)
    await fair.record(first, "confirmed", "delivered", "paid")
    await fair.record(second, "cancelled", reason="changed_mind")

    files = unpacked(await exporting.made("csv", "orders"))

    assert sorted(files) == ["definitions.csv", "order_lines.csv", "orders.csv"]
    found = list(csv.DictReader(io.StringIO(files["orders.csv"].decode("utf-8-sig")), delimiter=";"))
    had = [state_of(["placed", "confirmed", "delivered", "paid"]), "cancelled"]
    assert [(row["Mã trạng thái"], row["Trạng thái"]) for row in found] == [(kind, KINDS[kind].state[0]) for kind in had]
    assert [(row["Tiền hàng (đồng)"], row["Số phần"]) for row in found] == [("258000", "2"), ("129000", "1")]
    paid = f"Tiền {KINDS['paid'].counted[0]} (đồng)"
    assert [row[paid] for row in found] == ["258000", "0"]
    assert found[0]["Hàng"] == "2 \N{MULTIPLICATION SIGN} Mật ong (hũ)"
    whole = b"".join(files.values()).decode()
    contacts = await fair.database.pool.fetch("SELECT device_id::text AS device FROM orders")
    assert [row["device"] for row in contacts if row["device"] in whole] == []


@pytest.mark.parametrize(
    ("cell", "kind", "vi", "en"),
    [
        (1234567, "vnd", "1234567", "1234567"),
        (12.5, "decimal", "12,5", "12.5"),
        (0.1 + 0.2, "percent", "0,3", "0.3"),
        (None, "vnd", "", ""),
        (True, "yes", "có", "yes"),
        ("0901234567", "phone", '="0901234567"', '="0901234567"'),
        ("00123", "text", '="00123"', '="00123"'),
        ("1E5", "text", '="1E5"', '="1E5"'),
        ("1-2", "text", '="1-2"', '="1-2"'),
        ("MAR1", "text", '="MAR1"', '="MAR1"'),
        ("+84901234567", "text", '="+84901234567"', '="+84901234567"'),
        ("-1", "text", '="-1"', '="-1"'),
        ("=1+1", "text", "'=1+1", "'=1+1"),
        ('-1"&A1', "text", "'-1\"&A1", "'-1\"&A1"),
        ("A1", "text", "A1", "A1"),
        ("Bưởi 5 quả", "text", "Bưởi 5 quả", "Bưởi 5 quả"),
    ],
)
def test_csv_keeps_text_as_text_and_writes_numbers_as_the_language_does(
    cell: str | int | float | None, kind: Kind, vi: str, en: str
) -> None:
    assert (shown(cell, kind, "vi"), shown(cell, kind, "en")) == (vi, en)


async def test_json_carries_its_dictionary_and_every_row(exporting: Exporting) -> None:
    await exporting.say('nói "thật"\n')
    await exporting.say("ẩn", hidden=True, seconds=1)

    found = json.loads(await exporting.made("json", "report", "comments"))

    assert found["format"] == "ocop-live export 1"
    assert set(found["tables"]) == {table["table"] for table in found["dictionary"]}
    assert [(row["text"], row["hidden"]) for row in found["tables"]["comments"]] == [('nói "thật"\n', None), ("ẩn", "link")]
    for table in found["dictionary"]:
        keys = [column["key"] for column in table["columns"]]
        assert all(list(row) == keys for row in found["tables"][table["table"]])


async def test_parquet_has_typed_columns_and_the_same_rows_as_json(exporting: Exporting, tmp_path: Path) -> None:
    fair = exporting.fair
    await fair.order(await fair.offer(), 2)

    files = unpacked(await exporting.made("parquet", "report", "orders"))
    (tmp_path / "orders.parquet").write_bytes(files["orders.parquet"])
    table = pyarrow.parquet.read_table(tmp_path / "orders.parquet")
    same = json.loads(await exporting.made("json", "orders"))["tables"]["orders"]

    assert str(table.schema.field("goods_vnd").type) == "int64"
    assert str(table.schema.field("placed_at").type) == "timestamp[ms, tz=UTC]"
    assert table.column("code").to_pylist() == [row["code"] for row in same]
    assert "dictionary.json" in files


def test_without_the_library_parquet_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ParquetNotInstalled) as refused:
        require_parquet()
    assert "ocop-live[parquet]" in refused.value.title_en


async def test_a_table_longer_than_a_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    column = Column(key="n", label=("Số", "Number"), kind="count", definition=("Số.", "A number."))
    rows: list[Row] = [(number,) for number in range(25)]
    table = Table(name="numbers", title=("Số", "Numbers"), about=("Số.", "Numbers."), columns=(column,), rows=at_once(rows))
    document = Document(title="Phiên", organisation="Đoàn xã", as_of=utc_now(), file_stem="x", tables=(table,))

    await write_workbook(tmp_path / "x.xlsx", document, "vi", nothing, rows_of_sheet=11)

    book = opened((tmp_path / "x.xlsx").read_bytes())
    assert book.sheetnames[1:4] == ["Số", "Số 2", "Số 3"]
    assert [row["Số"] for name in book.sheetnames[1:4] for row in records(book[name])] == list(range(25))


async def test_a_report_without_anything_in_it_is_a_file_too(exporting: Exporting) -> None:
    book = opened(await exporting.made("xlsx", "report", "orders", "comments", language="en"))

    assert records(book["Orders"]) == []
    assert book.sheetnames[0] == "About"
    assert document_of(await exporting.fair.report(), ()).title == "Chợ phiên"
