"""Formulas and windows of `definitions.py` in Vietnamese words: figures by their labels, for pages and papers that people read."""

from __future__ import annotations

import re
from typing import Final

from app.metrics.definitions import DEFINITIONS, MetricDefinition
from app.metrics.sales import COUNTED_KINDS

# Those that are more than figures and signs. What is named as in the English formula is put in by its label.
_WRITTEN: Final = {
    "views": "đếm(lượt thiết bị vào phòng, trên mọi máy chủ)",
    "views_10s": "đếm(lượt xem từ 10 giây trở lên)",
    "unique_viewers": "HyperLogLog(mã của thiết bị đã vào phòng)",
    "viewers_now": "số thiết bị khác nhau đang kết nối, bỏ những máy chủ im lặng quá hạn",
    "viewers_peak": "lớn nhất theo thời gian của viewers_now",
    "viewers_average": "watch_seconds / lớn nhất(số giây phát sóng, số giây có người xem)",
    "watch_seconds": "tích phân theo thời gian của viewers_now",
    "likes": "đếm(lượt thích)",
    "comments": "đếm(bình luận được nhận)",
    "product_opens": "đếm(lần mở sản phẩm, mỗi thiết bị và sản phẩm một lần trên một máy chủ)",
    "product_openers": "HyperLogLog(mã của thiết bị đã mở một sản phẩm)",
    "basket_holders": "HyperLogLog(mã của thiết bị đã bỏ món đầu tiên vào giỏ)",
    "commenters": "HyperLogLog(mã của thiết bị đã bình luận)",
    "buyers": "đếm(người mua khác nhau của các bút toán đặt hàng)",
    "revenue_net_vnd": "tổng theo đơn của nhỏ nhất(đã giao - đã trả hàng, đã trả tiền - đã hoàn tiền)",
    "views_per_imported_impression_percent": "views (đo) / lượt tiếp cận (nhập, mọi nền tảng cộng lại) * 100",
    "outside_viewers": "số gần nhất báo về cho nền tảng",
    "outside_viewers_peak": "lớn nhất(các số báo về cho nền tảng)",
}
_WINDOWS: Final = {
    "session start to session end": "từ lúc bắt đầu đến lúc kết thúc phiên",
    "all ledger entries of the session up to as_of; later facts are new entries at their own time": (
        "mọi bút toán của phiên đến thời điểm của số liệu; việc về sau là bút toán mới vào lúc của nó"
    ),
}
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LABELS: Final = {each.name: each.label_vi for each in DEFINITIONS}
_OF_LEDGER: Final = {
    name: f"{how} {kind.label_vi})"
    for kind in COUNTED_KINDS
    for name, how in (
        (kind.orders, "đếm(bút toán"),
        (kind.units, "tổng(số sản phẩm của bút toán"),
        (kind.revenue_vnd, "tổng(giá trị hàng của bút toán"),
        (kind.shipping_vnd, "tổng(phí giao của bút toán"),
    )
}


def formula_vi(meaning: MetricDefinition) -> str:
    """The formula of a figure in Vietnamese."""
    words = _OF_LEDGER.get(meaning.name) or _WRITTEN.get(meaning.name, meaning.formula)
    return _NAME.sub(_label, words).replace("*", "\N{MULTIPLICATION SIGN}").replace("1000", "1.000")


def _label(name: re.Match[str]) -> str:
    return f"“{_LABELS[name[0]]}”" if name[0] in _LABELS else name[0]


def window_vi(meaning: MetricDefinition) -> str:
    """What the figure is counted over, in Vietnamese."""
    return _WINDOWS[meaning.window]
