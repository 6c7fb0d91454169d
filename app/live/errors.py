"""Expected failures of sessions and rooms.

AppError
 ├─ NotFound     ── SessionNotFound      404 session_not_found
 ├─ BadRequest   ── InvalidVideoUrl      400 invalid_video_url
 │               ├─ InvalidProducts      400 invalid_products
 │               ├─ InvalidHost          400 invalid_host
 │               └─ NameReserved         400 name_reserved
 ├─ NotSignedIn  ── BridgeTokenInvalid   401 bridge_token_invalid
 ├─ Forbidden    ── NotYourSession       403 not_your_session
 ├─ Conflict     ── SessionNotLive       409 session_not_live
 │               ├─ SessionClosed        409 session_closed
 │               ├─ TransitionRefused    409 transition_refused
 │               ├─ SessionIncomplete    409 session_incomplete
 │               └─ ProductNotInSession  409 product_not_in_session
 ├─ TooManyRequests ── CommentsTooFast   429 comments_too_fast
 └─ Unavailable  ── CommentsBusy         503 comments_busy
"""

from __future__ import annotations

from app.errors import NotSignedIn, TooManyRequests, Unavailable


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
