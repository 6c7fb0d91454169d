"""Expected failures of the catalogue.

AppError
 ├─ BadRequest      ── InvalidAddress        400 invalid_address
 │                  ├─ InvalidVideoUrl       400 invalid_video_url
 │                  ├─ PictureNotSupported   415 picture_not_supported
 │                  ├─ PictureAnimated       415 picture_animated
 │                  ├─ PictureTooManyPixels  413 picture_too_many_pixels
 │                  ├─ PictureBroken         400 picture_broken
 │                  ├─ SheetUnreadable       400 sheet_unreadable
 │                  └─ SheetHasProblems      422 sheet_has_problems
 ├─ NotFound        ── ProvinceNotFound      404 province_not_found
 │                  ├─ ProducerNotFound      404 producer_not_found
 │                  ├─ ProductNotFound       404 product_not_found
 │                  ├─ PictureNotFound       404 picture_not_found
 │                  └─ LoginNotFound         404 login_not_found
 ├─ Conflict        ── ProductCodeTaken      409 product_code_taken
 │                  ├─ PictureInUse          409 picture_in_use
 │                  ├─ TooManyPictures       409 too_many_pictures
 │                  ├─ ProductsIncomplete    409 products_incomplete
 │                  └─ AlcoholNotShown       409 alcohol_not_shown
"""

from __future__ import annotations

from app.errors import BadRequest, Conflict, NotFound


class InvalidAddress(BadRequest):
    """No such province or ward today, or the ward lies in another province.

    `details` repeats both codes, names the reason (`unknown_province`, `unknown_ward`, `other_province`, `no_longer`, `not_yet`) and says
    what to do.
    """

    code = "invalid_address"
    title_vi = "Địa chỉ chưa đúng: mời chọn lại tỉnh, thành phố và xã, phường."
    title_en = "The ward does not exist in this province."


class InvalidVideoUrl(BadRequest):
    """The video link is none of the kinds that can be shown; `details["accepted"]` says which are."""

    code = "invalid_video_url"
    title_vi = "Đường dẫn video chưa đúng. Dùng được YouTube, Facebook, TikTok hoặc HLS (.m3u8)."
    title_en = "This video link cannot be used. YouTube, Facebook, TikTok and HLS (.m3u8) links work."


class PictureNotSupported(BadRequest):
    """The content, whatever the file is called, is no JPEG, PNG, WebP or HEIC; `details["found"]` says what it looks like."""

    code = "picture_not_supported"
    http_status = 415
    title_vi = "Tệp này không phải ảnh JPEG, PNG, WebP hay HEIC."
    title_en = "This file is no JPEG, PNG, WebP or HEIC picture."


class PictureAnimated(BadRequest):
    code = "picture_animated"
    http_status = 415
    title_vi = "Ảnh động không dùng được, mời chọn ảnh thường."
    title_en = "Animated pictures cannot be used."


class PictureTooManyPixels(BadRequest):
    """`details` has `width`, `height` and `max_pixels`; refused before anything is decoded."""

    code = "picture_too_many_pixels"
    http_status = 413
    title_vi = "Ảnh có quá nhiều điểm ảnh."
    title_en = "The picture has too many pixels."


class PictureBroken(BadRequest):
    """The file begins like a picture, but it is cut off, damaged, or takes too long to read."""

    code = "picture_broken"
    title_vi = "Ảnh bị hỏng hoặc chưa tải lên hết."
    title_en = "The picture is damaged or incomplete."


class SheetUnreadable(BadRequest):
    """The file as a whole cannot be read; `details["reason"]` says why, see `sheet_reading.py`."""

    code = "sheet_unreadable"
    title_vi = "Không đọc được tệp bảng này."
    title_en = "This table cannot be read."


class SheetHasProblems(BadRequest):
    """Some rows are not right and nobody said to take the others; nothing was changed. `details["problems"]` counts them."""

    code = "sheet_has_problems"
    http_status = 422
    title_vi = "Bảng còn dòng chưa đúng nên chưa nhập dòng nào."
    title_en = "Some rows are not right, so nothing was imported."


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


class PictureNotFound(NotFound):
    """Also for pictures of other organisations or producers."""

    code = "picture_not_found"
    title_vi = "Không tìm thấy ảnh này."
    title_en = "There is no such picture."


class LoginNotFound(NotFound):
    code = "login_not_found"
    title_vi = "Không tìm thấy tài khoản này của chủ thể."
    title_en = "The producer has no such login."


class ProductCodeTaken(Conflict):
    code = "product_code_taken"
    title_vi = "Mã sản phẩm này đã dùng cho sản phẩm khác."
    title_en = "Another product has this code."


class PictureInUse(Conflict):
    """A product shows it; take it out of the product first."""

    code = "picture_in_use"
    title_vi = "Ảnh đang dùng cho một sản phẩm."
    title_en = "A product shows this picture."


class TooManyPictures(Conflict):
    """`details["limit"]`: so many pictures an organisation may keep."""

    code = "too_many_pictures"
    title_vi = "Đơn vị đã lưu quá nhiều ảnh."
    title_en = "The organisation keeps too many pictures."


class ProductsIncomplete(Conflict):
    """The organisation asks for more before these may come into a session.

    `details["products"]` lists each with `id`, `name`, `score` and `missing`; `details["min_score"]`, `details["required_items"]`, `details["require_papers"]` are asked;
    `papers` among the missing are those of the seller.
    """

    code = "products_incomplete"
    title_vi = "Có sản phẩm chưa đủ thông tin theo yêu cầu của ban tổ chức."
    title_en = "Some products lack what the organisation asks for."


class AlcoholNotShown(Conflict):
    """Advertising of spirits is forbidden, and what stands on a session's page is advertised: alcohol is neither listed, pinned, offered nor sold."""

    code = "alcohol_not_shown"
    title_vi = "Rượu, bia không được đưa lên phiên trực tiếp hay gian hàng."
    title_en = "Alcohol may not be shown in a livestream or a booth."
