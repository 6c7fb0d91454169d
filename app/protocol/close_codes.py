"""Why a socket is closed. 4000 to 4499: come back (after a random delay); 4500 to 4999: do not."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """RFC 6455 §7.4.2 leaves 4000 to 4999 to applications."""

    SERVER_LEAVING = 4001
    NO_HELLO = 4002
    RIGHTS_CHANGED = 4003
    SLOW = 4008
    TOO_MANY_SOCKETS = 4029
    SESSION_ENDED = 4500
    LEFT = 4501
    VERSION_UNSUPPORTED = 4502
    SIGNED_OUT = 4503
    NOT_ALLOWED = 4504
    BANNED = 4505

    @property
    def come_back(self) -> bool:
        return self < 4500


CLOSE_REASONS: dict[CloseCode, str] = {
    CloseCode.SERVER_LEAVING: "the server restarts, come back",
    CloseCode.NO_HELLO: "no hello in time",
    CloseCode.RIGHTS_CHANGED: "what you may do here has changed, come back",
    CloseCode.SLOW: "too slow to take the room's frames",
    CloseCode.TOO_MANY_SOCKETS: "too many sockets on one ticket",
    CloseCode.SESSION_ENDED: "the session has ended",
    CloseCode.LEFT: "you left",
    CloseCode.VERSION_UNSUPPORTED: "this protocol version is not spoken here",
    CloseCode.SIGNED_OUT: "signed out",
    CloseCode.NOT_ALLOWED: "you may not be here any more",
    CloseCode.BANNED: "banned from this session for a while",
}
