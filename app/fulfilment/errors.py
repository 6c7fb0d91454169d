"""Why a step of an order or a payment is refused. Codes are the contract with every client."""

from __future__ import annotations

from app.errors import BadRequest, Conflict, NotFound


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
    """So many complaints of an order wait for an answer that another one helps nobody."""

    code = "complaints_wait"
    title_vi = "Người bán chưa trả lời các khiếu nại trước của bạn."
    title_en = "Your earlier complaints still wait for the seller's answer."


class StateNotReachable(Conflict):
    """`details["had"]` lists the entries the order has, `details["kind"]` the one that cannot follow them."""

    code = "order_state_not_reachable"
    title_vi = "Đơn này không thể chuyển sang trạng thái đó."
    title_en = "The order cannot take that step from where it is."
