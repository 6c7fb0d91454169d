"""Expected failures of sessions.

AppError
 ├─ NotFound    ── SessionNotFound      404 session_not_found
 ├─ BadRequest  ── InvalidProducts      400 invalid_products
 │              ├─ InvalidHost          400 invalid_host
 │              └─ InvalidWard          400 invalid_ward
 ├─ Forbidden   ── NotYourSession       403 not_your_session
 └─ Conflict    ── SessionNotLive       409 session_not_live
                ├─ SessionClosed        409 session_closed
                ├─ TransitionRefused    409 transition_refused
                ├─ SessionIncomplete    409 session_incomplete
                ├─ BoothHasNoPlan       409 booth_has_no_plan
                ├─ BoothHasNoGoods      409 booth_has_no_goods
                └─ ProductNotInSession  409 product_not_in_session
"""

from __future__ import annotations

from app.errors import BadRequest, Conflict, Forbidden, NotFound


class SessionNotFound(NotFound):
    code = "session_not_found"
    title_vi = "Không tìm thấy phiên này."
    title_en = "There is no such session."


class InvalidProducts(BadRequest):
    """A product is listed twice, unknown, withdrawn, or of another organisation; `details["product_ids"]` says which."""

    code = "invalid_products"
    title_vi = "Danh sách sản phẩm của phiên chưa đúng."
    title_en = "The list of products is not right."


class InvalidHost(BadRequest):
    code = "invalid_host"
    title_vi = "Người dẫn được chọn không thuộc đơn vị này."
    title_en = "The chosen host is not a user of this organisation."


class InvalidWard(BadRequest):
    """No commune has this code, it is not one's own, or the session is a booth, which belongs where its producer is; `details["ward_code"]`."""

    code = "invalid_ward"
    title_vi = "Không giao phiên cho xã, phường này được."
    title_en = "This commune cannot hold the session."


class NotYourSession(Forbidden):
    """Another organisation's session, or one that somebody else hosts."""

    code = "not_your_session"
    title_vi = "Phiên này do người khác phụ trách."
    title_en = "Somebody else is in charge of this session."


class SessionNotLive(Conflict):
    """Only a live session takes viewers, comments and orders; `details["state"]` says where it stands."""

    code = "session_not_live"
    title_vi = "Phiên hiện không phát trực tiếp."
    title_en = "This session is not live."


class SessionClosed(Conflict):
    """An ended session cannot be changed any more."""

    code = "session_closed"
    title_vi = "Phiên đã kết thúc nên không sửa được nữa."
    title_en = "The session has ended and cannot be changed."


class TransitionRefused(Conflict):
    """This move does not exist from the present state; `details` has `state` and `to`."""

    code = "transition_refused"
    title_vi = "Không thể chuyển phiên sang trạng thái đó."
    title_en = "The session cannot move there from its present state."


class SessionIncomplete(Conflict):
    """Something is missing before the move; `details["missing"]` lists what."""

    code = "session_incomplete"
    title_vi = "Phiên còn thiếu thông tin."
    title_en = "The session is not complete yet."


class BoothHasNoPlan(Conflict):
    """A booth is open until it is closed: no planned time fits it."""

    code = "booth_has_no_plan"
    title_vi = "Gian hàng mở liên tục nên không có giờ hẹn."
    title_en = "A booth is always open and has no planned time."


class BoothHasNoGoods(Conflict):
    """Nothing of the producer is offered at present."""

    code = "booth_has_no_goods"
    title_vi = "Nhà sản xuất chưa có sản phẩm nào đang bán."
    title_en = "The producer has no active product."


class ProductNotInSession(Conflict):
    code = "product_not_in_session"
    title_vi = "Sản phẩm này không có trong phiên."
    title_en = "This product is not in the session."
