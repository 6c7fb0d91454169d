"""Why something is not done with a parcel. Codes are the contract with every client."""

from __future__ import annotations

from app.errors import BadRequest, Conflict, NotFound


class ParcelNotFound(NotFound):
    code = "parcel_not_found"
    title_vi = "Không tìm thấy kiện hàng này."
    title_en = "There is no such parcel."


class ParcelStateUnfit(Conflict):
    """`details["state"]`: what the parcel is; what was asked for is not done with such a one."""

    code = "parcel_state_unfit"
    title_vi = "Kiện hàng đang ở trạng thái không làm được việc này."
    title_en = "The parcel is in a state in which this is not done."


class ParcelNeedsLook(Conflict):
    """`details["looks_at"]`: an order in it has changed or is over; somebody has to look at it first."""

    code = "parcel_needs_look"
    title_vi = "Đơn trong kiện này đã thay đổi: hãy mở kiện ra xem lại."
    title_en = "An order in this parcel has changed: look at the parcel first."


class BuyersDiffer(Conflict):
    """`details["orders"]`: orders that do not go to one person at one address."""

    code = "parcel_buyers_differ"
    title_vi = "Các đơn này không cùng người nhận và địa chỉ, nên không gộp được."
    title_en = "These orders do not go to the same person at the same address."


class ProducersDiffer(Conflict):
    code = "parcel_producers_differ"
    title_vi = "Hai kiện này do hai chủ thể đóng gói, nên không gộp được."
    title_en = "These two parcels are packed by different producers."


class TooManyParcels(BadRequest):
    """`details["limit"]`: so many at once."""

    code = "too_many_parcels"
    title_vi = "Chọn quá nhiều một lần: hãy chia ra làm nhiều lượt."
    title_en = "Too many at once: do it in several goes."


class SplitUnfit(Conflict):
    """A split must leave something on both sides, of what is in the parcel."""

    code = "parcel_split_unfit"
    title_vi = "Không tách được như vậy: mỗi bên phải còn hàng, và hàng phải có trong kiện."
    title_en = "It cannot be split so: both sides need goods, and the goods must be in the parcel."


class WrongProduct(Conflict):
    """`details["product"]`: the name of what was scanned, if the organisation has it; it does not belong into this parcel."""

    code = "wrong_product"
    title_vi = "SAI HÀNG: món này không có trong kiện."
    title_en = "WRONG PRODUCT: it does not belong into this parcel."


class AlreadyAllIn(Conflict):
    """`details["product"]`, `details["quantity"]`: all units of it are in the box already."""

    code = "already_all_in"
    title_vi = "Món này đã đủ trong kiện."
    title_en = "All units of this product are in the parcel already."


class NothingPacked(Conflict):
    """There is no unit of it in the box that could be taken out."""

    code = "nothing_packed"
    title_vi = "Chưa có món này trong kiện để lấy ra."
    title_en = "There is none of it in the parcel to take out."


class NotAllIn(Conflict):
    """`details["missing"]`, `details["surplus"]`: units that are still to be counted in, and to be taken out."""

    code = "parcel_not_complete"
    title_vi = "Kiện chưa đúng đủ hàng."
    title_en = "The parcel does not hold exactly what it should."


class ReceiverErased(Conflict):
    """`details["codes"]`: parcels whose buyer's data is erased, so nobody knows where they go."""

    code = "parcel_receiver_erased"
    title_vi = "Dữ liệu người nhận đã được xóa, không in được địa chỉ."
    title_en = "The receiver's data is erased, there is no address to print."


class PrintTooLarge(BadRequest):
    """`details["limit"]`: so many parcels in one file."""

    code = "print_too_large"
    title_vi = "Quá nhiều kiện trong một tệp in."
    title_en = "Too many parcels for one file."
