"""Expected failures of accounts.

AppError
 ├─ NotSignedIn     ── LoginFailed             401 login_failed
 │                  ├─ SecondFactorNeeded      401 second_factor_needed
 │                  └─ SecondFactorWrong       401 second_factor_wrong
 ├─ Forbidden       ── OrganiserOnly           403 organiser_only
 │                  └─ ActionNotYours          403 action_not_yours
 ├─ NotFound        ── OrganisationNotFound    404 organisation_not_found
 │                  ├─ PersonNotFound          404 person_not_found
 │                  ├─ InvitationNotFound      404 invitation_not_found
 │                  ├─ InvitationInvalid       404 invitation_invalid
 │                  ├─ SignInNotFound          404 sign_in_not_found
 │                  └─ ApiTokenNotFound        404 api_token_not_found
 ├─ Conflict        ── LoginTaken              409 login_taken
 │                  ├─ IntentionKeyReused      422 idempotency_key_reused
 │                  ├─ LastOrganiser           409 last_organiser
 │                  ├─ InvitationUsed          409 invitation_used
 │                  ├─ TooManyInvitations      409 too_many_invitations
 │                  ├─ TooManyApiTokens        409 too_many_api_tokens
 │                  ├─ SecondFactorOn          409 second_factor_on
 │                  ├─ SecondFactorNotBegun    409 second_factor_not_begun
 │                  └─ SecondFactorUnreadable  409 second_factor_unreadable
 ├─ BadRequest      ── InvalidUser             400 invalid_user
 │                  ├─ InvalidRoles            400 invalid_roles
 │                  └─ PasswordWrong           400 password_wrong
 └─ TooManyRequests ── TooManyLogins           429 rate_limited
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


class SecondFactorNeeded(NotSignedIn):
    """The password is right; send it again with the code of the phone."""

    code = "second_factor_needed"
    title_vi = "Cần thêm mã 6 số trên điện thoại."
    title_en = "The six digits of your phone are needed, too."


class SecondFactorWrong(NotSignedIn):
    """Not the code of now, or one that was used before."""

    code = "second_factor_wrong"
    title_vi = "Mã 6 số chưa đúng hoặc đã dùng."
    title_en = "The code is wrong or has been used."


class SecondFactorOn(Conflict):
    code = "second_factor_on"
    title_vi = "Mã trên điện thoại đã bật rồi."
    title_en = "Codes are asked for already."


class SecondFactorNotBegun(Conflict):
    code = "second_factor_not_begun"
    title_vi = "Chưa bắt đầu bật mã trên điện thoại."
    title_en = "This has not been begun."


class SecondFactorUnreadable(Conflict):
    """The phone's secret was sealed with another secret of the service; an organiser may let the person in without it."""

    code = "second_factor_unreadable"
    title_vi = "Không đọc được khóa của mã điện thoại."
    title_en = "The phone's secret cannot be read."


class PasswordWrong(BadRequest):
    """Of somebody who is signed in and was asked for their password again."""

    code = "password_wrong"
    title_vi = "Mật khẩu hiện tại chưa đúng."
    title_en = "The present password is wrong."


class InvalidRoles(BadRequest):
    """None at all, too many, for a session of others, or the role of a producer, which comes with a producer's login."""

    code = "invalid_roles"
    title_vi = "Vai trò này không giao được."
    title_en = "These roles cannot be given."


class LastOrganiser(Conflict):
    """Nobody would be left who manages people."""

    code = "last_organiser"
    title_vi = "Đây là người tổ chức cuối cùng của đơn vị."
    title_en = "This is the organisation's last organiser."


class PersonNotFound(NotFound):
    code = "person_not_found"
    title_vi = "Không tìm thấy người này."
    title_en = "There is no such person."


class InvitationNotFound(NotFound):
    code = "invitation_not_found"
    title_vi = "Không tìm thấy lời mời này."
    title_en = "There is no such invitation."


class InvitationInvalid(NotFound):
    """Unknown, taken back, or over."""

    code = "invitation_invalid"
    title_vi = "Lời mời này không còn dùng được."
    title_en = "This invitation does not hold any more."


class InvitationUsed(Conflict):
    code = "invitation_used"
    title_vi = "Lời mời này đã có người nhận."
    title_en = "This invitation has been taken up."


class TooManyInvitations(Conflict):
    code = "too_many_invitations"
    title_vi = "Đang có quá nhiều lời mời chờ nhận."
    title_en = "Too many invitations wait."


class SignInNotFound(NotFound):
    code = "sign_in_not_found"
    title_vi = "Thiết bị này đã đăng xuất rồi."
    title_en = "That browser is signed out already."


class ActionNotYours(Forbidden):
    """A token for scripts may not do what its owner may not, nor what would make more of itself; `details["actions"]`."""

    code = "action_not_yours"
    title_vi = "Mã không được làm nhiều hơn chủ của nó."
    title_en = "A token may not do more than its owner."


class ApiTokenNotFound(NotFound):
    code = "api_token_not_found"
    title_vi = "Không tìm thấy mã này."
    title_en = "There is no such token."


class TooManyApiTokens(Conflict):
    code = "too_many_api_tokens"
    title_vi = "Bạn đang có quá nhiều mã."
    title_en = "You have too many tokens."
