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
_A4: Final = 9
_WIDE: Final = {"Phiên": 30, "Sản phẩm": 34, "Lý do": 44, "Khoản": 24, "Bút toán": 26, "Mã đơn": 14, "Đơn vị": 10}
# What never happened in a settlement has no column: all of them together are too small to read on paper.
_ALWAYS: Final = ("placed", "delivered", "net")
_HEAD_HEIGHT: Final = 48


def settlement_sheet(facts: Facts) -> bytes:
    """The file. Whatever people are called stands there as text, as it is."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(content, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#EEF2EC"})
        money = book.add_format({"num_format": _MONEY})
        view = facts["settlement"]
        total = {"bold": True, "top": 1}
        _sums(book, facts, book.add_format(total), book.add_format(total | {"num_format": _MONEY}), money)
        _table(_added(book, "Theo đơn", view), *_lines(view), bold, money)
        _table(_added(book, "Theo đơn, cả đơn", view), *_of_orders(view), bold, money)
        _table(_added(book, "Khoản nhập tay", view), *_charges(view), bold, money)
    return content.getvalue()


def _added(book: Workbook, name: str, view: Facts) -> Worksheet:
    """A sheet that prints as wide as an A4 page, each page with its number, the settlement's and the sheet's name."""
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&LQuyết toán số {view['number']}&C&A&RTrang &P / &N")
    return sheet


def _sums(book: Workbook, facts: Facts, total: Format, total_money: Format, money: Format) -> None:
    view = facts["settlement"]
    sheet = _added(book, "Quyết toán", view)
    sheet.set_portrait()
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 68)
    left, words = book.add_format({"align": "left"}), book.add_format({"text_wrap": True, "valign": "top"})
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
            sheet.write_number(row, 1, value, left)
        else:
            sheet.write_string(row, 1, value, words)
        row += 1
    for name, label in SUMS.items():
        is_total = name == "payable_vnd"
        sheet.write_string(row, 0, label, total if is_total else None)
        sheet.write_number(row, 1, view["sums"][name], total_money if is_total else money)
        row += 1
    sheet.write_string(row, 0, "Bằng chữ")
    sheet.write_string(row, 1, amount_in_words(view["sums"]["payable_vnd"]), words)


def _lines(view: Facts) -> tuple[list[str], list[list[str | int]]]:
    titles = {each["session_id"]: each["title"] for each in view["sessions"]}
    goods = [good for line in view["lines"] for good in line["goods"]]
    units = [name for name in UNITS if name in _ALWAYS or any(good["units"].get(name) for good in goods)]
    vnd = [name for name in FIGURES if name in _ALWAYS or any(good["vnd"].get(name) for good in goods)]
    heads = ["Phiên", "Mã đơn", "Bút toán", "Sản phẩm", "Đơn vị", "Đơn giá (₫)"]
    heads += [f"{FIGURES[name]} (SL)" for name in units] + [f"{FIGURES[name]} (₫)" for name in vnd]
    rows: list[list[str | int]] = []
    for line in view["lines"]:
        entries = ", ".join(str(seq) for seq in line["entries"])
        for good in line["goods"]:
            row: list[str | int] = [titles.get(line["session_id"], ""), line["order_code"], entries]
            row += [good["product_name"], good["unit"], good["unit_price_vnd"]]
            row += [good["units"].get(name, 0) for name in units] + [good["vnd"].get(name, 0) for name in vnd]
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
    sheet.repeat_rows(0)
    sheet.set_row(0, _HEAD_HEIGHT)
    for place, head in enumerate(heads):
        sheet.set_column(place, place, _WIDE.get(head, 15))
        sheet.write_string(0, place, head, bold)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, place, value)
            else:
                sheet.write_number(number, place, value, money if heads[place].endswith("(₫)") else None)
