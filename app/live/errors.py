"""Expected failures of rooms, comments and bridges.

AppError
 ├─ BadRequest      ── NameReserved          400 name_reserved
 ├─ NotSignedIn     ── BridgeTokenInvalid    401 bridge_token_invalid
 ├─ Forbidden       ── SpeakerBanned         403 speaker_banned
 │                  ├─ SpeakerMuted          403 speaker_muted
 │                  ├─ BuyersOnly            403 buyers_only
 │                  └─ CommentHeldBack       403 comment_held
 ├─ NotFound        ── CommentNotFound       404 comment_not_found
 │                  └─ RestrictionNotFound   404 restriction_not_found
 ├─ Conflict        ── StaffNotRestricted    409 staff_not_restricted
 │                  ├─ AddressUnknown        409 address_unknown
 │                  ├─ CommentIsHidden       409 comment_is_hidden
 │                  ├─ RestrictionsFull      409 restrictions_full
 │                  └─ QuestionsFull         409 questions_full
 ├─ TooManyRequests ── CommentsTooFast       429 comments_too_fast
 │                  └─ NewViewerWaits        429 new_viewer_waits
 └─ Unavailable     ── CommentsBusy          503 comments_busy
"""

from __future__ import annotations

from app.errors import BadRequest, Conflict, Forbidden, NotFound, NotSignedIn, TooManyRequests, Unavailable


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


class NewViewerWaits(TooManyRequests):
    """Whoever is new here only watches at first."""

    code = "new_viewer_waits"
    title_vi = "Bạn mới vào phòng, mời xem thêm một chút rồi bình luận."
    title_en = "You are new here, please watch a little before you comment."


class SpeakerBanned(Forbidden):
    """This device, or everybody behind its network, may not enter the room; `details["until_ms"]`, null: until the session ends."""

    code = "speaker_banned"
    title_vi = "Bạn tạm thời chưa vào được phòng này."
    title_en = "You cannot enter this room for a while."


class SpeakerMuted(Forbidden):
    """`details["until_ms"]` says until when; null: until the session ends."""

    code = "speaker_muted"
    title_vi = "Bạn tạm thời chưa bình luận được."
    title_en = "You cannot comment for a while."


class BuyersOnly(Forbidden):
    code = "buyers_only"
    title_vi = "Lúc này chỉ người đã đặt hàng trong phiên mới bình luận được."
    title_en = "Only people who have ordered in this session may comment now."


class CommentHeldBack(Forbidden):
    """A rule of the session holds the comment until somebody in charge has seen it."""

    code = "comment_held"
    title_vi = "Bình luận của bạn đang chờ người dẫn xem."
    title_en = "Your comment waits until the host has seen it."


class CommentNotFound(NotFound):
    code = "comment_not_found"
    title_vi = "Không tìm thấy bình luận này."
    title_en = "There is no such comment."


class RestrictionNotFound(NotFound):
    code = "restriction_not_found"
    title_vi = "Không tìm thấy lần tắt tiếng hay chặn này."
    title_en = "There is no such mute or ban."


class StaffNotRestricted(Conflict):
    code = "staff_not_restricted"
    title_vi = "Không tắt tiếng hay chặn được người của ban tổ chức."
    title_en = "People in charge cannot be muted or banned."


class AddressUnknown(Conflict):
    """The comment came through a proxy on this machine that does not say for whom it speaks, or before addresses were told apart."""

    code = "address_unknown"
    title_vi = "Không rõ bình luận này đến từ mạng nào, mời dùng tắt tiếng theo thiết bị."
    title_en = "It is not known where this comment came from; mute the device instead."


class CommentIsHidden(Conflict):
    code = "comment_is_hidden"
    title_vi = "Bình luận đang ẩn, mời hiện lại trước."
    title_en = "The comment is hidden; show it again first."


class RestrictionsFull(Conflict):
    """So many mutes and bans are in force that rules do more: slow mode, buyers only, new viewers wait."""

    code = "restrictions_full"
    title_vi = "Đã có quá nhiều người bị tắt tiếng hay chặn, mời dùng chế độ chậm hoặc chỉ người mua."
    title_en = "Too many are muted or banned already; use slow mode or buyers-only mode."


class QuestionsFull(Conflict):
    """`details["most"]` questions wait already."""

    code = "questions_full"
    title_vi = "Hàng câu hỏi đã đầy, mời trả lời hoặc bỏ bớt."
    title_en = "The queue of questions is full; answer some or take some out."


class CommentsBusy(Unavailable):
    """Comments cannot be taken right now; nothing was shown."""

    code = "comments_busy"
    title_vi = "Chưa gửi được bình luận, mời thử lại."
    title_en = "The comment could not be taken, please try again."
