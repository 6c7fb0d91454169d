"""Tells a store that is away, slow or refuses writes from a mistake of ours: the first passes, the second has to be mended."""

from __future__ import annotations

import re
import socket

import asyncpg
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.errors import AppError, ChangeUnknown, OutcomeUnknown, Unavailable
from app.infra.committing import CommitUnknown, NotCommitted

_RETRY_AFTER_SECONDS = 2.0

# Limits of time, locks and connections, a server that starts, stops or has no room: what PostgreSQL says when it cannot now.
_PASSING_POSTGRES = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresIOError,
    # a lock that is not to be had, a database that takes no connections just now
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # a connection that went away in the middle of an answer
    asyncpg.InternalClientError,
)
_PASSING_REDIS = (
    RedisConnectionError,
    RedisTimeoutError,
    ReadOnlyError,
    OutOfMemoryError,
    MasterDownError,
    ClusterDownError,
    TryAgainError,
)
# redis-py makes a wrong password a lost connection; no waiting mends it.
_MISTAKES_OF_REDIS = (AuthenticationError, AuthorizationError)
# Answers that have no class of their own begin with such a word; inside a script or a pipeline it stands further on.
_PASSING_REDIS_WORD = re.compile(
    r"(?:^|-|\(['\"])(?:OOM|MISCONF|LOADING|BUSY|UNKILLABLE|READONLY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN)\b"
)

# What the stores' libraries raise, to be looked at by `is_store_away`.
STORE_ERRORS: tuple[type[Exception], ...] = (
    RedisError,
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    NotCommitted,
    CommitUnknown,
)


def is_store_away(error: BaseException) -> bool:
    """Whether the same may work in a moment."""
    if isinstance(error, RedisError):
        return _is_redis_away(error)
    if isinstance(error, (CommitUnknown, PoolTimeoutError)):
        return True
    if isinstance(error, NotCommitted):
        return error.__cause__ is None or is_store_away(error.__cause__)
    if isinstance(error, DBAPIError):
        cause = getattr(error.orig, "__cause__", None)
        return error.connection_invalidated or (cause is not None and _is_postgresql_away(cause))
    return _is_postgresql_away(error) or isinstance(error, (ConnectionError, TimeoutError, socket.gaierror))


def answer_without_store(error: BaseException, *, has_key: bool) -> AppError | None:
    """What a client is told when a store failed, or None for a mistake of ours. `has_key`: a repeat of the request is carried out once."""
    if isinstance(error, CommitUnknown):
        return unknown_change(has_key=has_key)
    return Unavailable(retry_after_seconds=_RETRY_AFTER_SECONDS) if is_store_away(error) else None


def unknown_change(*, has_key: bool) -> AppError:
    """Nobody can say whether the command was carried out: with a key the client may ask again, without one it has to look."""
    return OutcomeUnknown(retry_after_seconds=_RETRY_AFTER_SECONDS) if has_key else ChangeUnknown()


def _is_redis_away(error: RedisError) -> bool:
    if isinstance(error, _MISTAKES_OF_REDIS):
        return False
    if isinstance(error, _PASSING_REDIS):
        return True
    return isinstance(error, ResponseError) and _PASSING_REDIS_WORD.search(str(error)) is not None


def _is_postgresql_away(error: BaseException) -> bool:
    if isinstance(error, asyncpg.InterfaceError):
        # "connection is closed", "pool is closing"; its other ones are wrong values and wrong use
        return not isinstance(error, ValueError) and "clos" in str(error)
    return isinstance(error, _PASSING_POSTGRES)
