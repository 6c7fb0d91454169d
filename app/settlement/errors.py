"""Why something is not done with a settlement. Codes are the contract with every client."""

from __future__ import annotations

from app.errors import BadRequest, Conflict, NotFound, Unavailable


class SettlementNotFound(NotFound):
    code = "settlement_not_found"
    title_vi = "Không tìm thấy bảng quyết toán này."
    title_en = "There is no such settlement."


class SettlementChanged(Conflict):
    """What was looked at is not what would be agreed by now: somebody agreed meanwhile, or a fee, an amount or a rule came."""

    code = "settlement_changed"
    title_vi = "Số liệu vừa thay đổi: mời xem lại bảng quyết toán rồi chốt."
    title_en = "The figures have just changed: look at the settlement again before you agree."


class NothingToSettle(Conflict):
    code = "nothing_to_settle"
    title_vi = "Chưa có gì mới để chốt."
    title_en = "There is nothing new to agree on."


class SettlementPaid(Conflict):
    code = "settlement_paid"
    title_vi = "Bảng quyết toán này đã ghi là đã trả tiền."
    title_en = "This settlement has been paid already."


class NothingPayable(Conflict):
    """`details["payable_vnd"]`: not more than zero, so it is carried to the next settlement."""

    code = "nothing_payable"
    title_vi = "Bảng quyết toán này không có tiền phải trả: số âm được chuyển sang kỳ sau."
    title_en = "This settlement has nothing to pay: what is negative is carried to the next."


class MoreThanPayable(Conflict):
    """`details["payable_vnd"]`: what is payable of the settlement, the most that can be noted as paid."""

    code = "more_than_payable"
    title_vi = "Số tiền này nhiều hơn số còn phải trả của bảng quyết toán."
    title_en = "This is more than what is payable of the settlement."


class PaidInFuture(BadRequest):
    code = "paid_in_future"
    title_vi = "Ngày trả tiền không thể ở tương lai."
    title_en = "The day of payment cannot be in the future."


class PaidTooEarly(BadRequest):
    """`details["earliest"]`: the first day that is accepted, 366 days before the day of agreeing."""

    code = "paid_too_early"
    title_vi = "Ngày trả tiền sớm hơn ngày chốt quá một năm."
    title_en = "The day of payment is more than a year before the settlement was agreed."


class ChargeNotFound(NotFound):
    """There is no such amount, or it stands in an agreed settlement and stays there."""

    code = "charge_not_found"
    title_vi = "Không tìm thấy khoản này, hoặc khoản này đã chốt."
    title_en = "There is no such amount, or it is agreed already."


class TooManyCharges(Conflict):
    """`details["limit"]`: amounts that may wait for one settlement."""

    code = "too_many_charges"
    title_vi = "Quá nhiều khoản nhập tay trong một kỳ."
    title_en = "Too many amounts by hand for one settlement."


class SettlementTooLarge(Conflict):
    """`details["limit"]`: orders in one file or one settlement."""

    code = "settlement_too_large"
    title_vi = "Quá nhiều đơn cho một bảng quyết toán: hãy chốt theo từng phiên."
    title_en = "Too many orders for one settlement: settle session by session."


class SettlementsBeingSummed(Unavailable):
    """Long ledgers are read for the first time since this worker began; what was read is kept, so ask again."""

    code = "settlements_being_summed"
    title_vi = "Số liệu quyết toán đang được tổng hợp, mời xem lại sau ít giây."
    title_en = "The figures of settlements are being put together, please look again in a few seconds."
