"""Why a step of an order or a payment is refused. Codes are the contract with every client."""

from __future__ import annotations

from app.errors import BadRequest, Conflict, NotFound, NotSignedIn


class OrderNotFound(NotFound):
    code = "order_not_found"
    title_vi = "Không tìm thấy đơn này."
    title_en = "There is no such order."


class PaymentNotFound(NotFound):
    code = "payment_not_found"
    title_vi = "Không tìm thấy khoản tiền này trong danh sách cần xem."
    title_en = "There is no such payment on the work list."


class BankAccountNotFound(NotFound):
    code = "bank_account_not_found"
    title_vi = "Không tìm thấy tài khoản này."
    title_en = "There is no such bank account."


class AccountNumbersDiffer(BadRequest):
    """An account is typed twice, because whoever changes it unseen takes the money."""

    code = "account_numbers_differ"
    title_vi = "Hai lần nhập số tài khoản không giống nhau."
    title_en = "The account number was not typed the same twice."


class UnknownBank(BadRequest):
    code = "unknown_bank"
    title_vi = "Không có ngân hàng này trong danh sách VietQR."
    title_en = "No bank of this BIN takes transfers by VietQR."


class BankFeedNotFound(NotFound):
    code = "bank_feed_not_found"
    title_vi = "Chưa nhận báo tiền về từ nơi này."
    title_en = "No notices of this provider are taken."


class NoticeNotGenuine(NotSignedIn):
    """A wrong signature, or no such address; nobody learns which."""

    code = "notice_not_genuine"
    title_vi = "Báo tiền về không đúng chữ ký."
    title_en = "The notice's signature does not fit."


class NothingToTransfer(Conflict):
    """The order is paid or over, or its seller has named no account."""

    code = "nothing_to_transfer"
    title_vi = "Đơn này không cần chuyển khoản."
    title_en = "There is nothing to transfer for this order."


class ComplaintNotFound(NotFound):
    code = "complaint_not_found"
    title_vi = "Không tìm thấy khiếu nại này, hoặc đã có người trả lời."
    title_en = "There is no such complaint, or it has been answered already."


class OrderNoLongerYours(Conflict):
    """The buyer alone may not change it any more; `details["state"]` says how far the order is."""

    code = "order_no_longer_yours"
    title_vi = "Người bán đã nhận xử lý đơn này, nên bạn không tự sửa hay hủy được nữa."
    title_en = "The seller is working on this order, so you can no longer change or cancel it by yourself."


class ComplaintsWait(Conflict):
    """So many complaints of an order, or of a device about a session, wait for an answer that another one helps nobody."""

    code = "complaints_wait"
    title_vi = "Các khiếu nại trước của bạn còn chờ trả lời."
    title_en = "Your earlier complaints still wait for an answer."


class StateNotReachable(Conflict):
    """`details["had"]` lists the entries the order has, `details["kind"]` the one that cannot follow them."""

    code = "order_state_not_reachable"
    title_vi = "Đơn này không thể chuyển sang trạng thái đó."
    title_en = "The order cannot take that step from where it is."


class OrderChangedMeanwhile(Conflict):
    """Somebody else has changed the order since it was read; `details["seen_seq"]`, `details["last_seq"]`."""

    code = "order_changed_meanwhile"
    title_vi = "Đơn này vừa được người khác đổi, mời xem lại trước khi đổi tiếp."
    title_en = "Somebody else has just changed this order, please look again before you change it."


class NothingToChange(BadRequest):
    """The order is already as it was asked to be."""

    code = "nothing_to_change"
    title_vi = "Đơn đã đúng như vậy, không có gì để đổi."
    title_en = "The order is like that already."


class OrderWouldBeEmpty(Conflict):
    """Nothing would be left of the order: then it is cancelled, with a reason."""

    code = "order_would_be_empty"
    title_vi = "Đơn sẽ không còn món nào: hãy hủy đơn thay vì đổi."
    title_en = "Nothing would be left of the order: cancel it instead."


class TooManyLines(BadRequest):
    """`details["limit"]`: one order has so many lines at most."""

    code = "too_many_lines"
    title_vi = "Một đơn không chứa được nhiều món như vậy."
    title_en = "An order cannot have so many lines."


class TooManyParts(Conflict):
    """`details["limit"]`: an order is changed, returned or refunded so many times at most."""

    code = "too_many_parts"
    title_vi = "Đơn này đã được đổi hoặc trả quá nhiều lần."
    title_en = "This order has been changed or returned too many times."


class ReturnTooLarge(Conflict):
    """`details["sold_by"]`, `details["left"]`: more than was delivered and has not come back yet."""

    code = "return_too_large"
    title_vi = "Số lượng trả nhiều hơn số khách đang giữ."
    title_en = "More units than the buyer still has."


class RefundTooLarge(Conflict):
    """`details["refundable_vnd"]`: more than was paid and not given back yet."""

    code = "refund_too_large"
    title_vi = "Số tiền hoàn nhiều hơn số khách đã trả."
    title_en = "More than the buyer has paid and not got back."


class PaidTooLittle(Conflict):
    """`details["owed_vnd"]`: a payment is less than what the order still costs."""

    code = "paid_too_little"
    title_vi = "Số tiền ít hơn số khách còn phải trả."
    title_en = "Less than the order still costs."
