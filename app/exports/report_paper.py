"""The report of a session on paper: figures, ladder, curves, goods, producers, checks, and what every figure means. A4, ready to sign."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from app.exports.paper import LEAF, LEFT, PALE, RED, SOFT, WIDTH, PrintedColumn, Sheets
from app.exports.tables import SOURCES, Language, Words, chosen
from app.infra.clock import VIETNAM_TIME
from app.ledger.kinds import KINDS
from app.ledger.reasons import words_of_loss
from app.reports.schemas import HeadlineMetric, LadderStep, Report

_COLUMNS_OF_FIGURES: Final = 3
_MARKS: Final = 7
_POINTS_MOST: Final = 400
_RULE: Final[Words] = (
    "Bậc trước cộng phần đổi bằng bậc này cộng phần mất và phần đang chờ. Giá trị hàng, chưa gồm phí giao.",
    "The step before + changed = this step + lost + waiting. Value of goods, without shipping fees.",
)
_SOURCES: Final[Words] = (
    "Đơn và tiền được cộng từ sổ đơn; mỗi bút toán nối với bút toán trước bằng SHA-256, ai có tệp kiểm tra cũng tính lại được. "
    "Người xem, bình luận, lượt thích do hệ thống đo. Số nhập từ nền tảng khác không bao giờ cộng chung.",
    "Orders and money are folded from the ledger, each entry chained to the one before by SHA-256, so that anybody with the export can "
    "recompute them. Viewers, comments and likes are measured by the service. Imported figures are never added to them.",
)


def report_pdf(report: Report, language: Language = "vi") -> bytes:
    """The file, fonts embedded. Pure work of up to some seconds: not for the event loop."""
    return _ReportPaper(report, language).drawn()


class _ReportPaper:
    def __init__(self, report: Report, language: Language) -> None:
        self._report = report
        self._language = language
        self._sheets = Sheets()

    def _say(self, vi: str, en: str) -> str:
        return chosen((vi, en), self._language)

    def drawn(self) -> bytes:
        self._head()
        self._figures()
        self._ladder()
        self._curves()
        self._products()
        self._producers()
        self._sources()
        self._buyers()
        self._checks()
        self._definitions()
        as_of = self._say(f"Số liệu lúc {moment(self._report.as_of)}", f"Figures as of {moment(self._report.as_of)}")
        return self._sheets.finish(f"{self._report.title} · {as_of}", self._say("Trang {page}/{pages}", "Page {page}/{pages}"))

    def _head(self) -> None:
        report, sheets = self._report, self._sheets
        sheets.text(report.organisation_name, size=10, colour=SOFT)
        sheets.gap(1)
        sheets.text(self._say("BÁO CÁO PHIÊN CHỢ TRỰC TUYẾN", "REPORT OF A LIVE SALE"), size=9, style="B", colour=LEAF)
        sheets.text(report.title, size=20, style="B", lines=3)
        sheets.gap(1)
        times = []
        if report.host_name:
            times.append(self._say(f"Người dẫn: {report.host_name}", f"Host: {report.host_name}"))
        if report.started_at is not None:
            ended = f" - {moment(report.ended_at)}" if report.ended_at else ""
            times.append(f"{moment(report.started_at)}{ended}")
        times.append(self._say(f"Số liệu lúc {moment(report.as_of)}", f"Figures as of {moment(report.as_of)}"))
        sheets.text(" · ".join(times), size=9, colour=SOFT)
        if report.figures_are != "final":
            sheets.text(self._say("Số liệu tạm tính, phiên chưa chốt số.", "Provisional figures."), size=9, style="B", colour=RED)

    def _figures(self) -> None:
        sheets = self._sheets
        sheets.section(self._say("Tổng quan", "Overview"))
        width = WIDTH / _COLUMNS_OF_FIGURES
        metrics = self._report.headline
        for start in range(0, len(metrics), _COLUMNS_OF_FIGURES):
            sheets.room(17)
            bottom = sheets.y
            for place, metric in enumerate(metrics[start : start + _COLUMNS_OF_FIGURES]):
                x = LEFT + place * width
                sheets.paper.set_text_color(*SOFT)
                y = sheets.paper.words(self._label(metric), x=x, y=sheets.y, width=width - 4, size=8, lines=2)
                sheets.paper.set_text_color(27, 33, 28)
                size = 9 if metric.value is None else 14
                y = sheets.paper.words(self._value(metric), x=x, y=y, width=width - 4, size=size, style="B", smallest=9)
                sheets.paper.set_text_color(*SOFT)
                bottom = max(
                    bottom, sheets.paper.words(chosen(SOURCES[metric.source], self._language), x=x, y=y, width=width - 4, size=6.5)
                )
                sheets.paper.set_text_color(27, 33, 28)
            sheets.y = bottom + 2.5

    def _label(self, metric: HeadlineMetric) -> str:
        return chosen((metric.label_vi, metric.label_en), self._language)

    def _value(self, metric: HeadlineMetric) -> str:
        if metric.value is None:
            return self._say("chưa có số liệu", "not measured")
        if metric.unit.startswith("vnd"):
            return vnd(round(metric.value))
        if metric.unit == "percent":
            return f"{decimal(metric.value)} %"
        if metric.unit == "seconds":
            return clock(metric.value)
        return decimal(metric.value)

    def _ladder(self) -> None:
        sheets, steps = self._sheets, self._report.ladder
        # the steps stand under one another, or they cannot be compared
        sheets.section(self._say("Các bậc doanh thu", "Revenue ladder"), room=20 + 14.5 * len(steps))
        most = max([1, *(step.amount_vnd for step in steps)])
        for step in steps:
            sheets.room(17)
            label = chosen((step.label_vi, step.label_en), self._language)
            orders = self._say(f"{decimal(step.orders)} đơn", f"{decimal(step.orders)} orders")
            sheets.paper.words(label, x=LEFT, y=sheets.y, width=60, size=10, style="B")
            sheets.paper.words(vnd(step.amount_vnd), x=LEFT + WIDTH - 70, y=sheets.y, width=70, size=10, style="B", right=True)
            sheets.paper.words(orders, x=LEFT + 62, y=sheets.y + 0.3, width=45, size=9, right=True)
            sheets.y += 5.2
            sheets.box(x=LEFT, y=sheets.y, width=WIDTH, height=3, colour=PALE)
            sheets.box(x=LEFT, y=sheets.y, width=max(0, step.amount_vnd) / most * WIDTH, height=3, colour=LEAF)
            sheets.y += 3.6
            if words := self._between(step):
                sheets.text(" · ".join(words), size=8, colour=RED)
            sheets.gap(1.8)
        sheets.text(chosen(_RULE, self._language), size=7.5, colour=SOFT)

    def _between(self, step: LadderStep) -> list[str]:
        """What lies between the step before and this one."""
        words = []
        for loss in step.losses:
            form = KINDS[loss.kind].loss if loss.kind in KINDS else None
            if form is not None:
                said = chosen(form, self._language).format(count=decimal(loss.orders), amount=vnd(loss.amount_vnd))
                words.append(f"{said} ({chosen(words_of_loss(loss.kind, loss.reason), self._language)})" if loss.reason else said)
        if step.changed_vnd:
            words.append(self._say(f"Đổi đơn: {vnd(step.changed_vnd)}", f"Changed: {vnd(step.changed_vnd)}"))
        if step.waiting_orders:
            amount = vnd(step.waiting_amount_vnd)
            words.append(self._say(f"Đang chờ: {step.waiting_orders} đơn, {amount}", f"Waiting: {step.waiting_orders} orders, {amount}"))
        return words

    def _curves(self) -> None:
        minutes = self._report.minutes
        if not minutes:
            return
        self._sheets.section(self._say("Từng phút", "Minute by minute"), room=80)
        # of a long session a point is the highest of several minutes, a bar their sum
        step = -(-len(minutes) // _POINTS_MOST)
        pieces = [minutes[start : start + step] for start in range(0, len(minutes), step)]
        marks = [minutes[round(number * (len(minutes) - 1) / (_MARKS - 1))].minute_at for number in range(_MARKS)]
        self._sheets.curves(
            [max(each.viewers_peak for each in piece) for piece in pieces],
            [sum(each.revenue_placed_vnd for each in piece) for piece in pieces],
            marks=[at.astimezone(VIETNAM_TIME).strftime("%H:%M") for at in marks],
            heads=(self._say("Người xem đông nhất", "Peak viewers"), self._say("Tiền đặt hàng, đồng", "Value placed, VND")),
        )

    def _products(self) -> None:
        rows = [each for each in self._report.products if each.sales.orders_placed]
        self._sheets.section(self._say("Theo sản phẩm", "By product"))
        if not rows:
            self._sheets.text(self._say("Chưa bán sản phẩm nào.", "Nothing was sold."), colour=SOFT)
            return
        columns = (
            PrintedColumn(self._say("Mã", "Code"), 1.1),
            PrintedColumn(self._say("Sản phẩm", "Product"), 4.4),
            PrintedColumn(self._say("Số phần", "Units"), 1.3, right=True),
            PrintedColumn(self._say("Đã đặt", "Placed"), 2.4, right=True),
            PrintedColumn(self._say("Hủy, hết hạn", "Cancelled, expired"), 2.2, right=True),
            PrintedColumn(self._say("Đã giao", "Delivered"), 2.4, right=True),
            PrintedColumn(self._say("Trả về", "Returned"), 2.1, right=True),
        )
        rows = sorted(rows, key=lambda each: -each.sales.revenue_placed_vnd)
        self._sheets.table(
            columns,
            [
                (
                    *(each.code or "", f"{each.name} ({each.unit})", decimal(each.sales.units_placed), vnd(each.sales.revenue_placed_vnd)),
                    vnd(each.sales.revenue_cancelled_vnd + each.sales.revenue_expired_vnd),
                    *(vnd(each.sales.revenue_delivered_vnd), vnd(each.sales.revenue_returned_vnd)),
                )
                for each in rows
            ],
        )

    def _producers(self) -> None:
        rows = [each for each in self._report.producers if each.sales.orders_placed]
        if not rows:
            return
        self._sheets.section(self._say("Theo cơ sở", "By producer"))
        columns = (
            PrintedColumn(self._say("Cơ sở", "Producer"), 4),
            PrintedColumn(self._say("Xã, phường", "Commune"), 2.6),
            PrintedColumn(self._say("Đơn", "Orders"), 1.2, right=True),
            PrintedColumn(self._say("Đã đặt", "Placed"), 2.4, right=True),
            PrintedColumn(self._say("Đã giao", "Delivered"), 2.4, right=True),
            PrintedColumn(self._say("Trả về", "Returned"), 2.2, right=True),
        )
        self._sheets.table(
            columns,
            [
                (
                    *(each.name, each.commune_name, decimal(each.sales.orders_placed), vnd(each.sales.revenue_placed_vnd)),
                    *(vnd(each.sales.revenue_delivered_vnd), vnd(each.sales.revenue_returned_vnd)),
                )
                for each in sorted(rows, key=lambda each: -each.sales.revenue_placed_vnd)
            ],
        )

    def _sources(self) -> None:
        rows = [each for each in self._report.order_sources if each.sales.orders_placed]
        if not rows:
            return
        self._sheets.section(self._say("Đơn đến từ đâu", "Where orders came from"))
        columns = (
            PrintedColumn(self._say("Nguồn", "Source"), 4),
            PrintedColumn(self._say("Đơn", "Orders"), 1.4, right=True),
            PrintedColumn(self._say("Đã đặt", "Placed"), 2.4, right=True),
            PrintedColumn(self._say("Đã giao", "Delivered"), 2.4, right=True),
        )
        self._sheets.table(
            columns,
            [
                (
                    *(chosen((each.label_vi, each.label_en), self._language), decimal(each.sales.orders_placed)),
                    *(vnd(each.sales.revenue_placed_vnd), vnd(each.sales.revenue_delivered_vnd)),
                )
                for each in rows
            ],
        )

    def _buyers(self) -> None:
        found = self._report.buyers
        if not found.buyers:
            return
        self._sheets.section(self._say("Người mua", "Buyers"), room=20)
        said = self._say(
            f"{decimal(found.buyers)} người mua: {decimal(found.new)} lần đầu, {decimal(found.returning)} mua lại, "
            f"{decimal(found.unknown)} không rõ.",
            f"{decimal(found.buyers)} buyers: {decimal(found.new)} new, {decimal(found.returning)} returning, {decimal(found.unknown)} unknown.",
        )
        self._sheets.text(said)
        self._sheets.text(chosen((found.definition_vi, found.definition_en), self._language), size=7.5, colour=SOFT)

    def _checks(self) -> None:
        proof = self._report.reconciliation
        self._sheets.section(self._say("Đối chiếu", "Reconciliation"), room=20)
        wrong = [each for each in proof.checks if not each.ok]
        if proof.ok:
            said = self._say(
                f"Sổ đơn khớp: {decimal(proof.ledger_last_seq)} bút toán, {len(proof.checks)} phép so sánh đều bằng nhau.",
                f"The ledger fits: {proof.ledger_last_seq} entries, {len(proof.checks)} checks agree.",
            )
            self._sheets.text(said)
            return
        self._sheets.text(self._say("Có phép so sánh lệch, mời xem trước khi dùng số liệu.", "Some checks differ."), style="B", colour=RED)
        for each in wrong:
            label = chosen((each.label_vi, each.label_en), self._language)
            about = f" ({each.subject})" if each.subject else ""
            self._sheets.text(f"{label}{about}: {decimal(each.expected)} / {decimal(each.found)}", colour=RED)

    def _definitions(self) -> None:
        sheets = self._sheets
        sheets.section(self._say("Định nghĩa", "Definitions"))
        for metric in self._report.headline:
            sheets.room(12)
            sheets.text(f"{self._label(metric)} · {chosen(SOURCES[metric.source], self._language)}", size=8.5, style="B")
            sheets.text(chosen((metric.definition_vi, metric.definition_en), self._language), size=8)
            sheets.text(self._say(f"{metric.formula_vi}; {metric.window_vi}", f"{metric.formula}; {metric.window}"), size=7, colour=SOFT)
            sheets.gap(1.6)
        sheets.gap(2)
        sheets.text(chosen(_SOURCES, self._language), size=8)


def moment(at: datetime) -> str:
    return at.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M")


def vnd(amount: int) -> str:
    return f"{amount:,} ₫".replace(",", ".")


def decimal(value: float) -> str:
    plain = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
    return plain.translate(str.maketrans(",.", ".,"))


def clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
