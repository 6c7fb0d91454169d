"""What is printed for packing: labels (A6), slips (A5), pick lists and packing lists (A4). Each takes plain facts and draws them.

The facts come as JSON from `prints.py`; this runs in a child process. Words are Vietnamese, as everything that leaves with the goods.
"""

from __future__ import annotations

from typing import Any, Final

from app.parcels.drawing import Paper
from app.parcels.states import TIMES

A4: Final = (210.0, 297.0)
A5: Final = (148.0, 210.0)
A6: Final = (105.0, 148.0)
_MARGIN: Final = 5.0
_LINES_ON_LABEL: Final = 5

Facts = dict[str, Any]


def labels(parcels: list[Facts]) -> Paper:
    """One A6 page each: where it goes, what is to be collected, what is in it, and its code as barcode and QR."""
    paper = Paper(A6)
    width, height = A6
    inner = width - 2 * _MARGIN
    for parcel in parcels:
        paper.add_page()
        y = paper.words(parcel["seller"], x=_MARGIN, y=4, width=inner - 30, size=9, style="B", lines=2, smallest=7)
        if parcel["seller_phone"]:
            paper.words(f"ĐT: {parcel['seller_phone']}", x=_MARGIN, y=y, width=inner - 30, size=8)
        paper.qr(parcel["code"], x=width - _MARGIN - 27, y=3, size=27)
        paper.words(parcel["code"], x=_MARGIN, y=18, width=inner - 30, size=20, style="B", smallest=14)
        paper.barcode(parcel["code"], x=_MARGIN, y=31, width=inner, height=14)
        paper.rule(47, left=_MARGIN, right=width - _MARGIN)
        y = paper.words("NGƯỜI NHẬN", x=_MARGIN, y=48, width=inner, size=7)
        y = paper.words(parcel["name"], x=_MARGIN, y=y, width=inner, size=15, style="B", lines=2, smallest=10)
        y = paper.words(parcel["phone"], x=_MARGIN, y=y, width=inner, size=15, style="B")
        y = paper.words(parcel["address"], x=_MARGIN, y=y, width=inner, size=11, lines=4, smallest=8)
        if parcel["note"]:
            paper.words(f"Ghi chú: {parcel['note']}", x=_MARGIN, y=y + 0.5, width=inner, size=9, lines=3, smallest=7)
        paper.rule(104, left=_MARGIN, right=width - _MARGIN)
        paper.words("THU HỘ (COD)" if parcel["cod"] else "KHÔNG THU HỘ", x=_MARGIN, y=105, width=inner, size=8)
        paper.words(parcel["cod"] or "0 ₫", x=_MARGIN, y=108.5, width=inner - 32, size=18, style="B", smallest=12)
        paper.words(parcel["weight"], x=width - _MARGIN - 32, y=109, width=32, size=11, style="B", right=True)
        paper.words(parcel["sizes"], x=width - _MARGIN - 32, y=114, width=32, size=8, right=True)
        paper.rule(118, left=_MARGIN, right=width - _MARGIN)
        y = 119.0
        for text in _shortened(parcel["lines"], _LINES_ON_LABEL):
            y = paper.words(text, x=_MARGIN, y=y, width=inner, size=8)
        paper.words(f"Đơn: {', '.join(parcel['orders'])}", x=_MARGIN, y=height - 8, width=inner, size=7)
    return paper


def _shortened(lines: list[Facts], most: int) -> list[str]:
    texts = [f"{line['quantity']} {TIMES} {line['product']} ({line['unit']})" for line in lines]
    return texts if len(texts) <= most else [*texts[: most - 1], f"… và {len(texts) - most + 1} món nữa"]


def slips(parcels: list[Facts]) -> Paper:
    """One or more A5 pages each, to pack by and to lie in the box: every line with a box to tick, prices, what is owed."""
    paper = Paper(A5)
    width, height = A5
    inner, left, right = width - 2 * _MARGIN, _MARGIN, width - _MARGIN
    for parcel in parcels:
        y = _head_of_slip(paper, parcel)
        for line in parcel["lines"]:
            if y > height - 45:
                y = _head_of_slip(paper, parcel)
            paper.set_line_width(0.3)
            paper.rect(left, y + 1, 4, 4)
            paper.words(str(line["quantity"]), x=left + 6, y=y, width=10, size=14, style="B", smallest=9)
            below = paper.words(line["product"], x=left + 18, y=y, width=inner - 62, size=10, lines=2, smallest=8)
            below = paper.words(f"{line['code']} · {line['unit']}", x=left + 18, y=below, width=inner - 62, size=8)
            paper.words(line["price"], x=right - 42, y=y, width=42, size=9, right=True)
            paper.words(line["amount"], x=right - 42, y=y + 4.5, width=42, size=10, style="B", right=True)
            y = max(below, y + 10) + 1.5
            paper.rule(y - 0.8, left=left, right=right)
        paper.words(f"Tiền hàng trong kiện: {parcel['value']}", x=left, y=y + 1, width=inner, size=10, right=True)
        cod = f"Thu hộ khi giao: {parcel['cod']}" if parcel["cod"] else "Không thu thêm tiền khi giao"
        paper.words(cod, x=left, y=y + 6.5, width=inner, size=12, style="B", right=True)
        if parcel["note"]:
            paper.words(f"Ghi chú của khách: {parcel['note']}", x=left, y=y + 13, width=inner, size=9, lines=3, smallest=7)
        paper.words("Cảm ơn bạn đã mua hàng quê mình!", x=left, y=height - 9, width=inner, size=9)
    return paper


def _head_of_slip(paper: Paper, parcel: Facts) -> float:
    width, left = A5[0], _MARGIN
    inner = width - 2 * _MARGIN
    paper.add_page()
    paper.qr(parcel["code"], x=width - _MARGIN - 30, y=4, size=30)
    y = paper.words("PHIẾU ĐÓNG GÓI", x=left, y=5, width=inner - 33, size=9, style="B")
    y = paper.words(parcel["code"], x=left, y=y, width=inner - 33, size=22, style="B")
    y = paper.words(f"{parcel['seller']}  {parcel['seller_phone']}", x=left, y=y, width=inner - 33, size=8, lines=2)
    y = paper.words(f"Đơn: {', '.join(parcel['orders'])}", x=left, y=y, width=inner - 33, size=8, lines=2)
    y = max(y, 35) + 1
    y = paper.words(f"{parcel['name']} · {parcel['phone']}", x=left, y=y, width=inner, size=12, style="B", smallest=8)
    y = paper.words(parcel["address"], x=left, y=y, width=inner, size=10, lines=3, smallest=8) + 1.5
    paper.rule(y, left=left, right=width - _MARGIN)
    return y + 2


def pick_lists(packers: list[Facts]) -> Paper:
    """From A4 pages of its own for each producer: how many units of each product to fetch, and its code to scan."""
    paper = Paper(A4)
    height = A4[1]
    left, right, inner = 12.0, A4[0] - 12.0, A4[0] - 24.0
    for packer in packers:
        y = _head_of_list(paper, "PHIẾU LẤY HÀNG", packer)
        for row in packer["products"]:
            if y > height - 28:
                y = _head_of_list(paper, "PHIẾU LẤY HÀNG", packer)
            paper.set_line_width(0.3)
            paper.rect(left, y + 3, 6, 6)
            paper.words(str(row["quantity"]), x=left + 9, y=y, width=24, size=20, style="B", smallest=12)
            below = paper.words(row["product"], x=left + 36, y=y, width=inner - 100, size=12, style="B", lines=2, smallest=9)
            paper.words(f"{row['unit']} · {row['parcels']} kiện", x=left + 36, y=below, width=inner - 100, size=9)
            if row["scannable"]:
                paper.barcode(row["code"], x=right - 62, y=y + 0.5, width=62, height=9)
            paper.words(row["code"], x=right - 62, y=y + 10, width=62, size=9, right=True)
            y += 16.5
            paper.rule(y - 1.2, left=left, right=right)
    return paper


def packing_lists(packers: list[Facts]) -> Paper:
    """From A4 pages of its own for each producer: the parcels, what is in each, weight, and what is collected. Nobody is named."""
    paper = Paper(A4)
    height = A4[1]
    left, right, inner = 12.0, A4[0] - 12.0, A4[0] - 24.0
    for packer in packers:
        y = _head_of_list(paper, "BẢNG KÊ KIỆN HÀNG", packer)
        for number, row in enumerate(packer["parcels"], start=1):
            if y > height - 26:
                y = _head_of_list(paper, "BẢNG KÊ KIỆN HÀNG", packer)
            paper.words(str(number), x=left, y=y, width=9, size=9)
            paper.words(row["code"], x=left + 10, y=y, width=32, size=12, style="B")
            paper.words(f"Đơn: {', '.join(row['orders'])}", x=left + 10, y=y + 6, width=32, size=7, lines=2)
            below = paper.words("; ".join(row["goods"]), x=left + 44, y=y, width=inner - 92, size=9, lines=4, smallest=7)
            below = max(below, paper.words(row["where"], x=left + 44, y=below, width=inner - 92, size=8))
            paper.words(row["weight"], x=right - 46, y=y, width=46, size=9, right=True)
            paper.words(row["cod"] or "không thu hộ", x=right - 46, y=y + 5, width=46, size=10, style="B", right=True)
            y = max(below, y + 12) + 2
            paper.rule(y - 1, left=left, right=right)
    return paper


def _head_of_list(paper: Paper, title: str, packer: Facts) -> float:
    paper.add_page()
    left, inner = 12.0, A4[0] - 24.0
    y = paper.words(title, x=left, y=12, width=inner - 60, size=18, style="B")
    paper.words(packer["made"], x=left + inner - 60, y=13, width=60, size=9, right=True)
    y = paper.words(packer["name"], x=left, y=y, width=inner, size=12, lines=2, smallest=9)
    y = paper.words(packer["sums"], x=left, y=y, width=inner, size=10) + 2
    paper.rule(y, left=left, right=A4[0] - 12)
    return y + 3


PAPERS: Final = {"labels": labels, "slips": slips, "pick-list": pick_lists, "packing-list": packing_lists}
