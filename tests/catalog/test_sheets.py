"""Tables of products: text stays text on its way through XLSX and CSV; files that would explode, or are none, are refused."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from app.catalog.completeness import Completeness
from app.catalog.label import LabelFacts
from app.catalog.schemas import ProductDetails
from app.catalog.sheet_columns import COLUMNS, CellProblem
from app.catalog.sheet_reading import FORMULA, ROWS_MAX, Unreadable, read_sheet
from app.catalog.sheet_writing import products_csv, products_xlsx

TRICKY = ["00123", "1E5", "3-10", "1/2", "=cmd|'/c calc'!A0", "+84 912", "-5", "@SUM(A1)", "12:30", "SEP2", "TRUE", "5%", "1.000", '="00123"',
          'Mật "ong"; rừng', "'00123", "1,5", "\uff1d1+1"]  # fmt: skip


def a_product(**changes: object) -> ProductDetails:
    usual: dict[str, object] = {
        "id": UUID(int=1), "producer_id": UUID(int=2), "producer_name": "HTX Mật ong", "name": "Mật ong", "price_vnd": 180_000, "unit": "hũ 500 g",
        "weight_grams": 780, "code": "MO-1", "label": LabelFacts(), "completeness": Completeness(score=0, missing=()),
        "certificate_state": "none", "certificate_days_left": None,
    }  # fmt: skip
    return ProductDetails.model_validate(usual | changes)


def cell(rows: list[list[str]], head: str, line: int = 1) -> str:
    place = rows[0].index(head)
    return rows[line][place] if place < len(rows[line]) else ""


@pytest.mark.parametrize("write", [products_csv, products_xlsx], ids=["csv", "xlsx"])
@pytest.mark.parametrize("text", TRICKY)
def test_what_looks_like_a_number_a_day_or_a_formula_stays_the_text_it_is(write: object, text: str) -> None:
    assert callable(write)

    rows = read_sheet(write([a_product(code=text, story=text)]))

    assert (cell(rows, "Mã sản phẩm"), cell(rows, "Câu chuyện")) == (text, text)


@settings(max_examples=40)
@given(st.lists(st.text("0123456789Ee+-=/.;,\"'@:%| \t\nabtrue\u00e1\u1ea9_x", min_size=1, max_size=12), min_size=1, max_size=5))
def test_any_story_comes_back_from_both_forms(texts: list[str]) -> None:
    products = [a_product(story=text) for text in texts]
    stories = [product.story for product in products]

    for written in (products_csv(products), products_xlsx(products)):
        read = read_sheet(written)
        assert [cell(read, "Câu chuyện", line) for line in range(1, len(texts) + 1)] == stories


def test_csv_is_what_vietnamese_excel_opens() -> None:
    written = products_csv([a_product(code="00123", certified_on=date(2025, 9, 23))])

    assert written.startswith(b"\xef\xbb\xbf")
    head, row, rest = written.decode("utf-8-sig").split("\r\n")
    assert head.split(";")[:3] == ["Mã sản phẩm", "Chủ thể", "Tên sản phẩm"]
    assert row.startswith('"=""00123""";HTX Mật ong;')
    assert "23/09/2025" in row
    assert rest == ""


def test_formulas_of_others_are_shown_as_formulas() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Mã sản phẩm", "Giá bán (đồng)"])
    sheet.append(["A", "=1+1"])
    written = io.BytesIO()
    book.save(written)

    assert read_sheet(written.getvalue())[1] == ["A", FORMULA + "1+1"]
    assert read_sheet("Mã;Giá\r\nA;=1+1\r\n".encode())[1] == ["A", FORMULA + "1+1"]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_however_it_was_saved(separator: str, encoding: str) -> None:
    assert read_sheet(f"Mã{separator}Tên\r\nA1{separator}Mật ong\r\n".encode(encoding)) == [["Mã", "Tên"], ["A1", "Mật ong"]]


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return file.getvalue()


def with_sheet(content: bytes) -> bytes:
    """A real workbook with another sheet in it."""
    original = zipfile.ZipFile(io.BytesIO(products_xlsx([a_product()])))
    parts = {name: original.read(name) for name in original.namelist()}
    return zipped(parts | {"xl/worksheets/sheet1.xml": content})


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old_excel"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not_a_table"),
        (zipped({"hello.txt": b"x"}), "not_a_table"),
        (b"PK\x03\x04" + bytes(100), "not_a_table"),
        (zipped({"xl/worksheets/sheet1.xml": bytes(60_000_000)}), "too_large"),
        (zipped({f"{number}.xml": b"" for number in range(300)}), "too_large"),
        (with_sheet(LAUGHS), "not_a_table"),
        ("Mã;Tên\r\nA;Mật ong\r\n".encode("cp1258", "replace") + b"\xff\xfe\xfa", "encoding"),
        (b"a;b\r\n" + b"1;2\r\n" * (ROWS_MAX + 1), "too_many_rows"),
        (products_xlsx([a_product()] * (ROWS_MAX + 1)), "too_many_rows"),
    ],
    ids=["empty", "xls", "png", "zip", "broken zip", "zip bomb", "many parts", "entities", "8 bits", "long csv", "long xlsx"],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, reason: str) -> None:
    assert len(content) < 4_000_000
    with pytest.raises(Unreadable) as refusal:
        read_sheet(content)

    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("price_vnd", "180.000", 180_000),
        ("price_vnd", "180 000 đ", 180_000),
        ("price_vnd", "180000", 180_000),
        ("ocop_stars", "4 sao", 4),
        ("ocop_stars", "", None),
        ("certified_on", "23/09/2025", date(2025, 9, 23)),
        ("certified_on", "2025-09-23", date(2025, 9, 23)),
        ("is_alcohol", "Có", True),
        ("is_alcohol", "", False),
        ("is_active", "", True),
        ("category", "thực phẩm", "food"),
    ],
)
def test_cells_are_read_as_people_type_them(field: str, typed: str, value: object) -> None:
    (column,) = [each for each in COLUMNS if each.field == field]

    assert column.parse(typed) == value


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("price_vnd", "180.00", "number"),
        ("price_vnd", "-5", "number"),
        ("price_vnd", "rẻ", "number"),
        ("ocop_stars", "6", "stars"),
        ("certified_on", "32/13/2025", "day"),
        ("is_alcohol", "chắc thế", "yes_or_no"),
        ("category", "ăn được", "category"),
    ],
)
def test_what_a_column_cannot_hold_has_a_reason(field: str, typed: str, code: str) -> None:
    (column,) = [each for each in COLUMNS if each.field == field]

    with pytest.raises(CellProblem) as problem:
        column.parse(typed)

    assert problem.value.code == code
