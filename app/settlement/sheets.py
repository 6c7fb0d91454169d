"""A settlement as XLSX: sums, every line of every order, amounts by hand. Numbers are numbers, all words are text, nothing is a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.settlement.amount_words import amount_in_words
from app.settlement.paper_words import CHARGES, FIGURES, KINDS, OF_ORDER, STATES, SUMS
from app.settlement.standing import UNITS

Facts = dict[str, Any]
_MONEY: Final = '#,##0 "₫"'


def settlement_sheet(facts: Facts) -> bytes:
    """The file. Whatever people are called stands there as text, as it is."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(content, options) as book:
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": _MONEY})
        view = facts["settlement"]
        _sums(book.add_worksheet("Quyết toán"), facts, bold, money)
        _table(book.add_worksheet("Theo đơn"), *_lines(view), bold, money)
        _table(book.add_worksheet("Theo đơn, cả đơn"), *_of_orders(view), bold, money)
        _table(book.add_worksheet("Khoản nhập tay"), *_charges(view), bold, money)
    return content.getvalue()


def _sums(sheet: Worksheet, facts: Facts, bold: Format, money: Format) -> None:
    view = facts["settlement"]
    sheet.set_column(0, 0, 58)
    sheet.set_column(1, 1, 40)
    about = [
        ("Ban tổ chức", facts["organisation"]),
        ("Bảng quyết toán số", view["number"]),
        ("Trạng thái", STATES[view["state"]]),
        ("Lập lúc", facts["when"]),
        ("Chủ thể", view["producer_name"]),
        ("Loại hình", KINDS[view["producer_kind"]]),
        ("Mã số thuế", view["tax_code"]),
        ("Mã kiểm tra", view["fact_hash"] or view["digest"]),
    ]
    row = 0
    for label, value in about:
        sheet.write_string(row, 0, label)
        if isinstance(value, int):
            sheet.write_number(row, 1, value)
        else:
            sheet.write_string(row, 1, value)
        row += 1
    for name, label in SUMS.items():
        sheet.write_string(row, 0, label, bold if name == "payable_vnd" else None)
        sheet.write_number(row, 1, view["sums"][name], money)
        row += 1
    sheet.write_string(row, 0, "Bằng chữ")
    sheet.write_string(row, 1, amount_in_words(view["sums"]["payable_vnd"]))


def _lines(view: Facts) -> tuple[list[str], list[list[str | int]]]:
    titles = {each["session_id"]: each["title"] for each in view["sessions"]}
    heads = ["Phiên", "Mã đơn", "Bút toán", "Sản phẩm", "Đơn vị", "Đơn giá (₫)"]
    heads += [f"{FIGURES[name]} (SL)" for name in UNITS] + [f"{label} (₫)" for label in FIGURES.values()]
    rows: list[list[str | int]] = []
    for line in view["lines"]:
        entries = ", ".join(str(seq) for seq in line["entries"])
        for good in line["goods"]:
            row: list[str | int] = [titles.get(line["session_id"], ""), line["order_code"], entries]
            row += [good["product_name"], good["unit"], good["unit_price_vnd"]]
            row += [good["units"].get(name, 0) for name in UNITS] + [good["vnd"].get(name, 0) for name in FIGURES]
            rows.append(row)
    return heads, rows


def _of_orders(view: Facts) -> tuple[list[str], list[list[str | int]]]:
    heads = ["Mã đơn", "Bút toán", "Thực thu tiền hàng (₫)", *(f"{label} (₫)" for label in OF_ORDER.values())]
    rows: list[list[str | int]] = []
    for line in view["lines"]:
        net = sum(good["vnd"].get("net", 0) for good in line["goods"])
        entries = ", ".join(str(seq) for seq in line["entries"])
        rows.append([line["order_code"], entries, net, *(line["order_vnd"].get(name, 0) for name in OF_ORDER)])
    return heads, rows


def _charges(view: Facts) -> tuple[list[str], list[list[str | int]]]:
    rows: list[list[str | int]] = [
        [CHARGES[each["kind"]], each["reason"], each["order_code"] or "", each["amount_vnd"]] for each in view["charges"]
    ]
    return ["Khoản", "Lý do", "Mã đơn", "Số tiền (₫)"], rows


def _table(sheet: Worksheet, heads: Sequence[str], rows: Sequence[Sequence[str | int]], bold: Format, money: Format) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(heads) - 1, 18)
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, place, value)
            else:
                sheet.write_number(number, place, value, money if heads[place].endswith("(₫)") else None)
