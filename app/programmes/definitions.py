"""What the figures of programmes mean: one entry per field of `SalesSums`, `ClosingSums`, `Audience` and the league tables."""

from __future__ import annotations

from typing import Literal

from app.programmes.schemas import Definition

Source = Literal["measured", "derived"]


def _defined(name: str, source: Source, formula: str, vi: tuple[str, str], en: tuple[str, str]) -> Definition:
    return Definition(name=name, source=source, formula=formula, label_vi=vi[0], definition_vi=vi[1], label_en=en[0], definition_en=en[1])


_SALES = (
    _defined(
        "placed_vnd", "measured", "sum(value of goods of orders placed)",
        ("Tiền đặt hàng", "Giá trị hàng của mọi đơn đặt trong thời gian chương trình, chưa trừ đơn huỷ, chưa gồm phí giao."),
        ("Placed", "Value of the goods of all orders placed in the days of the programme: cancelled ones included, shipping fees not."),
    ),
    _defined(
        "confirmed_vnd", "measured", "sum(value of goods of orders confirmed)",
        ("Đã xác nhận", "Giá trị hàng của các đơn ấy mà người mua đã xác nhận, tính đến bây giờ, sau khi đổi đơn."),
        ("Confirmed", "Value of those orders that their buyers confirmed by now, as changed."),
    ),
    _defined(
        "delivered_vnd", "measured", "sum(value of goods delivered)",
        ("Đã giao", "Giá trị hàng đã giao đến tay người mua, kể cả hàng về sau bị trả lại."),
        ("Delivered", "Value of the goods delivered, those that came back later included."),
    ),
    _defined(
        "paid_vnd", "measured", "sum(min(delivered, paid) of each order)",
        ("Đã giao và thu tiền", "Phần hàng đã giao mà tiền đã về."),
        ("Delivered and collected", "What of the goods delivered has been paid for."),
    ),
    _defined(
        "net_vnd", "measured", "sum(delivered and collected, less returned or refunded)",
        ("Thực thu", "Tiền hàng đã giao, đã thu, trừ hàng trả và tiền hoàn."),
        ("Net", "Goods delivered and collected, less what came back or was refunded."),
    ),
    _defined(
        "orders_placed", "measured", "count(orders)",
        ("Số đơn đặt", "Đơn được ghi vào sổ; mỗi đơn đếm một lần, theo ngày đặt."),
        ("Orders placed", "Orders written to the ledger, each once, by the day it was placed."),
    ),
    _defined(
        "session_buyers", "measured", "sum(buyers of each session)",
        ("Lượt người mua theo phiên", "Số người mua của từng phiên cộng lại; người mua ở hai phiên được đếm hai lần."),
        ("Buyers per session, added up", "Buyers of each session added up: who bought in two sessions is counted twice."),
    ),
    _defined(
        "kept_vnd", "measured", "placed + changed - cancelled - expired - returned",
        ("Giá trị hàng giữ lại", "Hàng đã đặt, cộng trừ phần đổi, trừ đơn huỷ, đơn hết hạn và hàng trả lại."),
        ("Value kept", "Goods placed, with changes, less what was cancelled, expired or came back."),
    ),
)  # fmt: skip
_AUDIENCE = (
    _defined(
        "views", "measured", "sum(views of each session)",
        ("Lượt xem", "Số lần vào phòng của các phiên có đo; vào lại sau 30 giây là một lượt mới."),
        ("Views", "Entries into the rooms of measured sessions; back after 30 seconds is another view."),
    ),
    _defined(
        "unique_viewers", "measured", "distinct devices over all measured sessions (HyperLogLog union)",
        ("Người xem", "Số thiết bị khác nhau đã vào các phiên có đo, mỗi thiết bị đếm một lần dù xem nhiều phiên; ước lượng, sai số khoảng 0,8 %."),
        ("Unique viewers", "Different devices in the measured sessions, each once however many it watched; an estimate, within some 0.8 %."),
    ),
    _defined(
        "session_unique_viewers", "measured", "sum(unique viewers of each session)",
        ("Người xem từng phiên cộng lại", "Số thiết bị của từng phiên cộng lại; ai xem hai phiên được đếm hai lần, nên đây không phải số người xem của chương trình."),
        ("Unique viewers of each session, added up", "Devices of each session added up: who watched two sessions is counted twice, so this is not the programme's number of viewers."),
    ),
)  # fmt: skip
_RATES = (
    _defined(
        "lost_per_order_placed_percent", "derived", "(cancelled + expired orders) / orders placed x 100",
        ("Đơn huỷ, hết hạn trên 100 đơn đặt", "Trong 100 đơn đặt có bao nhiêu đơn bị huỷ hoặc hết hạn xác nhận. Dưới 20 đơn đặt thì không tính."),
        ("Lost per 100 orders placed", "Orders cancelled or expired of 100 placed. Not computed for fewer than 20 orders placed."),
    ),
    _defined(
        "returned_per_order_delivered_percent", "derived", "orders with a return / orders delivered x 100",
        ("Đơn trả hàng trên 100 đơn giao", "Trong 100 đơn đã giao có bao nhiêu đơn trả lại hàng, dù một phần. Dưới 20 đơn giao thì không tính."),
        ("Returned per 100 orders delivered", "Orders of which something came back, of 100 delivered. Not computed for fewer than 20 orders delivered."),
    ),
    _defined(
        "net_per_session_vnd", "derived", "net_vnd / sessions and booths",
        ("Thực thu mỗi phiên", "Thực thu chia cho số phiên và gian hàng của nhóm: để nhóm có ít phiên không thua chỉ vì ít phiên."),
        ("Net per session", "Net divided by the group's sessions and booths, so that who held few is not behind for that alone."),
    ),
    _defined(
        "buyers_per_unique_viewer_percent", "derived", "buyers of each stream / unique viewers of each stream x 100, both added up",
        ("Người mua trên 100 người xem từng phiên", "Chỉ tính các phiên có đo người xem; cả hai số đều cộng từng phiên. Dưới 100 người xem thì không tính."),
        ("Buyers per 100 unique viewers of the same sessions", "Streams with measured viewers only; both are added up session by session. Not computed below 100 viewers."),
    ),
)  # fmt: skip

_COMPARED = _defined(
    "placed_per_1000_views_vnd", "derived", "placed_vnd / views x 1000",
    ("Tiền đặt hàng trên 1.000 lượt xem", "Giá trị hàng đặt chia cho số lượt xem của phiên, nhân 1.000. Dưới 100 lượt xem thì không tính."),
    ("Placed per 1,000 views", "Value placed divided by the session's views, times 1,000. Not computed below 100 views."),
)  # fmt: skip

OF_REPORTS = (*_SALES[:-1], *_AUDIENCE)
OF_LEAGUES = (*_SALES, *_RATES)
OF_COMPARISONS = (*_SALES[:-1], *_AUDIENCE[:1], *_RATES[:2], *_RATES[3:], _COMPARED)
