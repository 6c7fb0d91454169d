"""Why the desk refuses a colleague. Codes are the contract with every client."""

from __future__ import annotations

from app.errors import BadRequest, Conflict, NotFound


class OrderInHand(Conflict):
    """`details["who"]` is the colleague's name, `details["until_ms"]` until when they have it unless they go on."""

    code = "order_in_hand"
    title_vi = "Đồng nghiệp đang giữ đơn này."
    title_en = "A colleague has this order in hand."


class TooLateToUndo(Conflict):
    code = "undo_too_late"
    title_vi = "Bước này đã ghi vào sổ, không hoàn tác được nữa."
    title_en = "This step has been written and cannot be taken back any more."


class NotOfTheDesk(NotFound):
    code = "colleague_not_found"
    title_vi = "Không tìm thấy đồng nghiệp này, hoặc họ không làm ở bàn chốt đơn."
    title_en = "There is no such colleague, or they do not work orders of this session."


class NotesFull(Conflict):
    code = "notes_full"
    title_vi = "Đơn này đã có quá nhiều ghi chú."
    title_en = "There are too many notes on this order already."


class CallTimeUnfit(BadRequest):
    """`details["latest_ms"]`: as late as a call may be put off."""

    code = "call_time_unfit"
    title_vi = "Giờ gọi lại phải ở sau lúc này và không quá 14 ngày."
    title_en = "The time to call again must be ahead, and within 14 days."
