"""Words of settlements on paper and in sheets: Vietnamese, as everything that is signed."""

from __future__ import annotations

from typing import Final

KINDS: Final = {"company": "Công ty", "cooperative": "Hợp tác xã", "cooperative_group": "Tổ hợp tác", "household": "Hộ kinh doanh"}
STATES: Final = {
    "open": "BẢN NHÁP, CHƯA CHỐT",
    "agreed": "ĐÃ CHỐT, CHƯA TRẢ",
    "paid": "ĐÃ TRẢ",
    "part_paid": "ĐÃ TRẢ MỘT PHẦN, PHẦN CÒN LẠI CHUYỂN KỲ SAU",
    "carried": "ĐÃ CHỐT, CHUYỂN KỲ SAU",
}
FIGURES: Final = {
    "placed": "Đã đặt",
    "changed": "Đổi đơn",
    "cancelled": "Hủy",
    "expired": "Quá hạn",
    "refused": "Khách không nhận",
    "under_way": "Đang xử lý",
    "delivered": "Đã giao",
    "returned": "Trả hàng",
    "waiting": "Giao, chưa thu",
    "let_off": "Hoàn thêm",
    "net": "Thực thu",
}
OF_ORDER: Final = {
    "shipping": "Phí giao thu của khách",
    "carrier_fee": "Cước vận chuyển",
    "direct_goods": "Tiền hàng khách trả thẳng",
    "direct_shipping": "Phí giao khách trả thẳng",
}
SUMS: Final = {
    "opening_vnd": "Số dư chuyển từ kỳ trước",
    "goods_vnd": "Tiền hàng đã giao và đã thu, trừ trả hàng và hoàn tiền",
    "shipping_vnd": "Phí giao hàng thu của khách",
    "carrier_fee_vnd": "Cước trả đơn vị vận chuyển",
    "direct_vnd": "Khách đã chuyển thẳng vào tài khoản chủ thể",
    "vat_vnd": "Khấu trừ thuế GTGT",
    "pit_vnd": "Khấu trừ thuế TNCN",
    "by_hand_carrier_fee_vnd": "Cước vận chuyển nhập tay",
    "by_hand_deduction_vnd": "Khoản trừ nhập tay",
    "by_hand_addition_vnd": "Khoản cộng nhập tay",
    "payable_vnd": "CÒN PHẢI TRẢ CHỦ THỂ",
}
CHARGES: Final = {"carrier_fee": "Cước vận chuyển", "deduction": "Khoản trừ", "addition": "Khoản cộng"}


def vnd(amount: int) -> str:
    return f"{amount:,} ₫".replace(",", ".")
