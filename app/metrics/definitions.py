"""What every published number means. A number without an entry here may not be shown; rates carry their denominator in the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.metrics.sales import COUNTED_KINDS, CountedKind

Source = Literal["measured", "imported", "derived"]
Unit = Literal["views", "viewers", "seconds", "likes", "comments", "orders", "units", "buyers", "vnd", "percent", "vnd_per_1000_views"]

_BROADCAST = "session start to session end"
_LEDGER = "all ledger entries of the session up to as_of; later facts are new entries at their own time"


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """Name, formula, window and source of one number, in both languages."""

    name: str
    label_vi: str
    label_en: str
    unit: Unit
    formula: str
    window: str
    source: Source
    definition_vi: str
    definition_en: str


def _measured(name: str, unit: Unit, formula: str, labels: tuple[str, str], texts: tuple[str, str]) -> MetricDefinition:
    return MetricDefinition(name, *labels, unit, formula, _BROADCAST, "measured", *texts)


def _derived(name: str, unit: Unit, formula: str, labels: tuple[str, str], texts: tuple[str, str]) -> MetricDefinition:
    return MetricDefinition(name, *labels, unit, formula, _BROADCAST, "derived", *texts)


_AUDIENCE = (
    _measured(
        "views",
        "views",
        "count(room entries of devices, over all nodes)",
        ("Lượt xem", "Views"),
        (
            "Số lần một thiết bị vào phòng, trên mọi máy chủ. Vào lại được tính thêm một lượt; quay lại trong vòng 30 giây thì vẫn là lượt cũ.",
            "Entries of a device into the room, over all nodes. Coming back counts again; coming back within 30 seconds continues the view.",
        ),
    ),
    _measured(
        "views_10s",
        "views",
        "count(views watched for at least 10 s)",
        ("Lượt xem từ 10 giây", "Views of 10 s or more"),
        (
            "Số lượt xem có thời gian ở trong phòng ít nhất 10 giây, không tính những lúc vắng mặt.",
            "Views with at least 10 seconds in the room, absences left out.",
        ),
    ),
    _measured(
        "unique_viewers",
        "viewers",
        "HyperLogLog(device tokens that entered)",
        ("Người xem không trùng", "Unique viewers"),
        (
            "Số thiết bị khác nhau đã vào phòng, ước tính bằng HyperLogLog với sai số chuẩn 0,81 %. Một người dùng hai thiết bị là hai người xem.",
            "Distinct devices that entered, estimated by HyperLogLog with a standard error of 0.81 %. One person on two devices is two viewers.",
        ),
    ),
    _measured(
        "viewers_now",
        "viewers",
        "distinct devices connected to any node, nodes silent for longer than their time limit left out",
        ("Đang xem", "Viewers now"),
        (
            "Số thiết bị đang kết nối lúc này trên mọi máy chủ; thiết bị mở nhiều kết nối vẫn là một. Màn hình của người dẫn và ban tổ chức không được tính.",
            "Devices connected at this moment, over all nodes; one with several sockets, on whichever nodes, is one. Screens of hosts and organisers are not counted.",
        ),
    ),
    _measured(
        "viewers_peak",
        "viewers",
        "max over time of viewers_now",
        ("Đông nhất cùng lúc (PCU)", "Peak concurrent viewers (PCU)"),
        (
            "Số người xem cùng lúc cao nhất: giá trị lớn nhất của số đang xem trên mọi máy chủ, lấy mỗi nhịp (dưới 10 giây một lần).",
            "Highest number of viewers at one moment: the maximum of viewers_now over all nodes, taken every tick (more often than every 10 s).",
        ),
    ),
    _derived(
        "viewers_average",
        "viewers",
        "watch_seconds / max(stream seconds, seconds with anybody watching)",
        ("Trung bình cùng lúc (ACU)", "Average concurrent viewers (ACU)"),
        (
            "Tổng số giây xem chia cho số giây phát sóng; tính cả những giây sau cùng khi vẫn còn người xem, nên không bao giờ cao hơn đỉnh.",
            "Viewer-seconds divided by the seconds of the broadcast; last seconds with anybody watching belong to it, so never above the peak.",
        ),
    ),
    _measured(
        "watch_seconds",
        "seconds",
        "integral over time of viewers_now",
        ("Tổng thời gian xem", "Watch time, total"),
        (
            "Tổng thời gian mọi thiết bị ở trong phòng, tính theo số đang xem từng nhịp; thiết bị mở nhiều kết nối chỉ tính một lần. "
            "Chương trình không biết người xem có nhìn màn hình hay không.",
            "Time that all devices together spent in the room, added up from viewers_now tick by tick; a device with several sockets "
            "counts once. Whether somebody looked at the screen is not known.",
        ),
    ),
    _derived(
        "watch_seconds_per_unique_viewer",
        "seconds",
        "watch_seconds / unique_viewers",
        ("Thời gian xem trung bình mỗi người xem", "Watch time per unique viewer"),
        ("Tổng thời gian xem chia cho số người xem không trùng.", "Total watch time divided by unique viewers."),
    ),
    _measured(
        "likes",
        "likes",
        "count(likes)",
        ("Lượt thích", "Likes"),
        ("Số lần bấm thích; một người có thể bấm nhiều lần.", "Presses of the like button; one person may press many times."),
    ),
    _measured(
        "comments",
        "comments",
        "count(comments accepted)",
        ("Bình luận", "Comments"),
        (
            "Số bình luận được nhận, kể cả những bình luận không kịp hiện lên màn hình.",
            "Comments accepted, also those that the screen had no room for.",
        ),
    ),
    _measured(
        "product_opens",
        "views",
        "count(product sheets opened, once per device and product on a node)",
        ("Lượt mở sản phẩm", "Product opens"),
        (
            "Số lần người xem mở trang chi tiết một sản phẩm; một thiết bị mở lại cùng sản phẩm không tính thêm.",
            "Times a viewer opened the details of a product; a device that opens the same product again is not counted again.",
        ),
    ),
    _measured(
        "product_openers",
        "viewers",
        "HyperLogLog(device tokens that opened a product)",
        ("Người mở sản phẩm", "Viewers who opened a product"),
        (
            "Số thiết bị khác nhau đã mở chi tiết ít nhất một sản phẩm, ước tính với sai số chuẩn 0,81 %. Người mua ngay trên thẻ ghim "
            "hoặc bằng bình luận không cần mở, nên số này có thể nhỏ hơn số người mua.",
            "Distinct devices that opened the details of at least one product, estimated with a standard error of 0.81 %. Who buys from the "
            "pinned card or by comment need not open any, so this may be below the number of buyers.",
        ),
    ),
    _measured(
        "basket_holders",
        "viewers",
        "HyperLogLog(device tokens that put a first line into a basket)",
        ("Người có giỏ hàng", "Viewers with a basket"),
        (
            "Số thiết bị khác nhau đã bỏ ít nhất một món vào giỏ, ước tính với sai số chuẩn 0,81 %. Chốt đơn ngay không qua giỏ thì không tính.",
            "Distinct devices that put at least one line into a basket, estimated with a standard error of 0.81 %. Ordering at once, without "
            "a basket, does not count.",
        ),
    ),
    _measured(
        "commenters",
        "viewers",
        "HyperLogLog(device tokens that commented)",
        ("Người bình luận", "Commenters"),
        (
            "Số thiết bị khác nhau đã bình luận, ước tính với sai số chuẩn 0,81 %.",
            "Distinct devices that commented, estimated with a standard error of 0.81 %.",
        ),
    ),
    _derived(
        "commenters_per_unique_viewer_percent",
        "percent",
        "commenters / unique_viewers * 100",
        ("Người bình luận trên 100 người xem không trùng", "Commenters per 100 unique viewers"),
        (
            "Tỷ lệ người bình luận, mẫu số là số người xem không trùng.",
            "Share of commenters; the denominator is unique viewers.",
        ),
    ),
)


def _ledger(kind: CountedKind) -> tuple[MetricDefinition, ...]:
    return (
        MetricDefinition(
            kind.orders,
            f"Đơn {kind.label_vi}",
            f"Orders {kind.label_en}",
            "orders",
            f"count(ledger entries {kind.name})",
            _LEDGER,
            "measured",
            f"Số đơn {kind.definition_vi}.",
            f"Orders {kind.definition_en}.",
        ),
        MetricDefinition(
            kind.units,
            f"Sản phẩm {kind.label_vi}",
            f"Units {kind.label_en}",
            "units",
            f"sum(units of ledger entries {kind.name})",
            _LEDGER,
            "measured",
            f"Số sản phẩm trong các đơn {kind.definition_vi}.",
            f"Units in orders {kind.definition_en}.",
        ),
        MetricDefinition(
            kind.revenue_vnd,
            f"Giá trị đơn {kind.label_vi}",
            f"Value of orders {kind.label_en}",
            "vnd",
            f"sum(amount_vnd of ledger entries {kind.name})",
            _LEDGER,
            "measured",
            f"Tổng giá trị hàng của các đơn {kind.definition_vi}, theo giá đã chốt lúc đặt, chưa gồm phí giao hàng.",
            f"Value of the goods in orders {kind.definition_en}, at the price agreed when they were placed, without shipping fees.",
        ),
        MetricDefinition(
            kind.shipping_vnd,
            f"Phí giao hàng của đơn {kind.label_vi}",
            f"Shipping fees of orders {kind.label_en}",
            "vnd",
            f"sum(shipping lines of ledger entries {kind.name})",
            _LEDGER,
            "measured",
            f"Phí giao hàng của các đơn {kind.definition_vi}; không nằm trong giá trị hàng.",
            f"Shipping fees of orders {kind.definition_en}; not part of the value of the goods.",
        ),
    )


def _average_order(kind: CountedKind, name: str) -> MetricDefinition:
    return MetricDefinition(
        name,
        f"Giá trị trung bình mỗi đơn {kind.label_vi} (AOV)",
        f"Average value of an order {kind.label_en} (AOV)",
        "vnd",
        f"{kind.revenue_vnd} / {kind.orders}",
        _LEDGER,
        "derived",
        f"Tổng giá trị các đơn {kind.label_vi} chia cho số đơn {kind.label_vi}.",
        f"Value of orders {kind.label_en} divided by their number.",
    )


_SALES = (
    *(definition for kind in COUNTED_KINDS for definition in _ledger(kind)),
    MetricDefinition(
        "buyers",
        "Người mua",
        "Buyers",
        "buyers",
        "count(distinct buyer tokens of entries placed)",
        _LEDGER,
        "measured",
        "Số người đặt hàng khác nhau, kể cả khi đơn bị hủy sau đó.",
        "Distinct people who placed an order, also when it was cancelled later.",
    ),
    MetricDefinition(
        "revenue_net_vnd",
        "Giá trị thực sau trả hàng",
        "Value net of returns",
        "vnd",
        "sum over orders of min(amount delivered - amount returned, amount paid - amount refunded)",
        _LEDGER,
        "derived",
        "Giá trị hàng đã giao và đã thu tiền, trừ phần bị trả hàng hoặc hoàn tiền; một đơn vừa trả hàng vừa hoàn tiền chỉ bị trừ một lần. "
        "Hàng giao rồi mà chưa thu tiền không được tính.",
        "Value delivered and paid for, less what came back or was refunded; an order that was both returned and refunded is taken off once. "
        "What was delivered and not paid for does not count.",
    ),
    *(_average_order(kind, kind.average_vnd) for kind in COUNTED_KINDS if kind.average_vnd is not None),
    MetricDefinition(
        "revenue_placed_per_1000_views_vnd",
        "Giá trị đặt trên 1.000 lượt xem (GPM)",
        "Value placed per 1,000 views (GPM)",
        "vnd_per_1000_views",
        "revenue_placed_vnd / views * 1000",
        _BROADCAST,
        "derived",
        "Tổng giá trị đơn đã đặt chia cho số lượt xem, nhân 1.000.",
        "Value of orders placed divided by views, times 1,000.",
    ),
    MetricDefinition(
        "buyers_per_unique_viewer_percent",
        "Người mua trên 100 người xem không trùng",
        "Buyers per 100 unique viewers",
        "percent",
        "buyers / unique_viewers * 100",
        _BROADCAST,
        "derived",
        "Tỷ lệ chuyển đổi, mẫu số là số người xem không trùng.",
        "Conversion; the denominator is unique viewers.",
    ),
    MetricDefinition(
        "orders_confirmed_per_order_placed_percent",
        "Đơn được xác nhận trên 100 đơn đã đặt",
        "Orders confirmed per 100 orders placed",
        "percent",
        "orders_confirmed / orders_placed * 100",
        _LEDGER,
        "derived",
        "Tỷ lệ xác nhận đơn, mẫu số là số đơn đã đặt.",
        "Order-confirmation rate; the denominator is orders placed.",
    ),
)


def _share(name: str, formula: str, labels: tuple[str, str], texts: tuple[str, str]) -> MetricDefinition:
    return MetricDefinition(name, *labels, "percent", formula, _BROADCAST, "derived", *texts)


_SHARES = (
    _share(
        "product_openers_per_unique_viewer_percent",
        "product_openers / unique_viewers * 100",
        ("Người mở sản phẩm trên 100 người xem không trùng", "Product openers per 100 unique viewers"),
        (
            "Tỷ lệ mở sản phẩm (CTR theo người), mẫu số là số người xem không trùng.",
            "Click-through by people; the denominator is unique viewers.",
        ),
    ),
    _share(
        "buyers_per_product_opener_percent",
        "buyers / product_openers * 100",
        ("Người mua trên 100 người mở sản phẩm", "Buyers per 100 product openers"),
        (
            "Số người mua chia cho số người đã mở sản phẩm; có thể trên 100 vì chốt ngay trên thẻ ghim hoặc bằng bình luận không cần mở sản phẩm.",
            "Buyers divided by viewers who opened a product; may be above 100, since ordering from the pinned card or by comment opens none.",
        ),
    ),
    _share(
        "views_per_imported_impression_percent",
        "views (measured) / impressions (imported, all platforms together) * 100",
        ("Lượt vào phòng trên 100 lượt tiếp cận (nhập vào)", "Room entries per 100 imported impressions"),
        (
            "Tỷ lệ vào phòng: lượt vào phòng do hệ thống đo, chia cho lượt tiếp cận nhập từ nền tảng khác. Chưa nhập thì để trống.",
            "Enter-room rate: room entries measured here divided by impressions imported from other platforms. Blank until some are imported.",
        ),
    ),
)

_OUTSIDE = (
    MetricDefinition(
        "outside_viewers",
        "Đang xem trên nền tảng khác",
        "Viewers on another platform",
        "viewers",
        "latest count reported for the platform",
        _BROADCAST,
        "imported",
        "Con số do người dẫn hoặc phần mềm đọc từ nền tảng khác và gửi về; không do hệ thống này đo và không cộng vào số của hệ thống.",
        "A count read on another platform by the host or a bridge; not measured here and never added to our own.",
    ),
    MetricDefinition(
        "outside_viewers_peak",
        "Đông nhất trên nền tảng khác",
        "Peak on another platform",
        "viewers",
        "max(counts reported for the platform)",
        _BROADCAST,
        "imported",
        "Con số cao nhất đã gửi về cho nền tảng đó.",
        "The highest count reported for that platform.",
    ),
)

DEFINITIONS: tuple[MetricDefinition, ...] = (*_AUDIENCE, *_SALES, *_SHARES, *_OUTSIDE)
_BY_NAME = {definition.name: definition for definition in DEFINITIONS}


def definition_of(name: str) -> MetricDefinition:
    """Raises `KeyError` for a number that nobody has defined."""
    return _BY_NAME[name]
