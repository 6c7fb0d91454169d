"""Expected failures of rooms, comments and bridges.

AppError
 ├─ BadRequest      ── NameReserved        400 name_reserved
 ├─ NotSignedIn     ── BridgeTokenInvalid  401 bridge_token_invalid
 ├─ TooManyRequests ── CommentsTooFast     429 comments_too_fast
 └─ Unavailable     ── CommentsBusy        503 comments_busy
"""

from __future__ import annotations

from app.errors import BadRequest, NotSignedIn, TooManyRequests, Unavailable


class NameReserved(BadRequest):
    """A viewer's name that says it is the organiser, the host or their help; nothing was changed, say hello under another name."""

    code = "name_reserved"
    title_vi = "Tên này dành cho ban tổ chức, mời chọn tên khác."
    title_en = "This name is kept for the people who run the session, please choose another."


class BridgeTokenInvalid(NotSignedIn):
    code = "bridge_token_invalid"
    title_vi = "Mã cầu nối không đúng cho phiên này."
    title_en = "The bridge token does not fit this session."


class CommentsTooFast(TooManyRequests):
    code = "comments_too_fast"
    title_vi = "Bạn bình luận hơi nhanh, mời chờ một chút."
    title_en = "Comments are coming too fast, please wait a moment."


class CommentsBusy(Unavailable):
    """Comments cannot be taken right now; nothing was shown."""

    code = "comments_busy"
    title_vi = "Chưa gửi được bình luận, mời thử lại."
    title_en = "The comment could not be taken, please try again."
