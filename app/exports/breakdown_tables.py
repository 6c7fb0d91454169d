"""Sales of a session broken down, as tables: by commune, flash offer and source of order; the funnel, and who the buyers are."""

from __future__ import annotations

from app.exports.columns import SALES_FIGURES, count, figure, money, table_of, text, time
from app.exports.tables import Column, Row, Table
from app.metrics.service import Sales
from app.reports.schemas import Report


def breakdown_tables(report: Report) -> tuple[Table, ...]:
    return (communes(report), offers(report), order_sources(report), funnel(report), buyers(report))


def _sold(sales: Sales) -> tuple[int, ...]:
    return tuple(getattr(sales, name) for name in SALES_FIGURES)


def communes(report: Report) -> Table:
    columns = (
        text("name", ("Xã, phường", "Commune"), ("Nơi đặt cơ sở.", "Where the producers are.")),
        text("province_name", ("Tỉnh, thành phố", "Province"), ("Tỉnh, thành phố.", "Its province.")),
        count("producers", ("Số cơ sở", "Producers"), ("Số chủ thể bán trong phiên.", "Producers in the session."), source="text"),
        *map(figure, SALES_FIGURES),
    )
    rows: list[Row] = [(each.name, each.province_name, each.producers, *_sold(each.sales)) for each in report.communes]
    about = (
        "Mỗi dòng là một xã; đơn có hàng của hai xã là đơn của cả hai.",
        "One row per commune; an order with goods of two is an order of each.",
    )
    return table_of("communes", ("Theo xã", "Communes"), about, columns, rows)


def offers(report: Report) -> Table:
    waits = ("waiting", "called", "bought", "lapsed", "left", "units_wanted", "units_lost")
    columns = (
        text("product_name", ("Sản phẩm", "Product"), ("Trống: bán theo giá thường.", "Empty: sold at normal prices.")),
        text("state", ("Trạng thái", "State"), ("scheduled, open hoặc ended.", "scheduled, open or ended.")),
        money("flash_price_vnd", ("Giá ưu đãi", "Flash price"), ("Giá của ưu đãi.", "Price of the offer."), source="text"),
        money("regular_price_vnd", ("Giá thường", "Regular price"), ("Giá thường lúc ấy.", "Regular price then."), source="text"),
        count("units_offered", ("Số phần mở bán", "Units offered"), ("Kể cả dự phòng.", "With the buffer."), source="text"),
        count("units_remaining", ("Số phần còn lại", "Units remaining"), ("Còn lại của ưu đãi.", "Left of the offer."), source="text"),
        time("starts_at", ("Mở lúc", "Opened"), ("Lúc mở.", "When it opened.")),
        time("ends_at", ("Hết lúc", "Ended"), ("Lúc hết.", "When it ended.")),
        *map(figure, SALES_FIGURES),
        count("waiting", ("Đang chờ", "Waiting"), ("Người đang chờ hàng.", "People waiting for units."), source="measured"),
        count("called", ("Được gọi", "Called"), ("Người đang được giữ hàng.", "People for whom units are kept."), source="measured"),
        count(
            "bought", ("Chờ rồi mua", "Bought after waiting"), ("Được gọi và mua kịp.", "Called, and ordered in time."), source="measured"
        ),
        count("lapsed", ("Chờ mà lỡ", "Lapsed"), ("Không mua kịp, hoặc ưu đãi hết.", "Did not order in time."), source="measured"),
        count("left", ("Tự thôi chờ", "Left"), ("Tự rời hàng chờ.", "Went away by themselves."), source="measured"),
        count(
            "units_wanted", ("Số phần muốn", "Units wanted"), ("Số phần mà người chờ muốn.", "Wanted by people waiting."), source="measured"
        ),
        count("units_lost", ("Số phần lỡ", "Units lost"), ("Muốn mà không mua được.", "Wanted and not bought."), source="measured"),
    )
    plain = [column.key for column in columns[:8]]
    rows: list[Row] = [
        (*(getattr(each, key) for key in plain), *_sold(each.sales), *(getattr(each.waited, name) for name in waits))
        for each in report.offers
    ]
    about = (
        "Mỗi dòng là một ưu đãi; dòng không có trạng thái là bán giá thường.",
        "One row per flash offer; without a state: sold at normal prices.",
    )
    return table_of("offers", ("Theo ưu đãi", "Offers"), about, columns, rows)


def order_sources(report: Report) -> Table:
    columns = (
        text("source", ("Mã", "Key"), ("flash, shelf, comment hoặc booth.", "flash, shelf, comment or booth."), source="ledger"),
        text("label_vi", ("Từ đâu", "Source (Vietnamese)"), ("Nguồn của đơn.", "Source in words.")),
        text("label_en", ("Từ đâu (tiếng Anh)", "Source"), ("Nguồn của đơn, tiếng Anh.", "Source in words.")),
        *map(figure, SALES_FIGURES),
    )
    rows: list[Row] = [(each.source, each.label_vi, each.label_en, *_sold(each.sales)) for each in report.order_sources]
    about = ("Mỗi đơn ở đúng một dòng.", "Each order is in one row.")
    return table_of("order_sources", ("Nguồn đơn", "Sources"), about, columns, rows)


def funnel(report: Report) -> Table:
    columns = (
        text("name", ("Mã", "Key"), ("Tên cố định của bước.", "Lasting name of the step.")),
        text("label_vi", ("Bước", "Step (Vietnamese)"), ("Bước từ xem tới nhận hàng.", "Step in words.")),
        text("label_en", ("Bước (tiếng Anh)", "Step"), ("Bước, tiếng Anh.", "Step in words.")),
        count("count", ("Số", "Count"), ("Trống khi không đo.", "Empty where it was not measured."), source="derived"),
        text("per_step", ("So với bước", "Percent of"), ("Mẫu số của tỷ lệ.", "The step that is the denominator.")),
        Column(
            key="percent",
            label=("Tỷ lệ", "Percent"),
            kind="percent",
            unit=("%", "%"),
            definition=("Số của bước chia cho số của bước làm mẫu, nhân 100.", "Count / count of the step it is of * 100."),
            source="derived",
        ),
        text("source", ("Nguồn", "Source"), ("measured hoặc derived.", "measured or derived.")),
        text("definition_vi", ("Định nghĩa", "Definition (Vietnamese)"), ("Định nghĩa.", "In Vietnamese.")),
        text("definition_en", ("Định nghĩa (tiếng Anh)", "Definition"), ("Định nghĩa, tiếng Anh.", "In English.")),
    )
    rows = [tuple(getattr(step, column.key) for column in columns) for step in report.funnel]
    return table_of("funnel", ("Phễu", "Funnel"), ("Mỗi dòng là một bước.", "One row per step."), columns, rows)


def buyers(report: Report) -> Table:
    meaning = (report.buyers.definition_vi, report.buyers.definition_en)
    columns = (
        count("buyers", ("Người mua", "Buyers"), ("Người mua của phiên.", "Buyers of the session.")),
        count("new", ("Mua lần đầu", "New"), meaning),
        count("returning", ("Mua lại", "Returning"), meaning),
        count("unknown", ("Không rõ", "Unknown"), ("Đơn đã xóa thông tin người mua.", "Their contact was erased.")),
    )
    rows = [tuple(getattr(report.buyers, column.key) for column in columns)]
    about = ("Người mua mới và cũ; cộng lại bằng người mua.", "New and returning buyers; they sum to the buyers.")
    return table_of("buyers", ("Người mua", "Buyers"), about, columns, rows)
