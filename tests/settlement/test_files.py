"""Settlements on paper and as sheets: people read Vietnamese and the sum in words, nothing runs over the edge, no word becomes a formula."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pypdfium2
import pytest

from app.settlement.amount_words import amount_in_words
from app.settlement.files import _facts
from app.settlement.paper_work import file_of
from app.settlement.reading import ProducerFacts
from app.settlement.schemas import SettlementView
from tests.parcels.test_prints import ink_beyond_the_edge, pages
from tests.settlement.builders import Books


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (5, "Năm đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (105, "Một trăm lẻ năm đồng"),
        (1_005, "Một nghìn không trăm lẻ năm đồng"),
        (1_250_000, "Một triệu hai trăm năm mươi nghìn đồng"),
        (12_500_311, "Mười hai triệu năm trăm nghìn ba trăm mười một đồng"),
        (3_000_000_055, "Ba tỷ không trăm năm mươi lăm đồng"),
        (-41_000, "Âm bốn mươi mốt nghìn đồng"),
    ],
)
def test_amounts_are_read_as_people_read_them(amount: int, words: str) -> None:
    assert amount_in_words(amount) == words


async def test_the_paper_says_what_is_payable_in_figures_and_words_and_names_no_buyer(books: Books) -> None:
    order_id = await books.sold(honey=2)
    await books.charge("carrier_fee", 30_000)
    settled = await books.agree()
    await books.pay(settled)

    (page,) = pages(await books.house.files.file(books.organiser, books.mine, 1, "pdf"))

    code = await books.code_of(order_id)
    for words in ("BẢNG QUYẾT TOÁN SỐ 1", "HTX Mật ong", "228.000 ₫", "Hai trăm hai mươi tám nghìn đồng", code, "1, 2, 3, 4", "FT26332001"):
        assert words in page, words
    for words in ("ĐẠI DIỆN CHỦ THỂ", "ĐẠI DIỆN BAN TỔ CHỨC", "Trang 1/1", "ĐÃ TRẢ", (settled.fact_hash or "")[:16]):
        assert words in page, words
    assert "Nguyễn Thị Lan" not in page
    assert "BẢN NHÁP" in pages(await books.house.files.file(books.organiser, books.other, None, "pdf"))[0]


async def test_the_sheet_adds_up_to_what_is_payable(books: Books) -> None:
    await books.sold(honey=2)
    late = await books.sold(honey=3)
    await books.step(late, "returned", quantities={books.honey: 1})
    settled = await books.agree()

    book = openpyxl.load_workbook(io.BytesIO(await books.house.files.file(books.organiser, books.mine, 1, "xlsx")))

    sums = {row[0]: row[1] for row in book["Quyết toán"].iter_rows(values_only=True)}
    heads, *rows = book["Theo đơn"].iter_rows(values_only=True)
    nets: list[Any] = [row[heads.index("Thực thu (₫)")] for row in rows]
    assert (sums["CÒN PHẢI TRẢ CHỦ THỂ"], sum(nets)) == (settled.sums.payable_vnd, settled.sums.goods_vnd)
    assert all(isinstance(net, int) for net in nets)
    assert ("Trả hàng (₫)" in heads, "Quá hạn (₫)" in heads) == (True, False), "what never happened has no column"
    assert {(sheet.page_setup.fitToWidth, "Trang" in str(sheet.oddFooter)) for sheet in book} <= {(1, True), (None, True)}


@pytest.mark.parametrize("words", ["Nguyễn Thị Quỳnh Lượng " * 30, "W" * 300, "=HYPERLINK(1)", "🐝 \u202e abc", ""])
async def test_whatever_things_are_called_nothing_runs_over_the_edge_and_nothing_is_a_formula(books: Books, words: str) -> None:
    for _ in range(3):
        await books.sold(honey=1)
    await books.charge("addition", 99_999_999_999)
    view = await books.next()
    content = _facts(ProducerFacts(books.mine, books.market.organisation_id, words, "household", words, words, words), renamed(view, words))

    paper, book = file_of("pdf", content), openpyxl.load_workbook(io.BytesIO(file_of("xlsx", content)))

    assert ink_beyond_the_edge(paper) == []
    assert len(pypdfium2.PdfDocument(io.BytesIO(paper))) >= 3
    assert [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []


def renamed(view: SettlementView, words: str) -> SettlementView:
    """Many lines, everything with these words."""
    lines: list[Any] = [
        line.model_copy(update={"goods": [good.model_copy(update={"product_name": words, "unit": words}) for good in line.goods]})
        for line in view.lines
    ]
    charges = [charge.model_copy(update={"reason": words}) for charge in view.charges]
    return view.model_copy(update={"lines": lines * 40, "charges": charges, "producer_name": words, "tax_code": words})
