"""Expected failures of the catalogue.

AppError
 ├─ BadRequest ── InvalidAddress    400 invalid_address
 └─ NotFound   ── ProvinceNotFound  404 province_not_found
               ├─ ProducerNotFound  404 producer_not_found
               └─ ProductNotFound   404 product_not_found
"""

from __future__ import annotations

from app.errors import BadRequest, NotFound


class InvalidAddress(BadRequest):
    """No such province or ward today, or the ward lies in another province.

    `details` repeats both codes, names the reason (`unknown_province`, `unknown_ward`, `other_province`, `no_longer`, `not_yet`) and says
    what to do.
    """

    code = "invalid_address"
    title_vi = "Địa chỉ chưa đúng: mời chọn lại tỉnh, thành phố và xã, phường."
    title_en = "The ward does not exist in this province."


class ProvinceNotFound(NotFound):
    code = "province_not_found"
    title_vi = "Không có tỉnh, thành phố nào mang mã này."
    title_en = "There is no province with this code."


class ProducerNotFound(NotFound):
    """Also for producers of other organisations: nobody learns that they exist."""

    code = "producer_not_found"
    title_vi = "Không tìm thấy chủ thể OCOP này."
    title_en = "There is no such producer."


class ProductNotFound(NotFound):
    """Also for products of other organisations. `details["product_ids"]` lists those that are missing, where several were asked for."""

    code = "product_not_found"
    title_vi = "Không tìm thấy sản phẩm này."
    title_en = "There is no such product."
