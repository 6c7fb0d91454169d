"""A settlement on A4 to be signed: what is payable and why, by product, by order, amounts by hand. It runs in a child process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from app.parcels.drawing import Paper
from app.settlement.amount_words import amount_in_words
from app.settlement.paper_words import CHARGES, FIGURES, KINDS, STATES, SUMS, vnd

A4: Final = (210.0, 297.0)
ORDERS_ON_PAPER: Final = 1_000
"""More are in the sheet; the paper says so."""
_LEFT: Final = 14.0
_RIGHT: Final = A4[0] - 14.0
_INNER: Final = _RIGHT - _LEFT
_BOTTOM: Final = A4[1] - 20.0
_SHOWN: Final = ("placed", "delivered", "returned", "waiting", "net")

Facts = dict[str, Any]
Column = tuple[str, float, bool]
"""Head, width in mm, whether its words stand at the right."""


def settlement_paper(facts: Facts) -> Paper:
    """Drawn twice: the first time says how many pages there are."""
    first = _Sheet(facts, pages=0).paper
    first.put_away()
    return _Sheet(facts, pages=first.pages_count).paper


class _Sheet:
    def __init__(self, facts: Facts, *, pages: int) -> None:
        self.paper, self._facts, self._pages = Paper(A4), facts, pages
        self._y = 0.0
        self._page()
        self._head()
        self._sums()
        self._products()
        self._charges()
        self._orders()
        self._signatures()

    def _page(self) -> None:
        self.paper.add_page()
        number = self.paper.page_no()
        view = self._facts["settlement"]
        below = f"Quyết toán số {view['number']} · {view['producer_name']} · {(view['fact_hash'] or view['digest'])[:16]}"
        self.paper.words(below, x=_LEFT, y=A4[1] - 12, width=_INNER - 30, size=7)
        self.paper.words(f"Trang {number}/{self._pages}", x=_RIGHT - 30, y=A4[1] - 12, width=30, size=8, right=True)
        self._y = 14.0

    def _room(self, height: float) -> None:
        if self._y + height > _BOTTOM:
            self._page()

    def _words(self, text: str, *, size: float = 9, style: str = "", lines: int = 3) -> None:
        self._room(size)
        self._y = self.paper.words(text, x=_LEFT, y=self._y, width=_INNER, size=size, style=style, lines=lines, smallest=7)

    def _head(self) -> None:
        facts, view = self._facts, self._facts["settlement"]
        self._words(facts["organisation"], size=10, lines=2)
        self._words(f"BẢNG QUYẾT TOÁN SỐ {view['number']}", size=18, style="B")
        self._words(f"{STATES[view['state']]} · {facts['when']}", size=10, style="B")
        self._y += 2
        tax_code = view["tax_code"] or "chưa có"
        self._words(f"Chủ thể: {view['producer_name']}", size=11, style="B", lines=2)
        self._words(f"{KINDS[view['producer_kind']]} · Mã số thuế: {tax_code} · {facts['place']}", lines=2)
        for each in view["sessions"][:12]:
            self._words(f"Phiên: {each['title']} · bút toán {each['after_seq'] + 1} đến {each['to_seq']}", size=8, lines=1)
        if len(view["sessions"]) > 12:
            self._words(f"… và {len(view['sessions']) - 12} phiên nữa", size=8)
        self._y += 3

    def _sums(self) -> None:
        sums = self._facts["settlement"]["sums"]
        for name, label in SUMS.items():
            if name == "payable_vnd" or not sums[name]:
                continue
            self._pair(label, vnd(sums[name]), size=10)
        self.paper.rule(self._y + 0.5, left=_LEFT, right=_RIGHT)
        self._y += 1.5
        self._pair(SUMS["payable_vnd"], vnd(sums["payable_vnd"]), size=13, style="B")
        self._words(f"Bằng chữ: {amount_in_words(sums['payable_vnd'])}.", size=10)
        rules = self._facts["settlement"]["rules"]
        if rules["withholds"]:
            self._words(f"Thuế khấu trừ: GTGT {rules['vat_per_mille'] / 10:g} %, TNCN {rules['pit_per_mille'] / 10:g} %.", size=8)
        for older in self._facts["settlement"]["older_rules"]:
            numbers = ", ".join(str(number) for number in older["settlements"])
            parts = [f"tính thuế trên {vnd(older['taxed_vnd'])}"]
            parts += [f"{label.lower()} {vnd(older[name])}" for name, label in SUMS.items() if older.get(name)]
            self._words(
                f"Trong đó theo cách tính của quyết toán số {numbers}, kỳ đầu có tiền của các đơn ấy: {'; '.join(parts)}.", size=8, lines=3
            )
        paid = self._facts["settlement"]["paid"]
        if paid is not None:
            self._words(f"Đã trả {vnd(paid['amount_vnd'])} ngày {_day(paid['paid_on'])}, chứng từ {paid['reference']}.", size=10, lines=2)
        self._y += 4

    def _pair(self, label: str, amount: str, *, size: float, style: str = "") -> None:
        self._room(size)
        below = self.paper.words(label, x=_LEFT, y=self._y, width=_INNER - 55, size=size, style=style, lines=2, smallest=8)
        self.paper.words(amount, x=_RIGHT - 52, y=self._y, width=52, size=size, style=style, right=True, smallest=7)
        self._y = below + 0.6

    def _products(self) -> None:
        found: dict[tuple[str, str, int], Counter[str]] = {}
        for line in self._facts["settlement"]["lines"]:
            for good in line["goods"]:
                kept = found.setdefault((good["product_name"], good["unit"], good["unit_price_vnd"]), Counter())
                kept.update({f"units_{name}": count for name, count in good["units"].items()})
                kept.update(good["vnd"])
        columns = [("Sản phẩm", 62.0, False), ("Đơn giá", 24.0, True), ("Giao", 13.0, True), ("Trả", 13.0, True)]
        columns += [("Chưa thu", 24.0, True), ("Hoàn thêm", 22.0, True), ("Thực thu", 24.0, True)]
        rows = [
            [
                f"{name} ({unit})",
                *(vnd(price), str(kept["units_delivered"]), str(kept["units_returned"])),
                *(vnd(kept["waiting"]), vnd(kept["let_off"]), vnd(kept["net"])),
            ]
            for (name, unit, price), kept in found.items()
        ]
        self._table("Theo sản phẩm", columns, rows)

    def _charges(self) -> None:
        columns = [("Khoản", 34.0, False), ("Lý do", 90.0, False), ("Đơn", 26.0, False), ("Số tiền", 32.0, True)]
        charges = self._facts["settlement"]["charges"]
        rows = [[CHARGES[each["kind"]], each["reason"], each["order_code"] or "", vnd(each["amount_vnd"])] for each in charges]
        if rows:
            self._table("Khoản nhập tay", columns, rows)

    def _orders(self) -> None:
        lines = self._facts["settlement"]["lines"]
        if len(lines) > ORDERS_ON_PAPER:
            self._words(f"Chi tiết {len(lines)} đơn có trong tệp XLSX của bảng quyết toán này.", size=10)
            return
        columns: list[Column] = [("Mã đơn", 24.0, False), ("Bút toán", 34.0, False)]
        columns += [(FIGURES[name], 24.0, True) for name in _SHOWN]
        rows = []
        for line in lines:
            sums = Counter[str]()
            for good in line["goods"]:
                sums.update(good["vnd"])
            entries = ", ".join(str(seq) for seq in line["entries"]) or "cước mới"
            rows.append([line["order_code"], entries, *(vnd(sums[name]) for name in _SHOWN)])
        if rows:
            self._table("Theo đơn hàng", columns, rows)

    def _table(self, title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        self._room(22)
        self._words(title, size=11, style="B")
        self._row(columns, [head for head, _, _ in columns], style="B")
        for row in rows:
            if self._y + 7 > _BOTTOM:
                self._page()
                self._row(columns, [head for head, _, _ in columns], style="B")
            self._row(columns, row)
        self._y += 4

    def _row(self, columns: Sequence[Column], words: Sequence[str], style: str = "") -> None:
        x = _LEFT
        for (_, width, is_right), text in zip(columns, words, strict=True):
            self.paper.words(text, x=x, y=self._y, width=width - 1.5, size=8, style=style, smallest=6, right=is_right)
            x += width
        self._y += 5
        self.paper.rule(self._y - 0.6, left=_LEFT, right=_RIGHT)

    def _signatures(self) -> None:
        self._room(48)
        half = _INNER / 2
        self._y += 4
        for place, title in enumerate(("ĐẠI DIỆN CHỦ THỂ", "ĐẠI DIỆN BAN TỔ CHỨC")):
            left = _LEFT + place * half
            self.paper.words("Ngày …… tháng …… năm ………", x=left, y=self._y, width=half - 6, size=9)
            self.paper.words(title, x=left, y=self._y + 6, width=half - 6, size=11, style="B")
            self.paper.words("(Ký, ghi rõ họ tên)", x=left, y=self._y + 12, width=half - 6, size=8)
        self._y += 44


def _day(iso: str) -> str:
    return "/".join(reversed(iso.split("-")))
