"""Why a step of an order or a payment is refused. Codes are the contract with every client."""

from __future__ import annotations

from app.errors import Conflict, NotFound


class OrderNotFound(NotFound):
    code = "order_not_found"
    title_vi = "Không tìm thấy đơn này."
    title_en = "There is no such order."


class PaymentNotFound(NotFound):
    code = "payment_not_found"
    title_vi = "Không tìm thấy khoản tiền này trong danh sách cần xem."
    title_en = "There is no such payment on the work list."


class StateNotReachable(Conflict):
    """`details["had"]` lists the entries the order has, `details["kind"]` the one that cannot follow them."""

    code = "order_state_not_reachable"
    title_vi = "Đơn này không thể chuyển sang trạng thái đó."
    title_en = "The order cannot take that step from where it is."
