"""Expected failures of claims and of comments from other platforms.

AppError
 ├─ NotSignedIn ── SignatureInvalid        401 signature_invalid
 ├─ NotFound ── ClaimNotFound              404 claim_not_found
 │           └─ CommentSourceNotFound      404 comment_source_not_found
 └─ Conflict ── ClaimOver                  409 claim_over
             └─ ClaimNeedsReceiver         409 claim_needs_receiver
"""

from __future__ import annotations

from app.errors import Conflict, NotFound, NotSignedIn


class SignatureInvalid(NotSignedIn):
    """The signature does not fit the bytes of the body, or its time is more than five minutes away from ours."""

    code = "signature_invalid"
    title_vi = "Chữ ký của nguồn bình luận không đúng hoặc đã quá giờ."
    title_en = "The signature does not fit, or is too old."


class ClaimNotFound(NotFound):
    code = "claim_not_found"
    title_vi = "Không tìm thấy lượt chốt này."
    title_en = "There is no such claim in this session."


class CommentSourceNotFound(NotFound):
    code = "comment_source_not_found"
    title_vi = "Không tìm thấy nguồn bình luận này."
    title_en = "There is no such source of comments."


class ClaimOver(Conflict):
    """`details["state"]`: nothing is held for it any more, or it was decided before."""

    code = "claim_over"
    title_vi = "Lượt chốt này không còn giữ hàng."
    title_en = "Nothing is held for this claim any more."


class ClaimNeedsReceiver(Conflict):
    """Nobody knows yet where to deliver: ask the buyer, then say name, phone and address."""

    code = "claim_needs_receiver"
    title_vi = "Chưa có địa chỉ nhận hàng của khách này."
    title_en = "It is not known where to deliver to."
