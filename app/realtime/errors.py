"""Expected failures of the socket layer.

AppError
 ├─ NotSignedIn ── TicketInvalid       401 ticket_invalid
 ├─ Unavailable ── CapacityReached     503 capacity
 ├─ BadRequest  ── MessageTooLarge     400 message_too_large
 │              └─ VersionUnsupported  400 version_unsupported
 ├─ Forbidden   ── CommandNotAllowed   403 command_not_allowed
 └─ Conflict    ── HelloExpected       409 hello_expected
"""

from __future__ import annotations

from app.errors import BadRequest, Conflict, Forbidden, NotSignedIn, Unavailable


class TicketInvalid(NotSignedIn):
    """The viewer's ticket is missing, altered or too old; opening the session's page gives a new one."""

    code = "ticket_invalid"
    title_vi = "Vé vào phiên không còn dùng được, mời mở lại trang."
    title_en = "The viewer ticket is not valid, please open the page again."


class CapacityReached(Unavailable):
    """This worker has as many sockets as it can carry."""

    code = "capacity"
    title_vi = "Phòng đang rất đông, mời thử lại sau ít giây."
    title_en = "The room is very full, please try again in a few seconds."


class MessageTooLarge(BadRequest):
    code = "message_too_large"
    title_vi = "Tin gửi lên quá dài."
    title_en = "The message is too large."


class VersionUnsupported(BadRequest):
    """The client speaks a protocol version that this server does not."""

    code = "version_unsupported"
    title_vi = "Trang đã cũ, mời tải lại trang."
    title_en = "This page is out of date, please reload it."


class CommandNotAllowed(Forbidden):
    """This kind of socket may not send this command."""

    code = "command_not_allowed"
    title_vi = "Kết nối này không được gửi lệnh đó."
    title_en = "This connection may not send that command."


class HelloExpected(Conflict):
    """A command came before the first hello."""

    code = "hello_expected"
    title_vi = "Kết nối chưa sẵn sàng, mời chờ một chút."
    title_en = "Say hello first."
