"""Lists of columns that ship with the service: to copy and change. None of them was seen on a file of the carrier's own (docs/carriers.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from app.carriers.mapping import Carrier, Column, FileColumns, TrackingColumns
from app.carriers.states import CarrierState


@dataclass(frozen=True, slots=True)
class ReadyMapping:
    """One of them, with an id that is the same everywhere."""

    mapping_id: UUID
    name: str
    carrier: Carrier
    content: FileColumns | TrackingColumns


def _column(head: str, field: str, fixed: str = "") -> Column:
    return Column.model_validate({"head": head, "field": field, "fixed": fixed})


_GHN_FILE = FileColumns(
    columns=[
        _column("Họ tên người nhận", "receiver_name"),
        _column("Số điện thoại người nhận", "phone"),
        _column("Địa chỉ", "address_line"),
        _column("Gói cước", "fixed"),
        _column("Yêu cầu đơn hàng", "fixed", "Cho xem hàng không cho thử"),
        _column("Tên sản phẩm", "content"),
        _column("Số lượng", "quantity"),
        _column("Khối lượng (gram)", "weight_grams"),
        _column("Chiều dài (cm)", "length_cm"),
        _column("Chiều rộng (cm)", "width_cm"),
        _column("Chiều cao (cm)", "height_cm"),
        _column("Giá trị hàng hóa", "value_vnd"),
        _column("Khai giá (Có/Không)", "fixed", "Không"),
        _column("Tiền thu hộ (COD)", "cod_vnd"),
        _column("Shop trả phí vận chuyển", "fixed", "Có"),
        _column("Gửi hàng tại bưu cục", "fixed", "Không"),
        _column("Mã hàng riêng của shop", "parcel_code"),
        _column("Ghi chú thêm", "note"),
        _column("Ca lấy hàng", "fixed"),
        _column("Giao thất bại thu tiền", "fixed"),
    ],
    cod_max_vnd=50_000_000,
    weight_max_grams=50_000,
)
_GHTK_FILE = FileColumns(
    columns=[
        _column("Mã đơn hàng", "parcel_code"),
        _column("Tên khách hàng", "receiver_name"),
        _column("Số điện thoại", "phone"),
        _column("Địa chỉ chi tiết", "street"),
        _column("Phường/Xã", "ward"),
        _column("Quận/Huyện", "old_district"),
        _column("Tỉnh/Thành phố", "province"),
        _column("Tên hàng hóa", "content"),
        _column("Số lượng", "quantity"),
        _column("Khối lượng (gram)", "weight_grams"),
        _column("Tiền thu hộ (đồng)", "cod_vnd"),
        _column("Giá trị hàng hóa (đồng)", "value_vnd"),
        _column("Người trả phí ship", "fixed", "Shop"),
        _column("Ghi chú", "note"),
    ],
    cod_max_vnd=20_000_000,
    weight_max_grams=20_000,
)
_GHN_STATES: Mapping[str, CarrierState] = {
    "Đã lấy hàng": "handed_over",
    "Đang luân chuyển": "delivering",
    "Lưu kho": "delivering",
    "Đang trung chuyển hàng": "delivering",
    "Đang giao hàng": "delivering",
    "Giao hàng thành công": "delivered",
    "Đã giao hàng": "delivered",
    "Giao hàng không thành công": "failed",
    "Giao thất bại": "failed",
    "Chờ chuyển hoàn": "returning",
    "Chuyển hoàn": "returning",
    "Đang chuyển hoàn": "returning",
    "Đã chuyển hoàn": "returned",
    "Chuyển hoàn thành công": "returned",
    "picked": "handed_over",
    "storing": "delivering",
    "transporting": "delivering",
    "sorting": "delivering",
    "delivering": "delivering",
    "money_collect_delivering": "delivering",
    "delivered": "delivered",
    "delivery_fail": "failed",
    "waiting_to_return": "returning",
    "return": "returning",
    "return_transporting": "returning",
    "return_sorting": "returning",
    "returning": "returning",
    "returned": "returned",
}
_GHTK_STATES: Mapping[str, CarrierState] = {
    "Đã lấy hàng/Đã nhập kho": "handed_over",
    "Đã lấy hàng": "handed_over",
    "Đã nhập kho": "handed_over",
    "Đã điều phối giao hàng/Đang giao hàng": "delivering",
    "Đang giao hàng": "delivering",
    "Đã giao hàng/Chưa đối soát": "delivered",
    "Đã giao hàng": "delivered",
    "Đã đối soát": "delivered",
    "Không giao được hàng": "failed",
    "Delay giao hàng": "failed",
    "Đang trả hàng": "returning",
    "Đang trả hàng (COD cầm hàng đi trả)": "returning",
    "Đã trả hàng": "returned",
    "Đã trả hàng (COD đã trả xong hàng)": "returned",
    "Đã đối soát công nợ trả hàng": "returned",
}


API_NEEDS = FileColumns(
    columns=[
        _column("id", "parcel_code"),
        _column("name", "receiver_name"),
        _column("tel", "phone"),
        _column("address", "street"),
        _column("ward", "ward"),
        _column("province", "province"),
        _column("district", "old_district"),
        _column("total_weight", "weight_grams"),
    ],
    cod_max_vnd=_GHTK_FILE.cod_max_vnd,
    weight_max_grams=_GHTK_FILE.weight_max_grams,
)
"""What a parcel must have before it is given to GHTK's API."""


def _id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"ocop-live carrier mapping {name}")


READY: tuple[ReadyMapping, ...] = (
    ReadyMapping(_id_of("ghn file"), "GHN: tạo đơn hàng loạt", "ghn", _GHN_FILE),
    ReadyMapping(_id_of("ghtk file"), "GHTK: đăng đơn hàng loạt", "ghtk", _GHTK_FILE),
    ReadyMapping(
        _id_of("ghn tracking"), "GHN: danh sách đơn", "ghn",
        TrackingColumns(
            heads={
                "parcel_code": "Mã đơn khách hàng", "tracking_code": "Mã đơn hàng", "state": "Trạng thái", "time": "Ngày cập nhật",
                "collected": "Tiền thu hộ (COD)",
            },
            states=dict(_GHN_STATES),
        ),
    ),
    ReadyMapping(
        _id_of("ghtk tracking"), "GHTK: danh sách đơn", "ghtk",
        TrackingColumns(
            heads={
                "parcel_code": "Mã đơn khách hàng", "tracking_code": "Mã đơn GHTK", "state": "Trạng thái", "time": "Thời gian cập nhật",
                "collected": "Tiền thu hộ",
            },
            states=dict(_GHTK_STATES),
        ),
    ),
)  # fmt: skip
