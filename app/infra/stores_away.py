"""Tells a store that is away, slow or refuses writes from a mistake of ours: the first passes, the second has to be mended."""

from __future__ import annotations

import errno
import re
import socket

import asyncpg
import redis.exceptions
from sqlalchemy.exc import DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import AppError, OutcomeUnknown, OutcomeUnknownWithoutKey, Unavailable
from app.infra.committing import NotCommitted
from app.infra.watched_commits import CommitUnknown

RETRY_AFTER_SECONDS = 2.0

# What the stores' libraries raise, to be looked at by `store_refusal`.
STORE_ERRORS: tuple[type[Exception], ...] = (
    redis.exceptions.RedisError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    NotCommitted,
    CommitUnknown,
)

# Limits of time, locks and connections, a full disk, a server that starts, stops or has become a standby.
_POSTGRES_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.PostgresIOError,
)
# asyncpg has one class for a connection that went away and for using one wrongly; only the words differ.
_CLOSED = re.compile(r"\b(connection|pool) (is|was) clos|not connected|connection_lost")

_REDIS_AWAY = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.TryAgainError,
)
# redis-py makes connection errors of these, but no waiting gives us other rights.
_REDIS_REFUSES_US = (redis.exceptions.AuthenticationError, redis.exceptions.AuthorizationError)
# Those that redis-py has no class for, alone or as the reason of a pipeline's or a script's failure.
_REDIS_REPLIES = re.compile(r"(?:^|error: \(['\"]|: -)(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|NOREPLICAS|OOM|READONLY|TRYAGAIN)\b")

_UNREACHABLE = {
    *(errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ETIMEDOUT, errno.ENETUNREACH, errno.ENETDOWN),
    *(errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.EMFILE, errno.ENFILE),
}


def is_store_away(error: BaseException | None) -> bool:
    """Whether the same may work in a moment, and has certainly not been done yet."""
    match error:
        case redis.exceptions.RedisError():
            return (isinstance(error, _REDIS_AWAY) and not isinstance(error, _REDIS_REFUSES_US)) or _redis_cannot_now(error)
        case NotCommitted():
            return is_store_away(error.__cause__)
        case PoolTimeoutError() | DisconnectionError():
            return True
        case DBAPIError():
            return error.connection_invalidated or is_store_away(getattr(error.orig, "__cause__", None))
        case asyncpg.InterfaceError() | asyncpg.InternalClientError():
            return _CLOSED.search(str(error)) is not None
        case asyncpg.PostgresError():
            # the second: a database that takes no connections just now
            return isinstance(error, _POSTGRES_AWAY) or type(error) is asyncpg.ObjectNotInPrerequisiteStateError
        case OSError():
            # Several addresses of one name that all refuse have no number.
            is_unreachable = error.errno in _UNREACHABLE or str(error).startswith("Multiple exceptions: ")
            return is_unreachable or isinstance(error, ConnectionError | TimeoutError | socket.gaierror)
        case _:
            return False


def store_refusal(error: BaseException, *, changes: bool = True, has_key: bool = True) -> AppError | None:
    """What to answer when a store failed; None when it is a mistake of ours.

    `changes`: whether what was asked for changes anything; `has_key`: whether a repeat of it is known as one.
    """
    if isinstance(error, CommitUnknown) and changes:
        return outcome_unknown(has_key=has_key)
    if isinstance(error, CommitUnknown) or is_store_away(error):
        return Unavailable(retry_after_seconds=RETRY_AFTER_SECONDS)
    return None


def outcome_unknown(*, has_key: bool) -> AppError:
    """The answer to a command of which nobody knows whether it was done."""
    return OutcomeUnknown(retry_after_seconds=RETRY_AFTER_SECONDS) if has_key else OutcomeUnknownWithoutKey()


def _redis_cannot_now(error: redis.exceptions.RedisError) -> bool:
    return isinstance(error, redis.exceptions.ResponseError) and _REDIS_REPLIES.search(str(error)) is not None
