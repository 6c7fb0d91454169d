"""The tables of one session's report, from the report that the page shows: figures, ladder, minutes, goods, producers, moments, checks."""

from __future__ import annotations

from typing import Final

from app.exports.breakdown_tables import breakdown_tables
from app.exports.columns import SALES_FIGURES, count, figure, money, table_of, text, time
from app.exports.tables import Column, Row, Table, Words
from app.ledger.reasons import side_of_loss, words_of_loss
from app.reports.schemas import Report

_MINUTE_FIGURES: Final = (
    *("viewers_peak", "viewers_average", "views", "views_10s", "likes", "comments"),
    *("orders_placed", "units_placed", "revenue_placed_vnd"),
)
_MARKERS: Final[dict[str, Words]] = {
    "session.started": ("Bắt đầu phiên", "session started"),
    "session.ended": ("Kết thúc phiên", "session ended"),
    "offer.opened": ("Mở ưu đãi", "offer opened"),
    "offer.ended": ("Hết ưu đãi", "offer ended"),
    "product.pinned": ("Ghim sản phẩm", "product pinned"),
    "notice.shown": ("Hiện thông báo", "notice shown"),
}


def report_tables(report: Report) -> tuple[Table, ...]:
    """Every table of a report, in the order of the page."""
    found = (headline(report), ladder(report), losses(report), minutes(report), markers(report), products(report), producers(report))
    return (*found, *breakdown_tables(report), outside(report), checks(report))


def headline(report: Report) -> Table:
    """One row per figure: its value as a number, and everything needed to read it."""
    columns = (
        text("name", ("Mã", "Key"), ("Tên cố định của chỉ số.", "The figure's lasting name.")),
        text("label_vi", ("Chỉ số", "Figure (Vietnamese)"), ("Tên chỉ số bằng tiếng Việt.", "Its name in Vietnamese.")),
        text("label_en", ("Chỉ số (tiếng Anh)", "Figure"), ("Tên chỉ số bằng tiếng Anh.", "Its name in English.")),
        Column(
            key="value",
            label=("Giá trị", "Value"),
            kind="decimal",
            definition=("Trống khi không tính được.", "Empty where it cannot be computed."),
            source="derived",
        ),
        text("unit", ("Đơn vị", "Unit"), ("Đơn vị của giá trị.", "Unit of the value.")),
        text("source", ("Nguồn", "Source"), ("measured: đo; imported: nhập; derived: tính.", "measured, imported or derived.")),
        text("formula_vi", ("Công thức", "Formula (Vietnamese)"), ("Công thức bằng lời.", "The formula in Vietnamese.")),
        text("formula", ("Công thức (tên chỉ số)", "Formula"), ("Công thức theo tên chỉ số.", "The formula, figures by their names.")),
        text("definition_vi", ("Định nghĩa", "Definition (Vietnamese)"), ("Định nghĩa bằng tiếng Việt.", "In Vietnamese.")),
        text("definition_en", ("Định nghĩa (tiếng Anh)", "Definition"), ("Định nghĩa bằng tiếng Anh.", "In English.")),
    )
    rows = [
        (
            each.name,
            each.label_vi,
            each.label_en,
            each.value,
            each.unit,
            each.source,
            each.formula_vi,
            each.formula,
            each.definition_vi,
            each.definition_en,
        )
        for each in report.headline
    ]
    return table_of("headline", ("Chỉ số", "Figures"), ("Mỗi dòng là một chỉ số của phiên.", "One row per figure."), columns, rows)


def ladder(report: Report) -> Table:
    columns = (
        text("name", ("Mã", "Key"), ("Tên cố định của bậc.", "The step's lasting name."), source="ledger"),
        text("label_vi", ("Bậc", "Step (Vietnamese)"), ("Bậc doanh thu.", "Step of the ladder."), source="ledger"),
        text("label_en", ("Bậc (tiếng Anh)", "Step"), ("Bậc doanh thu, tiếng Anh.", "Step of the ladder."), source="ledger"),
        count("orders", ("Số đơn", "Orders"), ("Số đơn đã lên tới bậc này.", "Orders that reached this step.")),
        count("units", ("Số phần hàng", "Units"), ("Số phần hàng trong các đơn ấy.", "Units in these orders.")),
        money("amount_vnd", ("Giá trị hàng", "Value of goods"), ("Chưa gồm phí giao.", "Without shipping fees.")),
        money("shipping_vnd", ("Phí giao", "Shipping fees"), ("Phí giao của các đơn ấy.", "Shipping fees of these orders.")),
        Column(
            key="amount_per_amount_placed_percent",
            label=("So với giá trị đã đặt", "Per value placed"),
            kind="percent",
            unit=("%", "%"),
            definition=("Giá trị bậc này chia cho giá trị đã đặt, nhân 100.", "Value of this step / value placed * 100."),
            source="derived",
        ),
        count(
            "changed_orders", ("Đơn có đổi", "Orders changed"), ("Số đơn được đổi sau khi đặt.", "Orders changed after they were placed.")
        ),
        money("changed_vnd", ("Chênh lệch do đổi", "Added by changes"), ("Âm là bớt đi.", "Negative: took away.")),
        count(
            "waiting_orders",
            ("Đơn đang chờ", "Orders waiting"),
            ("Tới bậc trước, chưa tới bậc này, chưa mất.", "At the step before, not lost."),
        ),
        money(
            "waiting_amount_vnd", ("Giá trị đang chờ", "Value waiting"), ("Giá trị hàng của các đơn đang chờ.", "Value of waiting orders.")
        ),
    )
    rows = [tuple(getattr(step, column.key) for column in columns) for step in report.ladder]
    about = ("Mỗi dòng là một bậc; bậc trước cộng phần đổi bằng bậc này cộng phần mất và phần chờ.",
             "One row per step; the step before + changed = this step + lost + waiting.")  # fmt: skip
    return table_of("ladder", ("Bậc doanh thu", "Ladder"), about, columns, rows)


def losses(report: Report) -> Table:
    columns = (
        text(
            "step",
            ("Trước bậc", "Before step"),
            ("Bậc mà các đơn này không tới.", "The step that these orders did not reach."),
            source="ledger",
        ),
        text("kind", ("Loại mất", "Kind"), ("cancelled: hủy; expired: hết hạn; returned: trả…", "Kind of ledger entry."), source="ledger"),
        text(
            "reason",
            ("Lý do", "Reason"),
            ("Mã lý do trong sổ đơn, có thể trống.", "Reason code of the ledger, may be empty."),
            source="ledger",
        ),
        text(
            "reason_vi", ("Lý do bằng lời", "Reason (Vietnamese)"), ("Lý do bằng tiếng Việt.", "The reason in Vietnamese."), source="ledger"
        ),
        text("reason_en", ("Lý do (tiếng Anh)", "Reason in words"), ("Lý do bằng tiếng Anh.", "The reason in English."), source="ledger"),
        text(
            "side",
            ("Do ai", "With whom it lay"),
            ("buyer: người mua; seller: bên bán; carrier: vận chuyển; clock: hết hạn; trống: không rõ.", "Empty when nobody said so."),
            source="ledger",
        ),
        count("orders", ("Số đơn", "Orders"), ("Số đơn mất vì lý do này.", "Orders lost for this reason.")),
        money("amount_vnd", ("Giá trị", "Value"), ("Giá trị hàng mất.", "Value of goods lost.")),
    )
    rows = [
        (
            *(step.name, loss.kind, loss.reason, *words_of_loss(loss.kind, loss.reason)),
            *(side_of_loss(loss.kind, loss.reason), loss.orders, loss.amount_vnd),
        )
        for step in report.ladder
        for loss in step.losses
    ]
    return table_of("losses", ("Phần mất", "Losses"), ("Mỗi dòng là một lý do ở một bậc.", "One row per reason and step."), columns, rows)


def minutes(report: Report) -> Table:
    columns = (
        time("minute_at", ("Phút", "Minute"), ("Lúc phút này bắt đầu.", "When this minute begins."), source="measured"),
        *map(figure, _MINUTE_FIGURES),
    )
    rows = [tuple(getattr(minute, column.key) for column in columns) for minute in report.minutes]
    about = (f"Mỗi dòng gồm {report.step_minutes} phút.", f"One row per {report.step_minutes} minute(s).")
    return table_of("minutes", ("Từng phút", "Minutes"), about, columns, rows)


def markers(report: Report) -> Table:
    columns = (
        time("at", ("Lúc", "At"), ("Thời điểm.", "Moment.")),
        text("kind", ("Mã việc", "Kind"), ("Tên cố định của loại sự kiện.", "Lasting name of the kind.")),
        text("label_vi", ("Việc", "What (Vietnamese)"), ("Loại sự kiện.", "Kind in words.")),
        text("label_en", ("Việc (tiếng Anh)", "What"), ("Loại sự kiện, tiếng Anh.", "Kind in words.")),
        text("product_name", ("Sản phẩm", "Product"), ("Trống khi không về sản phẩm nào.", "Empty when about none.")),
        money("flash_price_vnd", ("Giá ưu đãi", "Flash price"), ("Giá của ưu đãi.", "Price of the offer."), source="text"),
        count("units_offered", ("Số phần mở bán", "Units offered"), ("Kể cả phần dự phòng.", "With the over-order buffer."), source="text"),
        text("text", ("Lời thông báo", "Words"), ("Thông báo hiện trên bình luận.", "The notice shown above the comments.")),
    )
    rows = [
        (
            *(each.at, each.kind, *_MARKERS.get(each.kind, (each.kind, each.kind))),
            *(each.product_name, each.flash_price_vnd, each.units_offered, each.text),
        )
        for each in report.markers
    ]
    return table_of("moments", ("Sự kiện", "Moments"), ("Mỗi dòng là một sự kiện của phiên.", "One row per moment."), columns, rows)


def products(report: Report) -> Table:
    columns = (
        text("code", ("Mã", "Code"), ("Mã ngắn trong danh sách bán.", "Short code in the run-down.")),
        text("name", ("Sản phẩm", "Product"), ("Tên sản phẩm.", "Name of the product.")),
        text("unit", ("Đơn vị tính", "Unit"), ("Đơn vị bán.", "Unit of sale.")),
        text("producer_name", ("Cơ sở", "Producer"), ("Chủ thể làm ra.", "Who makes it.")),
        count("offers", ("Số ưu đãi", "Offers"), ("Số lần mở ưu đãi.", "Flash offers."), source="text"),
        count("units_offered", ("Số lượng mở bán", "Units offered"), ("Tổng qua các ưu đãi.", "Over its offers."), source="text"),
        count(
            "units_remaining", ("Số lượng còn lại", "Units remaining"), ("Còn lại của các ưu đãi.", "Left of its offers."), source="text"
        ),
        *map(figure, SALES_FIGURES),
    )
    plain = [column.key for column in columns[:7]]
    rows: list[Row] = [
        (*(getattr(each, key) for key in plain), *(getattr(each.sales, name) for name in SALES_FIGURES)) for each in report.products
    ]
    return table_of("products", ("Sản phẩm", "Products"), ("Mỗi dòng là một sản phẩm.", "One row per product."), columns, rows)


def producers(report: Report) -> Table:
    columns = (
        text("name", ("Cơ sở", "Producer"), ("Tên chủ thể.", "Name of the producer.")),
        text("kind", ("Loại hình", "Kind"), ("company, cooperative, cooperative_group, household.", "Legal kind.")),
        text("commune_name", ("Xã, phường", "Commune"), ("Nơi đặt cơ sở.", "Where it is.")),
        count("products", ("Số sản phẩm", "Products"), ("Số sản phẩm trong phiên.", "Products in the session."), source="text"),
        *map(figure, SALES_FIGURES),
    )
    rows = [
        (each.name, each.kind, each.commune_name, each.products, *(getattr(each.sales, name) for name in SALES_FIGURES))
        for each in report.producers
    ]
    return table_of("producers", ("Cơ sở", "Producers"), ("Mỗi dòng là một chủ thể.", "One row per producer."), columns, rows)


def outside(report: Report) -> Table:
    columns = (
        text("source", ("Nền tảng", "Platform"), ("Nền tảng ngoài.", "Outside platform."), source="imported"),
        count("outside_viewers", ("Gần nhất", "Latest"), ("Số người xem báo về gần nhất.", "Viewers last reported."), source="imported"),
        count("outside_viewers_peak", ("Cao nhất", "Peak"), ("Số cao nhất được báo.", "Highest reported."), source="imported"),
        time("observed_at", ("Đọc lúc", "Observed at"), ("Lúc đọc số ấy.", "When it was read."), source="imported"),
    )
    rows = [tuple(getattr(each, column.key) for column in columns) for each in report.outside]
    about = ("Số nhập, không bao giờ cộng vào số đo.", "Imported, never added to what was measured.")
    return table_of("outside", ("Nền tảng khác", "Outside"), about, columns, rows)


def checks(report: Report) -> Table:
    columns = (
        text("name", ("Mã", "Key"), ("Tên phép so sánh.", "Name of the check."), source="derived"),
        text("label_vi", ("So sánh", "Check (Vietnamese)"), ("Điều được so.", "What is compared."), source="derived"),
        text("label_en", ("So sánh (tiếng Anh)", "Check"), ("Điều được so.", "What is compared."), source="derived"),
        text("subject", ("Về", "About"), ("Sản phẩm mà phép so nói tới.", "The product it is about."), source="derived"),
        count("expected", ("Theo sổ đơn", "By the ledger"), ("Đếm theo sổ đơn.", "Counted by the ledger.")),
        count("found", ("Tìm thấy", "Found"), ("Đếm ở nơi khác.", "Counted elsewhere."), source="derived"),
        Column(key="ok", label=("Khớp", "Fits"), kind="yes", definition=("Hai số bằng nhau.", "Both are the same."), source="derived"),
    )
    rows = [tuple(getattr(each, column.key) for column in columns) for each in report.reconciliation.checks]
    return table_of("checks", ("Đối chiếu", "Checks"), ("Mỗi dòng so hai cách đếm.", "Two counts of one fact."), columns, rows)
