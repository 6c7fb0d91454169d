"""Why an order or an offer is refused. Codes are the contract with every client."""

from __future__ import annotations

from app.errors import BadRequest, Conflict, NotFound, Unavailable


class SoldOut(Conflict):
    """`details["offer_id"]` or `details["product_id"]`, `details["remaining"]`: fewer units are left than were asked for."""

    code = "sold_out"
    title_vi = "Đã hết hàng."
    title_en = "Sold out."


class ViewerLimitReached(Conflict):
    """`details["limit"]`, `details["already_ordered"]`: counted over the device and the phone number."""

    code = "viewer_limit_reached"
    title_vi = "Mỗi người chỉ được đặt số lượng có hạn cho món này."
    title_en = "The limit per viewer is reached."


class HoldOver(Conflict):
    """The units that were set aside for this order are free again; hold them anew first."""

    code = "hold_over"
    title_vi = "Đã hết thời gian giữ hàng."
    title_en = "The units are not held any more."


class OfferNotOpen(Conflict):
    code = "offer_not_open"
    title_vi = "Ưu đãi này chưa mở hoặc đã kết thúc."
    title_en = "This offer is not open."


class OfferAlreadyOpened(Conflict):
    """Only an offer that waits can be changed or dropped; an open one is extended or ended."""

    code = "offer_already_opened"
    title_vi = "Ưu đãi này đã mở hoặc đã kết thúc."
    title_en = "This offer has opened already."


class OfferNotFound(NotFound):
    code = "offer_not_found"
    title_vi = "Không tìm thấy ưu đãi này."
    title_en = "There is no such offer in this session."


class NotOnShelf(NotFound):
    """`details["product_id"]`: it has no stock of its own in this session, or was taken off the run-down."""

    code = "not_on_shelf"
    title_vi = "Sản phẩm này không bán lẻ trong phiên."
    title_en = "This product is not on the shelf of the session."


class PriceChanged(Conflict):
    """`details["product_id"]`, `details["unit_price_vnd"]`: the price is another one than the buyer was shown; nothing was placed."""

    code = "price_changed"
    title_vi = "Giá vừa thay đổi, mời xem lại trước khi đặt."
    title_en = "The price has just changed, please look again before ordering."


class ShippingFeeChanged(Conflict):
    """`details["shipping_vnd"]`: the fee is another one than the buyer was shown; nothing was placed."""

    code = "shipping_fee_changed"
    title_vi = "Phí giao hàng vừa thay đổi, mời xem lại trước khi đặt."
    title_en = "The shipping fee has just changed, please look again before ordering."


class StockBelowSold(Conflict):
    """`details["sold"]`, `details["held"]`: a pool cannot have fewer units than were sold and are held for people who were called."""

    code = "stock_below_sold"
    title_vi = "Số lượng không thể ít hơn số đã bán và đang giữ."
    title_en = "There cannot be fewer units than were sold and are held."


class KeyReused(Conflict):
    """The key belongs to an order with other content; nothing was placed."""

    code = "key_reused"
    title_vi = "Mã đơn này đã dùng cho một đơn khác."
    title_en = "This key was used for an order with other content."


class InvalidPhone(BadRequest):
    code = "invalid_phone"
    title_vi = "Số điện thoại chưa đúng."
    title_en = "This is not a Vietnamese phone number."


class AmountTooLarge(BadRequest):
    """`details["total_vnd"]`, `details["limit_vnd"]`: one order is worth more than any amount may be; nothing was placed."""

    code = "amount_too_large"
    title_vi = "Tổng tiền của đơn vượt quá mức cho phép, mời giảm số lượng."
    title_en = "The order is worth more than one order may be."


class PriceRuleBroken(BadRequest):
    """The flash price is above the regular price, or a quantity or time is out of range."""

    code = "invalid_offer"
    title_vi = "Ưu đãi chưa hợp lệ."
    title_en = "The offer is not valid."


class HalfPriceRule(BadRequest):
    """Below half of the price before it, without evidence; `details` has that price and the least one that needs none."""

    code = "half_price_rule"
    title_vi = "Giá ưu đãi thấp hơn một nửa giá trước khuyến mại."
    title_en = "The flash price is below half of the price before the promotion."


class Busy(Unavailable):
    """More orders wait than can be written in time; nothing was placed, repeat with the same key."""

    code = "busy"
    title_vi = "Đơn đang vào rất đông, mời bấm lại sau giây lát."
    title_en = "Many orders at once, please try again in a moment."


class OfferStillAvailable(Conflict):
    """No need to wait: units can be ordered right now."""

    code = "offer_still_available"
    title_vi = "Món này vẫn còn hàng, mời đặt ngay."
    title_en = "There are units left, order right away."


class WaitlistFull(Conflict):
    code = "waitlist_full"
    title_vi = "Danh sách chờ đã đầy."
    title_en = "The waitlist is full."


class OrderCannotBeWritten(BadRequest):
    """Something in this order can never be stored, as it is; nothing was placed and a repeat will not help."""

    code = "order_cannot_be_written"
    title_vi = "Đơn này có nội dung không lưu được, mời kiểm tra lại."
    title_en = "This order cannot be stored as it is."


class SpoiltOrder(Exception):
    """Raised while a batch is decided: the order at `index` cannot be. `__cause__` says why; the others are not to blame."""

    def __init__(self, index: int) -> None:
        super().__init__(f"order {index} of the batch cannot be decided")
        self.index = index
