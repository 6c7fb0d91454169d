"""Expected failures and their stable codes, the same over HTTP and socket. Packages subclass these in their own `errors.py`.

AppError
 ├─ BadRequest            400  what was sent cannot be understood or breaks a rule of form
 ├─ NotSignedIn           401
 ├─ Forbidden             403
 ├─ NotFound              404
 ├─ Conflict              409  right in form, but not in this state
 ├─ TooManyRequests       429  slower, please
 └─ Unavailable           503  come back later
     └─ OutcomeUnknown         it may have been done: look, or repeat with the same key
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class AppError(Exception):
    """An expected failure. `code` is the contract with clients and never changes once released.

    `title` is shown to people (Vietnamese, then English); `retry_after_seconds` says when a repeat makes sense.
    """

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    title_vi: ClassVar[str] = "Có lỗi ở máy chủ, mời thử lại."
    title_en: ClassVar[str] = "Something failed on our side, please try again."

    def __init__(self, message: str = "", *, details: Mapping[str, object] | None = None, retry_after_seconds: float | None = None) -> None:
        super().__init__(message or self.title_en)
        self.message = message or self.title_en
        self.details: dict[str, object] = dict(details or {})
        self.retry_after_seconds = retry_after_seconds


class BadRequest(AppError):
    code = "bad_request"
    http_status = 400
    title_vi = "Dữ liệu gửi lên chưa đúng."
    title_en = "The request is not valid."


class MalformedRequest(BadRequest):
    """The body or message does not fit its schema; `details["errors"]` lists where."""

    code = "malformed"
    http_status = 422


class NotSignedIn(AppError):
    code = "not_signed_in"
    http_status = 401
    title_vi = "Mời đăng nhập."
    title_en = "Please sign in."


class Forbidden(AppError):
    code = "forbidden"
    http_status = 403
    title_vi = "Tài khoản này không được làm việc đó."
    title_en = "This account may not do that."


class OriginRefused(Forbidden):
    code = "origin_refused"
    title_vi = "Trang gọi đến không nằm trong danh sách cho phép."
    title_en = "The calling page's origin is not allowed."


class NotFound(AppError):
    code = "not_found"
    http_status = 404
    title_vi = "Không tìm thấy."
    title_en = "Not found."


class Conflict(AppError):
    code = "conflict"
    http_status = 409
    title_vi = "Việc này không làm được ở trạng thái hiện tại."
    title_en = "This cannot be done in the present state."


class TooManyRequests(AppError):
    code = "rate_limited"
    http_status = 429
    retryable = True
    title_vi = "Bạn thao tác hơi nhanh, mời chậm lại một chút."
    title_en = "Too fast, please slow down."


class Unavailable(AppError):
    code = "unavailable"
    http_status = 503
    retryable = True
    title_vi = "Hệ thống đang bận, mời thử lại sau ít giây."
    title_en = "The service is busy, please try again in a few seconds."


class OutcomeUnknown(Unavailable):
    """The database went away around COMMIT, or the answer took too long: it may be done or not. Repeat with the same key to learn it."""

    code = "outcome_unknown"
    title_vi = "Chưa rõ việc này đã được ghi hay chưa, mời gửi lại với đúng mã đó."
    title_en = "It is not known whether this was written; repeat with the same key."


class OutcomeUnknownWithoutKey(OutcomeUnknown):
    """The same for a command that carries no key, so that a repeat might do it twice."""

    retryable = False
    title_vi = "Chưa rõ việc này đã được ghi hay chưa, mời xem lại trước khi làm lại."
    title_en = "It is not known whether this was written; look before you repeat it."


def all_error_types() -> list[type[AppError]]:
    """Every error type that is loaded, in order of code: the list printed in docs/protocol.md and OpenAPI."""
    found: dict[str, type[AppError]] = {}
    pending: list[type[AppError]] = [AppError]
    while pending:
        kind = pending.pop()
        found.setdefault(kind.code, kind)
        pending.extend(kind.__subclasses__())
    return [found[code] for code in sorted(found)]
