"""Expected failures of accounts.

AppError
 ├─ NotSignedIn     ── LoginFailed           401 login_failed
 ├─ Forbidden       ── OrganiserOnly         403 organiser_only
 ├─ NotFound        ── OrganisationNotFound  404 organisation_not_found
 ├─ Conflict        ── LoginTaken            409 login_taken
 │                  └─ IntentionKeyReused    422 idempotency_key_reused
 ├─ BadRequest      ── InvalidUser           400 invalid_user
 └─ TooManyRequests ── TooManyLogins         429 rate_limited
"""

from __future__ import annotations

from app.errors import BadRequest, Conflict, Forbidden, NotFound, NotSignedIn, TooManyRequests


class LoginFailed(NotSignedIn):
    """Unknown login, wrong password and closed account look the same from outside."""

    code = "login_failed"
    title_vi = "Tên đăng nhập hoặc mật khẩu chưa đúng."
    title_en = "User name or password is wrong."


class OrganiserOnly(Forbidden):
    code = "organiser_only"
    title_vi = "Việc này chỉ dành cho ban tổ chức."
    title_en = "Only an organiser may do that."


class OrganisationNotFound(NotFound):
    code = "organisation_not_found"
    title_vi = "Không tìm thấy đơn vị tổ chức này."
    title_en = "There is no such organisation."


class LoginTaken(Conflict):
    code = "login_taken"
    title_vi = "Tên đăng nhập này đã có người dùng."
    title_en = "This user name is taken."


class InvalidUser(BadRequest):
    """`details["field"]` is `login`, `password` or `display_name`; the message says the rule."""

    code = "invalid_user"
    title_vi = "Thông tin tài khoản chưa hợp lệ."
    title_en = "The account's particulars are not valid."


class TooManyLogins(TooManyRequests):
    """Too many logins wait after failures: of this user name, of this address or of all; `details["limit"]` says which."""

    title_vi = "Đăng nhập sai nhiều lần, mời thử lại sau ít giây."
    title_en = "Too many failed logins, please try again in a few seconds."


class IntentionKeyReused(Conflict):
    """The `Idempotency-Key` was used for another request; nothing was changed."""

    code = "idempotency_key_reused"
    http_status = 422
    title_vi = "Mã thao tác này đã dùng cho việc khác, mời tải lại trang."
    title_en = "This idempotency key was used for something else."
