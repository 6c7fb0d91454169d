"""Closes sockets of staff who may not be there any more: signed out, closed, or without the role. Run by each worker for its own sockets.

Each worker asks PostgreSQL how things stand, with two statements for all its boards together, instead of waiting to be told: no message can
get lost, and Redis may be away.
"""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.permissions import Action, Place
from app.accounts.service import AccountService, CurrentUser
from app.infra.tasks import TaskOwner, repeat
from app.protocol.close_codes import CloseCode
from app.realtime.connection import Connection
from app.sessions.lookup import SessionLookup

log = structlog.get_logger(__name__)


class StaffWatch:
    """Knows this worker's sockets of staff, each with the digest of what it came in with."""

    def __init__(self, accounts: AccountService, sessions: SessionLookup, *, every_seconds: float) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._every_seconds = every_seconds
        self._watched: dict[Connection, bytes] = {}
        self._tasks = TaskOwner("staff watch")

    def start(self) -> None:
        self._tasks.spawn("check", repeat("staff_watch", self._every_seconds, self.check))

    async def close(self) -> None:
        await self._tasks.close()

    def watch(self, connection: Connection, credential: bytes) -> None:
        """From now on the socket stays only as long as its owner may be there."""
        self._watched[connection] = credential

    def forget(self, connection: Connection) -> None:
        self._watched.pop(connection, None)

    async def check(self) -> None:
        """Look at every socket once. A store that does not answer closes nothing."""
        watched = dict(self._watched)
        if not watched:
            return
        try:
            users = await self._accounts.users_by_digest(set(watched.values()))
            places = await self._sessions.places({connection.session_id for connection in watched})
        except (SQLAlchemyError, OSError) as error:
            log.warning("staff_not_checked", error=repr(error))
            return
        for connection, credential in watched.items():
            code = _close_code(connection, users.get(credential), places.get(connection.session_id))
            if code is not None:
                connection.close(code)


def actions_at(user: CurrentUser, place: Place) -> frozenset[str]:
    """Everything that somebody may do in one room."""
    return frozenset(action for action in Action if user.may_at(action, place))


def _close_code(connection: Connection, user: CurrentUser | None, place: Place | None) -> CloseCode | None:
    if user is None or place is None:
        return CloseCode.SIGNED_OUT
    actions = actions_at(user, place)
    if Action.SEE_BOARD not in actions:
        return CloseCode.NOT_ALLOWED
    # whoever may do less, or more, than when the socket was opened begins anew
    return None if actions == connection.identity.actions else CloseCode.RIGHTS_CHANGED
